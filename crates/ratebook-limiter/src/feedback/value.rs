//! Parses amounts, times and durations of headers.

use std::time::Duration;

use ratebook::HeaderFormat;

use super::{InvalidValue, date};

/// The longest valid time, 31 days: the longest window is a month.
pub(super) const LONGEST: Duration = Duration::from_secs(31 * 86_400);

/// The tolerated clock skew, in nanoseconds. A moment in the past by at most this counts as now.
const SKEW: i128 = 60 * 1_000_000_000;

/// Parses an amount: a whole number.
///
/// # Errors
///
/// [`InvalidValue::Unreadable`], [`InvalidValue::Negative`], or [`InvalidValue::TooFar`] above `u64::MAX`.
pub(super) fn amount(text: &[u8]) -> Result<u64, InvalidValue> {
    digits(positive(text.trim_ascii())?)
}

/// Parses the amount of a limit: like [`amount`], but zero is [`InvalidValue::Zero`].
pub(super) fn limit(text: &[u8]) -> Result<u64, InvalidValue> {
    amount(text).and_then(|amount| if amount == 0 { Err(InvalidValue::Zero) } else { Ok(amount) })
}

/// Parses the length of a window: a whole number of seconds, above zero and at most 31 days.
pub(super) fn window(text: &[u8]) -> Result<Duration, InvalidValue> {
    let window = Duration::from_secs(limit(text)?);
    if window > LONGEST { Err(InvalidValue::TooFar) } else { Ok(window) }
}

/// Parses a duration, or an absolute time as the duration from `now`, which is in nanoseconds since 1970.
///
/// # Errors
///
/// [`InvalidValue::Unreadable`], [`InvalidValue::Unstated`], [`InvalidValue::Negative`] more than [`SKEW`] in the past,
/// or [`InvalidValue::TooFar`] above [`LONGEST`].
pub(super) fn time(format: HeaderFormat, text: &[u8], now: i128) -> Result<Duration, InvalidValue> {
    let text = text.trim_ascii();
    let after = match format {
        // Some vendors append the unit: `900s`.
        HeaderFormat::Seconds | HeaderFormat::Integer => decimal_seconds(text.strip_suffix(b"s").unwrap_or(text))?,
        HeaderFormat::Millis => Duration::from_millis(amount(text)?),
        HeaderFormat::Duration => go_duration(text)?,
        HeaderFormat::SecondsOrDate if text.first().is_some_and(u8::is_ascii_alphabetic) => {
            until(date::http(text)?, now)?
        }
        HeaderFormat::SecondsOrDate => decimal_seconds(text)?,
        HeaderFormat::Timestamp => until(date::rfc3339(text)?, now)?,
        HeaderFormat::UnixSeconds => until_unix(decimal_seconds(text)?, now)?,
        HeaderFormat::UnixMillis => until_unix(Duration::from_millis(amount(text)?), now)?,
        HeaderFormat::Unstated => return Err(InvalidValue::Unstated),
        HeaderFormat::YesNo | HeaderFormat::Fields | HeaderFormat::Text => return Err(InvalidValue::Unreadable),
    };
    if after > LONGEST { Err(InvalidValue::TooFar) } else { Ok(after) }
}

/// Parses `yes`, `no`, `true` or `false`, in any case.
pub(super) fn yes_no(text: &[u8]) -> Result<bool, InvalidValue> {
    let is = |word: &str| text.trim_ascii().eq_ignore_ascii_case(word.as_bytes());
    match (is("yes") || is("true"), is("no") || is("false")) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(InvalidValue::Unreadable),
    }
}

/// Returns the first value of `rest`, the text after a phrase, without the quotes, colons and spaces before it.
pub(super) fn first_value(rest: &[u8]) -> &[u8] {
    let is_before = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b':' | b' ' | b'\\' | b'=' | b'~');
    let begin = rest.iter().position(|byte| !is_before(byte)).unwrap_or(rest.len());
    let rest = &rest[begin..];
    let is_of_value = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-' | b'+');
    let number = digits_with_commas(rest);
    let end = rest[number..].iter().position(|byte| !is_of_value(byte)).map_or(rest.len(), |end| number + end);
    // The full stop of the sentence is not part of the value.
    rest[..end].strip_suffix(b".").unwrap_or(&rest[..end])
}

