//! The text of a date.

use std::str::FromStr;

use crate::date::Date;
use crate::word::UnknownWord;

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
    use crate::Date;

    fn date(year: u16, month: u8, day: u8) -> Date {
        Date::new(year, month, day).unwrap()
    }

    #[test]
    fn days_count_leap_days() {
        assert_eq!(date(2024, 2, 28).days_until(date(2024, 3, 1)), 2);
        assert_eq!(date(2023, 2, 28).days_until(date(2023, 3, 1)), 1);
        assert_eq!(date(1999, 12, 31).days_until(date(2000, 12, 31)), 366);
        assert_eq!(date(1, 1, 1).days_until(date(9999, 12, 31)), 3_652_058);
        assert_eq!(date(2026, 3, 1).days_until(date(2026, 2, 1)), 0);
    }

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
