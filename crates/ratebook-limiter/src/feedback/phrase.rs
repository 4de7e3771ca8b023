//! Phrases by which a vendor's replies are known, and which of them is meant.
//!
//! A phrase matches as the vendor writes it, not inside a longer one that means something else. It is made of whole words:
//! `limit_requests` does not match inside `limit_requests_per_day`, nor does a code, which has no spaces, match beside a
//! hyphen or a full stop that joins it to more. A `*` at an end of a phrase lets it stand within a longer word. A phrase of
//! several words that begins with a capital begins a sentence: `Allocated quota exceeded` does not match behind `Free `.

use std::ops::Range;

use ratebook::{Remedy, Reply};

/// What stands behind the first place where a phrase stands.
pub(super) fn behind<'a>(text: &'a [u8], phrase: &str) -> Option<&'a [u8]> {
    places(text, phrase).next().map(|place| &text[place.end..])
}

/// The places where a phrase stands in a text, without regard to case. An empty phrase stands at the beginning.
pub(super) fn places<'a>(text: &'a [u8], phrase: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let last = if phrase.is_empty() { 0 } else { text.len() };
    let first = phrase.bytes().find(|byte| *byte != b'*');
    let may_begin = move |begin: &usize| match (first, text.get(*begin)) {
        (Some(first), Some(byte)) => byte.eq_ignore_ascii_case(&first),
        (first, _) => first.is_none(),
    };
    (0..=last).filter(may_begin).filter_map(move |begin| place(text, phrase, begin))
}

/// The place of a phrase that stands in a text at a position.
fn place(text: &[u8], phrase: &str, begin: usize) -> Option<Range<usize>> {
    let phrase = phrase.as_bytes();
    let (phrase, may_go_before) = phrase.strip_prefix(b"*").map_or((phrase, false), |phrase| (phrase, true));
    let (phrase, may_go_on) = phrase.strip_suffix(b"*").map_or((phrase, false), |phrase| (phrase, true));
    let end = begin + length(&text[begin..], phrase)?;
    let (before, after) = (&text[..begin], &text[end..]);
    let is_code = !phrase.contains(&b' ');
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| is_of_word(*byte));
    let begins_sentence = !is_code && phrase.first().is_some_and(u8::is_ascii_uppercase);
    let is_free = (may_go_before || !is_word(phrase.first()) || ends_a_word(before, is_code))
        && (may_go_on || !is_word(phrase.last()) || begins_a_word(after, is_code))
        && !(begins_sentence && before.trim_ascii_end().last().is_some_and(u8::is_ascii_alphabetic));
    is_free.then_some(begin..end)
}

/// How long a phrase is where a text begins with it. A space stands for any white space, and behind a colon there may be
/// some, as between a key of JSON and its value.
fn length(text: &[u8], phrase: &[u8]) -> Option<usize> {
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

/// Whether no word goes on behind a text that stands before a phrase.
fn ends_a_word(before: &[u8], is_code: bool) -> bool {
    match before {
        [.., joined, b'-' | b'.'] if is_code => !is_of_word(*joined),
        [.., last] => !is_of_word(*last),
        [] => true,
    }
}

/// Whether no word goes on at the beginning of a text that stands behind a phrase.
fn begins_a_word(after: &[u8], is_code: bool) -> bool {
    match after {
        [b'-' | b'.', joined, ..] if is_code => !is_of_word(*joined),
        [first, ..] => !is_of_word(*first),
        [] => true,
    }
}

/// The reply that is meant where several match some texts: one that no wait cures before others, then the one over the
/// longest window, one that names a metric, the longest phrase, the first. One whose phrase stands inside another's where
/// that matches is not meant.
pub(super) fn meant<'a>(
    replies: impl Iterator<Item = &'a Reply> + Clone,
    texts: impl Iterator<Item = &'a [u8]> + Clone,
) -> Option<&'a Reply> {
    let is_inside = |text: &[u8], inner: &Range<usize>, other: &Reply| {
        let earliest = inner.start.saturating_sub(2 * other.contains.len());
        let mut places = (earliest..=inner.start).filter_map(|begin| place(text, other.contains, begin));
        places.any(|outer| outer.end >= inner.end && outer != *inner)
    };
    let matches = replies.clone().filter(|reply| {
        texts.clone().any(|text| {
            let mut places = places(text, reply.contains);
            places.any(|place| !replies.clone().any(|other| is_inside(text, &place, other)))
        })
    });
    let rank = |reply: &Reply| {
        let is_final = matches!(reply.remedy, Remedy::Raise | Remedy::Split);
        (is_final, reply.window_seconds, reply.metric.is_some(), reply.contains.len())
    };
    matches.fold(None, |best: Option<&Reply>, reply| match best {
        Some(best) if rank(best) >= rank(reply) => Some(best),
        _ => Some(reply),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, phrase: &str) -> bool {
        places(text.as_bytes(), phrase).next().is_some()
    }

    #[test]
    fn a_phrase_is_made_of_whole_words() {
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
    fn with_a_star_it_may_stand_within_a_word() {
        assert!(has("GenerateRequestsPerDayPerProject-FreeTier", "*RequestsPerDay*"));
        assert!(
            has("GenerateRequestsPerDay", "*RequestsPerDay") && !has("GenerateRequestsPerDayPer", "*RequestsPerDay")
        );
    }

    #[test]
    fn one_that_begins_with_a_capital_begins_a_sentence() {
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
    fn blanks_may_stand_behind_a_colon() {
        assert!(has(r#"{"code": 3036}"#, r#""code":3036"#) && has(r#"{"code":3036}"#, r#""code":3036"#));
        assert!(!has(r#"{"code":30361}"#, r#""code":3036"#) && !has(r#"{"code":13036}"#, r#""code":3036"#));
    }
}