/// Returns the length of the whole number at the beginning of a text, with or without commas as thousands separators.
pub(super) fn digits_with_commas(text: &[u8]) -> usize {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(text);
    while (1..=3).contains(&end) || end > 3 && text[..end].contains(&b',') {
        match text[end..] {
            [b',', ..] if digits(&text[end + 1..]) == 3 => end += 4,
            _ => break,
        }
    }
    end
}

/// Returns the text unchanged, or [`InvalidValue::Negative`] if it is a number with a minus sign.
fn positive(text: &[u8]) -> Result<&[u8], InvalidValue> {
    if matches!(text, [b'-', b'0'..=b'9', ..]) { Err(InvalidValue::Negative) } else { Ok(text) }
}

/// Parses a whole number without a sign.
fn digits(text: &[u8]) -> Result<u64, InvalidValue> {
    if text.is_empty() || digits_with_commas(text) != text.len() {
        return Err(InvalidValue::Unreadable);
    }
    let add = |sum: u64, digit: &u8| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
    text.iter().filter(|byte| **byte != b',').try_fold(0, add).ok_or(InvalidValue::TooFar)
}

/// Parses a decimal number of units. `unit` is the length of a unit in nanoseconds. Digits below a nanosecond are
/// ignored.
fn decimal(text: &[u8], unit: u64) -> Result<Duration, InvalidValue> {
    let (whole, part) = match text.iter().position(|byte| *byte == b'.') {
        Some(dot) => (&text[..dot], &text[dot + 1..]),
        None => (text, &b""[..]),
    };
    let mut nanos = u128::from(if whole.is_empty() { 0 } else { digits(whole)? }) * u128::from(unit);
    if whole.is_empty() && part.is_empty() || !part.iter().all(u8::is_ascii_digit) {
        return Err(InvalidValue::Unreadable);
    }
    let mut scale = u128::from(unit);
    for digit in part {
        scale /= 10;
        nanos += u128::from(digit - b'0') * scale;
    }
    u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| InvalidValue::TooFar)
}

fn decimal_seconds(text: &[u8]) -> Result<Duration, InvalidValue> {
    decimal(positive(text)?, 1_000_000_000)
}

/// Parses a duration in the format of Go's `time.Duration`, such as `1m26.4s`.
fn go_duration(mut text: &[u8]) -> Result<Duration, InvalidValue> {
    if text.first() == Some(&b'-') {
        return Err(InvalidValue::Negative);
    }
    if text == b"0" {
        return Ok(Duration::ZERO);
    }
    let mut sum = Duration::ZERO;
    if text.is_empty() {
        return Err(InvalidValue::Unreadable);
    }
    while !text.is_empty() {
        let number = text.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.').unwrap_or(text.len());
        let rest = &text[number..];
        let unit = rest.iter().position(|byte| byte.is_ascii_digit() || *byte == b'.').unwrap_or(rest.len());
        let nanos = match &rest[..unit] {
            b"h" => 3_600_000_000_000,
            b"m" => 60_000_000_000,
            b"s" => 1_000_000_000,
            b"ms" => 1_000_000,
            b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
            b"ns" => 1,
            _ => return Err(InvalidValue::Unreadable),
        };
        sum = sum.saturating_add(decimal(&text[..number], nanos)?);
        text = &rest[unit..];
    }
    Ok(sum)
}

/// Returns the time from `now` until a Unix time.
fn until_unix(unix: Duration, now: i128) -> Result<Duration, InvalidValue> {
    until(i128::try_from(unix.as_nanos()).unwrap_or(i128::MAX), now)
}

