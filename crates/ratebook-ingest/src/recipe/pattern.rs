//! Patterns, which consume a whole text, and templates, which name what a pattern bound.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer};

use super::after::After;
use crate::{duration, number};

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

/// The texts that a placeholder accepts. Its name determines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Accepts {
    /// `{range}`: a range of parameters.
    Range,
    /// `{rate}`: an amount of a unit in a period.
    Rate,
    /// `{amount}`: the amount of a limit.
    Amount,
    /// `{rates}`: rates, separated by `&`, `and`, commas or slashes.
    Rates,
    /// `{usd}`, `{n}`, `{from}`, `{to}`: a whole number.
    Count,
    /// `{factor}`: a decimal factor, such as `2` or `0.5`, of the amount of the plan `{base}`.
    Factor,
    /// `{raise}`, `{above}`, `{lower}`, `{most}`: a whole percentage, without the sign.
    Percent,
    /// `{every}`, `{lower_after}`: a length of time, such as `15 minutes` or `hour`.
    Time,
    /// `{after}`: a length of time, or an amount of dollars.
    After,
    /// `{models}`: names, separated by commas, `and`, `+` or line breaks.
    Names,
    /// `{id}`: one word.
    Word,
    /// `{any}`: a text without numbers.
    Words,
    /// Any other name: a name without brackets or signs of comparison.
    Name,
}

impl Accepts {
    fn of(name: &str) -> Self {
        match name {
            "range" => Self::Range,
            "rate" => Self::Rate,
            "amount" => Self::Amount,
            "rates" => Self::Rates,
            "usd" | "n" | "from" | "to" => Self::Count,
            "factor" | "most_times" => Self::Factor,
            "raise" | "above" | "lower" | "most" => Self::Percent,
            "every" | "lower_after" => Self::Time,
            "after" => Self::After,
            "models" => Self::Names,
            "id" => Self::Word,
            "any" => Self::Words,
            _ => Self::Name,
        }
    }

    fn accepts(self, text: &str) -> bool {
        match self {
            Self::Range => number::parameter_range(text).is_ok(),
            Self::Rate => number::rate(text).is_ok(),
            Self::Amount => matches!(number::amount(text), Ok(Some(_))),
            Self::Rates => separate_rates(text).into_iter().all(|rate| number::rate(rate).is_ok()),
            Self::Count => number::count(text).is_ok(),
            Self::Factor => percent(text).is_some(),
            Self::Percent => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Time => duration::seconds(text).is_some(),
            Self::After => After::parse(text).is_some(),
            Self::Names => separate_names(text).into_iter().all(is_name),
            Self::Word => !text.contains(char::is_whitespace) && is_name(text),
            Self::Words => number::numbers(text).is_empty(),
            Self::Name => is_name(text),
        }
    }
}

/// Returns whether a text may be a name: it has a letter or digit, and no brackets, signs of comparison or strike-through.
fn is_name(text: &str) -> bool {
    text.contains(char::is_alphanumeric) && !text.contains(['(', ')', '≤', '≥', '<', '>', '–', '~', '|', '\n'])
}

/// Returns the rates of a text such as `500 RPM & 1,000,000 TPM` or `20RPM/300RPD`.
pub(crate) fn separate_rates(text: &str) -> Vec<&str> {
    let mut parts = vec![text];
    for separator in [" & ", " and ", ", ", " / "] {
        parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
    }
    let parts = parts.into_iter().flat_map(number::split_at_slashes);
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Returns the names of a text such as `o1, o3, and gpt-5`.
pub(crate) fn separate_names(text: &str) -> Vec<&str> {
    let mut parts = vec![text];
    for separator in ["\n", ", and ", " and ", ",", " + "] {
        parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
    }
    let bare = parts.into_iter().map(|part| part.trim().trim_start_matches("- ").trim_matches('`'));
    bare.filter(|part| !part.is_empty()).collect()
}

/// Returns a decimal factor with at most two places in percent: 50 for `0.5`.
pub(crate) fn percent(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 2 || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let hundredths: u32 = format!("{fraction:0<2}").parse().ok()?;
    whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(hundredths)
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Literal(String),
    Placeholder { name: String, accepts: Accepts },
}

/// A text with placeholders, such as `{class} ({range})`. It matches a whole text, without regard to ASCII case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextPattern {
    text: String,
    parts: Vec<Part>,
}

/// Splits a text at its placeholders.
fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let end = rest[start..].find('}').ok_or_else(|| format!("expected `}}` after `{}`", &rest[start..]))? + start;
        let name = &rest[start + 1..end];
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            return Err(format!("expected a placeholder such as {{model}}, found `{{{name}}}`"));
        }
        if start > 0 {
            parts.push(Part::Literal(rest[..start].to_owned()));
        } else if !parts.is_empty() {
            return Err(format!("expected a separator before `{{{name}}}`"));
        }
        parts.push(Part::Placeholder { name: name.to_owned(), accepts: Accepts::of(name) });
        rest = &rest[end + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    Ok(parts)
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

/// A text with placeholders that bindings fill: `size:{class}`.
///
/// `{model}`, `{id}`, `{member}`, `{name}`, `{family}`, `{endpoint}` and `{each}` are filled verbatim, `{range}` with the name of the size class (`under-40b`),
/// and every other placeholder with a slug: lowercase words joined with `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// Returns a message if a placeholder is not closed or has no name.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self { text: text.to_owned(), parts: parts(text)? })
    }

    /// Returns the template as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Fills the template. `Err` is the name of a placeholder that is not bound.
    pub fn fill(&self, bindings: &Bindings) -> Result<String, &str> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => out.push_str(literal),
                Part::Placeholder { name, .. } => {
                    let text = bindings.get(name).ok_or(name.as_str())?;
                    match name.as_str() {
                        "model" | "id" | "member" | "name" | "family" | "endpoint" | "each" => out.push_str(text),
                        "range" => out.push_str(&range_name(text)),
                        _ => out.push_str(&slug(text)),
                    }
                }
            }
        }
        Ok(out)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Returns a name in the form of files and output: lowercase words joined with `-`.
pub(crate) fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// Returns the name of the size class of a range: `under-40b`, `40b-100b`, `over-100b`.
fn range_name(text: &str) -> String {
    let billions = |count: u64| format!("{}b", count.div_ceil(1_000_000_000));
    match number::parameter_range(text) {
        Ok((0, Some(to))) => format!("under-{}", billions(to)),
        Ok((from, None)) => format!("over-{}", billions(from.saturating_sub(1))),
        Ok((from, Some(to))) => format!("{}-{}", billions(from), billions(to)),
        // A pattern binds `range` only to a range.
        Err(_) => slug(text),
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

    impl JsonSchema for super::Template {
        fn schema_name() -> Cow<'static, str> {
            "Template".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": "string", "description": "A text whose placeholders are filled with what a pattern matched, such as `size:{class}`." })
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
    fn a_template_fills_models_verbatim_and_other_names_as_slugs() {
        let bindings = TextPattern::parse("{model}; {task}; {range}")
            .unwrap()
            .matches("Llama 3.3; Speech To Text; < 40B")
            .unwrap();
        let fill = |text: &str| Template::parse(text).unwrap().fill(&bindings).map_err(str::to_owned);
        assert_eq!(fill("{model}"), Ok("Llama 3.3".to_owned()));
        assert_eq!(fill("task:{task}"), Ok("task:speech-to-text".to_owned()));
        assert_eq!(fill("{range}"), Ok("under-40b".to_owned()));
        assert_eq!(fill("{plan}"), Err("plan".to_owned()));
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
