//! Patterns, which consume a whole text and bind its parts.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer};

use super::placeholder::{Accepts, Part, parts};

/// The longest text that a pattern matches, in bytes. Longer texts are prose.
const MAX_TEXT: usize = 400;

/// The texts that the placeholders of a pattern matched, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings(BTreeMap<String, String>);

impl Bindings {
    /// Returns the text of a placeholder, or `None` if no pattern bound it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Binds a name. A former text of the name is replaced.
    pub fn set(&mut self, name: &str, text: &str) {
        self.0.insert(name.to_owned(), text.to_owned());
    }

    /// Adds the bindings of an inner pattern, which replace those of the same name.
    pub fn extend(&mut self, inner: &Self) {
        self.0.extend(inner.0.iter().map(|(name, text)| (name.clone(), text.clone())));
    }
}

/// A text with placeholders, such as `{class} ({range})`. It matches a whole text, without regard to ASCII case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextPattern {
    text: String,
    parts: Vec<Part>,
}

impl TextPattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Returns a message if a placeholder is not closed, has no name, or directly follows another.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("expected a pattern, found an empty text".to_owned());
        }
        Ok(Self { text: text.to_owned(), parts: parts(text)? })
    }

    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the texts of the placeholders if the pattern consumes the whole text. `{any}` is not bound.
    pub fn matches(&self, text: &str) -> Option<Bindings> {
        let text = text.trim();
        if text.len() > MAX_TEXT {
            return None;
        }
        let mut bindings = Bindings::default();
        matches(&self.parts, text, &mut bindings).then_some(bindings)
    }

    /// Returns whether the pattern is nothing but one placeholder for a name, and so matches almost every text.
    pub fn is_open(&self) -> bool {
        matches!(
            self.parts.as_slice(),
            [Part::Placeholder { accepts: Accepts::Word | Accepts::Words | Accepts::Name, .. }]
        )
    }

    /// Returns the names of the placeholders.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder { name, .. } => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// Returns whether the pattern has one of `{factor}` and `{base}` without the other.
    pub(super) fn has_half_a_multiple(&self) -> bool {
        self.binds("factor") != self.binds("base")
    }

    /// Returns whether the pattern has no placeholder, and so matches one text only.
    pub fn is_literal(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Literal(_)))
    }

    /// Returns whether the pattern has `{any}`, which takes words and binds none of them.
    pub fn drops_words(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Placeholder { accepts: Accepts::Words, .. }))
    }

    /// Returns whether the pattern has a placeholder of a name.
    pub fn binds(&self, wanted: &str) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Placeholder { name, .. } if name == wanted))
    }
}

fn matches(parts: &[Part], text: &str, bindings: &mut Bindings) -> bool {
    let Some((first, rest)) = parts.split_first() else { return text.is_empty() };
    match first {
        Part::Literal(literal) => {
            let Some(head) = text.get(..literal.len()) else { return false };
            head.eq_ignore_ascii_case(literal) && matches(rest, &text[literal.len()..], bindings)
        }
        Part::Placeholder { name, accepts } => {
            let mut bind = |value: &str, after: &str| {
                let value = value.trim();
                let fits = !value.is_empty() && accepts.accepts(value) && matches(rest, after, bindings);
                if fits && *accepts != Accepts::Words {
                    bindings.set(name, value.trim_matches('`'));
                }
                fits
            };
            match rest.first() {
                None => bind(text, ""),
                // Two placeholders are never adjacent.
                Some(Part::Placeholder { .. }) => false,
                Some(Part::Literal(literal)) => {
                    let ends = text.char_indices().map(|(at, _)| at);
                    let mut ends = ends.filter(|&at| {
                        text.get(at..at + literal.len()).is_some_and(|here| here.eq_ignore_ascii_case(literal))
                    });
                    ends.any(|at| bind(&text[..at], &text[at..]))
                }
            }
        }
    }
}

impl fmt::Display for TextPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for TextPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use std::borrow::Cow;

    impl JsonSchema for super::TextPattern {
        fn schema_name() -> Cow<'static, str> {
            "TextPattern".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": "string", "description": "A text with placeholders, such as `{class} ({range})`. It must match the whole text." })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bound(pattern: &str, text: &str) -> Option<Vec<(String, String)>> {
        TextPattern::parse(pattern).unwrap().matches(text).map(|bindings| bindings.0.into_iter().collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
        Some(pairs.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect())
    }

    #[test]
    fn a_pattern_consumes_the_whole_text() {
        assert_eq!(bound("{class} ({range})", "Small (≤8B)"), pairs(&[("class", "Small"), ("range", "≤8B")]));
        assert_eq!(bound("{class} ({range})", "Small (≤8B) and more"), None);
        assert_eq!(bound("{id} is {rate}", "@cf/a/b is 20/min"), pairs(&[("id", "@cf/a/b"), ("rate", "20/min")]));
        assert_eq!(bound("{id} is {rate}", "the model a is 20/min"), None, "an id is one word");
        assert_eq!(bound("{rate}", "20 requests per minute unless agreed"), None);
        assert_eq!(bound("All", "all"), pairs(&[]));
        assert_eq!(
            bound("models {range} ({any} like {member})", "Models > 100B (MoE like R1)"),
            pairs(&[("member", "R1"), ("range", "> 100B")])
        );
    }

    #[test]
    fn any_text_has_no_number_and_a_name_no_bracket() {
        assert_eq!(bound("${usd} {any}", "$50 paid"), pairs(&[("usd", "50")]));
        assert_eq!(bound("${usd} {any}", "$50 paid in 3 months"), None);
        assert_eq!(bound("{model}", "Small (≤8B"), None);
    }

    #[test]
    fn a_damaged_pattern_is_an_error() {
        for text in ["", "{model", "{}", "{Model}", "{a}{b}"] {
            assert!(TextPattern::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_pattern_or_text_causes_a_panic(pattern in "[{}a-b ()≤]{0,12}", text in "\\PC{0,24}") {
            if let Ok(pattern) = TextPattern::parse(&pattern) {
                let _ = pattern.matches(&text);
            }
        }
    }
}
