//! Sentences that state how limits grow with use.

use ratebook_source::Metric;
use serde::Deserialize;
use toml::Spanned;

use super::pattern::{Bindings, TextPattern};
use super::placeholder::percent;
use super::rules::{Count, SectionPattern};
use super::text::TextKind;
use crate::duration;

/// A rule by which limits grow with use, as sentences or items state it. Together they must give the growth, the interval and
/// the share whose use makes the limits grow. `policy.toml` must have the same `[[growth]]`, and no other.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GrowthRule {
    /// The rule's name in messages.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub id: Spanned<String>,
    /// The ids of the pages. Default: every page.
    #[serde(default)]
    pub pages: Vec<String>,
    /// The section in which the rule applies. Default: every section.
    pub under: Option<SectionPattern>,
    /// The number of texts that the rule must claim. Default: 1. `false`: any number.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "super::rules::count_schema"))]
    pub required: Count,
    /// The texts: `sentences` or `items`. Default: both.
    #[serde(default = "sentences_and_items")]
    pub of: Vec<TextKind>,
    /// The patterns of the texts. `{raise}`, `{above}` and `{lower}` are percentages of the limit in force, `{most}` one of
    /// the published amount, or `{most_times}` a multiple of it. `{every}` and `{lower_after}` are lengths of time.
    #[serde(rename = "match")]
    pub patterns: Vec<TextPattern>,
    /// The metric. Default: every metric.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub metric: Option<Metric>,
    /// The growth in each interval, in percent of the limit in force, where the texts have it in words, such as *doubles*.
    /// The fields below likewise.
    pub raise_percent: Option<u16>,
    /// The length of an interval, in seconds.
    pub every_seconds: Option<u32>,
    /// The share of the limit in force, in percent, whose use in an interval makes the limit grow.
    pub above_percent: Option<u16>,
    /// The decrease after a time of less use, in percent of the limit in force.
    pub lower_percent: Option<u16>,
    /// The time of less use after which the limit decreases, in seconds.
    pub lower_after_seconds: Option<u32>,
    /// The largest limit, in percent of the published amount.
    pub most_percent: Option<u32>,
}

/// What is known of a rule of growth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GrowthFields {
    raise_percent: Option<u16>,
    every_seconds: Option<u32>,
    above_percent: Option<u16>,
    lower_percent: Option<u16>,
    lower_after_seconds: Option<u32>,
    most_percent: Option<u32>,
}

fn sentences_and_items() -> Vec<TextKind> {
    vec![TextKind::Sentences, TextKind::Items]
}

/// The placeholders of a rule of growth.
const PLACEHOLDERS: [&str; 8] = ["raise", "every", "above", "lower", "lower_after", "most", "most_times", "any"];

impl GrowthRule {
    pub(super) fn check(&self) -> Result<(), String> {
        let id = self.id.get_ref();
        if self.patterns.is_empty() {
            return Err(format!("expected patterns in `match` of the growth `{id}`, found none"));
        }
        if let Some(kind) = self.of.iter().find(|kind| !matches!(kind, TextKind::Sentences | TextKind::Items)) {
            return Err(format!("expected sentences or items in `of` of the growth `{id}`, found `{kind:?}`"));
        }
        for pattern in &self.patterns {
            if let Some(unknown) = pattern.names().find(|name| !PLACEHOLDERS.contains(name)) {
                let known = PLACEHOLDERS.join("}, {");
                return Err(format!("expected {{{known}}} in the growth `{id}`, found {{{unknown}}}"));
            }
        }
        Ok(())
    }

    /// Returns the fields that the recipe gives.
    pub(crate) fn given(&self) -> GrowthFields {
        GrowthFields {
            raise_percent: self.raise_percent,
            every_seconds: self.every_seconds,
            above_percent: self.above_percent,
            lower_percent: self.lower_percent,
            lower_after_seconds: self.lower_after_seconds,
            most_percent: self.most_percent,
        }
    }

    /// Returns the rule of growth that fields make.
    ///
    /// # Errors
    /// Returns the placeholders that nothing gave.
    pub(crate) fn whole(&self, fields: GrowthFields) -> Result<ratebook_source::Growth, String> {
        let GrowthFields {
            raise_percent,
            every_seconds,
            above_percent,
            lower_percent,
            lower_after_seconds,
            most_percent,
        } = fields;
        match (raise_percent, every_seconds, above_percent) {
            (Some(raise_percent), Some(every_seconds), Some(above_percent)) => Ok(ratebook_source::Growth {
                metric: self.metric,
                raise_percent,
                every_seconds,
                above_percent,
                lower_percent,
                lower_after_seconds,
                most_percent,
            }),
            _ => {
                let needed = [
                    ("raise", raise_percent.is_none()),
                    ("every", every_seconds.is_none()),
                    ("above", above_percent.is_none()),
                ];
                let missing = needed.iter().filter(|(_, is_missing)| *is_missing);
                Err(missing.map(|(name, _)| format!("{{{name}}}")).collect::<Vec<_>>().join(" and "))
            }
        }
    }
}

impl GrowthFields {
    /// Adds what a pattern bound.
    ///
    /// # Errors
    /// Returns a message if a text is out of range, or if the field has another value already.
    pub(crate) fn add(&mut self, bound: &Bindings) -> Result<(), String> {
        set(&mut self.raise_percent, bound, "raise", |text| text.parse().ok())?;
        set(&mut self.every_seconds, bound, "every", duration::seconds)?;
        set(&mut self.above_percent, bound, "above", |text| text.parse().ok())?;
        set(&mut self.lower_percent, bound, "lower", |text| text.parse().ok())?;
        set(&mut self.lower_after_seconds, bound, "lower_after", duration::seconds)?;
        set(&mut self.most_percent, bound, "most", |text| text.parse().ok())?;
        set(&mut self.most_percent, bound, "most_times", percent)
    }
}

fn set<T: Copy + PartialEq + std::fmt::Display>(
    field: &mut Option<T>,
    bound: &Bindings,
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<(), String> {
    let Some(text) = bound.get(name) else { return Ok(()) };
    let value = parse(text).ok_or_else(|| format!("`{text}` is out of range for {{{name}}}"))?;
    match *field {
        Some(known) if known != value => Err(format!("{{{name}}} is {value} here, {known} elsewhere")),
        Some(_) | None => {
            *field = Some(value);
            Ok(())
        }
    }
}
