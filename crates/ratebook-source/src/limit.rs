//! One limit, and what tells it from others.

use crate::{Amount, Bound, Calls, Date, Evidence, Kind, Metric, Period};

/// What a limit is shared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Every call of the account draws from it; written `account`.
    Account,
    /// Models of one group share it; written `size:small`, `task:translation`.
    Group(String),
    /// The named model alone; written `model`.
    Model,
}

/// One point of a limit that grows with sustained use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RampPoint {
    /// Minutes of sustained use after which the amount holds.
    pub after_minutes: u32,
    /// The amount from then on, in units of the limit's metric.
    pub amount: u64,
}

/// One line of `limits.tsv`: a selector in a region and plan, a metric, its amount, and how it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The provider's region, where it has regions.
    pub region: Option<String>,
    /// The plan or tier that the page states the limit for.
    pub plan: Option<String>,
    /// What `name` names.
    pub kind: Kind,
    /// The model, task, size class or resource; `*` for [`Kind::Any`].
    pub name: String,
    /// Other names of the same model, sorted.
    pub aliases: Vec<String>,
    /// What is counted.
    pub metric: Metric,
    /// Over which time; a concurrency or a count has none.
    pub per: Option<Period>,
    /// How much.
    pub amount: Amount,
    /// Which calls are counted.
    pub calls: Calls,
    /// What shares the limit.
    pub pool: Pool,
    /// What the amount means at its edge.
    pub bound: Bound,
    /// The day from which the model is refused, where it is retired.
    pub retired_on: Option<Date>,
    /// How the amount was read.
    pub evidence: Evidence,
    /// The reading not used: of an ambiguous cell the other one, of a reviewed cell the machine's own.
    pub alternative: Option<Amount>,
    /// How the amount grows with sustained use; empty where it does not. The first point is the amount itself.
    pub ramp: Vec<RampPoint>,
    /// The day of the refresh that last changed this line.
    pub changed: Option<Date>,
    /// The line of the vendor's page that states the amount, kept in `lines.tsv`.
    pub line: Option<u32>,
}

impl Limit {
    /// A stated, hard limit of one model, without region, plan or period.
    pub fn model(name: impl Into<String>, metric: Metric, amount: Amount) -> Self {
        Self::new(Kind::Model, name, metric, amount, Pool::Model)
    }

    /// A stated, hard limit, without region, plan or period.
    pub fn new(kind: Kind, name: impl Into<String>, metric: Metric, amount: Amount, pool: Pool) -> Self {
        Self {
            region: None,
            plan: None,
            kind,
            name: name.into(),
            aliases: Vec::new(),
            metric,
            per: None,
            amount,
            calls: Calls::All,
            pool,
            bound: Bound::Hard,
            retired_on: None,
            evidence: Evidence::Stated,
            alternative: None,
            ramp: Vec::new(),
            changed: None,
            line: None,
        }
    }

    /// What tells this limit from every other of its provider; also the order of the file.
    pub fn key(&self) -> LimitKey<'_> {
        LimitKey {
            region: self.region.as_deref(),
            plan: self.plan.as_deref(),
            kind: self.kind,
            name: &self.name,
            metric: self.metric,
            per: self.per,
            calls: self.calls,
            bound: self.bound,
        }
    }

    /// Whether the two lines state the same, dates of change and lines of the page aside.
    pub fn states_the_same(&self, other: &Self) -> bool {
        let blank = |limit: &Self| Self { changed: None, line: None, ..limit.clone() };
        blank(self) == blank(other)
    }
}

/// The identity of a limit within its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LimitKey<'a> {
    /// The region, where there is one.
    pub region: Option<&'a str>,
    /// The plan, where there is one.
    pub plan: Option<&'a str>,
    /// What `name` names.
    pub kind: Kind,
    /// The model, task, size class or resource.
    pub name: &'a str,
    /// What is counted.
    pub metric: Metric,
    /// Over which time.
    pub per: Option<Period>,
    /// Which calls are counted.
    pub calls: Calls,
    /// What the amount means at its edge.
    pub bound: Bound,
}
