//! The grammar of numbers on pages: counts, amounts, rates, and parameters of models.

use std::ops::Range;

use ratebook_source::{Amount, Date, Period};

/// The error of a text that is not the expected number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found `{text}`")]
pub struct NumberError {
    /// The text on the page.
    pub text: String,
    /// The expected form, with an example.
    pub expected: &'static str,
}

fn error(text: &str, expected: &'static str) -> NumberError {
    NumberError { text: text.to_owned(), expected }
}

/// Returns the byte ranges of the numbers of a text, left to right, suffixes included.
///
/// Digits inside a name (`qwen3-max-2025-09-23`, `H100`, `v3`) are not numbers.
pub fn numbers(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        at += digits_len(&text[at..]);
        at += suffix(&text[at..]).map_or(0, |(len, _)| len);
        let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let before = &text[..start];
        let glued = before.ends_with(in_name) && !ends_with_range_dash(before);
        let rest = &text[at..];
        let runs_on = rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            || rest.starts_with('-') && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic());
        if glued || runs_on {
            at += rest.find(|c: char| !in_name(c)).unwrap_or(rest.len());
        } else {
            found.push(start..at);
        }
    }
    found
}

/// Returns whether the text ends with a dash between two numbers, as in `8B-35B` or `1000-10000`.
fn ends_with_range_dash(text: &str) -> bool {
    let Some(before) = text.strip_suffix('-') else { return false };
    let word = before.rsplit(|c: char| c.is_whitespace()).next().unwrap_or_default();
    word.is_empty()
        || word.strip_suffix(['B', 'M', 'K', 'k']).unwrap_or(word).bytes().all(|b| b.is_ascii_digit() || b == b',')
}

/// Returns the length in bytes of the digits at the start of a text, separators between digits included.
fn digits_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let separates = |at: usize| matches!(bytes[at], b',' | b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    (0..bytes.len()).find(|&at| !bytes[at].is_ascii_digit() && !separates(at)).unwrap_or(bytes.len())
}

/// Returns the length in bytes and the factor of the suffix at the start of a text.
fn suffix(text: &str) -> Option<(usize, u64)> {
    const SUFFIXES: [(&str, u64); 13] = [
        ("thousand", 1_000),
        ("million", 1_000_000),
        ("billion", 1_000_000_000),
        ("k", 1_000),
        ("K", 1_000),
        ("M", 1_000_000),
        ("m", 1_000_000),
        ("B", 1_000_000_000),
        ("b", 1_000_000_000),
        ("T", 1_000_000_000_000),
        ("w", 10_000),
        ("万", 10_000),
        ("亿", 100_000_000),
    ];
    let word = text.strip_prefix(' ').unwrap_or(text);
    let (name, factor) = SUFFIXES.into_iter().find(|(name, _)| word.starts_with(name))?;
    let after = &word[name.len()..];
    // A lowercase letter after a space begins a word, such as the `m` of `5 m`.
    let spaced_word = word.len() < text.len() && name.len() == 1 && name.starts_with(|c: char| c.is_ascii_lowercase());
    let ends = !after.starts_with(|c: char| c.is_ascii_alphanumeric());
    (ends && !spaced_word).then_some((text.len() - after.len(), factor))
}

/// Parses a whole number: `1200`, `1,200`, `14.4K`, `2.5B`, `5 M`, `32 billion`, `1,200万`, `$5,000`.
///
/// # Errors
/// Returns an error for any other text: wrong groups (`1,20`), a value that is not whole, or a value above 2^64 − 1.
pub fn count(text: &str) -> Result<u64, NumberError> {
    const EXPECTED: &str = "a whole number such as 1,200 or 2.5B";
    let bare = text.trim().trim_start_matches('$').trim_end_matches(FOOTNOTES).trim_end();
    let len = digits_len(bare);
    let (digits, rest) = bare.split_at(len);
    let factor = match rest {
        "" => 1,
        _ => match suffix(rest) {
            Some((len, factor)) if len == rest.len() => factor,
            _ => return Err(error(text, EXPECTED)),
        },
    };
    exact(digits, factor).ok_or_else(|| error(text, EXPECTED))
}

