//! Parses what vendors' responses state about limits, and adjusts the account's limits to it.
//!
//! A [`Dialect`] describes a vendor's headers and error bodies as data. [`Dialect::read`] parses a response into
//! [`Signals`]. [`Model::observe`](crate::Model::observe) parses a response and applies its signals.

mod apply;
mod common;
mod date;
mod dialect;
mod duration;
mod error;
mod fields;
mod observe;
mod phrase;
mod read;
mod reading;
mod refused;
mod reset;
mod sentence;
mod settings;
mod value;
mod vendors;
mod which;

use std::time::Duration;

use ratebook::{Metric, Remedy};

pub use dialect::{Dialect, Headers};
pub(crate) use settings::FeedbackSettings;

/// The source of a response's status.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Status {
    /// The HTTP status.
    Http(u16),
    /// An error inside a response of status 200, with the status that the stream states for it.
    Inside(Option<u16>),
}

/// A statement about limits in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// The amount of a limit.
    Limit {
        /// The limit.
        counted: Counted,
        /// The amount per window, in units of the metric. Never zero.
        amount: u64,
    },
    /// The remaining amount of a limit.
    Remaining {
        /// The limit.
        counted: Counted,
        /// The remaining amount, in units of the metric.
        amount: u64,
    },
    /// The time until a limit is completely unused again. A call need not wait that long: part of the limit is free
    /// earlier.
    UntilFull {
        /// The limit.
        counted: Counted,
        /// The time from now, at most 31 days.
        after: Duration,
    },
    /// The time until a limit has room for a call of the same size.
    UntilRoom {
        /// The limit.
        counted: Counted,
        /// The time from now, at most 31 days.
        after: Duration,
    },
    /// The amount that the vendor charged for the call. The permit can be settled with it.
    Cost {
        /// The limit.
        counted: Counted,
        /// The amount, in units of the metric.
        amount: u64,
    },
    /// Whether the call exceeded a limit and was served anyway, at lower priority.
    OverLimit(bool),
    /// The vendor refused the call.
    Refused(Refusal),
    /// A value that cannot be used. It is reported, and changes no limit.
    Invalid {
        /// The header, or the phrase of the body before the value.
        at: &'static str,
        /// The reason why it cannot be used.
        why: InvalidValue,
    },
}

/// Identifies a limit by what it counts, as far as a response states it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counted {
    /// The metric. `None` if it is not stated, or is one that the catalog does not have, such as bytes.
    pub metric: Option<Metric>,
    /// The window. `None` if it is not stated.
    pub window: Option<Duration>,
}

/// The vendor's refusal of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The HTTP status. For an error inside a response of status 200, the status that the error stands for.
    pub status: u16,
    /// The metric of the exhausted limit. `None` if it is not stated.
    pub metric: Option<Metric>,
    /// The window of the exhausted limit, if the body states it. Of several windows, the longest: it is the one that
    /// still refuses when the others have room.
    pub window: Option<Duration>,
    /// What the caller can do about it.
    pub remedy: Remedy,
    /// The wait before a retry that a header asks for. At most 31 days.
    pub retry_after: Option<Duration>,
    /// The duration of the refusal: until the window resets, if the vendor publishes when, or as the body states it. At
    /// most 31 days. It can be much longer than `retry_after`. `None` if it is not stated, or if waiting does not help.
    pub lasts: Option<Duration>,
    /// Whether the refusal covers every call of the account, whatever its model.
    pub account_wide: bool,
}

/// The reason why a value of a response cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidValue {
    /// The value is not in the format that the dialect states.
    #[error("expected the format of the dialect, found another")]
    Unreadable,
    /// The amount is negative, or the time is more than a minute in the past.
    #[error("expected an amount or time of at least zero, found a negative one")]
    Negative,
    /// The time is above 31 days, or the amount above `u64::MAX`.
    #[error("expected a time of at most 31 days and an amount of at most 2^64 - 1, found more")]
    TooFar,
    /// The remaining amount is above the limit.
    #[error("expected at most the limit, found more remaining")]
    AboveLimit,
    /// The limit or the window is zero.
    #[error("expected a limit or window above zero, found zero")]
    Zero,
    /// The limit that the remaining amount belongs to cannot be used.
    #[error("expected a remaining amount of a valid limit, found an invalid limit")]
    NoLimit,
    /// The limit is above 100 times the published or negotiated amount, which is a guarantee, a floor or typical.
    #[error("expected at most 100 times the published limit, found more")]
    FarAbove,
    /// The vendor does not document the unit of the number.
    #[error("expected a number with a documented unit, found one without")]
    Unstated,
}

/// The signals of one response, in a fixed-size array. Never allocates.
///
/// ```
/// use ratebook::Provider;
/// use ratebook_limiter::feedback::{Dialect, Signal};
///
/// let headers = [("x-ratelimit-remaining-tokens", "149984"), ("x-ratelimit-reset-tokens", "6m0s")];
/// let signals = Dialect::of(Provider::Openai).read(200, &headers[..], b"", 0);
/// assert!(matches!(signals.iter().next(), Some(Signal::Remaining { amount: 149_984, .. })));
/// assert_eq!(signals.refusal(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signals {
    signals: [Option<Signal>; Signals::MAX],
    len: usize,
}

impl Signals {
    /// The maximum number of signals per response, more than any known vendor sends. Further ones are dropped, but a
    /// refusal is always kept.
    pub const MAX: usize = 24;

    fn new() -> Self {
        Self { signals: [None; Self::MAX], len: 0 }
    }

    /// Adds a signal, unless it is a duplicate or the array is full. The last place is reserved for a refusal.
    fn push(&mut self, signal: Signal) {
        let capacity = if matches!(signal, Signal::Refused(_)) { Self::MAX } else { Self::MAX - 1 };
        if self.len < capacity && !self.iter().any(|other| other == signal) {
            self.signals[self.len] = Some(signal);
            self.len += 1;
        }
    }

    /// Adds a signal. Of two limits with the same metric and window, keeps the smaller, and likewise of two remaining
    /// amounts.
    fn push_stricter(&mut self, signal: Signal) {
        let other = self.signals[..self.len].iter_mut().flatten().find_map(|other| match (other, signal) {
            (Signal::Limit { counted, amount }, Signal::Limit { counted: same, amount: new }) if *counted == same => {
                Some((amount, new))
            }
            (Signal::Remaining { counted, amount }, Signal::Remaining { counted: same, amount: new })
                if *counted == same =>
            {
                Some((amount, new))
            }
            _ => None,
        });
        match other {
            Some((amount, new)) => *amount = new.min(*amount),
            None => self.push(signal),
        }
    }

    /// Returns the signals, in the order of the dialect's headers.
    pub fn iter(&self) -> impl Iterator<Item = Signal> + '_ {
        self.signals[..self.len].iter().flatten().copied()
    }

    /// Whether the response states nothing about limits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the refusal. `None` if the call was not refused.
    pub fn refusal(&self) -> Option<Refusal> {
        self.iter().find_map(|signal| if let Signal::Refused(refusal) = signal { Some(refusal) } else { None })
    }

    /// Whether the call exceeded a limit and was served anyway, at lower priority.
    pub fn is_over_limit(&self) -> bool {
        self.iter().any(|signal| signal == Signal::OverLimit(true))
    }

    /// Returns the values that cannot be used, each with its header, or with the phrase of the body before it.
    pub fn invalid_values(&self) -> impl Iterator<Item = (&'static str, InvalidValue)> + '_ {
        self.iter().filter_map(|signal| match signal {
            Signal::Invalid { at, why } => Some((at, why)),
            _ => None,
        })
    }
}
