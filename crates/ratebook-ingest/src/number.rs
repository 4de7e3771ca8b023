//! The grammar of numbers on pages: counts, amounts, rates, and parameters of models.

mod find;
mod parameters;
mod rate;
mod unit;

use ratebook_source::{Amount, Date};

pub use find::numbers;
pub use parameters::{parameter_range, parameters};
pub(crate) use rate::split_at_slashes;
pub use rate::{Rate, rate};
pub(crate) use unit::is_rate_unit;

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
    // `k` of `10kTPM` is a suffix, whatever stands before it.
    let has_unit = is_rate_unit(&after[..after.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after.len())]);
    (ends && !spaced_word || has_unit).then_some((text.len() - after.len(), factor))
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
