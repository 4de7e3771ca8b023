//! The window that a limit counts over.

use std::time::Duration;

use ratebook::Period;

use crate::nanos::Nanos;

/// What an amount is counted over: nothing (it is held at one time), a period of the catalog, or any other length.
///
/// A second and a minute are always the catalog's. A day of the catalog may follow the calendar, 24 hours never do, so
/// those are two windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Per {
    AtOnce,
    Period(Period),
    Span(Nanos),
}

impl Per {
    /// The longest window: 31 days.
    pub(crate) const LONGEST: Nanos = Nanos::DAY.times(31);

    /// A window of any length.
    pub(crate) const fn of(window: Duration) -> Self {
        match window.as_nanos() {
            1_000_000_000 => Self::Period(Period::Second),
            60_000_000_000 => Self::Period(Period::Minute),
            nanos if nanos > u64::MAX as u128 => Self::Span(Nanos::MAX),
            nanos => Self::Span(Nanos::new(nanos as u64)),
        }
    }

    /// How long it is; of a month the longest, so that no month of a vendor's holds more.
    pub(crate) fn nanos(self) -> Option<Nanos> {
        match self {
            Self::AtOnce => None,
            Self::Period(period) => Some(period_nanos(period)),
            Self::Span(span) => Some(span),
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
            Self::Span(span) => Some(format!("{span:?}").into()),
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
            Self::Span(span) => write!(f, " per {span:?}"),
        }
    }
}

/// How long a period of the catalog is.
pub(crate) fn period_nanos(period: Period) -> Nanos {
    Nanos::SECOND.times(period.seconds())
}

/// Whether a window divides a minute, so that a whole number of them has the minute's limit.
pub(crate) fn divides_a_minute(window: Duration) -> bool {
    let (nanos, minute) = (Nanos::from(window).get(), Nanos::MINUTE.get());
    nanos > 0 && nanos < minute && minute.is_multiple_of(nanos)
}
