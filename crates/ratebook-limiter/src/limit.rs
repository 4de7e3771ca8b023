//! A limit as it is enforced, as refusals and snapshots tell it.

use std::time::Duration;

use ratebook::{Bound, Entry, Limit, Metric};

use crate::vendor::Text;

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
    pub(crate) origin: Origin,
}

/// Where a limit comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The limit of an entry of the catalog, by its position there.
    Published { entry: Entry, position: u16 },
    /// [`AccountBuilder::negotiated`](crate::AccountBuilder::negotiated): of whom, and of which model, in words.
    Negotiated(Text),
    /// [`AccountBuilder::limit`](crate::AccountBuilder::limit): of whom, and of which pool, in words.
    Configured(Text),
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
    /// The share of a [class](crate::AccountBuilder::class) of callers.
    ClassShare,
    /// The share of a [tenant](crate::Account::tenant).
    TenantShare,
}

impl LimitInForce {
    /// The time over which the amount holds; `None` for what is held at one time.
    pub fn window(&self) -> Option<Duration> {
        (self.window > 0).then(|| Duration::from_nanos(self.window))
    }

    /// The limit as the catalog has it, with the line of the vendor's page; `None` for an amount that was negotiated,
    /// which no page states, and for a limit of the user's own.
    pub fn stated(&self) -> Option<Limit> {
        match self.origin {
            Origin::Published { entry, position } => entry.limit(usize::from(position)),
            Origin::Negotiated(_) | Origin::Configured(_) => None,
        }
    }

    /// Whether the amount was [negotiated](crate::AccountBuilder::negotiated).
    pub fn is_negotiated(&self) -> bool {
        matches!(self.origin, Origin::Negotiated(_))
    }
}

impl std::fmt::Display for LimitInForce {
    /// `600 requests per 60s (alibaba, international, qwen-plus, line 61 of the page)`; of what the user said,
    /// `9000 requests per 60s (alibaba, qwen-plus, negotiated)` or `500 requests per 60s (my-gateway, as configured)`.
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
            Part::TenantShare => ", the share of the tenant",
        })?;
        match self.origin {
            Origin::Published { entry, .. } => {
                write!(f, " ({}", citation(entry))?;
                if let Some(line) = self.stated().and_then(|limit| limit.line) {
                    write!(f, ", line {line} of the page")?;
                }
                f.write_str(")")
            }
            Origin::Negotiated(of) => write!(f, " ({of}, negotiated)"),
            Origin::Configured(of) => write!(f, " ({of}, as configured)"),
        }
    }
}

/// An entry in words: `alibaba, international, qwen-plus`.
pub(crate) fn citation(entry: Entry) -> impl std::fmt::Display {
    std::fmt::from_fn(move |f| {
        write!(f, "{}", entry.provider())?;
        if let Some(region) = entry.region() {
            write!(f, ", {region}")?;
        }
        if let Some(plan) = entry.plan() {
            write!(f, ", {plan}")?;
        }
        write!(f, ", {}", entry.name())
    })
}
