// A day, shared by the source, which stores it as text, and the catalog, which packs it. The generator copies this file
// beside the tables, and the catalog includes it.

use core::fmt;

/// A day of the Gregorian calendar, from 0001-01-01 to 9999-12-31, displayed as `2026-03-23`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Returns a date, or `None` if it is not a day of the years 1 to 9999.
    #[inline]
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let last = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        if year == 0 || year > 9999 || day == 0 || day > last {
            return None;
        }
        Some(Self { year, month, day })
    }

    /// The year, 1 to 9999.
    #[inline]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    #[inline]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    #[inline]
    pub const fn day(self) -> u8 {
        self.day
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

    /// Returns whether a year or more has passed since an earlier day. A leap day's year is over on the first of March.
    #[inline]
    pub fn is_a_year_after(self, earlier: Self) -> bool {
        self >= Self { year: earlier.year.saturating_add(1), ..earlier }
    }
}

impl fmt::Display for Date {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}
