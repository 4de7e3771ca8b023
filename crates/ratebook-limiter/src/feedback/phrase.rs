//! Matches phrases in the bodies of refusals, and selects the pattern that fits best.
//!
//! Matching ignores case. A phrase matches whole words only: `limit_requests` does not match in
//! `limit_requests_per_day`. A phrase without spaces is a code, and does not match next to a hyphen or a full stop that
//! joins it to another word. A `*` at an end of the phrase allows a match within a longer word. A phrase of several
//! words that begins with a capital matches only at the beginning of a sentence: `Allocated quota exceeded` does not
//! match after `Free `.

use std::ops::Range;

use ratebook::{Remedy, ResponsePattern};

/// Returns the text after the first match of a phrase.
pub(super) fn text_after<'a>(text: &'a [u8], phrase: &str) -> Option<&'a [u8]> {
    matches(text, phrase).next().map(|found| &text[found.end..])
}

/// Returns the ranges at which a phrase matches. An empty phrase matches at the beginning.
pub(super) fn matches<'a>(text: &'a [u8], phrase: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let last = if phrase.is_empty() { 0 } else { text.len() };
    let first = phrase.bytes().find(|byte| *byte != b'*');
    let may_begin = move |begin: &usize| match (first, text.get(*begin)) {
        (Some(first), Some(byte)) => byte.eq_ignore_ascii_case(&first),
        (first, _) => first.is_none(),
    };
    (0..=last).filter(may_begin).filter_map(move |begin| match_at(text, phrase, begin))
}

/// Returns the range of a phrase that matches at a position.
fn match_at(text: &[u8], phrase: &str, begin: usize) -> Option<Range<usize>> {
    let phrase = phrase.as_bytes();
    let (phrase, may_follow) = phrase.strip_prefix(b"*").map_or((phrase, false), |phrase| (phrase, true));
    let (phrase, may_continue) = phrase.strip_suffix(b"*").map_or((phrase, false), |phrase| (phrase, true));
    let end = begin + prefix_length(&text[begin..], phrase)?;
    let (before, after) = (&text[..begin], &text[end..]);
    let is_code = !phrase.contains(&b' ');
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| is_of_word(*byte));
    let begins_sentence = !is_code && phrase.first().is_some_and(u8::is_ascii_uppercase);
    let is_whole = (may_follow || !is_word(phrase.first()) || ends_word(before, is_code))
        && (may_continue || !is_word(phrase.last()) || begins_word(after, is_code))
        && !(begins_sentence && before.trim_ascii_end().last().is_some_and(u8::is_ascii_alphabetic));
    is_whole.then_some(begin..end)
}

/// Returns the length of the prefix that a phrase matches. A space matches any white space. White space may also follow
/// a colon, as between a key and its value in JSON.
fn prefix_length(text: &[u8], phrase: &[u8]) -> Option<usize> {
    let (mut at, mut last) = (0, b'_');
    for byte in phrase {
        if *byte == b' ' || last == b':' {
            let blanks = text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            at += blanks;
            last = *byte;
            if *byte == b' ' {
                if blanks == 0 {
                    return None;
                }
                continue;
            }
        }
        if !text.get(at)?.eq_ignore_ascii_case(byte) {
            return None;
        }
        (at, last) = (at + 1, *byte);
    }
    Some(at)
}

const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a word ends at the end of `before`, the text before a phrase.
fn ends_word(before: &[u8], is_code: bool) -> bool {
    match before {
        [.., joined, b'-' | b'.'] if is_code => !is_of_word(*joined),
        [.., last] => !is_of_word(*last),
        [] => true,
    }
}

/// Whether a new word begins at the beginning of `after`, the text after a phrase.
fn begins_word(after: &[u8], is_code: bool) -> bool {
    match after {
        [b'-' | b'.', joined, ..] if is_code => !is_of_word(*joined),
        [first, ..] => !is_of_word(*first),
        [] => true,
    }
}

/// Returns the best of the patterns that match one of the texts. A match inside a longer match of another pattern does
/// not count.
///
/// Of several matches, prefers in this order: a remedy other than waiting, the longest window, a stated metric, the
/// longest phrase, the first.
pub(super) fn best_match<'a>(
    patterns: impl Iterator<Item = &'a ResponsePattern> + Clone,
    texts: impl Iterator<Item = &'a [u8]> + Clone,
) -> Option<&'a ResponsePattern> {
    let is_inside = |text: &[u8], inner: &Range<usize>, other: &ResponsePattern| {
        let earliest = inner.start.saturating_sub(2 * other.contains.len());
        let mut outer = (earliest..=inner.start).filter_map(|begin| match_at(text, other.contains, begin));
        outer.any(|outer| outer.end >= inner.end && outer != *inner)
    };
    let matching = patterns.clone().filter(|pattern| {
        texts.clone().any(|text| {
            let mut found = matches(text, pattern.contains);
            found.any(|found| !patterns.clone().any(|other| is_inside(text, &found, other)))
        })
    });
    let rank = |pattern: &ResponsePattern| {
        let is_final = matches!(pattern.remedy, Remedy::Raise | Remedy::Split);
        (is_final, pattern.window_seconds, pattern.metric.is_some(), pattern.contains.len())
    };
    matching.fold(None, |best: Option<&ResponsePattern>, pattern| match best {
        Some(best) if rank(best) >= rank(pattern) => Some(best),
        _ => Some(pattern),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, phrase: &str) -> bool {
        matches(text.as_bytes(), phrase).next().is_some()
    }

    #[test]
    fn a_phrase_matches_whole_words() {
        assert!(has(r#"{"code":"limit_requests"}"#, "limit_requests"));
        for text in [
            "limit_requests_per_day",
            "no_limit_requests",
            "limit_requests2",
            "limit_requests-daily",
            "a.limit_requests",
        ] {
            assert!(!has(text, "limit_requests"), "{text}");
        }
        assert!(has("code=limit_requests.", "limit_requests") && has("- limit_requests -", "limit_requests"));
        assert!(has("the rate limit exceeded.Try later", "rate limit exceeded"));
        assert!(!has("rate limit exceededly", "rate limit exceeded"));
        assert!(!has("Throttling.RateQuota.PerDay", "Throttling.RateQuota"));
    }

    #[test]
    fn a_phrase_with_a_star_matches_within_a_word() {
        assert!(has("GenerateRequestsPerDayPerProject-FreeTier", "*RequestsPerDay*"));
        assert!(
            has("GenerateRequestsPerDay", "*RequestsPerDay") && !has("GenerateRequestsPerDayPer", "*RequestsPerDay")
        );
    }

    #[test]
    fn a_capitalized_phrase_matches_at_the_beginning_of_a_sentence() {
        for text in [
            "Allocated quota exceeded",
            "429 Allocated quota exceeded.",
            r#""allocated  Quota exceeded""#,
            "Error: Allocated quota exceeded",
            "No. Allocated quota exceeded",
        ] {
            assert!(has(text, "Allocated quota exceeded"), "{text}");
        }
        for text in ["Free allocated quota exceeded", "daily\nallocated quota exceeded"] {
            assert!(!has(text, "Allocated quota exceeded"), "{text}");
        }
    }

    #[test]
    fn white_space_may_follow_a_colon() {
        assert!(has(r#"{"code": 3036}"#, r#""code":3036"#) && has(r#"{"code":3036}"#, r#""code":3036"#));
        assert!(!has(r#"{"code":30361}"#, r#""code":3036"#) && !has(r#"{"code":13036}"#, r#""code":3036"#));
    }
}
