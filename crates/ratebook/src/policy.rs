//! How a provider enforces its limits, from the page's prose.

use crate::{Calendar, HeaderFormat, Metric, OverLimit, Period, Remedy, Resets, Says, Scope, Window};

/// How a provider enforces its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Whose calls are added up.
    pub scope: Scope,
    /// How a period is measured.
    pub window: Window,
    /// Where days and months begin.
    pub calendar: Calendar,
    /// A shorter period over which a minute's limit may be enforced too, in proportion: a sixtieth each second.
    pub sub_window: Option<Period>,
    /// Whether a steep rise is refused even below every limit.
    pub growth_protection: bool,
    /// Seconds after which a refusal is typically over.
    pub recovery_seconds: Option<u32>,
    /// Whether every model without a limit of its own is under its task type's.
    pub task_default: bool,
    /// What is done with calls over a limit.
    pub over: &'static [Over],
    /// Response headers that speak of limits.
    pub headers: &'static [Header],
    /// Replies that refuse a call.
    pub replies: &'static [Reply],
    /// What else a user should know.
    pub notes: &'static [&'static str],
}

impl Policy {
    /// What is done with calls over a limit on a metric, first to last; empty where the page does not say.
    #[inline]
    pub fn over(&self, metric: Metric) -> &'static [OverLimit] {
        let of = |wanted: Option<Metric>| self.over.iter().find(|over| over.metric == wanted);
        of(Some(metric)).or_else(|| of(None)).map_or(&[], |over| over.then)
    }
}

/// What is done with calls over limits on one metric, or on all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// The metric meant; `None` for every metric without a line of its own.
    pub metric: Option<Metric>,
    /// What is done, first to last.
    pub then: &'static [OverLimit],
}

/// A response header that speaks of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The header's name, lowercase.
    pub name: &'static str,
    /// What it says.
    pub says: Says,
    /// What is counted, where it counts.
    pub metric: Option<Metric>,
    /// The seconds of the window that is counted over, where that is known.
    pub window_seconds: Option<u32>,
    /// How the value is written.
    pub format: HeaderFormat,
    /// What it means, in one sentence; empty where the rest says it all.
    pub meaning: &'static str,
}

/// A reply that refuses a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// What its body contains, without regard to case: a phrase of whole words, or with a `*` at its beginning or end
    /// a part of a longer word. A phrase that begins with a capital begins a sentence.
    pub contains: &'static str,
    /// The metric that was exhausted, where the body tells.
    pub metric: Option<Metric>,
    /// The seconds of the window over which it was, where the body tells.
    pub window_seconds: Option<u32>,
    /// What cures it.
    pub remedy: Remedy,
    /// The time that the body names, where it names one.
    pub time: Option<BodyTime>,
    /// When the window begins anew, where the vendor says so.
    pub resets: Option<Resets>,
    /// Whether every call of the account is refused, whatever its model.
    pub account_wide: bool,
}

/// A time within a body: how long to wait, or until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyTime {
    /// What stands before it; quotes, colons and spaces may follow.
    pub after: &'static str,
    /// How it is written.
    pub format: HeaderFormat,
}
