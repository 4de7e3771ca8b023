//! `reviewed.toml`: decisions of people on ambiguous cells, and on rows that a page states twice.

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
    pub acknowledged: Vec<Acknowledged>,
}

/// A warning that a person has looked into, such as an odd value, or a contradiction between two pages. It is not reported
/// again until its message changes, and the message has the amounts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    /// The page of the warning. Default: any page.
    pub page: Option<String>,
    /// The message of the warning.
    pub warning: String,
    /// Why the limits are right.
    pub why: String,
}

impl Acknowledged {
    /// Returns whether the warning of a page is acknowledged.
    pub fn is_about(&self, page: Option<&str>, message: &str) -> bool {
        self.warning == message && (self.page.is_none() || self.page.as_deref() == page)
    }
}

/// One decision: what it is about, the reason and the source.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Decision {
    /// The region of the row, if the provider has regions.
    pub region: Option<String>,
    /// The plan of the row, if the provider has plans.
    pub plan: Option<String>,
    /// The model, task, size class or resource of the row.
    pub name: String,
    /// What is decided.
    pub subject: Subject,
    /// The reason.
    pub why: String,
    /// The source: who states it, and where.
    pub source: String,
}

/// What a decision is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The reading of an ambiguous cell.
    Cell {
        /// The text of the cell. If the page changes it, the decision no longer applies.
        cell: String,
        /// The amount of every metric of the row.
        reading: BTreeMap<String, u64>,
    },
    /// Which of several rows with one key is in force. Another number of rows on the page is an error.
    Row {
        /// The page. `None`: every page that has such rows.
        page: Option<String>,
        /// The row, in the order of the page, from 1.
        row: u32,
        /// The number of rows.
        rows: u32,
    },
}

/// A decision as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    region: Option<String>,
    plan: Option<String>,
    name: String,
    page: Option<String>,
    cell: Option<String>,
    reading: Option<BTreeMap<String, u64>>,
    row: Option<u32>,
    rows: Option<u32>,
    why: String,
    source: String,
}

impl TryFrom<Written> for Decision {
    type Error = String;
    fn try_from(written: Written) -> Result<Self, String> {
        let Written { region, plan, name, page, cell, reading, row, rows, why, source } = written;
        let subject = match (cell, reading, row, rows, page) {
            (Some(cell), Some(reading), None, None, None) => Subject::Cell { cell, reading },
            (None, None, Some(row), Some(rows), page) if rows >= 2 && (1..=rows).contains(&row) => {
                Subject::Row { page, row, rows }
            }
            (None, None, Some(row), Some(rows), _) => {
                return Err(format!(
                    "expected `row` from 1 to `rows`, and two rows at least, found row {row} of {rows}"
                ));
            }
            _ => {
                return Err(format!(
                    "expected either `cell` and `reading`, or `row` and `rows`, of the decision on `{name}`"
                ));
            }
        };
        Ok(Self { region, plan, name, subject, why, source })
    }
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
            let Subject::Cell { reading, .. } = &decision.subject else { continue };
            for metric in reading.keys() {
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

    /// Returns whether the decision is about a cell with a text.
    pub fn is_about_cell(&self, text: &str) -> bool {
        match &self.subject {
            Subject::Cell { cell, .. } => cell == text,
            Subject::Row { .. } => false,
        }
    }

    /// Returns the decided amount of a metric, or `None` if the decision has none.
    pub fn amount(&self, metric: Metric) -> Option<Amount> {
        match &self.subject {
            Subject::Cell { reading, .. } => reading.get(metric.word()).copied().map(Amount::Count),
            Subject::Row { .. } => None,
        }
    }
}
