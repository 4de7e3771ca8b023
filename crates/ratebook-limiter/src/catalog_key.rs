//! Where a model's limits are looked up in the catalog: the provider, region, plan and task of its calls.

use ratebook::{Call, Entry, Kind, Nearest, Period, Plan, Provider, Region, Resolution, Unknown};

use crate::nanos::Nanos;
use crate::per::period_nanos;

/// Where calls are resolved: in the account's region and plan, or in those that were chosen for want of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CatalogKey<'a> {
    pub(crate) provider: Provider,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) task: Option<&'a str>,
}

impl CatalogKey<'_> {
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

/// Resolves where the account is; where it names no plan, in the first that serves the model, and where it names no
/// region, in the one that allows it least. Says where that was.
pub(crate) fn locate<'a>(asked: CatalogKey<'a>, model: &str) -> Result<(Resolution, CatalogKey<'a>), Unknown> {
    let provider = asked.provider;
    let resolve = |place: CatalogKey<'a>| place.resolve(model).map(|found| (found, place));
    let in_plan = |region: Option<Region>| {
        let place = CatalogKey { region, ..asked };
        if place.plan.is_some() {
            return resolve(place);
        }
        let served = provider.plans().find(|plan| resolve(CatalogKey { plan: Some(*plan), ..place }).is_ok());
        // Within that plan, every account has the tier that nothing has to be paid for.
        let first_tier = provider.plans().find(|tier| {
            provider.plan_within(*tier) == served && served.is_some() && provider.plan_qualifies_usd(*tier).is_none()
        });
        resolve(CatalogKey { plan: first_tier.or(served), ..place })
    };
    if asked.region.is_some() {
        return in_plan(asked.region);
    }
    let plain = in_plan(None);
    let regional = provider.regions().filter_map(|region| in_plan(Some(region)).ok());
    let strictest = regional.min_by_key(|(found, _)| {
        let counts = found.limits().filter_map(|limit| Some(limit.amount.count()? / seconds(limit.per)));
        counts.min().unwrap_or(u64::MAX)
    });
    match (plain, strictest) {
        (Ok(plain), _) => Ok(plain),
        (Err(_), Some(strictest)) => Ok(strictest),
        (Err(unknown), None) => Err(unknown),
    }
}

fn seconds(per: Option<Period>) -> u64 {
    per.map_or(1, |per| period_nanos(per).get() / Nanos::SECOND.get())
}

/// The names of models nearest to one that is not known, or to its own part behind an account or a maker.
pub(crate) fn near_names(provider: Provider, model: &str) -> impl Iterator<Item = &'static str> {
    let own_part = model.rsplit('/').next().unwrap_or(model);
    let mut nearest = Nearest::new();
    for name in [model, own_part] {
        provider.model_names().for_each(|candidate| nearest.offer(name, candidate));
    }
    nearest.names()
}

/// The entry's own name, where it is a model's.
pub(crate) fn model_of(entry: Entry) -> Option<&'static str> {
    (entry.kind() == Kind::Model).then(|| entry.name())
}
