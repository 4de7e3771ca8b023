//! A calendar date.

use core::fmt;

/// A day of the Gregorian calendar; displayed as `2026-03-23`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    /// The year, 1 to 9999.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, 1 to 31.
    pub day: u8,
}

impl Date {
    #[inline]
    pub(crate) const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        Some(Self { year, month, day })
    }

    /// Unpacks a date of the tables; a year of 0 stands for none.
    #[inline]
    pub(crate) const fn unpack([low, high, month, day]: [u8; 4]) -> Option<Self> {
        let year = u16::from_le_bytes([low, high]);
        if year == 0 { None } else { Some(Self { year, month, day }) }
    }
}

impl fmt::Display for Date {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}
