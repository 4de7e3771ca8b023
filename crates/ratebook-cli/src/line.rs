//! One limit as printed in JSON or in a table.

use ratebook::{
    Amount, Bound, Context, Deployment, Entry, Evidence, Factor, Invocation, Kind, Limit, Metric, Mode, Period, Plan,
    Pool, Provider, Region, Status, VendorPage, Weight,
};
use serde::{Serialize, Serializer};

/// One limit under one of its entry's names. The names and the order of the fields are a stable interface.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    #[serde(serialize_with = "optional_name")]
    pub(crate) deployment: Option<Deployment>,
    #[serde(serialize_with = "optional_name")]
    pub(crate) mode: Option<Mode>,
    #[serde(serialize_with = "optional_name")]
    pub(crate) context: Option<Context>,
    pub(crate) window_seconds: Option<u64>,
    #[serde(serialize_with = "name")]
    pub(crate) bound: Bound,
    #[serde(serialize_with = "page_id")]
    pub(crate) page: Option<&'static VendorPage>,
    pub(crate) section: Option<&'static str>,
    /// Whether only an excerpt of the page was read.
    pub(crate) partial: bool,
    /// The models of the selector or the shared pool, as far as the pages list them.
    pub(crate) members: Vec<&'static str>,
    #[serde(serialize_with = "weight", skip_serializing_if = "is_one")]
    pub(crate) weight: Weight,
    #[serde(serialize_with = "factor", skip_serializing_if = "Option::is_none")]
    pub(crate) factor: Option<Factor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<String>,
    #[serde(skip)]
    pub(crate) calls: Invocation,
}

/// One point of a limit that grows with use.
#[derive(Clone, Copy, Debug, Serialize, PartialEq)]
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
    match amount {
        Amount::Count(count) => serializer.serialize_u64(*count),
        other => serializer.collect_str(other),
    }
}

fn page_id<S: Serializer>(page: &Option<&VendorPage>, serializer: S) -> Result<S::Ok, S::Error> {
    page.map(|page| page.id).serialize(serializer)
}

fn weight<S: Serializer>(weight: &Weight, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(weight)
}

fn factor<S: Serializer>(factor: &Option<Factor>, serializer: S) -> Result<S::Ok, S::Error> {
    factor.map(|factor| factor.to_string()).serialize(serializer)
}

fn is_one(weight: &Weight) -> bool {
    *weight == Weight::ONE
}

/// Returns the models that a limit's entry or pool names: those of a family, of a size class, or of a shared pool.
fn members(limit: &Limit) -> Vec<&'static str> {
    let (entry, provider) = (limit.entry, limit.entry.provider());
    let mut members: Vec<&str> = match (entry.kind(), limit.pool) {
        (Kind::Family, _) => {
            let family = provider.families().iter().find(|family| family.name == entry.name());
            family.map_or_else(Vec::new, |family| family.members.to_vec())
        }
        (Kind::Size, _) => {
            let class = provider.size_classes().iter().find(|class| class.name == entry.name());
            class.map_or_else(Vec::new, |class| class.members.to_vec())
        }
        (_, Pool::Group(group)) => {
            let has_pool = |entry: &Entry| entry.limits().any(|limit| limit.pool == Pool::Group(group));
            let models = provider.entries().filter(|other| other.kind() == Kind::Model);
            models.filter(has_pool).map(|entry| entry.name()).collect()
        }
        _ => Vec::new(),
    };
    members.sort_unstable();
    members.dedup();
    members
}

