//! Helpers of the tests on Alibaba's fixture and on its own page.

use ratebook_ingest::{Decisions, Reading};
use ratebook_source::{Amount, Evidence, Limit, Metric};

/// Returns the decisions of `catalog-src/alibaba/reviewed.toml`.
pub(crate) fn decisions() -> Decisions {
    let path = format!("{}/../../catalog-src/alibaba/reviewed.toml", env!("CARGO_MANIFEST_DIR"));
    Decisions::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn read_with(text: &str, extension: &str, decisions: &Decisions) -> Reading {
    super::read_decided("alibaba", text, extension, decisions)
}

/// Returns the limits of a model in a region.
pub(crate) fn limits<'a>(reading: &'a Reading, region: Option<&str>, name: &str) -> Vec<&'a Limit> {
    let limits = reading.source.limits.iter();
    limits.filter(|limit| limit.region.as_deref() == region && limit.name == name).collect()
}

/// Returns the amount and the evidence of a model's limit on a metric.
pub(crate) fn one(reading: &Reading, region: &str, name: &str, metric: Metric) -> (Amount, Evidence) {
    let found = limits(reading, Some(region), name);
    let limit = found.iter().find(|limit| limit.metric == metric).unwrap_or_else(|| panic!("{region} {name} {metric}"));
    (limit.amount, limit.evidence)
}
