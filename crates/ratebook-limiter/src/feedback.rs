//! What a vendor's reply says of limits.

mod apply;
mod common;
mod date;
mod dialect;
mod duration;
mod error;
mod fields;
mod phrase;
mod reading;
mod refused;
mod reset;
mod sentence;
mod value;
mod vendors;
mod which;

use std::time::Duration;

use ratebook::{Metric, Remedy};

pub(crate) use apply::{FeedbackSettings, Status};
pub use dialect::{Dialect, Headers};

/// Something that a reply says of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// A limit allows so much now.
    Limit {
        /// Which limit.
        of: Counted,
        /// How much, in units of its metric.
        amount: u64,
    },
    /// So much of a limit is left.
    Remaining {
        /// Which limit.
        of: Counted,
        /// How much, in units of its metric.
        amount: u64,
    },
    /// All of a limit is free again after a time. It is not the time to wait: some of it is free before.
    UntilFull {
        /// Which limit.
        of: Counted,
        /// How long.
        after: Duration,
    },
    /// There is room for such a call after a time.
    UntilRoom {
        /// Which limit.
        of: Counted,
        /// How long.
        after: Duration,
    },
    /// The call has used so much of a limit, as the vendor counts: what its permit can be settled with.
    Cost {
        /// Which limit.
        of: Counted,
        /// How much, in units of its metric.
        amount: u64,
    },
    /// The call was, or was not, over a limit and was served all the same, after others.
    OverLimit(bool),
    /// The call was refused.
    Refused(Refusal),
    /// A value that makes no sense, or that nothing can be made of: told, not obeyed.
    Invalid {
        /// The header, or the phrase of a body, that it stands behind.
        at: &'static str,
        /// What is wrong with it.
        why: InvalidValue,
    },
}

/// What a limit counts, as far as a reply tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counted {
    /// What is counted; `None` also where it is something that no limit of ours counts, such as bytes.
    pub metric: Option<Metric>,
    /// Over how long.
    pub window: Option<Duration>,
}

/// A refusal of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The HTTP status, or for an error inside a reply of status 200 the one that it would have had.
    pub status: u16,
    /// What was used up, where the reply tells.
    pub metric: Option<Metric>,
    /// Over how long, where the body tells: of several windows the longest, which is the one that refuses.
    pub window: Option<Duration>,
    /// What cures it.
    pub remedy: Remedy,
    /// How long to wait before the call is tried again, as a header says.
    pub retry_after: Option<Duration>,
    /// How long the refusal lasts, as the body says, or until the window that it names begins anew, where the vendor says
    /// when: it can be far more than a header asks to wait. `None` where no wait cures it.
    pub lasts: Option<Duration>,
    /// Whether every call of the account is refused, whatever its model.
    pub account_wide: bool,
}

/// Why a value makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidValue {
    /// It is not written as the dialect says.
    #[error("it is not written as this vendor writes it")]
    Unreadable,
    /// A time before now, or a negative amount.
    #[error("it is negative")]
    Negative,
    /// A time further away than any window is long.
    #[error("it is further away than any window is long")]
    TooFar,
    /// More is left than the limit allows.
    #[error("more is left than the limit allows")]
    AboveLimit,
    /// A limit, or a window, of nothing.
    #[error("it is zero, and under such a limit no call is served")]
    Zero,
    /// What is left of a limit that makes no sense.
    #[error("the limit that it is left of makes no sense")]
    NoLimit,
    /// A guaranteed limit of more than a hundred times what was published or agreed.
    #[error("it is more than a hundred times the limit that was published")]
    FarAbove,
    /// A number whose unit the vendor does not state.
    #[error("the vendor does not state its unit")]
    Unstated,
}

/// What a reply says of limits: a few signals, held without allocation.
///
/// ```
/// use ratebook_limiter::feedback::{Dialect, Signal};
///
/// let headers = [("x-ratelimit-remaining-tokens", "149984"), ("x-ratelimit-reset-tokens", "6m0s")];
/// let signals = Dialect::OPENAI.read(200, &headers[..], b"", 0);
/// assert!(matches!(signals.iter().next(), Some(Signal::Remaining { amount: 149_984, .. })));
/// assert_eq!(signals.refusal(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signals {
    signals: [Option<Signal>; Signals::MAX],
    len: usize,
}

impl Signals {
    /// The most signals of one reply: more than any vendor sends.
    pub const MAX: usize = 24;

    fn new() -> Self {
        Self { signals: [None; Self::MAX], len: 0 }
    }

    /// Adds a signal, once. Past the most that there is room for none is told, but a refusal always is.
    fn push(&mut self, signal: Signal) {
        let most = if matches!(signal, Signal::Refused(_)) { Self::MAX } else { Self::MAX - 1 };
        if self.len < most && !self.iter().any(|other| other == signal) {
            self.signals[self.len] = Some(signal);
            self.len += 1;
        }
    }

    /// Adds a signal; of two limits of one metric and window the stricter is in force, and of two amounts that are left
    /// the lesser.
    fn push_stricter(&mut self, signal: Signal) {
        let other = self.signals[..self.len].iter_mut().flatten().find_map(|other| match (other, signal) {
            (Signal::Limit { of, amount }, Signal::Limit { of: same, amount: new }) if *of == same => {
                Some((amount, new))
            }
            (Signal::Remaining { of, amount }, Signal::Remaining { of: same, amount: new }) if *of == same => {
                Some((amount, new))
            }
            _ => None,
        });
        match other {
            Some((amount, new)) => *amount = new.min(*amount),
            None => self.push(signal),
        }
    }

    /// The signals, in the dialect's order.
    pub fn iter(&self) -> impl Iterator<Item = Signal> + '_ {
        self.signals[..self.len].iter().flatten().copied()
    }

    /// Whether the reply says nothing of limits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The refusal, where the call was refused.
    pub fn refusal(&self) -> Option<Refusal> {
        self.iter().find_map(|signal| if let Signal::Refused(refusal) = signal { Some(refusal) } else { None })
    }

    /// Whether the call was served over a limit, after others.
    pub fn is_over_limit(&self) -> bool {
        self.iter().any(|signal| signal == Signal::OverLimit(true))
    }

    /// The values that made no sense: each with the header or the phrase that it stands behind.
    pub fn invalid_values(&self) -> impl Iterator<Item = (&'static str, InvalidValue)> + '_ {
        self.iter().filter_map(|signal| match signal {
            Signal::Invalid { at, why } => Some((at, why)),
            _ => None,
        })
    }
}
