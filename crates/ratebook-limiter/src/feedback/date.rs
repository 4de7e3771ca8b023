//! Parses absolute times: RFC 3339, and the three forms of an HTTP date.
//!
//! The syntax is parsed here, and jiff converts the date. jiff's errors allocate, so jiff gets only dates that exist.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use super::InvalidValue;
use super::InvalidValue::{Negative, TooFar, Unreadable};

const NANOS: i128 = 1_000_000_000;

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];

/// Parses an RFC 3339 time. Returns nanoseconds since 1970.
///
/// # Errors
///
/// [`Unreadable`]; [`Negative`] before 1970; [`TooFar`] from the year 9999.
pub(super) fn rfc3339(text: &[u8]) -> Result<i128, InvalidValue> {
    let (day, rest) = text.split_at_checked(10).ok_or(Unreadable)?;
    let [y @ .., b'-', m1, m2, b'-', d1, d2] = day else { return Err(Unreadable) };
    let (b'T' | b't' | b' ', rest) = rest.split_first().ok_or(Unreadable)? else { return Err(Unreadable) };
    let (clock, rest) = rest.split_at_checked(8).ok_or(Unreadable)?;
    let (part, zone) = fraction(rest)?;
    let offset = match zone {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let minutes = number(&[*h1, *h2], 23)? * 60 + number(&[*m1, *m2], 59)?;
            if *sign == b'-' { -i128::from(minutes) } else { i128::from(minutes) }
        }
        _ => return Err(Unreadable),
    };
    let moment = moment(number(y, 9_999)?, number(&[*m1, *m2], 12)?, number(&[*d1, *d2], 31)?, clock)?;
    Ok(moment + part - offset * 60 * NANOS)
}

/// Parses an HTTP date: `Thu, 05 Feb 2026 15:32:41 GMT`, or one of the two obsolete forms. Returns nanoseconds since
/// 1970.
///
/// # Errors
///
/// Like [`rfc3339`].
pub(super) fn http(text: &[u8]) -> Result<i128, InvalidValue> {
    let mut words = [&b""[..]; 6];
    let found = text.split(|byte| matches!(byte, b' ' | b',' | b'-')).filter(|word| !word.is_empty());
    for (at, word) in found.enumerate() {
        *words.get_mut(at).ok_or(Unreadable)? = word;
    }
    let (weekday, day, month, year, clock) = match words {
        [weekday, month, day, clock, year, b""] => (weekday, day, month, year, clock),
        [weekday, day, month, year, clock, b"GMT" | b"UTC"] => (weekday, day, month, year, clock),
        _ => return Err(Unreadable),
    };
    let index_in = |names: &[&[u8]], word: &[u8]| names.iter().position(|name| word.eq_ignore_ascii_case(name));
    index_in(&DAYS, weekday.get(..3).ok_or(Unreadable)?).ok_or(Unreadable)?;
    let month = index_in(&MONTHS, month).ok_or(Unreadable)? + 1;
    let year = match year.len() {
        // Two digits are a year from 1970 to 2069.
        2 => 1_970 + (number(year, 99)? + 30) % 100,
        _ => number(year, 9_999)?,
    };
    moment(year, u16::try_from(month).map_err(|_| Unreadable)?, number(day, 31)?, clock)
}

/// Returns the moment of a date and a time `hh:mm:ss` in UTC, in nanoseconds since 1970.
fn moment(year: u16, month: u16, day: u16, clock: &[u8]) -> Result<i128, InvalidValue> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = clock else { return Err(Unreadable) };
    let (hour, minute) = (number(&[*h1, *h2], 23)?, number(&[*m1, *m2], 59)?);
    // A leap second becomes the second before it.
    let second = number(&[*s1, *s2], 60)?.min(59);
    match (year, month, day) {
        (_, 0, _) | (_, _, 0) => return Err(Unreadable),
        (..1_970, ..) => return Err(Negative),
        (9_999.., ..) => return Err(TooFar),
        _ => {}
    }
    let small = |number: u16| i8::try_from(number).map_err(|_| Unreadable);
    let first = i16::try_from(year).ok().and_then(|year| Some(Date::constant(year, small(month).ok()?, 1)));
    let first = first.ok_or(Unreadable)?;
    if small(day)? > first.days_in_month() {
        return Err(Unreadable);
    }
    let (hour, minute, second) = (small(hour)?, small(minute)?, small(second)?);
    let time = DateTime::constant(first.year(), first.month(), small(day)?, hour, minute, second, 0);
    Ok(Offset::UTC.to_timestamp(time).map_err(|_| Unreadable)?.as_nanosecond())
}