/// Returns digits, with or without groups and fraction, times a factor, if the product is a whole `u64`.
fn exact(digits: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped = groups.len() > 1;
    let well_grouped = groups.iter().enumerate().all(|(at, group)| match (at, grouped) {
        (0, true) => (1..=3).contains(&group.len()) && !group.starts_with('0'),
        (0, false) => !group.is_empty() && (group.len() == 1 || !group.starts_with('0')),
        _ => group.len() == 3,
    });
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !well_grouped || !groups.iter().all(|group| plain(group)) || !plain(fraction) || digits.ends_with('.') {
        return None;
    }
    let scale = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    if !factor.is_multiple_of(scale) {
        return None;
    }
    let whole: u64 = groups.concat().parse().ok()?;
    let fraction: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    whole.checked_mul(factor)?.checked_add(fraction * (factor / scale))
}

const FOOTNOTES: &[char] = &['†', '‡', '*', '¹', '²', '³'];

/// Parses the amount of a limit. Returns `None` if the cell states none: `N/A`, a dash, or nothing.
///
/// # Errors
/// Returns an error if the text is not an amount: a typo, a range, or two numbers.
pub fn amount(text: &str) -> Result<Option<Amount>, NumberError> {
    let bare = text.trim().trim_end_matches(FOOTNOTES).trim_end();
    match bare.to_ascii_lowercase().as_str() {
        "" | "-" | "–" | "—" | "n/a" | "na" => Ok(None),
        "unlimited" | "no limit" => Ok(Some(Amount::Unlimited)),
        "custom" => Ok(Some(Amount::Custom)),
        _ => match count(bare) {
            Ok(count) => Ok(Some(Amount::Count(count))),
            Err(_) => Err(error(text, "an amount such as 1,200, 2.5B, Custom or Unlimited")),
        },
    }
}

/// An amount of a unit in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The amount, in units of `unit`.
    pub amount: u64,
    /// The unit in lowercase, in the spelling of the text: `requests`, `reqs`. Empty if the text has none.
    pub unit: String,
    /// The period.
    pub per: Period,
    /// Whether the limit in force may be lower (`up to`).
    pub ceiling: bool,
}

/// Parses a rate: `2 per minute`, `720 requests per minute`, `300 reqs/min`, `20/min`, `3 QPS`, `2 次/分钟`, `$50/mo`.
///
/// # Errors
/// Returns an error if the text has anything else, so no qualifier is lost.
pub fn rate(text: &str) -> Result<Rate, NumberError> {
    let expected = "a rate such as 720 requests per minute";
    let lower = text.trim().trim_end_matches('.').trim_end_matches(FOOTNOTES).to_lowercase();
    let (ceiling, body) = match lower.strip_prefix("up to ") {
        Some(body) => (true, body),
        None => (false, lower.as_str()),
    };
    let digits = body.trim_start_matches('$');
    let len = digits_len(digits);
    let len = len + suffix(&digits[len..]).map_or(0, |(len, _)| len);
    let (number, words) = digits.split_at(len);
    let amount = count(number).map_err(|_| error(text, expected))?;
    let words = words.trim();
    let short = match words {
        "qps" | "rps" => Some(("requests", Period::Second)),
        "rpm" | "qpm" => Some(("requests", Period::Minute)),
        "tpm" => Some(("tokens", Period::Minute)),
        "rpd" => Some(("requests", Period::Day)),
        _ => None,
    };
    if let Some((unit, per)) = short {
        return Ok(Rate { amount, unit: unit.to_owned(), per, ceiling });
    }
    let (unit, period) = words
        .split_once('/')
        .or_else(|| words.split_once(" per "))
        .or_else(|| words.strip_prefix("per ").map(|period| ("", period)))
        .ok_or_else(|| error(text, expected))?;
    let per = match period.trim() {
        "s" | "sec" | "second" | "秒" => Period::Second,
        "min" | "minute" | "m" | "分钟" => Period::Minute,
        "day" | "d" | "天" => Period::Day,
        "mo" | "month" | "月" => Period::Month,
        _ => return Err(error(text, expected)),
    };
    Ok(Rate { amount, unit: unit.trim().to_owned(), per, ceiling })
}

