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

    /// Returns the number of days until a later date. 0 for an earlier one.
    #[inline]
    pub const fn days_until(self, later: Self) -> u32 {
        later.days().saturating_sub(self.days())
    }

    /// Returns the days since the first day of March before the year 1, after Howard Hinnant's `days_from_civil`.
    #[inline]
    const fn days(self) -> u32 {
        // Years begin in March, so that a leap day is the last day of its year.
        let (year, month) =
            if self.month > 2 { (self.year as u32, self.month - 3) } else { (self.year as u32 - 1, self.month + 9) };
        let day_of_year = (153 * month as u32 + 2) / 5 + self.day as u32;
        year * 365 + year / 4 - year / 100 + year / 400 + day_of_year
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

#[cfg(test)]
mod tests {
    use super::Date;

    fn date(year: u16, month: u8, day: u8) -> Date {
        Date { year, month, day }
    }

    #[test]
    fn days_count_leap_days() {
        assert_eq!(date(2024, 2, 28).days_until(date(2024, 3, 1)), 2);
        assert_eq!(date(2023, 2, 28).days_until(date(2023, 3, 1)), 1);
        assert_eq!(date(1999, 12, 31).days_until(date(2000, 12, 31)), 366);
        assert_eq!(date(1, 1, 1).days_until(date(9999, 12, 31)), 3_652_058);
        assert_eq!(date(2026, 3, 1).days_until(date(2026, 2, 1)), 0);
    }
}
