//! Templates, whose placeholders are filled with what a pattern bound.

use serde::de::{self, Deserialize, Deserializer};

use super::pattern::Bindings;
use super::placeholder::{Part, parts};
use crate::number;

/// A text with placeholders that bindings fill: `size:{class}`.
///
/// `{model}`, `{id}`, `{member}`, `{name}`, `{family}`, `{endpoint}` and `{each}` are filled verbatim, `{range}` with the
/// name of the size class (`under-40b`), and every other placeholder with a slug: lowercase words joined with `-`.
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
    use crate::recipe::TextPattern;

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
}
