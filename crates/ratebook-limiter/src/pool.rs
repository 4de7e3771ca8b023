//! Pools: what makes two limits one.

use ratebook::{Bound, Calls, Limit, Metric, Period, Plan, Pool, Region};

use crate::limit::Part;
use crate::meter::Reach;
use crate::per::Per;

/// What makes two limits the same pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PoolKey {
    pub(crate) pool: PoolName,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) metric: Metric,
    pub(crate) per: Per,
    pub(crate) calls: Calls,
    pub(crate) bound: Bound,
    pub(crate) part: Part,
    /// Whose share it is, by the name of the class or the tenant.
    pub(crate) sharer: Option<String>,
    /// Whether it is a limit of the user's own, and stands beside a published one.
    pub(crate) is_configured: bool,
}

/// What shares a limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PoolName {
    Account,
    Group(String),
    Model(String),
}

impl PoolKey {
    /// A hard limit as a whole, of every call of the account, in no region or plan in particular.
    pub(crate) fn new(metric: Metric, per: Per) -> Self {
        Self {
            pool: PoolName::Account,
            region: None,
            plan: None,
            metric,
            per,
            calls: Calls::All,
            bound: Bound::Hard,
            part: Part::Whole,
            sharer: None,
            is_configured: false,
        }
    }

    pub(crate) fn published(limit: &Limit) -> Self {
        Self {
            pool: match limit.pool {
                Pool::Account => PoolName::Account,
                Pool::Group(group) => PoolName::Group(group.to_owned()),
                Pool::Model(model) => PoolName::Model(model.to_owned()),
            },
            region: limit.entry.region(),
            plan: limit.entry.plan(),
            calls: limit.calls,
            bound: limit.bound,
            ..Self::new(limit.metric, limit.per.into())
        }
    }

    pub(crate) fn counts(&self, metric: Metric, per: Option<Period>) -> bool {
        self.metric == metric && self.per.is(per)
    }

    /// The key of the limit itself, of which this may be a part or a share.
    pub(crate) fn whole(&self) -> Self {
        Self { part: Part::Whole, sharer: None, ..self.clone() }
    }

    /// The key of a share of the limit.
    pub(crate) fn share(&self, part: Part, sharer: &str) -> Self {
        Self { part, sharer: Some(sharer.to_owned()), ..self.clone() }
    }

    /// The tenant whose share it is.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.sharer.as_deref().filter(|_| self.part == Part::TenantShare)
    }

    pub(crate) fn reach(&self) -> Reach {
        match self.pool {
            PoolName::Account => Reach::Account,
            PoolName::Group(_) => Reach::Group,
            PoolName::Model(_) => Reach::Model,
        }
    }
}
