//! Why limits are paused.

use std::fmt;

use ratebook::PenaltyTrigger;

use crate::nanos::Nanos;

/// Why a limit is paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PauseReason {
    /// A response refused a call, or stated how long the vendor is busy.
    #[default]
    Response,
    /// The vendor refuses every call of the account for a time, after too many calls of this kind:
    /// [`Policy::penalties`](ratebook::Policy::penalties).
    Penalty(PenaltyTrigger),
}

impl fmt::Display for PauseReason {
    /// `a response`, `a penalty for failed calls`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response => f.pad("a response"),
            Self::Penalty(after) => write!(f, "a penalty for {after} calls"),
        }
    }
}

/// A pause of the whole account. No call is admitted during it, whatever it costs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AccountPause {
    /// Its end; [`Nanos::ZERO`] if there was none.
    pub(crate) until: Nanos,
    pub(crate) reason: PauseReason,
}

impl AccountPause {
    /// Whether the pause holds at `now`.
    pub(crate) fn is_on(self, now: Nanos) -> bool {
        self.until > now
    }

    /// Returns the pause that ends last.
    #[cfg(feature = "feedback")]
    pub(crate) fn or_longer(self, other: Self) -> Self {
        if other.until > self.until { other } else { self }
    }
}