impl Line {
    /// Returns the limit under a name or alias of its entry.
    pub(crate) fn new(limit: &Limit, name: &'static str) -> Self {
        let entry = limit.entry;
        let (status, retired_on) = match entry.status() {
            Status::Live => ("live", None),
            Status::Retired(date) => ("retired", Some(date.to_string())),
            // Its limits would be listed, but it has none.
            Status::Removed(date) => ("removed", Some(date.to_string())),
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
            pool: format!("{}{}", limit.pool, if limit.each_region { "@region" } else { "" }),
            status,
            retired_on,
            evidence: limit.evidence,
            line: limit.line,
            ramp: limit.ramp.points().map(|p| RampPoint { after_minutes: p.after_minutes, amount: p.amount }).collect(),
            deployment: entry.deployment(),
            mode: entry.mode(),
            context: entry.context(),
            window_seconds: limit.per.map(Period::seconds),
            bound: limit.bound,
            page: limit.page,
            section: limit.section,
            partial: limit.page.is_some_and(|page| page.is_partial),
            members: members(limit),
            weight: limit.weight,
            factor: limit.factor,
            until: limit.until.map(|date| date.to_string()),
            calls: limit.calls,
        }
    }

    /// Returns the limit in words: `1,200 requests per minute`.
    fn limit_text(&self) -> String {
        let mut text = match self.amount {
            Amount::Count(count) => grouped(count),
            Amount::Range { from, to } => format!("{} to {}", grouped(from), grouped(to)),
            Amount::NotOffered => "not offered:".to_owned(),
            Amount::Elsewhere => "stated elsewhere:".to_owned(),
            other => other.to_string(),
        };
        text.push_str(&format!(" {}", self.metric));
        if let Some(per) = self.per {
            text.push_str(&format!(" per {per}"));
        }
        if self.calls != Invocation::All {
            text.push_str(&format!(" ({} calls)", self.calls));
        }
        match self.bound {
            Bound::Floor => text.push_str(", at least"),
            Bound::Ceiling => text.push_str(", at most"),
            Bound::Typical => text.push_str(", typically"),
            Bound::Temporary => match &self.until {
                Some(date) => text.push_str(&format!(", until {date}")),
                None => text.push_str(", for a time"),
            },
            _ => {}
        }
        if self.weight != Weight::ONE {
            text.push_str(&format!(", weight {}", self.weight));
        }
        if let Some(factor) = self.factor {
            text.push_str(&format!(", {factor}"));
        }
        for point in self.ramp.iter().skip(1) {
            text.push_str(&format!(", {} after {} min", grouped(point.amount), point.after_minutes));
        }
        text
    }

    /// Returns the name, and for an alias the name that it stands for.
    fn name_text(&self) -> String {
        self.alias_of.map_or_else(|| self.name.to_owned(), |of| format!("{} (alias of {of})", self.name))
    }

    /// Returns `live`, or the day of retirement.
    fn status_text(&self) -> String {
        self.retired_on.as_ref().map_or_else(|| self.status.to_owned(), |date| format!("retired {date}"))
    }
}

/// A column of a table of limits.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) cell: fn(&Line) -> String,
    /// Whether the column is left out where no limit has a value.
    is_optional: bool,
}

const COLUMNS: [Column; 11] = [
    Column { name: "plan", cell: |line| or_dash(line.plan), is_optional: false },
    Column { name: "deployment", cell: |line| or_dash(line.deployment), is_optional: true },
    Column { name: "mode", cell: |line| or_dash(line.mode), is_optional: true },
    Column { name: "context", cell: |line| or_dash(line.context), is_optional: true },
    Column { name: "kind", cell: |line| line.kind.to_string(), is_optional: false },
    Column { name: "name", cell: Line::name_text, is_optional: false },
    Column { name: "limit", cell: Line::limit_text, is_optional: false },
    Column { name: "pool", cell: |line| line.pool.clone(), is_optional: false },
    Column { name: "status", cell: Line::status_text, is_optional: false },
    Column { name: "evidence", cell: |line| line.evidence.to_string(), is_optional: false },
    Column { name: "line", cell: |line| or_dash(line.line), is_optional: false },
];

/// Returns the columns of a table of limits.
pub(crate) fn columns(lines: &[Line]) -> Vec<Column> {
    let has_value = |column: &Column| lines.iter().any(|line| (column.cell)(line) != "-");
    COLUMNS.into_iter().filter(|column| !column.is_optional || has_value(column)).collect()
}

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
