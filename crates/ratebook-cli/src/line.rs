//! One limit as printed in JSON or in a table.

use ratebook::{Amount, CallMode, Entry, Evidence, Kind, Limit, Metric, Period, Plan, Provider, Region, Status};
use serde::{Serialize, Serializer};

/// One limit under one of its entry's names. The names and the order of the fields are a stable interface.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    #[serde(serialize_with = "name")]
    pub(crate) provider: Provider,
    #[serde(serialize_with = "optional_name")]
    pub(crate) region: Option<Region>,
    #[serde(serialize_with = "optional_name")]
    pub(crate) plan: Option<Plan>,
    #[serde(serialize_with = "name")]
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    pub(crate) alias_of: Option<&'static str>,
    #[serde(serialize_with = "name")]
    pub(crate) metric: Metric,
    #[serde(serialize_with = "amount")]
    pub(crate) amount: Amount,
    #[serde(serialize_with = "optional_name")]
    pub(crate) per: Option<Period>,
    pub(crate) pool: String,
    pub(crate) status: &'static str,
    pub(crate) retired_on: Option<String>,
    #[serde(serialize_with = "name")]
    pub(crate) evidence: Evidence,
    pub(crate) line: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ramp: Vec<RampPoint>,
    #[serde(skip)]
    pub(crate) calls: CallMode,
}

/// One point of a limit that grows with use.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct RampPoint {
    pub(crate) after_minutes: u32,
    pub(crate) amount: u64,
}

fn name<T: std::fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn optional_name<T: std::fmt::Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

fn amount<S: Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    match amount.count() {
        Some(count) => serializer.serialize_u64(count),
        None => serializer.collect_str(amount),
    }
}

impl Line {
    /// Returns the limit under a name or alias of its entry.
    pub(crate) fn new(limit: &Limit, name: &'static str) -> Self {
        let entry = limit.entry;
        let (status, retired_on) = match entry.status() {
            Status::Live => ("live", None),
            Status::Retired(date) => ("retired", Some(date.to_string())),
        };
        Self {
            provider: entry.provider(),
            region: entry.region(),
            plan: entry.plan(),
            kind: entry.kind(),
            name,
            alias_of: (name != entry.name()).then_some(entry.name()),
            metric: limit.metric,
            amount: limit.amount,
            per: limit.per,
            pool: limit.pool.to_string(),
            status,
            retired_on,
            evidence: limit.evidence,
            line: limit.line,
            ramp: limit.ramp.points().map(|p| RampPoint { after_minutes: p.after_minutes, amount: p.amount }).collect(),
            calls: limit.calls,
        }
    }

    /// Returns the cells of the limit's row under [`COLUMNS`], with `name` as its name.
    pub(crate) fn cells(&self, name: String) -> Vec<String> {
        vec![
            or_dash(self.plan),
            self.kind.to_string(),
            name,
            self.limit_text(),
            self.pool.clone(),
            self.status_text(),
            self.evidence.to_string(),
            or_dash(self.line),
        ]
    }

    /// Returns the limit in words: `1,200 requests per minute`.
    fn limit_text(&self) -> String {
        let mut text = match self.amount {
            Amount::Count(count) => grouped(count),
            other => other.to_string(),
        };
        text.push_str(&format!(" {}", self.metric));
        if let Some(per) = self.per {
            text.push_str(&format!(" per {per}"));
        }
        if self.calls != CallMode::All {
            text.push_str(&format!(" ({} calls)", self.calls));
        }
        for point in self.ramp.iter().skip(1) {
            text.push_str(&format!(", {} after {} min", grouped(point.amount), point.after_minutes));
        }
        text
    }

    /// Returns `live`, or the day of retirement.
    fn status_text(&self) -> String {
        self.retired_on.as_ref().map_or_else(|| self.status.to_owned(), |date| format!("retired {date}"))
    }
}

/// The columns of [`Line::cells`].
pub(crate) const COLUMNS: [&str; 8] = ["plan", "kind", "name", "limit", "pool", "status", "evidence", "line"];

/// Returns the name of an entry, and then its aliases.
pub(crate) fn names_of(entry: Entry) -> impl Iterator<Item = &'static str> {
    std::iter::once(entry.name()).chain(entry.aliases())
}

/// Returns the value as text, or `-` for `None`.
pub(crate) fn or_dash(value: Option<impl std::fmt::Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// Returns a number with its digits in groups of three.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1_000, 4_980_000_000].map(grouped), ["0", "999", "1,000", "4,980,000,000"]);
    }
}
