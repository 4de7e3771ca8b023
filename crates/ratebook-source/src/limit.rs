//! A limit and its key.

use crate::{Amount, Bound, CallMode, Date, Evidence, Kind, Metric, Period};

/// The calls that share a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Every call of the account. Written `account`.
    Account,
    /// The models of a group. Written `size:small`, `task:translation`.
    Group(String),
    /// The named model alone. Written `model`.
    Model,
}

/// One point of a limit that grows with sustained use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RampPoint {
    /// Minutes of sustained use after which the amount is in force.
    pub after_minutes: u32,
    /// The amount, in units of the limit's metric.
    pub amount: u64,
}

/// One line of `limits.tsv`: a selector in a region and plan, a metric, an amount, and its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The region, if the provider has regions.
    pub region: Option<String>,
    /// The plan or tier, if the limit is for one.
    pub plan: Option<String>,
    /// The kind of selector.
    pub kind: Kind,
    /// The model, task, size class or resource. `*` for [`Kind::Any`].
    pub name: String,
    /// Other names of the same model, sorted.
    pub aliases: Vec<String>,
    /// The metric.
    pub metric: Metric,
    /// The period. `None` for a concurrency limit or a number held.
    pub per: Option<Period>,
    /// The amount, in units of the metric.
    pub amount: Amount,
    /// The calls that count.
    pub calls: CallMode,
    /// The calls that share the limit.
    pub pool: Pool,
    /// The meaning of the amount.
    pub bound: Bound,
    /// The day from which the model is refused, if it is retired.
    pub retired_on: Option<Date>,
    /// How the amount was read.
    pub evidence: Evidence,
    /// The reading that is not used: the other one of an ambiguous cell, or the automatic one of a reviewed cell.
    pub alternative: Option<Amount>,
    /// The growth with sustained use, from the amount itself on. Empty if the limit does not grow.
    pub ramp: Vec<RampPoint>,
    /// The day of the refresh that last changed this line.
    pub changed: Option<Date>,
    /// The line of the vendor's page that states the amount, from 1. Stored in `lines.tsv`.
    pub line: Option<u32>,
}

impl Limit {
    /// Returns a stated, hard limit of one model, without region, plan or period.
    pub fn model(name: impl Into<String>, metric: Metric, amount: Amount) -> Self {
        Self::new(Kind::Model, name, metric, amount, Pool::Model)
    }

    /// Returns a stated, hard limit without region, plan or period.
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
            calls: CallMode::All,
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

    /// Returns the limit's key, which is unique within its provider and orders the file.
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
}

/// The identity of a limit within its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LimitKey<'a> {
    /// The region, if there is one.
    pub region: Option<&'a str>,
    /// The plan, if there is one.
    pub plan: Option<&'a str>,
    /// The kind of selector.
    pub kind: Kind,
    /// The model, task, size class or resource.
    pub name: &'a str,
    /// The metric.
    pub metric: Metric,
    /// The period, if there is one.
    pub per: Option<Period>,
    /// The calls that count.
    pub calls: CallMode,
    /// The meaning of the amount.
    pub bound: Bound,
}
