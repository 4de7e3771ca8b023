//! Keys of the catalog: everything but the model by which limits are looked up.

use ratebook::{
    Call, Context, Deployment, Entry, Kind, Mode, Nearest, Period, Plan, Provider, Region, Resolution, Unknown,
};

use crate::nanos::Nanos;
use crate::per::period_nanos;

/// A key of the catalog, without the model. Region, plan and deployment are the account's, or those chosen by
/// [`locate`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct CatalogKey<'a> {
    pub(crate) provider: Provider,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) deployment: Option<Deployment>,
    pub(crate) mode: Option<Mode>,
    pub(crate) context: Option<Context>,
    pub(crate) task: Option<&'a str>,
    pub(crate) endpoint: Option<&'a str>,
}

impl<'a> CatalogKey<'a> {
    /// Looks up a model under this key. Returns the name whose limits were found, too.
    pub(crate) fn resolve<'m>(&self, model: &'m str) -> Result<(Resolution, &'m str), Unknown>
    where
        'a: 'm,
    {
        let mut call = Call::new(self.provider, model);
        if let Some(region) = self.region {
            call = call.region(region);
        }
        if let Some(plan) = self.plan {
            call = call.plan(plan);
        }
        if let Some(deployment) = self.deployment {
            call = call.deployment(deployment);
        }
        if let Some(mode) = self.mode {
            call = call.mode(mode);
        }
        if let Some(context) = self.context {
            call = call.context(context);
        }
        if let Some(task) = self.task {
            call = call.task(task);
        }
        if let Some(endpoint) = self.endpoint {
            call = call.endpoint(endpoint);
        }
        call.resolve_as()
    }
}

/// What [`locate`] found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located<'a> {
    pub(crate) found: Resolution,
    /// The name whose limits were found: the model's, or the one that it stands for.
    pub(crate) name: &'a str,
    /// The key that was used.
    pub(crate) place: CatalogKey<'a>,
}

impl Located<'_> {
    fn is_default(&self) -> bool {
        self.found.rule().is_default()
    }

    /// Returns the lowest amount per second of all limits.
    fn lowest_rate(&self) -> u64 {
        let counts = self.found.limits().filter_map(|limit| Some(limit.amount.count()? / seconds(limit.per)));
        counts.min().unwrap_or(u64::MAX)
    }
}

/// Looks up a model in the account's region, plan and deployment. Without a plan, it uses the first one that serves the
/// model. Without a region or deployment, it uses the model's limits without one, or else the strictest.
pub(crate) fn locate<'a>(requested: CatalogKey<'a>, model: &'a str) -> Result<Located<'a>, Unknown> {
    let provider = requested.provider;
    let plain = in_plan(requested, model);
    if plain.is_ok_and(|located| !located.is_default()) {
        return plain;
    }
    let regions = || {
        let all = provider.regions().filter(|_| requested.region.is_none());
        std::iter::once(requested.region).chain(all.map(Some))
    };
    let deployments = || {
        let all = provider.deployments().filter(|_| requested.deployment.is_none());
        std::iter::once(requested.deployment).chain(all.map(Some))
    };
    let elsewhere = || {
        let places = regions().flat_map(|region| deployments().map(move |deployment| (region, deployment)));
        places
            .skip(1)
            .filter_map(|(region, deployment)| in_plan(CatalogKey { region, deployment, ..requested }, model).ok())
    };
    let own = elsewhere().filter(|located| !located.is_default()).min_by_key(Located::lowest_rate);
    match (own, plain) {
        (Some(own), _) => Ok(own),
        (None, Ok(plain)) => Ok(plain),
        (None, Err(unknown)) => elsewhere().min_by_key(Located::lowest_rate).ok_or(unknown),
    }
}

/// Looks up a model in the given plan, or else in the first one that serves it.
fn in_plan<'a>(place: CatalogKey<'a>, model: &'a str) -> Result<Located<'a>, Unknown> {
    let provider = place.provider;
    let resolve = |place: CatalogKey<'a>| place.resolve(model).map(|(found, name)| Located { found, name, place });
    if place.plan.is_some() {
        return resolve(place);
    }
    let served = provider.plans().find(|plan| resolve(CatalogKey { plan: Some(*plan), ..place }).is_ok());
    // Within that plan, the tier without a minimum spend applies to every account.
    let first_tier = provider.plans().find(|tier| {
        provider.parent_plan(*tier) == served && served.is_some() && provider.plan_min_spend_usd(*tier).is_none()
    });
    resolve(CatalogKey { plan: first_tier.or(served), ..place })
}

/// Returns the length of a period in seconds; 1 for none.
fn seconds(per: Option<Period>) -> u64 {
    per.map_or(1, |per| period_nanos(per).get() / Nanos::SECOND.get())
}

/// Returns the names nearest to an unknown model, or to its part after the last `/`: what precedes it names an account or a
/// maker, as in `openai/gpt-4o`.
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
