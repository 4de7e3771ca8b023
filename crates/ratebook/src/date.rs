//! Calendar dates.

use core::fmt;

use crate::layout::unpack_date;

/// A day of the Gregorian calendar, displayed as `2026-03-23`.
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

    /// Unpacks a date of the tables.
    #[inline]
    pub(crate) const fn unpack(packed: u32) -> Option<Self> {
        match unpack_date(packed) {
            Some((year, month, day)) => Some(Self { year, month, day }),
            None => None,
        }
    }
}

impl fmt::Display for Date {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}
