//! Calendar dates.

use std::fmt;
use std::str::FromStr;

use crate::UnknownWord;

/// A day of the Gregorian calendar, written `2026-03-23`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Returns a date, or `None` if it is not a day of the years 1 to 9999.
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
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// Returns whether a year or more has passed since an earlier day. A leap day's year is over on the first of March.
    pub fn is_a_year_after(self, earlier: Self) -> bool {
        self >= Self { year: earlier.year.saturating_add(1), ..earlier }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match parse(text.as_bytes()) {
            Some(date) => Ok(date),
            None => {
                Err(UnknownWord { vocabulary: "date", word: text.to_owned(), known: &["a day such as 2026-03-23"] })
            }
        }
    }
}

fn parse(text: &[u8]) -> Option<Date> {
    let &[thousands, hundreds, tens, ones, b'-', month_tens, month_ones, b'-', day_tens, day_ones] = text else {
        return None;
    };
    let two_digits = |tens: u8, ones: u8| {
        let is_number = tens.is_ascii_digit() && ones.is_ascii_digit();
        if is_number { Some((tens - b'0') * 10 + (ones - b'0')) } else { None }
    };
    let century = two_digits(thousands, hundreds)?;
    let year = u16::from(century) * 100 + u16::from(two_digits(tens, ones)?);
    Date::new(year, two_digits(month_tens, month_ones)?, two_digits(day_tens, day_ones)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_reads_back_as_written() {
        let date: Date = "2024-02-29".parse().unwrap();
        assert_eq!((date.year(), date.month(), date.day()), (2024, 2, 29));
        assert_eq!(date.to_string(), "2024-02-29");
    }

    #[test]
    fn an_invalid_date_is_an_error() {
        for text in
            ["2023-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-4-01", "0000-01-01", "", "２026-01-1"]
        {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }
}
