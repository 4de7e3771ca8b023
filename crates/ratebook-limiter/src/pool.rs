//! Pool keys: which limits share a pool.

use ratebook::{Bound, Context, Deployment, Invocation, Limit, Metric, Mode, Period, Plan, Pool, Region};

use crate::limit::Part;
use crate::meter::Reach;
use crate::per::Per;

/// The identity of a pool. Limits with equal keys are one limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PoolKey {
    pub(crate) pool: PoolName,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) deployment: Option<Deployment>,
    pub(crate) mode: Option<Mode>,
    pub(crate) context: Option<Context>,
    pub(crate) metric: Metric,
    pub(crate) per: Per,
    pub(crate) calls: Invocation,
    pub(crate) bound: Bound,
    /// The part of the limit: the whole, a sub-window, a pace or a share.
    pub(crate) part: Part,
    /// The class or tenant, if the part is a share.
    pub(crate) sharer: Option<String>,
    /// Whether the program added the limit beside those of the catalog.
    pub(crate) is_configured: bool,
}

/// The name of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PoolName {
    Account,
    Group(String),
    Model(String),
}

impl PoolKey {
    /// The key of a hard limit of the whole account, over all regions, plans and forms of the API.
    pub(crate) fn new(metric: Metric, per: Per) -> Self {
        Self {
            pool: PoolName::Account,
            region: None,
            plan: None,
            deployment: None,
            mode: None,
            context: None,
            metric,
            per,
            calls: Invocation::All,
            bound: Bound::Hard,
            part: Part::Whole,
            sharer: None,
            is_configured: false,
        }
    }

    /// The key of a limit of the catalog on calls of a model in a region. `model` is the name of the model's own pools.
    pub(crate) fn published(limit: &Limit, model: &str, region: Option<Region>) -> Self {
        Self {
            pool: match limit.pool {
                Pool::Account => PoolName::Account,
                Pool::Group(group) => PoolName::Group(group.to_owned()),
                Pool::Model(model) => PoolName::Model(model.to_owned()),
                Pool::EachModel => PoolName::Model(model.to_owned()),
            },
            region: limit.entry.region().or(region.filter(|_| limit.each_region)),
            plan: limit.entry.plan(),
            deployment: limit.entry.deployment(),
            mode: limit.entry.mode(),
            context: limit.entry.context(),
            calls: limit.calls,
            bound: limit.bound,
            ..Self::new(limit.metric, limit.per.into())
        }
    }

    /// Returns whether the limit is on this metric and period.
    pub(crate) fn counts(&self, metric: Metric, per: Option<Period>) -> bool {
        self.metric == metric && self.per.is(per)
    }

    /// Returns the key of the whole limit, of which this may be a part.
    pub(crate) fn whole(&self) -> Self {
        Self { part: Part::Whole, sharer: None, ..self.clone() }
    }

    /// Returns the key of a share of the limit.
    pub(crate) fn share(&self, part: Part, sharer: &str) -> Self {
        Self { part, sharer: Some(sharer.to_owned()), ..self.clone() }
    }

    /// Returns the tenant's name, if the part is a tenant's share.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.sharer.as_deref().filter(|_| self.part == Part::TenantShare)
    }

    /// Returns how many calls the pool covers: all of the account, a group, or one model.
    pub(crate) fn reach(&self) -> Reach {
        match self.pool {
            PoolName::Account => Reach::Account,
            PoolName::Group(_) => Reach::Group,
            PoolName::Model(_) => Reach::Model,
        }
    }
}

#[cfg(test)]
mod tests {
    use ratebook::{EntryKey, Provider, Region};

    use super::PoolKey;

    #[test]
    fn each_region_has_its_own_pool_if_the_page_says_so() {
        let key = EntryKey::new(Provider::Acme, "orbit").deployment(ratebook::Deployment::DataZone);
        let each = key.find().and_then(|entry| entry.limit(0)).unwrap();
        let pool = |limit, region| PoolKey::published(limit, "orbit", region);
        assert_ne!(pool(&each, Some(Region::Us)), pool(&each, Some(Region::International)));
        let shared = EntryKey::new(Provider::Acme, "painter").find().and_then(|entry| entry.limit(0)).unwrap();
        assert_eq!(pool(&shared, Some(Region::Us)), pool(&shared, Some(Region::International)));
    }
}