/// Parses a number of parameters, in single parameters: `8B`, `1.7b`, `600M`.
///
/// # Errors
/// Returns an error for any other text.
pub fn parameters(text: &str) -> Result<u64, NumberError> {
    let text = text.trim();
    match text.chars().next_back() {
        Some('T' | 'B' | 'b' | 'M' | 'm') => count(text),
        _ => Err(error(text, "a number of parameters such as 8B")),
    }
}

/// Parses a range of parameters, both ends inclusive, in single parameters: `≤8B`, `8B–35B`, `>35B`, `< 40B`,
/// `between 40B - 100B`, `400B – < 1.6T`. The upper end is `None` if the range has none. If two ranges share a bound, the
/// recipe assigns it to one of them.
///
/// # Errors
/// Returns an error for any other text.
pub fn parameter_range(text: &str) -> Result<(u64, Option<u64>), NumberError> {
    let expected = "a range of parameters such as ≤8B, 8B–35B or > 100B";
    let bare = text.trim();
    let open = |prefixes: &[&str]| prefixes.iter().find_map(|prefix| bare.strip_prefix(prefix)).map(parameters);
    if let Some(bound) = open(&["≤", "<="]) {
        return Ok((0, Some(bound?)));
    }
    if let Some(bound) = open(&["≥", ">="]) {
        return Ok((bound?, None));
    }
    if let Some(bound) = open(&["<"]) {
        return Ok((0, Some(bound?.saturating_sub(1))));
    }
    if let Some(bound) = open(&[">"]) {
        return Ok((bound?.saturating_add(1), None));
    }
    let bare = bare.strip_prefix("between ").unwrap_or(bare);
    let (from, to) = bare.split_once(['–', '-', '—']).ok_or_else(|| error(text, expected))?;
    let below = to.trim().strip_prefix('<').filter(|rest| !rest.starts_with('='));
    let to = match below {
        Some(bound) => parameters(bound)?.saturating_sub(1),
        None => parameters(to)?,
    };
    match (parameters(from)?, to) {
        (from, to) if from < to => Ok((from, Some(to))),
        _ => Err(error(text, expected)),
    }
}

/// Returns every split of a run of digits and separators into two amounts that the grammar of [`amount`] allows.
/// `180120,000` splits into 180 and 120,000, but also into 1801 and 20,000: the other rows of a table decide.
pub fn splits(run: &str) -> Vec<(&str, &str)> {
    run.char_indices()
        .skip(1)
        .map(|(at, _)| run.split_at(at))
        .filter(|(left, right)| {
            let amount = |text: &str| matches!(amount(text), Ok(Some(_))) && text == text.trim();
            amount(left) && amount(right)
        })
        .collect()
}

