//! Patterns of names: families of models, and names that stand for another name.

use crate::{Context, Deployment, Mode, Plan, Region};

/// A pattern of names: text, in which `*` is any text, and `#` is one digit. It has at most one `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(pub(crate) &'static str);

impl Pattern {
    /// Returns the pattern as written.
    #[inline]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Returns whether the pattern matches a whole name.
    #[inline]
    pub fn matches(self, name: &str) -> bool {
        self.captured(name).is_some()
    }

    /// Returns the text that `*` stands for, empty for a pattern without one. `None` if the pattern does not match.
    #[inline]
    pub(crate) fn captured(self, name: &str) -> Option<&str> {
        let Some((before, after)) = self.0.split_once('*') else {
            return is_like(self.0, name.as_bytes()).then_some("");
        };
        let end = name.len().checked_sub(after.len()).filter(|end| *end >= before.len())?;
        let bytes = name.as_bytes();
        let matches = is_like(before, &bytes[..before.len()]) && is_like(after, &bytes[end..]);
        // The text around it is equal to whole characters of the pattern.
        if matches { name.get(before.len()..end) } else { None }
    }
}

/// Returns whether a text is equal to a pattern without `*`.
#[inline]
fn is_like(pattern: &str, text: &[u8]) -> bool {
    let is_same = |(expected, found): (u8, u8)| expected == found || (expected == b'#' && found.is_ascii_digit());
    pattern.len() == text.len() && pattern.bytes().zip(text.iter().copied()).all(is_same)
}

/// A family of models. Its limits are those of the entry of kind [`Family`](crate::Kind::Family) with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Family {
    /// The family's name, such as `claude-opus-4`.
    pub name: &'static str,
    /// Patterns of the members' names.
    pub patterns: &'static [Pattern],
    /// The members that the page lists, in its spelling.
    pub members: &'static [&'static str],
    /// Patterns of names that are not members although a pattern matches them.
    pub exceptions: &'static [Pattern],
}

/// Names that stand for another name, and set parts of the key, in the tables.
#[derive(Debug)]
pub(crate) struct RenamingData {
    pub(crate) pattern: Pattern,
    /// The other name, or `None` for the text that the `*` of the pattern stands for.
    pub(crate) name: Option<&'static str>,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) deployment: Option<Deployment>,
    pub(crate) mode: Option<Mode>,
    pub(crate) context: Option<Context>,
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_pattern_matches_whole_names() {
        let cases = [
            ("us.*", "us.anthropic.claude-sonnet-4", Some("anthropic.claude-sonnet-4")),
            ("us.*", "us.", Some("")),
            ("us.*", "eus.x", None),
            ("*:free", "deepseek/deepseek-r1:free", Some("deepseek/deepseek-r1")),
            ("gpt-4o-####-##-##", "gpt-4o-2024-08-06", Some("")),
            ("gpt-4o-####-##-##", "gpt-4o-2024-08-0x", None),
            ("gpt-4o-####-##-##", "gpt-4o-2024-08-061", None),
            ("ft:*:acme", "ft:gpt-4o:acme", Some("gpt-4o")),
            ("a*a", "a", None),
            ("mini*", "mini", Some("")),
            ("*", "\u{e9}", Some("\u{e9}")),
            ("#*", "\u{e9}\u{e9}", None),
        ];
        for (pattern, name, captured) in cases {
            assert_eq!(Pattern(pattern).captured(name), captured, "{pattern} {name}");
        }
    }
}