/// Parses an optional fraction of a second such as `.25`. Returns nanoseconds, and the text after it.
fn fraction(text: &[u8]) -> Result<(i128, &[u8]), InvalidValue> {
    let Some(digits) = text.strip_prefix(b".") else { return Ok((0, text)) };
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    if digits.is_empty() {
        return Err(Unreadable);
    }
    let places = digits.iter().zip((0..9).rev());
    Ok((places.map(|(digit, place)| i128::from(digit - b'0') * 10_i128.pow(place)).sum(), rest))
}

/// Parses a number of one to four digits, of at most `max`.
fn number(text: &[u8], max: u16) -> Result<u16, InvalidValue> {
    if !(1..=4).contains(&text.len()) || !text.iter().all(u8::is_ascii_digit) {
        return Err(Unreadable);
    }
    let number = text.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    if number > max { Err(Unreadable) } else { Ok(number) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    /// 2026-02-05T15:32:41Z.
    const THEN: i128 = 1_770_305_561 * NANOS;

    #[test]
    fn the_three_forms_of_an_http_date_are_equal() {
        assert_eq!(http(b"Thu, 05 Feb 2026 15:32:41 GMT"), Ok(THEN));
        assert_eq!(http(b"Thursday, 05-Feb-26 15:32:41 GMT"), Ok(THEN));
        assert_eq!(http(b"Thu Feb  5 15:32:41 2026"), Ok(THEN));
    }

    #[test]
    fn rfc_3339_with_fractions_and_offsets() {
        assert_eq!(rfc3339(b"2026-02-05T15:32:41Z"), Ok(THEN));
        assert_eq!(rfc3339(b"2026-02-05t16:32:41.250+01:00"), Ok(THEN + NANOS / 4));
        assert_eq!(rfc3339(b"2026-02-05 10:02:41.1234567891-05:30"), Ok(THEN + 123_456_789));
        assert_eq!(rfc3339(b"2026-02-05T15:32:60Z"), Ok(THEN + 18 * NANOS));
    }

    #[test]
    fn a_date_that_does_not_exist_is_an_error() {
        for text in ["2026-13-05T15:32:41Z", "2026-02-29T15:32:41Z", "2026-00-05T15:32:41Z", "2026-02-00T15:32:41Z"] {
            assert_eq!(rfc3339(text.as_bytes()), Err(Unreadable), "{text}");
        }
        assert!(rfc3339(b"2028-02-29T00:00:00Z").is_ok());
        for text in
            ["2026-02-05T24:00:00Z", "2026-02-05", "2026-02-05T15:32:41", "2026-02-05T15:32:41.Z", "20260205", ""]
        {
            assert_eq!(rfc3339(text.as_bytes()), Err(Unreadable), "{text}");
        }
        for text in
            ["Thu, 31 Feb 2026 15:32:41 GMT", "Thu, 05 Abc 2026 15:32:41 GMT", "Thu", "tomorrow, 5 Feb", "T, 05 Feb"]
        {
            assert_eq!(http(text.as_bytes()), Err(Unreadable), "{text}");
        }
    }

    #[test]
    fn years_out_of_range_have_their_own_errors() {
        assert_eq!(rfc3339(b"0001-01-01T00:00:00Z"), Err(Negative));
        assert_eq!(rfc3339(b"9999-12-31T23:59:59Z"), Err(TooFar));
        assert_eq!(http(b"Thu, 01 Jan 1970 00:00:00 GMT"), Ok(0));
    }

    proptest! {
        /// Times that jiff prints are parsed to the same moment.
        #[test]
        fn jiff_agrees(seconds in 0_i64..253_000_000_000, nanos in 0_i32..1_000_000_000) {
            let time = Timestamp::new(seconds, nanos).unwrap();
            prop_assert_eq!(rfc3339(time.to_string().as_bytes()), Ok(time.as_nanosecond()));
            let date = time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            prop_assert_eq!(http(date.as_bytes()), Ok(i128::from(seconds) * NANOS));
        }

        /// A time with any one byte changed is accepted if and only if jiff accepts it.
        #[test]
        fn jiff_agrees_on_invalid_times(at in 0_usize..20, byte in any::<u8>()) {
            let mut text = *b"2026-02-05T15:32:41Z";
            text[at] = byte;
            let jiff = jiff::fmt::temporal::DateTimeParser::new().parse_timestamp(text);
            let seconds = jiff.as_ref().map(|time| time.as_second());
            if seconds.is_ok_and(|seconds| !(0..253_370_764_800).contains(&seconds)) {
                prop_assert!(rfc3339(&text).is_err());
            } else {
                prop_assert_eq!(rfc3339(&text).ok(), jiff.ok().map(Timestamp::as_nanosecond));
            }
        }
    }
}
