//! The fingerprint of a sentence, which survives a change of form and shows a change of wording.

use std::hash::Hasher as _;

use fnv::FnvHasher;

/// The fingerprint of one sentence: 64-bit FNV-1a over its words and numbers.
///
/// The input is the UTF-8 of the tokens, each followed by one space. A token is a run of letters in lower case, a number
/// without separators of thousands, one ideograph, or one of the signs `% $ € £ ¥ < > ≤ ≥ ×` and `~~` (struck-out text).
/// White space, markup and punctuation are dropped. The definition must not change: files keep fingerprints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Returns the fingerprint of a sentence.
    pub fn of(sentence: &str) -> Self {
        let mut hasher = FnvHasher::default();
        for token in tokens(sentence) {
            hasher.write(token.as_bytes());
            hasher.write(b" ");
        }
        Self(hasher.finish())
    }
}

/// Writes 16 hexadecimal digits.
impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The error of a text that is not a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a fingerprint of 16 hexadecimal digits, found `{0}`")]
pub struct FingerprintError(String);

impl std::str::FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let is_hex = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let value = u64::from_str_radix(text, 16).ok().filter(|_| is_hex);
        value.map(Self).ok_or_else(|| FingerprintError(text.to_owned()))
    }
}

/// Returns the tokens of a text: words in lower case, numbers, and signs with a meaning.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = text.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        let next = chars.get(at + 1).copied();
        let before = word.chars().next_back();
        let in_number = before.is_some_and(|c| c.is_ascii_digit());
        let is_inside = in_number && next.is_some_and(|c| c.is_ascii_digit());
        let is_ideograph = ('\u{3040}'..='\u{9fff}').contains(&c);
        let is_sign = matches!(c, '%' | '$' | '€' | '£' | '¥' | '<' | '>' | '≤' | '≥' | '×');
        let is_struck = c == '~' && next == Some('~');
        match c {
            ',' if is_inside => continue,
            '.' if is_inside => {
                word.push(c);
                continue;
            }
            _ => {}
        }
        let continues = c.is_alphanumeric() && !is_ideograph && (before.is_none() || in_number == c.is_ascii_digit());
        if !continues && !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if is_struck {
            tokens.push("~~".to_owned());
        } else if is_sign || is_ideograph {
            tokens.push(c.to_string());
        } else if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_form_keeps_the_fingerprint() {
        let first = Fingerprint::of("Requests above 1,000 RPM are *throttled*, at 0.5 per second.");
        for text in [
            "requests above 1000 RPM are throttled - at 0.5 per second",
            "Requests  above `1,000RPM` are\nthrottled; at 0.5 per second!",
        ] {
            assert_eq!(Fingerprint::of(text), first, "{text}");
        }
    }

    #[test]
    fn a_change_of_a_word_a_number_or_a_sign_changes_the_fingerprint() {
        let first = Fingerprint::of("Limits are reduced to 50 %.");
        for text in [
            "Limits are reduced to 60 %.",
            "Limits are raised to 50 %.",
            "Limits are reduced to 50.",
            "Limits are reduced to ~~50~~ %.",
        ] {
            assert_ne!(Fingerprint::of(text), first, "{text}");
        }
        assert_ne!(Fingerprint::of("a 1 5"), Fingerprint::of("a 15"));
        assert_ne!(Fingerprint::of("1.5"), Fingerprint::of("15"));
    }

    #[test]
    fn fingerprints_are_stable_and_read_back() {
        let fingerprint = Fingerprint::of("Limits hold per account.");
        assert_eq!(fingerprint.to_string(), "340f364e50620f52");
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        assert_eq!(Fingerprint::of("").to_string(), "cbf29ce484222325", "the offset of FNV-1a");
        assert!("12".parse::<Fingerprint>().is_err());
        assert!("+bf29ce484222325".parse::<Fingerprint>().is_err());
    }
}
