//! Constructors of the parts of a policy that programs write. The types are generated; see [`policy`](crate::policy).

use crate::{
    BodyTime, Growth, Header, HeaderFormat, HeaderMeaning, Metric, Penalty, PenaltyTrigger, Remedy, ResponsePattern,
};

impl Growth {
    /// Returns a rule for every metric that is counted over a window of up to an hour: the limit in force grows by
    /// `raise_percent` of itself after each interval of `every_seconds` in which at least `above_percent` of it was used.
    /// Default: it never decreases, and has no largest value.
    ///
    /// ```
    /// use ratebook::{Growth, Metric};
    ///
    /// // +25 % after 15 minutes of more than half, -20 % after 3 days of less, up to three times the published amount.
    /// const GROWTH: Growth = Growth::new(25, 900, 50).metric(Metric::Tokens).lowered(20, 259_200).at_most(300);
    /// assert_eq!(GROWTH.lower_percent, Some(20));
    /// ```
    #[inline]
    pub const fn new(raise_percent: u16, every_seconds: u32, above_percent: u16) -> Self {
        Self {
            metric: None,
            raise_percent,
            every_seconds,
            above_percent,
            lower_percent: None,
            lower_after_seconds: None,
            most_percent: None,
        }
    }

    /// Restricts the rule to one metric.
    #[must_use]
    #[inline]
    pub const fn metric(self, metric: Metric) -> Self {
        Self { metric: Some(metric), ..self }
    }

    /// Decreases the limit in force by `percent` of itself after `after_seconds` of less use, down to its published amount.
    #[must_use]
    #[inline]
    pub const fn lowered(self, percent: u16, after_seconds: u32) -> Self {
        Self { lower_percent: Some(percent), lower_after_seconds: Some(after_seconds), ..self }
    }

    /// Sets the largest limit, in percent of the published amount.
    #[must_use]
    #[inline]
    pub const fn at_most(self, percent: u32) -> Self {
        Self { most_percent: Some(percent), ..self }
    }
}

impl Penalty {
    /// Returns a penalty of `lasts_seconds` after `calls` calls of a kind, whenever they were. A call during the penalty does
    /// not start it anew.
    ///
    /// ```
    /// use ratebook::{Penalty, PenaltyTrigger};
    ///
    /// // 30 seconds after 20 failed calls within 30 seconds.
    /// const PENALTY: Penalty = Penalty::new(PenaltyTrigger::Failed, 20, 30).within(30);
    /// assert_eq!((PENALTY.calls, PENALTY.within_seconds, PENALTY.extends), (20, Some(30), false));
    /// ```
    #[inline]
    pub const fn new(after: PenaltyTrigger, calls: u32, lasts_seconds: u32) -> Self {
        Self { after, calls, within_seconds: None, lasts_seconds, extends: false }
    }

    /// Sets the time within which that many calls cause the penalty, in seconds.
    #[must_use]
    #[inline]
    pub const fn within(self, seconds: u32) -> Self {
        Self { within_seconds: Some(seconds), ..self }
    }

    /// Makes a call during the penalty start it anew.
    #[must_use]
    #[inline]
    pub const fn extending(self) -> Self {
        Self { extends: true, ..self }
    }
}

impl ResponsePattern {
    /// Returns a pattern of refusals with a status, whose body contains a phrase. An empty phrase matches any body. Default:
    /// no metric, window, time or reset, and not account-wide.
    #[inline]
    pub const fn new(status: u16, contains: &'static str, remedy: Remedy) -> Self {
        Self {
            status,
            contains,
            metric: None,
            window_seconds: None,
            remedy,
            time: None,
            resets: None,
            account_wide: false,
        }
    }
}

impl Header {
    /// Returns a header by its name, in lower case, with what it states and in which format. Default: no metric and no window.
    #[inline]
    pub const fn new(name: &'static str, meaning: HeaderMeaning, format: HeaderFormat) -> Self {
        Self { name, meaning, metric: None, window_seconds: None, format, description: "" }
    }
}

impl BodyTime {
    /// Returns a time in this format, which follows this text.
    #[inline]
    pub const fn new(after: &'static str, format: HeaderFormat) -> Self {
        Self { after, format }
    }
}
