//! Negotiated amounts, and the published limits that they replace.

use ratebook::{Context, Deployment, Invocation, Limit, Metric, Mode, Period, Plan, Pool, Provider, Region};

use crate::catalog_key::{CatalogKey, nearest_names};
use crate::quota::{check_window, is_blank};
use crate::refusal::{Error, InvalidLimit};
use crate::settings::{Negotiated, Settings};

/// The negotiated amounts of a region and plan, each with the limits that it replaces, the latest first.
///
/// An amount for a model replaces limits on its metric and period that govern the model: those of the narrowest pool
/// (model, group, account) that has any. A shared limit has one amount, for whichever of its models it was negotiated.
/// So a lookup depends on the limit only, and not on the model that is looked up.
pub(crate) struct NegotiatedLimits<'a> {
    /// Amounts for a model, with the limits that each replaces.
    by_name: Vec<(&'a Negotiated, Vec<LimitId>)>,
    /// Amounts for `*`.
    for_all_models: Vec<&'a Negotiated>,
}

/// The identity of a published limit, whatever its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LimitId {
    pool: Pool,
    region: Option<Region>,
    plan: Option<Plan>,
    deployment: Option<Deployment>,
    mode: Option<Mode>,
    context: Option<Context>,
    metric: Metric,
    per: Option<Period>,
    calls: Invocation,
}

impl LimitId {
    fn of(limit: &Limit) -> Self {
        let Limit { entry, pool, metric, per, calls, .. } = *limit;
        let (deployment, mode, context) = (entry.deployment(), entry.mode(), entry.context());
        Self { pool, region: entry.region(), plan: entry.plan(), deployment, mode, context, metric, per, calls }
    }

    /// Returns the width of the pool: 0 for a model, 1 for a group, 2 for the account.
    fn reach(&self) -> u8 {
        match self.pool {
            Pool::Model(_) | Pool::EachModel => 0,
            Pool::Group(_) => 1,
            Pool::Account => 2,
        }
    }
}

impl<'a> NegotiatedLimits<'a> {
    /// The account's negotiated amounts as they apply in a region and plan.
    pub(crate) fn at(settings: &'a Settings, place: CatalogKey<'_>) -> Self {
        let (for_all_models, by_name): (Vec<_>, Vec<_>) =
            settings.negotiated.iter().rev().partition(|own| own.model == "*");
        let by_name = by_name.into_iter().map(|own| {
            let limits =
                place.resolve(settings.model_called(&own.model)).into_iter().flat_map(|(found, _)| found.limits());
            let same = limits.filter(|limit| (limit.metric, limit.per) == (own.metric, own.per));
            let same: Vec<LimitId> = same.map(|limit| LimitId::of(&limit)).collect();
            let narrowest = same.iter().map(LimitId::reach).min();
            (own, same.into_iter().filter(|id| Some(id.reach()) == narrowest).collect())
        });
        Self { by_name: by_name.collect(), for_all_models }
    }

    /// Returns the amount that replaces a published one: the latest for a model, or else the latest for all models.
    pub(crate) fn amount(&self, limit: &Limit) -> Option<u64> {
        let id = LimitId::of(limit);
        let by_name = self.by_name.iter().find(|(_, replaced)| replaced.contains(&id)).map(|(own, _)| own.amount);
        let for_all_models =
            || self.for_all_models.iter().find(|own| (own.metric, own.per) == (limit.metric, limit.per));
        by_name.or_else(|| for_all_models().map(|own| own.amount))
    }

    /// Returns the amounts for a model with these names that replace no published limit, the latest first.
    pub(crate) fn additional(&self, names: &[String]) -> impl Iterator<Item = &'a Negotiated> {
        let own = self.by_name.iter().filter(|(own, replaced)| replaced.is_empty() && names.contains(&own.model));
        own.map(|(own, _)| *own)
    }

    /// Returns the amounts for all models, the latest first.
    pub(crate) fn for_all_models(&self) -> impl Iterator<Item = &'a Negotiated> {
        self.for_all_models.iter().copied()
    }
}

/// Checks the negotiated amounts, and that the models of all given limits exist.
pub(crate) fn check(settings: &Settings, provider: Provider) -> Result<(), Error> {
    for own in &settings.negotiated {
        let invalid = |why| Error::InvalidLimit { limit: own.to_string(), why };
        check_window(own.metric, own.per.into()).map_err(invalid)?;
        if is_blank(&own.model) {
            return Err(invalid(InvalidLimit::EmptyName));
        }
    }
    let negotiated = settings.negotiated.iter().map(|own| &own.model).filter(|model| *model != "*");
    let configured = settings.limits.iter().flat_map(|own| own.pool.models());
    for model in negotiated.chain(configured) {
        if !is_resolvable(settings, provider, settings.model_called(model)) {
            let nearest = nearest_names(provider, model).collect();
            return Err(Error::LimitOfUnknownModel { model: model.clone(), provider, nearest });
        }
    }
    Ok(())
}

/// Returns whether the catalog resolves a name without a task: in the account's region and plan, or anywhere to more
/// than the provider's default. On a strict account, the default does not count.
fn is_resolvable(settings: &Settings, provider: Provider, model: &str) -> bool {
    let regions = || std::iter::once(None).chain(provider.regions().map(Some));
    let deployments = || std::iter::once(None).chain(provider.deployments().map(Some));
    let plans = std::iter::once(None).chain(provider.plans().map(Some));
    let places = plans.flat_map(|plan| {
        regions().flat_map(move |region| deployments().map(move |deployment| (region, plan, deployment)))
    });
    let key = CatalogKey {
        provider,
        region: None,
        plan: None,
        deployment: None,
        mode: None,
        context: None,
        task: None,
        endpoint: None,
    };
    let mut places = places.map(|(region, plan, deployment)| CatalogKey { region, plan, deployment, ..key });
    places.any(|place| {
        let is_here = place.plan == settings.plan
            && (settings.region.is_none() || place.region == settings.region)
            && (settings.deployment.is_none() || place.deployment == settings.deployment);
        place.resolve(model).is_ok_and(|(found, _)| found.knows_model() || (is_here && !settings.strict))
    })
}
