//! Time in whole nanoseconds, and the events that end a wait.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// A time on the account's clock, or the span between two, in nanoseconds. Arithmetic saturates: 64 bits hold 584
/// years, and anything later never comes.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Nanos(u64);

impl Nanos {
    pub(crate) const ZERO: Self = Self(0);
    pub(crate) const MAX: Self = Self(u64::MAX);
    pub(crate) const MILLISECOND: Self = Self(1_000_000);
    pub(crate) const SECOND: Self = Self(1_000_000_000);
    pub(crate) const MINUTE: Self = Self(60_000_000_000);
    #[cfg(feature = "feedback")]
    pub(crate) const HOUR: Self = Self(3_600_000_000_000);
    pub(crate) const DAY: Self = Self(86_400_000_000_000);

    pub(crate) const fn new(nanos: u64) -> Self {
        Self(nanos)
    }

    pub(crate) const fn get(self) -> u64 {
        self.0
    }

    pub(crate) const fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }

    /// The span times `by`/`of`, rounded up.
    pub(crate) fn scaled(self, part: u64, whole: u64) -> Self {
        let scaled = (u128::from(self.0) * u128::from(part)).div_ceil(u128::from(whole.max(1)));
        Self(u64::try_from(scaled).unwrap_or(u64::MAX))
    }

    pub(crate) const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add for Nanos {
    type Output = Self;

    fn add(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub for Nanos {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl From<Duration> for Nanos {
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl From<Nanos> for Duration {
    fn from(span: Nanos) -> Self {
        Self::from_nanos(span.0)
    }
}

impl fmt::Debug for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Duration::from(*self), f)
    }
}

/// What ends a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// A time on the account's clock.
    At(Nanos),
    /// The end of another call, whose time is not known.
    OnRelease,
}

impl When {
    /// Returns the time, or `None` for a release.
    pub(crate) fn moment(self) -> Option<Nanos> {
        match self {
            Self::At(at) => Some(at),
            Self::OnRelease => None,
        }
    }
}
