//! The window that a limit counts over.

use std::time::Duration;

use ratebook::Period;

use crate::clock::nanos_of;

/// What an amount is counted over: nothing (it is held at one time), a period of the catalog, or any other length.
///
/// A second and a minute are always the catalog's. A day of the catalog may follow the calendar, 24 hours never do, so
/// those are two windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Per {
    AtOnce,
    Period(Period),
    Nanos(u64),
}

impl Per {
    /// The longest window: 31 days, in nanoseconds.
    pub(crate) const LONGEST: u64 = 31 * 86_400_000_000_000;

    /// A window of any length.
    pub(crate) const fn of(window: Duration) -> Self {
        match window.as_nanos() {
            1_000_000_000 => Self::Period(Period::Second),
            60_000_000_000 => Self::Period(Period::Minute),
            nanos if nanos > u64::MAX as u128 => Self::Nanos(u64::MAX),
            nanos => Self::Nanos(nanos as u64),
        }
    }

    /// Nanoseconds; of a month the longest, so that no month of a vendor's holds more.
    pub(crate) fn nanos(self) -> Option<u64> {
        match self {
            Self::AtOnce => None,
            Self::Period(period) => Some(period_nanos(period)),
            Self::Nanos(nanos) => Some(nanos),
        }
    }

    /// Whether it is a period, or is exactly as long; nothing is as long as nothing.
    pub(crate) fn is(self, period: Option<Period>) -> bool {
        self.nanos() == period.map(period_nanos)
    }

    /// Whether calls within it are spread where an even pace is wanted: shorter than a day.
    pub(crate) fn is_paced(self) -> bool {
        self.nanos().is_some_and(|nanos| nanos < period_nanos(Period::Day))
    }

    /// Its name in labels: the catalog's word, or the length.
    #[cfg(feature = "metrics")]
    pub(crate) fn label(self) -> Option<std::borrow::Cow<'static, str>> {
        match self {
            Self::AtOnce => None,
            Self::Period(period) => Some(period.name().into()),
            Self::Nanos(nanos) => Some(format!("{:?}", Duration::from_nanos(nanos)).into()),
        }
    }
}

impl From<Option<Period>> for Per {
    fn from(period: Option<Period>) -> Self {
        period.map_or(Self::AtOnce, Self::Period)
    }
}

impl std::fmt::Display for Per {
    /// ` per minute`, ` per 300s`, or nothing.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtOnce => Ok(()),
            Self::Period(period) => write!(f, " per {period}"),
            Self::Nanos(nanos) => write!(f, " per {:?}", Duration::from_nanos(*nanos)),
        }
    }
}

/// A period of the catalog, in nanoseconds.
pub(crate) fn period_nanos(period: Period) -> u64 {
    match period {
        Period::Second => 1_000_000_000,
        Period::Minute => 60_000_000_000,
        Period::Day => 86_400_000_000_000,
        // The longest month: whatever month the vendor counts, it holds no more.
        _ => Per::LONGEST,
    }
}

/// Whether a window divides a minute, so that a whole number of them has the minute's limit.
pub(crate) fn divides_a_minute(window: Duration) -> bool {
    let (nanos, minute) = (nanos_of(window), period_nanos(Period::Minute));
    nanos > 0 && nanos < minute && minute.is_multiple_of(nanos)
}
