//! `reviewed.toml`: decisions of people on ambiguous cells.

use std::collections::BTreeMap;

use ratebook_source::{Amount, Limit, Metric};
use serde::Deserialize;

/// The decisions on one provider's page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// The decisions, in the order of the file.
    #[serde(default, rename = "decision")]
    pub decisions: Vec<Decision>,
    /// Warnings that a person has looked into.
    #[serde(default)]
    pub settled: Vec<Settled>,
}

/// A warning that a person has looked into, such as an odd value, or a contradiction between two pages. It is not reported
/// again until its message changes, and the message has the amounts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// The page of the warning. Default: any page.
    pub page: Option<String>,
    /// The message of the warning.
    pub warning: String,
    /// Why the limits are right.
    pub why: String,
}

impl Settled {
    /// Returns whether the warning of a page is settled.
    pub fn is_about(&self, page: Option<&str>, message: &str) -> bool {
        self.warning == message && (self.page.is_none() || self.page.as_deref() == page)
    }
}

/// One decision: the cell, its reading, the reason and the source.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The region of the cell, if the provider has regions.
    pub region: Option<String>,
    /// The plan of the cell, if the provider has plans.
    pub plan: Option<String>,
    /// The model, task, size class or resource of the row.
    pub name: String,
    /// The text of the ambiguous cell. If the page changes it, the decision no longer applies.
    pub cell: String,
    /// The amount of every metric of the row.
    pub reading: BTreeMap<String, u64>,
    /// The reason.
    pub why: String,
    /// The source: who states it, and where.
    pub source: String,
}

/// The error of a `reviewed.toml` that could not be parsed.
#[derive(Debug, thiserror::Error)]
pub enum DecisionsError {
    /// The text is not in the format. The message shows the position.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// A reading has an unknown metric.
    #[error("the decision on `{name}`: {error}")]
    Metric {
        /// The name in the decision.
        name: String,
        /// The error of the metric.
        error: ratebook_source::UnknownWord,
    },
}

impl Decisions {
    /// Parses a `reviewed.toml`.
    ///
    /// # Errors
    /// Returns an error if the text is not in the format, or if a reading has an unknown metric.
    pub fn parse(text: &str) -> Result<Self, DecisionsError> {
        let decisions: Self = toml::from_str(text)?;
        for decision in &decisions.decisions {
            for metric in decision.reading.keys() {
                metric
                    .parse::<Metric>()
                    .map_err(|error| DecisionsError::Metric { name: decision.name.clone(), error })?;
            }
        }
        Ok(decisions)
    }
}

impl Decision {
    /// Returns whether the decision is about the limit's row.
    pub fn is_about(&self, limit: &Limit) -> bool {
        self.name == limit.name && self.region == limit.region && self.plan == limit.plan
    }

    /// Returns the decided amount of a metric, or `None` if the decision has none.
    pub fn amount(&self, metric: Metric) -> Option<Amount> {
        self.reading.get(metric.word()).copied().map(Amount::Count)
    }
}
