//! Times as bodies write them, in words or glued together: `2 minutes`, `7m12s`, `1 hour and 5 min`, `00:01:30`, `30`.

use std::time::Duration;

use super::InvalidValue::{self, Negative, TooFar};
use super::value::LONGEST;

const SECOND: u128 = 1_000_000_000;

/// The time at the beginning of a text, behind quotes, colons and words such as `about`; a bare number is of seconds.
/// `None` where no time stands there.
pub(super) fn time(text: &[u8]) -> Option<Result<Duration, InvalidValue>> {
    let mut rest = behind_fillers(text);
    if let [b'-', b'0'..=b'9', ..] = rest {
        return Some(Err(Negative));
    }
    if let Some(clock) = clock(rest) {
        return Some(checked(clock));
    }
    let (mut nanos, mut parts) = (0_u128, 0);
    while let Some((number, scale, behind)) = number(rest) {
        let (unit, behind) = match unit(behind) {
            Some((unit, behind)) => (unit, behind),
            // A bare number. One that goes on in another way, such as a date, is none.
            None if parts == 0 && rest[0].is_ascii_digit() && ends(behind) => (SECOND, behind),
            None => break,
        };
        nanos = nanos.saturating_add(number.saturating_mul(unit) / scale);
        parts += 1;
        rest = behind_joints(behind);
    }
    (parts > 0).then(|| checked(nanos))
}

fn checked(nanos: u128) -> Result<Duration, InvalidValue> {
    let time = u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| TooFar)?;
    if time > LONGEST { Err(TooFar) } else { Ok(time) }
}

/// What stands behind quotes and words that say nothing of a time.
fn behind_fillers(text: &[u8]) -> &[u8] {
    const FILLERS: [&str; 9] = ["about", "approximately", "around", "another", "at", "least", "in", "up", "to"];
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b':' | b' ' | b'\\' | b'=' | b'~' | b'(' | b'\n');
    let behind_quotes = |text: &'_ [u8]| text.iter().position(|byte| !is_quote(byte)).unwrap_or(text.len());
    let mut rest = &text[behind_quotes(text)..];
    for _ in 0..3 {
        let word = word(rest);
        if !FILLERS.iter().any(|filler| word.eq_ignore_ascii_case(filler.as_bytes())) {
            break;
        }
        rest = &rest[word.len()..];
        rest = &rest[behind_quotes(rest)..];
    }
    rest
}

/// The letters that a text begins with.
fn word(text: &[u8]) -> &[u8] {
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, 0xc2 | 0xb5 | 0xce | 0xbc);
    &text[..text.iter().position(|byte| !is_letter(byte)).unwrap_or(text.len())]
}

/// Whether a bare number ends before a text.
fn ends(text: &[u8]) -> bool {
    match text {
        [] => true,
        // A full stop ends a sentence, a comma a part of one.
        [b'.' | b',', next, ..] => !next.is_ascii_digit(),
        // It counts something else: `5 attempts`.
        [b' ', next, ..] => !next.is_ascii_lowercase(),
        [first, ..] => !(first.is_ascii_alphanumeric() || matches!(first, b'-' | b':' | b'/' | b'_' | b'%')),
    }
}

/// A number, by what it is to be divided, and what stands behind it. `a`, `an` and `one` are numbers, too.
fn number(text: &[u8]) -> Option<(u128, u128, &[u8])> {
    let first = word(text);
    if [&b"a"[..], b"an", b"one"].iter().any(|one| first.eq_ignore_ascii_case(one)) {
        return Some((1, 1, &text[first.len()..]));
    }
    let whole = super::value::digits_with_commas(text);
    let behind = &text[whole..];
    let places = match behind {
        [b'.', b'0'..=b'9', ..] => behind[1..].iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    if whole == 0 {
        return None;
    }
    let (mut number, mut scale) = (0_u128, 1_u128);
    for digit in text[..whole].iter().filter(|byte| byte.is_ascii_digit()) {
        number = number.saturating_mul(10).saturating_add(u128::from(digit - b'0'));
    }
    // Beyond nanoseconds nothing counts.
    for digit in behind.iter().skip(1).take(places.min(9)) {
        (number, scale) = (number.saturating_mul(10).saturating_add(u128::from(digit - b'0')), scale * 10);
    }
    Some((number, scale, &behind[if places == 0 { 0 } else { places + 1 }..]))
}

/// The nanoseconds of a unit, which a space or a hyphen may stand before, and what stands behind it.
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

/// What stands behind what may join two parts of a time: `, `, ` and `.
fn behind_joints(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    let text = text.strip_prefix(b",").unwrap_or(text).trim_ascii_start();
    if word(text).eq_ignore_ascii_case(b"and") { text[3..].trim_ascii_start() } else { text }
}

/// Nanoseconds of `hh:mm:ss`, with days and a full stop before it or not.
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
    fn units_in_words_and_glued() {
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
    fn what_is_no_time() {
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
