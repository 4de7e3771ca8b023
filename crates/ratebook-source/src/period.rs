// The period of a limit, shared by the source, which stores it as text, and the catalog, which packs it. The generator
// copies this file beside the tables, and the catalog includes it.

use core::fmt;

/// The period of a limit: a word, or any other length in seconds. Limits on concurrency and on resources have none.
///
/// Days, weeks and months begin where the provider's [`Calendar`](crate::Calendar) says. Every other period slides: it is the
/// time of its length before any moment. A day is therefore not the same as 24 hours.
///
/// Written as a word where there is one (`minute`, `day`), else as a number of the largest unit that divides it: `10s`,
/// `5m`, `24h`, `30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Period {
    /// One second.
    Second,
    /// 60 seconds.
    Minute,
    /// 3,600 seconds.
    Hour,
    /// A day of the calendar.
    Day,
    /// A week of the calendar.
    Week,
    /// A month of the calendar.
    Month,
    /// Any other length. [`Period::from_seconds`] returns it.
    Span(Span),
}

/// A length of time for which [`Period`] has no word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    seconds: u32,
}

impl Span {
    /// Returns the length in seconds.
    #[inline]
    pub const fn seconds(self) -> u32 {
        self.seconds
    }
}

impl Period {
    /// The periods that are written as a word, by length.
    pub const NAMED: [Self; 6] = [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month];

    /// Returns a sliding period of a length in seconds. `None` for 0. The period of 86,400 seconds is not
    /// [`Day`](Self::Day), which follows the calendar.
    #[inline]
    pub const fn from_seconds(seconds: u32) -> Option<Self> {
        match seconds {
            0 => None,
            1 => Some(Self::Second),
            60 => Some(Self::Minute),
            3_600 => Some(Self::Hour),
            seconds => Some(Self::Span(Span { seconds })),
        }
    }

    /// Returns the length in seconds. A month has 31 days, the longest.
    #[inline]
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 604_800,
            Self::Month => 2_678_400,
            Self::Span(span) => span.seconds as u64,
        }
    }

    /// Returns whether the period is a day, week or month, which the provider's calendar may define.
    #[inline]
    pub const fn is_calendar(self) -> bool {
        match self {
            Self::Day | Self::Week | Self::Month => true,
            Self::Second | Self::Minute | Self::Hour | Self::Span(_) => false,
        }
    }

    /// Returns the word, or `None` for a span.
    #[inline]
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Second => Some("second"),
            Self::Minute => Some("minute"),
            Self::Hour => Some("hour"),
            Self::Day => Some("day"),
            Self::Week => Some("week"),
            Self::Month => Some("month"),
            Self::Span(_) => None,
        }
    }

    /// Returns the period of a text in files and output, or `None` if there is none.
    #[inline]
    pub fn from_text(text: &str) -> Option<Self> {
        if let Some(named) = Self::NAMED.into_iter().find(|named| named.word() == Some(text)) {
            return Some(named);
        }
        let unit = match text.as_bytes().last()? {
            b's' => 1,
            b'm' => 60,
            b'h' => 3_600,
            b'd' => 86_400,
            _ => return None,
        };
        let digits = &text[..text.len() - 1];
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let count: u32 = if is_number { digits.parse().ok()? } else { return None };
        Self::from_seconds(count.checked_mul(unit)?)
    }
}

impl fmt::Display for Period {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Span(Span { seconds }) => {
                let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm')];
                // 24 hours are not written `1d`, which reads like a day of the calendar.
                let fits =
                    |(unit, _): &(u32, char)| seconds.is_multiple_of(*unit) && (*seconds, *unit) != (86_400, 86_400);
                let (unit, letter) = units.into_iter().find(fits).unwrap_or((1, 's'));
                write!(f, "{}{letter}", seconds / unit)
            }
            named => f.pad(named.word().unwrap_or_default()),
        }
    }
}