/// Parses a date such as `January 30, 2026` or `Mar 23, 2026`. `None` if the text is another.
pub fn date(text: &str) -> Option<Date> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (month, rest) = text.trim().split_once(' ')?;
    let (day, year) = rest.split_once(", ")?;
    let month = month.get(..3)?.to_ascii_lowercase();
    let month = u8::try_from(MONTHS.iter().position(|name| *name == month)? + 1).ok()?;
    Date::new(year.trim().parse().ok()?, month, day.trim().parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_notation_of_a_count_is_read() {
        let cases = [
            ("1,200", 1_200),
            ("1200", 1_200),
            ("14.4K", 14_400),
            ("216k", 216_000),
            ("5 M", 5_000_000),
            ("2.16M", 2_160_000),
            ("2.5B", 2_500_000_000),
            ("1,200万", 12_000_000),
            ("500w", 5_000_000),
            ("$50", 50),
            ("$5,000", 5_000),
            ("4,980,000,000", 4_980_000_000),
            ("720†", 720),
            ("18446744073709551615", u64::MAX),
        ];
        for (text, value) in cases {
            assert_eq!(count(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn a_typo_is_an_error() {
        let typos =
            ["-1 80", "1O0", "1,20", "12,0000", "10.5", "1.2345K", "007", "1,200,", ",200", "", "1000-10000", "5 m"];
        for text in typos.into_iter().chain(["8000 in, 4000 out", "? seconds", "18446744073709551616", "99999999999B"])
        {
            assert!(count(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_amount_is_a_count_unlimited_custom_or_absent() {
        assert_eq!(amount("Custom"), Ok(Some(Amount::Custom)));
        assert_eq!(amount("Unlimited*"), Ok(Some(Amount::Unlimited)));
        for text in ["", "-", "—", "N/A"] {
            assert_eq!(amount(text), Ok(None), "{text}");
        }
        assert!(amount("ask us").is_err());
    }

    #[test]
    fn rates_are_read_in_every_wording() {
        let requests = |text: &str, amount, per| {
            let rate = rate(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((rate.amount, rate.per), (amount, per), "{text}");
        };
        requests("720 requests per minute", 720, Period::Minute);
        requests("300 reqs/min", 300, Period::Minute);
        requests("1,500 requests/minute.", 1_500, Period::Minute);
        requests("20/min", 20, Period::Minute);
        requests("2 per second", 2, Period::Second);
        requests("3 QPS", 3, Period::Second);
        requests("2 次/分钟", 2, Period::Minute);
        requests("$5,000/mo", 5_000, Period::Month);
        assert!(rate("up to 60 requests per minute").unwrap().ceiling);
        assert!(rate("60 requests per minute unless agreed otherwise").is_err());
        assert!(rate("-1 80 reqs/min").is_err());
    }

    #[test]
    fn numbers_inside_names_are_not_numbers() {
        let found = |text: &'static str| numbers(text).into_iter().map(|range| &text[range]).collect::<Vec<_>>();
        assert_eq!(found("qwen3-max-2025-09-23"), Vec::<&str>::new());
        assert_eq!(found("@cf/baai/bge-large-en-v1.5 is 1500 requests per minute"), ["1500"]);
        assert_eq!(found("# Nvidia H100"), Vec::<&str>::new());
        assert_eq!(found("between 40B - 100B"), ["40B", "100B"]);
        assert_eq!(found("Medium (8B–35B)"), ["8B", "35B"]);
        assert_eq!(found("1000-10000"), ["1000", "10000"]);
        assert_eq!(found("$50 spent, then $5,000/mo"), ["50", "5,000"]);
        assert_eq!(found("No limit for sync API / Async API: 2"), ["2"]);
        assert_eq!(found("8000 in, 4000 out"), ["8000", "4000"]);
    }

    #[test]
    fn size_classes_are_bounded_inclusively() {
        assert_eq!(parameter_range("≤8B"), Ok((0, Some(8_000_000_000))));
        assert_eq!(parameter_range("8B–35B"), Ok((8_000_000_000, Some(35_000_000_000))));
        assert_eq!(parameter_range(">35B"), Ok((35_000_000_001, None)));
        assert_eq!(parameter_range("< 40B"), Ok((0, Some(39_999_999_999))));
        assert_eq!(parameter_range("between 40B - 100B"), Ok((40_000_000_000, Some(100_000_000_000))));
        assert!(
            parameter_range("about 8B").is_err()
                && parameter_range("35B-8B").is_err()
                && parameter_range("8-35").is_err()
        );
    }

    #[test]
    fn cells_without_a_separator_are_split_by_grammar() {
        assert!(splits("180120,000").contains(&("180", "120,000")));
        assert!(splits("9060,000").contains(&("90", "60,000")));
        assert_eq!(splits("CustomCustom"), [("Custom", "Custom")]);
        assert!(!splits("50300,000").iter().any(|(_, right)| right.starts_with('0')));
        assert!(splits("12").len() == 1 && splits("7").is_empty());
    }

    proptest! {
        #[test]
        fn no_text_causes_a_panic(text in "\\PC{0,24}") {
            let _ = (count(&text), amount(&text), rate(&text), parameter_range(&text), splits(&text));
            for range in numbers(&text) {
                prop_assert!(text.get(range).is_some());
            }
        }

        #[test]
        fn grouped_and_plain_digits_mean_the_same(value: u64) {
            let plain = value.to_string();
            let mut grouped = String::new();
            for (at, digit) in plain.chars().enumerate() {
                if at > 0 && (plain.len() - at).is_multiple_of(3) {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            prop_assert_eq!(count(&plain), Ok(value));
            prop_assert_eq!(count(&grouped), Ok(value));
        }
    }
}
