//! The window that a limit counts over.

use std::time::Duration;

use ratebook::Period;

use crate::nanos::Nanos;

/// The window of a limit. [`Per::of`] makes a second and a minute the catalog's periods. A day of the catalog may
/// follow the calendar and 24 hours never do, so these are two windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Per {
    /// None: concurrency.
    AtOnce,
    /// A period of the catalog.
    Period(Period),
    /// Any other length.
    Span(Nanos),
}

impl Per {
    /// The longest window: 31 days.
    pub(crate) const LONGEST: Nanos = Nanos::DAY.times(31);

    /// A window of any length. Lengths above 584 years saturate.
    pub(crate) const fn of(window: Duration) -> Self {
        match window.as_nanos() {
            1_000_000_000 => Self::Period(Period::Second),
            60_000_000_000 => Self::Period(Period::Minute),
            nanos if nanos > u64::MAX as u128 => Self::Span(Nanos::MAX),
            nanos => Self::Span(Nanos::new(nanos as u64)),
        }
    }

    /// Returns the length; `None` for concurrency. A month has the longest length, so no calendar month allows more.
    pub(crate) fn nanos(self) -> Option<Nanos> {
        match self {
            Self::AtOnce => None,
            Self::Period(period) => Some(period_nanos(period)),
            Self::Span(span) => Some(span),
        }
    }

    /// Returns whether the window is as long as a period; for `None`, whether the limit is on concurrency.
    pub(crate) fn is(self, period: Option<Period>) -> bool {
        self.nanos() == period.map(period_nanos)
    }

    /// Returns whether an even pace applies to the window: it is shorter than a day.
    pub(crate) fn is_paced(self) -> bool {
        self.nanos().is_some_and(|nanos| nanos < period_nanos(Period::Day))
    }

    /// Returns the label in metrics: the catalog's name of the period, or the length.
    #[cfg(feature = "metrics")]
    pub(crate) fn label(self) -> Option<std::borrow::Cow<'static, str>> {
        match self {
            Self::AtOnce => None,
            Self::Period(period) => Some(period.word().map_or_else(|| period.to_string().into(), Into::into)),
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

/// Returns the length of a period of the catalog.
pub(crate) fn period_nanos(period: Period) -> Nanos {
    Nanos::SECOND.times(period.seconds())
}

/// Returns whether a window divides a minute into two or more equal parts.
pub(crate) fn divides_a_minute(window: Duration) -> bool {
    let (nanos, minute) = (Nanos::from(window).get(), Nanos::MINUTE.get());
    nanos > 0 && nanos < minute && minute.is_multiple_of(nanos)
}