/// Returns the time from `now` until `time`, both in nanoseconds since 1970. Zero if it is in the past by at most
/// [`SKEW`].
fn until(time: i128, now: i128) -> Result<Duration, InvalidValue> {
    match time.saturating_sub(now) {
        past if past < -SKEW => Err(InvalidValue::Negative),
        past if past < 0 => Ok(Duration::ZERO),
        nanos => u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| InvalidValue::TooFar),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HeaderFormat::{Duration as Go, Millis, Seconds, SecondsOrDate, Timestamp as Rfc3339, UnixMillis, UnixSeconds};
    use InvalidValue::{Negative, TooFar, Unreadable};

    /// 2026-02-05T15:02:41Z.
    const NOW: i128 = 1_770_303_761 * 1_000_000_000;

    #[track_caller]
    fn reads(format: HeaderFormat, text: &str, millis: u64) {
        assert_eq!(time(format, text.as_bytes(), NOW), Ok(Duration::from_millis(millis)), "{text}");
    }

    #[test]
    fn durations_in_the_format_of_go() {
        reads(Go, "1s", 1_000);
        reads(Go, "6m0s", 360_000);
        reads(Go, "20ms", 20);
        reads(Go, "2m59.56s", 179_560);
        reads(Go, "1m26.4s", 86_400);
        reads(Go, "1h0m0s", 3_600_000);
        reads(Go, "0", 0);
    }

    #[test]
    fn seconds_milliseconds_and_dates() {
        reads(Seconds, "26.284", 26_284);
        assert_eq!(time(Seconds, b"26.28409242630005", NOW), Ok(Duration::from_nanos(26_284_092_426)));
        reads(Seconds, " 5 ", 5_000);
        reads(Millis, "825", 825);
        reads(SecondsOrDate, "120", 120_000);
        reads(SecondsOrDate, "Thu, 05 Feb 2026 15:32:41 GMT", 1_800_000);
        reads(Rfc3339, "2026-02-05T15:32:41Z", 1_800_000);
        reads(Rfc3339, "2026-02-05T16:02:42.500+01:00", 1_500);
        reads(UnixSeconds, "1770303766", 5_000);
        reads(UnixMillis, "1770303761250", 250);
    }

    #[test]
    fn invalid_values_have_distinct_errors() {
        let read = |format, text: &str| time(format, text.as_bytes(), NOW).unwrap_err();
        assert_eq!(read(Seconds, "1000000000000"), TooFar);
        assert_eq!(read(Rfc3339, "2027-02-05T15:02:41Z"), TooFar);
        assert_eq!(read(Seconds, "-3"), Negative);
        assert_eq!(read(Go, "-3s"), Negative);
        assert_eq!(read(Rfc3339, "2025-02-05T15:02:41Z"), Negative);
        assert_eq!(read(Seconds, "soon"), Unreadable);
        assert_eq!(read(Go, "6x"), Unreadable);
        assert_eq!(read(Go, ""), Unreadable);
        assert_eq!(read(Rfc3339, "2026-13-05T15:02:41Z"), Unreadable);
        assert_eq!(amount(b"-1"), Err(Negative));
        assert_eq!(amount(b"99999999999999999999999"), Err(TooFar));
        assert_eq!(amount(b"1.5"), Err(Unreadable));
        assert_eq!(amount(b"1,5"), Err(Unreadable));
        assert_eq!(amount(b"1234,567"), Err(Unreadable));
    }

    #[test]
    fn numbers_may_have_thousands_separators() {
        assert_eq!(amount(b"12,903"), Ok(12_903));
        assert_eq!(amount(b"1,000,000"), Ok(1_000_000));
        assert_eq!(first_value(b": ~12,903. Please"), b"12,903");
        assert_eq!(first_value(b" 7000, Used 0"), b"7000");
        assert_eq!(first_value(b" 7,000,0000"), b"7,000");
    }

    #[test]
    fn a_small_clock_skew_is_tolerated() {
        reads(Rfc3339, "2026-02-05T15:02:40Z", 0);
    }
}
