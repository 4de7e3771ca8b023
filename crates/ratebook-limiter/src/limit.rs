//! A limit as it is enforced, as refusals and snapshots tell it.

use std::time::Duration;

use ratebook::{Bound, Entry, Limit, Metric};

/// A limit as the limiter enforces it, and where the vendor states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitInForce {
    /// What is counted.
    pub metric: Metric,
    /// The amount in force, in units of the metric (of audio minutes and dollars, rounded down).
    pub amount: u64,
    /// What the amount means at its edge.
    pub bound: Bound,
    /// Which part of the vendor's limit it is.
    pub part: Part,
    /// Nanoseconds; none for what is held at one time.
    pub(crate) window: u64,
    pub(crate) entry: Option<Entry>,
    pub(crate) position: u16,
}

/// Which part of a vendor's limit the limiter enforces here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The limit as stated, or as negotiated.
    Whole,
    /// The vendor's enforcement over a shorter period, in proportion.
    SubWindow,
    /// The even pace that [`Burst::Smooth`](crate::Burst) asks for.
    Pace,
    /// The share of a class of callers.
    ClassShare,
}

impl LimitInForce {
    /// The time over which the amount holds; `None` for what is held at one time.
    pub fn window(&self) -> Option<Duration> {
        (self.window > 0).then(|| Duration::from_nanos(self.window))
    }

    /// The limit as the catalog has it, with the line of the vendor's page; `None` for one of the user's own.
    pub fn stated(&self) -> Option<Limit> {
        self.entry.and_then(|entry| entry.limit(usize::from(self.position)))
    }
}

impl std::fmt::Display for LimitInForce {
    /// `600 requests per 60s (alibaba, international, qwen-plus, line 61 of the page)`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.amount, self.metric)?;
        if let Some(window) = self.window() {
            write!(f, " per {window:?}")?;
        }
        f.write_str(match self.part {
            Part::Whole => "",
            Part::SubWindow => ", the vendor's shorter window",
            Part::Pace => ", the even pace",
            Part::ClassShare => ", the share of the class",
        })?;
        let Some(limit) = self.stated() else { return Ok(()) };
        write!(f, " ({}", limit.entry.provider())?;
        if let Some(region) = limit.entry.region() {
            write!(f, ", {region}")?;
        }
        if let Some(plan) = limit.entry.plan() {
            write!(f, ", {plan}")?;
        }
        write!(f, ", {}", limit.entry.name())?;
        if let Some(line) = limit.line {
            write!(f, ", line {line} of the page")?;
        }
        f.write_str(")")
    }
}
