//! Catalog keys: the provider, region, plan and task under which a model is looked up.

use ratebook::{Call, Entry, Kind, Nearest, Period, Plan, Provider, Region, Resolution, Unknown};

use crate::nanos::Nanos;
use crate::per::period_nanos;

/// A key of the catalog, without the model. Region and plan are the account's, or those chosen by [`locate`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct CatalogKey<'a> {
    pub(crate) provider: Provider,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) task: Option<&'a str>,
}

impl CatalogKey<'_> {
    /// Looks up a model under this key.
    pub(crate) fn resolve(&self, model: &str) -> Result<Resolution, Unknown> {
        let mut call = Call::new(self.provider, model);
        if let Some(region) = self.region {
            call = call.region(region);
        }
        if let Some(plan) = self.plan {
            call = call.plan(plan);
        }
        if let Some(task) = self.task {
            call = call.task(task);
        }
        call.resolve()
    }
}

/// Looks up a model in the account's region and plan. Without a plan, it uses the first one that serves the model.
/// Without a region, it uses the one with the strictest limits. Returns the key that was used, too.
pub(crate) fn locate<'a>(requested: CatalogKey<'a>, model: &str) -> Result<(Resolution, CatalogKey<'a>), Unknown> {
    let provider = requested.provider;
    let resolve = |place: CatalogKey<'a>| place.resolve(model).map(|found| (found, place));
    let in_plan = |region: Option<Region>| {
        let place = CatalogKey { region, ..requested };
        if place.plan.is_some() {
            return resolve(place);
        }
        let served = provider.plans().find(|plan| resolve(CatalogKey { plan: Some(*plan), ..place }).is_ok());
        // Within that plan, the tier without a minimum spend applies to every account.
        let first_tier = provider.plans().find(|tier| {
            provider.parent_plan(*tier) == served && served.is_some() && provider.plan_min_spend_usd(*tier).is_none()
        });
        resolve(CatalogKey { plan: first_tier.or(served), ..place })
    };
    if requested.region.is_some() {
        return in_plan(requested.region);
    }
    let without_region = in_plan(None);
    let regional = provider.regions().filter_map(|region| in_plan(Some(region)).ok());
    let strictest = regional.min_by_key(|(found, _)| {
        let counts = found.limits().filter_map(|limit| Some(limit.amount.count()? / seconds(limit.per)));
        counts.min().unwrap_or(u64::MAX)
    });
    match (without_region, strictest) {
        (Ok(without_region), _) => Ok(without_region),
        (Err(_), Some(strictest)) => Ok(strictest),
        (Err(unknown), None) => Err(unknown),
    }
}

/// Returns the length of a period in seconds; 1 for none.
fn seconds(per: Option<Period>) -> u64 {
    per.map_or(1, |per| period_nanos(per).get() / Nanos::SECOND.get())
}

/// Returns the names nearest to an unknown model, or to its part after the last `/`, behind an account or a maker.
pub(crate) fn nearest_names(provider: Provider, model: &str) -> impl Iterator<Item = &'static str> {
    let own_part = model.rsplit('/').next().unwrap_or(model);
    let mut nearest = Nearest::new();
    for name in [model, own_part] {
        provider.model_names().for_each(|candidate| nearest.offer(name, candidate));
    }
    nearest.names()
}

/// Returns the entry's name if it is an entry of a model.
pub(crate) fn model_of(entry: Entry) -> Option<&'static str> {
    (entry.kind() == Kind::Model).then(|| entry.name())
}
