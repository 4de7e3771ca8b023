//! What an account was given before its first call.

mod jitter;

use std::sync::Arc;
use std::time::Duration;

use ratebook::{Calendar, Metric, Period, Plan, Region};

use crate::clock::Clock;
use crate::meter::SlowStart;
use crate::nanos::Nanos;
use crate::per::Per;
use crate::quota::OwnLimit;
use crate::telemetry::Label;
use crate::vendor::Vendor;

/// How much may be sent at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Burst {
    /// All that the limits leave: after a quiet minute, a minute's worth. Safe with vendors that count by fixed or
    /// sliding windows or by a bucket that holds the limit.
    #[default]
    Full,
    /// Within each window shorter than a day at an even pace, with bursts of a 256th of the limit or of the largest call, b,
    /// and the rest evenly: of a limit L, L − b is used. Safe with vendors that estimate by a sliding counter, too, and
    /// with buckets that hold no more than a burst. Days and months are not paced.
    Smooth,
}

/// How much of its limits a new account takes for free: a process that restarts does not know what it used before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartLevel {
    /// Everything.
    #[default]
    Full,
    /// Nothing: every window is taken for used up.
    Empty,
    /// So many percent.
    Percent(u8),
}

impl StartLevel {
    pub(crate) fn free_percent(self) -> u8 {
        match self {
            Self::Full => 100,
            Self::Empty => 0,
            Self::Percent(percent) => percent.min(100),
        }
    }
}

/// An amount that holds in the place of the published one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Negotiated {
    pub(crate) model: String,
    pub(crate) metric: Metric,
    pub(crate) per: Option<Period>,
    pub(crate) amount: u64,
}

impl std::fmt::Display for Negotiated {
    /// `500 requests per minute of qwen-plus`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}{} of `{}`", self.amount, self.metric, Per::from(self.per), self.model)
    }
}

/// A class of callers and its share of every limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) name: String,
    pub(crate) percent: u8,
}

/// Everything that an account is told.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) provider: Vendor,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) negotiated: Vec<Negotiated>,
    pub(crate) shares: Vec<(Option<Metric>, u8)>,
    pub(crate) classes: Vec<Class>,
    pub(crate) burst: Burst,
    /// The spread of the network's delay, where it was said.
    pub(crate) jitter: Option<Duration>,
    pub(crate) start: StartLevel,
    /// Start levels of days and months.
    pub(crate) start_of: Vec<(Period, StartLevel)>,
    /// How a rate rises from a cold start, where that was said: if slowly.
    pub(crate) slow_start: Option<Option<SlowStart>>,
    /// How long a call may leave its turn unclaimed.
    pub(crate) grace: Duration,
    /// The longest that `acquire` waits.
    pub(crate) longest_wait: Option<Duration>,
    pub(crate) calendar: Calendar,
    pub(crate) resolution: usize,
    pub(crate) exceeds_guarantees: bool,
    pub(crate) shadow: bool,
    /// The least percentage of a limit that is used, where others draw from it too.
    pub(crate) shared: Option<u8>,
    #[cfg(feature = "feedback")]
    pub(crate) feedback: crate::feedback::FeedbackSettings,
    pub(crate) clock: Clock,
    pub(crate) label: Label,
    /// Limits of the user's own.
    pub(crate) limits: Vec<OwnLimit>,
    /// Whether a model of which only a default is found is an error.
    pub(crate) strict: bool,
}

/// The default of a slow start.
const SLOW_START: SlowStart = SlowStart { from_percent: 12, over: Nanos::MINUTE };

impl Settings {
    /// What a new window has free.
    pub(crate) fn start_level(&self, per: Per) -> StartLevel {
        let of = self.start_of.iter().rev().find(|(of, _)| per.is(Some(*of))).map(|(_, level)| *level);
        of.unwrap_or(if per.is_paced() { self.start } else { StartLevel::Full })
    }

    /// How a rate rises from a cold start: as set, or else by default where the vendor refuses steep rises.
    pub(crate) fn slow_start(&self) -> Option<SlowStart> {
        let by_policy = self.provider.policy().growth_protection.then_some(SLOW_START);
        self.slow_start.unwrap_or(by_policy)
    }

    /// The percentages of limits on a metric that the account may use, one of the other.
    pub(crate) fn shares_of(&self, metric: Metric) -> Arc<[u8]> {
        let shares = self.shares.iter().filter(|(of, _)| of.is_none_or(|of| of == metric));
        shares.map(|(_, percent)| *percent).collect()
    }
}
