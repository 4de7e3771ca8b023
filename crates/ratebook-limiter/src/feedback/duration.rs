//! Parses durations in prose: `2 minutes`, `7m12s`, `1 hour and 5 min`, `00:01:30`, `30`.

use std::time::Duration;

use super::InvalidValue::{self, Negative, TooFar};
use super::value::LONGEST;

const SECOND: u128 = 1_000_000_000;

/// Parses the duration at the beginning of a text, after quotes, colons and filler words such as `about`. A bare number
/// is in seconds. `None` if the text does not begin with a duration.
///
/// # Errors
///
/// [`Negative`], or [`TooFar`] above 31 days.
pub(super) fn time(text: &[u8]) -> Option<Result<Duration, InvalidValue>> {
    let mut rest = skip_fillers(text);
    if let [b'-', b'0'..=b'9', ..] = rest {
        return Some(Err(Negative));
    }
    if let Some(clock) = clock(rest) {
        return Some(checked(clock));
    }
    let (mut nanos, mut parts) = (0_u128, 0);
    while let Some((number, scale, after)) = number(rest) {
        let (unit, after) = match unit(after) {
            Some((unit, after)) => (unit, after),
            // A bare number, unless it is part of something else, such as a date.
            None if parts == 0 && rest[0].is_ascii_digit() && ends_number(after) => (SECOND, after),
            None => break,
        };
        nanos = nanos.saturating_add(number.saturating_mul(unit) / scale);
        parts += 1;
        rest = skip_conjunctions(after);
    }
    (parts > 0).then(|| checked(nanos))
}

/// Converts nanoseconds to a duration of at most 31 days.
fn checked(nanos: u128) -> Result<Duration, InvalidValue> {
    let time = u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| TooFar)?;
    if time > LONGEST { Err(TooFar) } else { Ok(time) }
}

/// Skips quotes, and up to three filler words.
fn skip_fillers(text: &[u8]) -> &[u8] {
    const FILLERS: [&str; 9] = ["about", "approximately", "around", "another", "at", "least", "in", "up", "to"];
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b':' | b' ' | b'\\' | b'=' | b'~' | b'(' | b'\n');
    let quotes = |text: &'_ [u8]| text.iter().position(|byte| !is_quote(byte)).unwrap_or(text.len());
    let mut rest = &text[quotes(text)..];
    for _ in 0..3 {
        let word = word(rest);
        if !FILLERS.iter().any(|filler| word.eq_ignore_ascii_case(filler.as_bytes())) {
            break;
        }
        rest = &rest[word.len()..];
        rest = &rest[quotes(rest)..];
    }
    rest
}

/// Returns the letters at the beginning of a text, including both Unicode forms of `µ`.
fn word(text: &[u8]) -> &[u8] {
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, 0xc2 | 0xb5 | 0xce | 0xbc);
    &text[..text.iter().position(|byte| !is_letter(byte)).unwrap_or(text.len())]
}

/// Whether a bare number ends before `text`.
fn ends_number(text: &[u8]) -> bool {
    match text {
        [] => true,
        // A full stop or a comma of the sentence, not of the number.
        [b'.' | b',', next, ..] => !next.is_ascii_digit(),
        // The number counts something else: `5 attempts`.
        [b' ', next, ..] => !next.is_ascii_lowercase(),
        [first, ..] => !(first.is_ascii_alphanumeric() || matches!(first, b'-' | b':' | b'/' | b'_' | b'%')),
    }
}

