//! `reviewed.toml`: what people decided about cells that a page leaves open.

use std::collections::BTreeMap;

use ratebook_source::{Amount, Limit, Metric};
use serde::Deserialize;

/// The decisions on one provider's page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// Each decision, in the file's order.
    #[serde(default, rename = "decision")]
    pub decisions: Vec<Decision>,
}

/// One decision: in which cell, how it reads, why, and who states it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The region of the cell, where the provider has regions.
    pub region: Option<String>,
    /// The plan of the cell, where the provider has plans.
    pub plan: Option<String>,
    /// The model, task, size class or resource of the row.
    pub name: String,
    /// What stands in the open cell, as the page writes it; when that changes, the decision is open again.
    pub cell: String,
    /// How it reads: the metric's amount, for every metric of the row.
    pub reading: BTreeMap<String, u64>,
    /// Why it reads so.
    pub why: String,
    /// Who states it, and where.
    pub source: String,
}

/// Why a `reviewed.toml` could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecisionsError {
    /// Not the format; the message shows the place.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// A reading names no metric.
    #[error("the decision on `{name}`: {error}")]
    Metric {
        /// The decision's name.
        name: String,
        /// What is wrong with it.
        error: ratebook_source::UnknownWord,
    },
}

impl Decisions {
    /// Reads a `reviewed.toml`.
    ///
    /// # Errors
    /// When the text is not the format, or a reading names no metric.
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
    /// Whether the decision speaks of the limit's row.
    pub fn is_about(&self, limit: &Limit) -> bool {
        self.name == limit.name && self.region == limit.region && self.plan == limit.plan
    }

    /// What the decision reads for a metric.
    pub fn amount(&self, metric: Metric) -> Option<Amount> {
        self.reading.get(metric.word()).copied().map(Amount::Count)
    }
}
