//! The window that a limit counts over.

use std::time::Duration;

use ratebook::Period;

use crate::nanos::Nanos;

/// The window of a limit. [`Per::of`] makes whole seconds the catalog's periods, so equal windows are equal values. A
/// day of the catalog may follow the calendar and 24 hours never do, so these are two windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Per {
    /// None: concurrency.
    AtOnce,
    /// A period of the catalog.
    Period(Period),
    /// A length that is not in whole seconds, or longer than the catalog's.
    Span(Nanos),
}

impl Per {
    /// The longest window that a limit may have: 31 days.
    pub(crate) const LONGEST: Nanos = Nanos::DAY.times(31);

    /// A window of any length. Lengths above 584 years saturate.
    pub(crate) const fn of(window: Duration) -> Self {
        let seconds = window.as_secs();
        if window.subsec_nanos() == 0
            && seconds <= u32::MAX as u64
            && let Some(period) = Period::from_seconds(seconds as u32)
        {
            return Self::Period(period);
        }
        let nanos = window.as_nanos();
        Self::Span(if nanos > u64::MAX as u128 { Nanos::MAX } else { Nanos::new(nanos as u64) })
    }

    /// Returns the length; `None` for concurrency. A month is 31 days, so that a sliding window is at least
    /// as long as any calendar month.
    pub(crate) fn nanos(self) -> Option<Nanos> {
        match self {
            Self::AtOnce => None,
            Self::Period(period) => Some(period_nanos(period)),
            Self::Span(span) => Some(span),
        }
    }

    /// Returns whether the window is a period; for `None`, whether the limit is on concurrency. 24 hours are not a day.
    pub(crate) fn is(self, period: Option<Period>) -> bool {
        self == Self::from(period)
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
    /// ` per minute`, ` per 5m`, ` per 100ms`, or nothing.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_periods_of_the_catalog_agree() {
        let per = |seconds| Per::of(Duration::from_secs(seconds));
        for period in [Period::Second, Period::Minute, Period::Hour] {
            assert_eq!(per(period.seconds()), Per::Period(period));
        }
        for text in ["10s", "5m", "10m", "5h", "24h", "30d"] {
            let period = Period::from_text(text).unwrap();
            assert_eq!(per(period.seconds()), Per::Period(period), "{text}");
            assert_eq!(Per::Period(period).to_string(), format!(" per {text}"));
        }
        for period in [Period::Day, Period::Week, Period::Month] {
            assert!(!per(period.seconds()).is(Some(period)), "{period} may follow the calendar");
        }
    }

    #[test]
    fn lengths_that_the_catalog_does_not_have_are_kept() {
        assert_eq!(Per::of(Duration::ZERO).nanos(), Some(Nanos::ZERO));
        assert_eq!(Per::of(Duration::from_millis(1_500)).nanos(), Some(Nanos::MILLISECOND.times(1_500)));
        let century = Duration::from_secs(100 * 366 * 86_400);
        assert_eq!(Per::of(2 * century).nanos(), Some(Nanos::from(2 * century)));
        assert_eq!(Per::of(Duration::MAX).nanos(), Some(Nanos::MAX));
    }
}