/// Parses a decimal number. Returns its digits as an integer, the power of ten to divide by, and the text after it.
/// `a`, `an` and `one` are 1.
fn number(text: &[u8]) -> Option<(u128, u128, &[u8])> {
    let first = word(text);
    if [&b"a"[..], b"an", b"one"].iter().any(|one| first.eq_ignore_ascii_case(one)) {
        return Some((1, 1, &text[first.len()..]));
    }
    let whole = super::value::digits_with_commas(text);
    let after = &text[whole..];
    let places = match after {
        [b'.', b'0'..=b'9', ..] => after[1..].iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    if whole == 0 {
        return None;
    }
    let (mut number, mut scale) = (0_u128, 1_u128);
    for digit in text[..whole].iter().filter(|byte| byte.is_ascii_digit()) {
        number = number.saturating_mul(10).saturating_add(u128::from(digit - b'0'));
    }
    // Digits below a nanosecond are ignored.
    for digit in after.iter().skip(1).take(places.min(9)) {
        (number, scale) = (number.saturating_mul(10).saturating_add(u128::from(digit - b'0')), scale * 10);
    }
    Some((number, scale, &after[if places == 0 { 0 } else { places + 1 }..]))
}

/// Parses a unit, after an optional space or hyphen. Returns its nanoseconds, and the text after it.
fn unit(text: &[u8]) -> Option<(u128, &[u8])> {
    let text = text.trim_ascii_start();
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let word = word(text);
    let is = |names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()));
    let nanos = match word {
        _ if is(&["s", "sec", "secs", "second", "seconds"]) => SECOND,
        _ if is(&["m", "min", "mins", "minute", "minutes"]) => 60 * SECOND,
        _ if is(&["h", "hr", "hrs", "hour", "hours"]) => 3_600 * SECOND,
        _ if is(&["d", "day", "days"]) => 86_400 * SECOND,
        _ if is(&["w", "week", "weeks"]) => 7 * 86_400 * SECOND,
        _ if is(&["ms", "msec", "msecs", "millis", "millisecond", "milliseconds"]) => 1_000_000,
        _ if is(&["us", "microsecond", "microseconds"]) || word == b"\xc2\xb5s" || word == b"\xce\xbcs" => 1_000,
        _ if is(&["ns", "nanosecond", "nanoseconds"]) => 1,
        _ => return None,
    };
    Some((nanos, &text[word.len()..]))
}

/// Skips what may separate two parts of a duration: `, `, ` and `.
fn skip_conjunctions(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    let text = text.strip_prefix(b",").unwrap_or(text).trim_ascii_start();
    if word(text).eq_ignore_ascii_case(b"and") { text[3..].trim_ascii_start() } else { text }
}

/// Parses `hh:mm:ss` or `d.hh:mm:ss`, in nanoseconds.
fn clock(text: &[u8]) -> Option<u128> {
    let part = |text: &[u8]| {
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (1..=4)
            .contains(&digits)
            .then(|| (text[..digits].iter().fold(0, |sum, digit| sum * 10 + u128::from(digit - b'0')), digits))
    };
    let (first, digits) = part(text)?;
    let (days, text) = match text[digits..].first() {
        Some(b'.') => (first, &text[digits + 1..]),
        _ => (0, text),
    };
    let (hours, digits) = part(text)?;
    let text = text[digits..].strip_prefix(b":")?;
    let (minutes, digits) = part(text)?;
    let text = text[digits..].strip_prefix(b":")?;
    let (seconds, _) = part(text)?;
    Some((days * 86_400 + hours * 3_600 + minutes * 60 + seconds) * SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(text: &str, millis: u64) {
        assert_eq!(time(text.as_bytes()), Some(Ok(Duration::from_millis(millis))), "{text}");
    }

    #[test]
    fn units_are_words_or_abbreviations() {
        is(" 2 seconds. Visit us", 2_000);
        is(" in 2 minutes", 120_000);
        is(" 7m12s. See", 432_000);
        is(" 1 hour", 3_600_000);
        is(" an hour.", 3_600_000);
        is(" 1 hour, 5 min and 30 sec", 3_930_000);
        is(" ~30s", 30_000);
        is(" about a minute", 60_000);
        is("\": \"38.25s\"", 38_250);
        is("\": 1.5}", 1_500);
        is(" 86,400 seconds", 86_400_000);
        is(" 20. Then", 20_000);
        is(" 825ms", 825);
        is(" 2-minute", 120_000);
        is(" 5 days", 432_000_000);
        is(" 114h18m0s.", 411_480_000);
        is(" 5.02:13:11", 440_000_000 - 9_000);
        is(" 00:01:30", 90_000);
        is(" 2 minutes 3 requests", 120_000);
    }

    #[test]
    fn other_texts_are_not_durations() {
        for text in [
            "",
            " later",
            " a while",
            " a few minutes",
            " 2026-02-05T15:32:41Z",
            " 5x",
            " 1e9",
            " 5%",
            " before 3",
            " 5 attempts",
        ] {
            assert_eq!(time(text.as_bytes()), None, "{text}");
        }
        assert_eq!(time(b" -3 seconds"), Some(Err(Negative)));
        assert_eq!(time(b" 32 days"), Some(Err(TooFar)));
        assert_eq!(time(b" 99999999999999999999999999999999999999999999999999 days"), Some(Err(TooFar)));
    }
}
