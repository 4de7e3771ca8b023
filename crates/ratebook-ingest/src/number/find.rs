//! The numbers of a text, and where they stand.

use std::ops::Range;

use super::{digits_len, suffix, unit};

/// Returns the byte ranges of the numbers of a text, left to right, suffixes included.
///
/// Digits inside a name (`qwen3-max-2025-09-23`, `H100`, `v3`) are not numbers. Digits with a unit directly after them
/// (`300RPM`, `10kTPM`, `10s`) are.
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
        let unit = unit::glued_len(&text[at..]);
        let rest = &text[at + unit..];
        let runs_on = rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            || unit == 0 && rest.starts_with('-') && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic());
        if glued || runs_on {
            let rest = &text[at..];
            at += rest.find(|c: char| !in_name(c)).unwrap_or(rest.len());
        } else {
            found.push(start..at);
        }
    }
    found
}

/// Returns whether the text ends with a dash between two numbers, as in `8B-35B`, `1000-10000` or `20RPM-30RPM`.
fn ends_with_range_dash(text: &str) -> bool {
    let Some(before) = text.strip_suffix('-') else { return false };
    let word = before.rsplit(|c: char| c.is_whitespace()).next().unwrap_or_default();
    let digits = word.find(|c: char| !(c.is_ascii_digit() || c == ',')).unwrap_or(word.len());
    let (number, rest) = word.split_at(digits);
    word.is_empty()
        || matches!(rest, "" | "B" | "M" | "K" | "k")
        || !number.is_empty() && unit::glued_len(rest) == rest.len()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    fn found(text: &str) -> Vec<&str> {
        numbers(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn numbers_inside_names_are_not_numbers() {
        assert_eq!(found("qwen3-max-2025-09-23"), Vec::<&str>::new());
        assert_eq!(found("@cf/baai/bge-large-en-v1.5 is 1500 requests per minute"), ["1500"]);
        assert_eq!(found("# Nvidia H100"), Vec::<&str>::new());
        assert_eq!(found("between 40B - 100B"), ["40B", "100B"]);
        assert_eq!(found("Medium (8B–35B)"), ["8B", "35B"]);
        assert_eq!(found("1000-10000"), ["1000", "10000"]);
        assert_eq!(found("$50 spent, then $5,000/mo"), ["50", "5,000"]);
        assert_eq!(found("No limit for sync API / Async API: 2"), ["2"]);
        assert_eq!(found("8000 in, 4000 out"), ["8000", "4000"]);
        assert_eq!(found("gpt-4o, sdxl-3d and 3D"), Vec::<&str>::new());
    }

    #[test]
    fn a_number_with_its_unit_directly_after_it_is_a_number() {
        assert_eq!(found("300RPM"), ["300"]);
        assert_eq!(found("10kTPM and 1MTPM"), ["10k", "1M"]);
        assert_eq!(found("300/10s"), ["300", "10"]);
        assert_eq!(found("20RPM/300RPD"), ["20", "300"]);
        assert_eq!(found("20RPM-30RPM"), ["20", "30"]);
        assert_eq!(found("at most 1,200requests/min-window"), ["1,200"]);
        assert_eq!(found("rocket-300RPM, 300RPMx, 300RPM_2"), Vec::<&str>::new());
    }
}
