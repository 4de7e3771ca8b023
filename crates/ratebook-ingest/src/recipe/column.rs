//! The meaning of a table's column.

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::amount_word::AmountWord;
use super::attributes::with_attributes;
use super::key::KeyPart;
use super::pattern::TextPattern;
use super::rules::TextRule;
use super::window::MetricWindow;
use crate::vocabulary;

/// The meaning of the cells of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The selector, which the patterns of `who` match.
    Selector,
    /// A label, which the patterns of the column's `read` match: what a row is, besides its selector.
    Label,
    /// The name of a usual column, such as `RPM`: the metric of the row's amounts.
    Metric,
    /// An amount of the metric that the row or the part of the cell names.
    Amount,
    /// An amount with its metric and period: `300 requests per minute`.
    Rate,
    /// An amount of a metric.
    Limit(MetricWindow),
    /// An amount that is in force after a number of minutes of sustained use.
    Ramp {
        /// The minutes. 0 for the first amount.
        minutes: u32,
    },
    /// A part of the key, such as the plan.
    Key(KeyPart),
    /// The name of a size class, such as `Small`.
    Class,
    /// The range of a size class, such as `13B - 40B parameters`.
    Range,
    /// The models of a size class, separated by commas.
    Members,
    /// What an account must have paid or been credited for the row's plan.
    Qualifies(Vec<TextPattern>),
    /// Names of response headers, separated by commas.
    Header,
    /// No limit, for a reason.
    Aside {
        /// Why the cells state no limit, for reports.
        reason: String,
        /// Words of which a cell must have one if it has a number. Empty: every cell may have numbers.
        only: Vec<String>,
    },
}

/// A column: its meaning, and what its name adds to the limits below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What its cells are: labels, parts of the key, or amounts.
    pub role: Role,
    /// How its cells are read, and what its limits have in common. Default: each cell is one text, and none is blank.
    pub settings: Settings,
}

const ROLES: [&str; 13] = [
    "who",
    "label",
    "metric",
    "amount",
    "rate",
    "class",
    "range",
    "members",
    "header",
    "region",
    "plan",
    "deployment",
    "mode",
];

/// Returns the role that a word names: a role, a part of the key, or a metric with its window.
fn role_of(word: &str) -> Result<Role, String> {
    Ok(match word {
        "who" => Role::Selector,
        "label" => Role::Label,
        "metric" => Role::Metric,
        "amount" => Role::Amount,
        "rate" => Role::Rate,
        "class" => Role::Class,
        "range" => Role::Range,
        "members" => Role::Members,
        "header" => Role::Header,
        _ => match KeyPart::from_word(word) {
            Some(key) => Role::Key(key),
            None => Role::Limit(MetricWindow::parse(word).map_err(|error| {
                format!(
                    "expected {}, context, or a metric such as requests/minute, found `{word}`: {error}",
                    ROLES.join(", ")
                )
            })?),
        },
    })
}

impl Column {
    /// Returns a column of a role, without further settings.
    pub fn new(role: Role) -> Self {
        Self { role, settings: Settings::default() }
    }

    /// Returns the column of a word, as in `"RPM" = "requests/minute"`.
    ///
    /// # Errors
    /// Returns a message that lists the known words.
    pub fn of_word(word: &str) -> Result<Self, String> {
        role_of(word).map(Self::new)
    }

    /// Returns a column by its usual name, such as `Model` or `RPM`, or `None` if the name is not usual.
    pub(crate) fn usual(name: &str) -> Option<Self> {
        vocabulary::column(name).and_then(|word| Self::of_word(word).ok())
    }

    /// Returns the metric that the column gives its amounts, or `None` if the row or the rule names it.
    pub fn metric(&self) -> Option<MetricWindow> {
        if let Role::Limit(window) = self.role { Some(window) } else { self.settings.metric }
    }

    /// Returns whether the cells are amounts.
    pub fn is_value(&self) -> bool {
        match self.role {
            Role::Amount | Role::Rate | Role::Limit(_) | Role::Ramp { .. } => true,
            Role::Selector
            | Role::Label
            | Role::Metric
            | Role::Key(_)
            | Role::Class
            | Role::Range
            | Role::Members
            | Role::Qualifies(_)
            | Role::Header
            | Role::Aside { .. } => false,
        }
    }
}

with_attributes! {
    /// A column in the long form: exactly one of `is`, `ramp_minutes`, `qualifies` and `skip`, with settings.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct Settings {
        /// `who`, `amount`, `rate`, `plan`, …, or a metric such as `requests/minute`.
        pub is: Option<String>,
        /// The number of minutes of sustained use after which the amounts of the cells are in force.
        pub ramp_minutes: Option<u32>,
        /// The cells say who qualifies for the plan of the row. `{usd}` is what an account must have paid.
        pub qualifies: Option<Vec<TextPattern>>,
        /// The cells state no limit, for this reason: `"the price of a call"`.
        #[serde(rename = "skip")]
        pub aside: Option<String>,
        /// With `skip`: a cell with a number must have one of these words.
        #[serde(default)]
        pub only: Vec<String>,
        /// The patterns of a cell, or of its parts if `split` is set. Each part must match one.
        #[serde(default)]
        pub read: Vec<TextRule>,
        /// What separates the parts of a cell: `, `, or `\n` for a line break. Default: the cell is one part.
        pub split: Option<String>,
        /// Whether a blank cell repeats the cell above.
        #[serde(default)]
        pub carry: bool,
        /// What a blank cell means. Default: an error.
        pub blank: Option<AmountWord>,
        /// Whether a table without the column is claimed, too.
        #[serde(default)]
        pub optional: bool,
        /// With `plan`: the plan that contains each plan of the column.
        pub within: Option<String>,
        /// With `plan`: plans that are not within `within`.
        #[serde(default)]
        pub top: Vec<String>,
    }
}

impl TryFrom<Settings> for Column {
    type Error = String;
    fn try_from(settings: Settings) -> Result<Self, String> {
        let role = match (&settings.is, settings.ramp_minutes, &settings.qualifies, &settings.aside) {
            (Some(word), None, None, None) => role_of(word)?,
            (None, Some(minutes), None, None) => Role::Ramp { minutes },
            (None, None, Some(patterns), None) => Role::Qualifies(patterns.clone()),
            (None, None, None, Some(reason)) => Role::Aside { reason: reason.clone(), only: settings.only.clone() },
            _ => return Err("expected one of `is`, `ramp_minutes`, `qualifies` and `skip` in a column".to_owned()),
        };
        if role == Role::Label && settings.read.is_empty() {
            return Err("expected patterns for a column of labels: read = [{ match = … }]".to_owned());
        }
        Ok(Self { role, settings })
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordOrLong;
        impl<'de> Visitor<'de> for WordOrLong {
            type Value = Column;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the meaning of a column: a word, or a table such as { is = \"plan\", carry = true }")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Column, E> {
                Column::of_word(word).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Column, A::Error> {
                let settings = Settings::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Column::try_from(settings).map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(WordOrLong)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Column {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Column".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let long = Settings::json_schema(generator);
        schemars::json_schema!({ "oneOf": [{ "type": "string" }, long] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_column_has_a_meaning() {
        for (name, word) in vocabulary::COLUMNS.entries() {
            assert_eq!(Column::usual(name), Column::of_word(word).ok(), "{name}");
            assert!(Column::usual(name).is_some() && *name == name.to_lowercase(), "{name}");
        }
    }
}
