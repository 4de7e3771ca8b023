//! How a server measures usage.

use ratebook::{Calendar, Period};

use crate::calendar::{CalendarUnit, LocalTime};

/// The algorithm by which a server measures usage within a window.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Algorithm {
    /// A counter that resets at fixed times.
    FixedWindow {
        /// Time of the first reset after the start of the simulation, in nanoseconds.
        offset: u64,
    },
    /// A log of all calls within the last window.
    SlidingLog,
    /// The counter of the current fixed window, plus the share of the previous one that the sliding window still
    /// covers.
    SlidingCounter {
        /// Time of the first reset after the start of the simulation, in nanoseconds.
        offset: u64,
    },
    /// A token bucket, refilled at the rate of the limit.
    TokenBucket {
        /// Size of the bucket, in percent of the limit.
        holds_percent: u64,
    },
    /// A counter that resets at local midnight: each day, each Monday, or on the first day of each month. The window
    /// has the length of the calendar, whatever the width of the rule.
    Calendar {
        /// The length of the window.
        unit: CalendarUnit,
        /// The local time.
        local: LocalTime,
    },
}

impl Algorithm {
    /// Returns how a provider with a calendar measures usage over a period: days, weeks and months by the calendar, and
    /// every other period by this algorithm. A provider without a calendar measures all by this algorithm.
    ///
    /// ```
    /// use ratebook::{Calendar, Period};
    /// use ratebook_sim::{CalendarUnit, Algorithm, LocalTime};
    ///
    /// let day = Algorithm::SlidingLog.in_calendar(Calendar::Pacific, Period::Day);
    /// assert_eq!(day, Algorithm::Calendar { unit: CalendarUnit::Day, local: LocalTime::Pacific });
    /// let day = Algorithm::SlidingLog.in_calendar(Calendar::Sliding, Period::Day);
    /// assert_eq!(day, Algorithm::SlidingLog);
    /// ```
    pub fn in_calendar(self, calendar: Calendar, per: Period) -> Self {
        match CalendarUnit::of(per).zip(LocalTime::of(calendar)) {
            Some((unit, local)) => Self::Calendar { unit, local },
            None => self,
        }
    }

    /// Returns the width of a window in nanoseconds, at least 1: that of the calendar, or else the given one.
    pub(crate) fn width(self, width: u64) -> u64 {
        match self {
            Self::Calendar { unit, .. } => unit.width(),
            Self::FixedWindow { .. } | Self::SlidingLog | Self::SlidingCounter { .. } | Self::TokenBucket { .. } => {
                width.max(1)
            }
        }
    }
}
