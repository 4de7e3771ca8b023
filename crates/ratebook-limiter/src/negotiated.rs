//! Amounts agreed with the vendor, and the published limits that they replace.

use ratebook::{Calls, Limit, Metric, Period, Plan, Pool, Provider, Region};

use crate::catalog_key::{CatalogKey, near_names};
use crate::quota::{check_window, is_blank};
use crate::refusal::{Error, InvalidLimit};
use crate::settings::{Negotiated, Settings};

/// The amounts that hold at a place, each with the limits that it replaces, the last word first.
///
/// An amount for a model replaces, of the limits on its metric and period that govern the model, those of the pool that
/// the fewest other calls draw from. A limit is one, whoever draws from it: its amount is the same for all of its pool's
/// models, whichever the amount was negotiated for. So what is found here depends on the limit alone, and not on the model
/// that is asked for.
pub(crate) struct NegotiatedLimits<'a> {
    by_name: Vec<(&'a Negotiated, Vec<Pooled>)>,
    of_all: Vec<&'a Negotiated>,
}

/// What makes a limit one, whatever it means at its edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pooled {
    pool: Pool,
    region: Option<Region>,
    plan: Option<Plan>,
    metric: Metric,
    per: Option<Period>,
    calls: Calls,
}

impl Pooled {
    fn of(limit: &Limit) -> Self {
        let Limit { entry, pool, metric, per, calls, .. } = *limit;
        Self { pool, region: entry.region(), plan: entry.plan(), metric, per, calls }
    }

    fn reach(&self) -> u8 {
        match self.pool {
            Pool::Model(_) => 0,
            Pool::Group(_) => 1,
            Pool::Account => 2,
        }
    }
}

impl<'a> NegotiatedLimits<'a> {
    pub(crate) fn at(settings: &'a Settings, place: CatalogKey<'_>) -> Self {
        let (of_all, by_name): (Vec<_>, Vec<_>) = settings.negotiated.iter().rev().partition(|own| own.model == "*");
        let by_name = by_name.into_iter().map(|own| {
            let limits = place.resolve(&own.model).into_iter().flat_map(|found| found.limits());
            let same = limits.filter(|limit| (limit.metric, limit.per) == (own.metric, own.per));
            let same: Vec<Pooled> = same.map(|limit| Pooled::of(&limit)).collect();
            let narrowest = same.iter().map(Pooled::reach).min();
            (own, same.into_iter().filter(|pooled| Some(pooled.reach()) == narrowest).collect())
        });
        Self { by_name: by_name.collect(), of_all }
    }

    /// What was agreed in the place of a published limit: the last word on it for a model, or else for all.
    pub(crate) fn amount(&self, limit: &Limit) -> Option<u64> {
        let pooled = Pooled::of(limit);
        let by_name = self.by_name.iter().find(|(_, replaced)| replaced.contains(&pooled)).map(|(own, _)| own.amount);
        let of_all = || self.of_all.iter().find(|own| (own.metric, own.per) == (limit.metric, limit.per));
        by_name.or_else(|| of_all().map(|own| own.amount))
    }

    /// What replaces no published limit of a model with these names, and so is a limit more; the last word first.
    pub(crate) fn more(&self, names: &[String]) -> impl Iterator<Item = &'a Negotiated> {
        let own = self.by_name.iter().filter(|(own, replaced)| replaced.is_empty() && names.contains(&own.model));
        own.map(|(own, _)| *own)
    }

    /// What holds for all models, the last word first.
    pub(crate) fn of_all(&self) -> impl Iterator<Item = &'a Negotiated> {
        self.of_all.iter().copied()
    }
}

/// Checks what was negotiated, and that the models of all limits given exist.
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
        if !leads_anywhere(settings, provider, model) {
            let nearest = near_names(provider, model).collect();
            return Err(Error::LimitOfUnknownModel { model: model.clone(), provider, nearest });
        }
    }
    Ok(())
}

/// Whether a name without a task leads to limits: in the account's plan, or in any region and plan where the catalog
/// knows more of it than the provider's default. On a strict account the default is nothing.
fn leads_anywhere(settings: &Settings, provider: Provider, model: &str) -> bool {
    let regions = || std::iter::once(None).chain(provider.regions().map(Some));
    let plans = std::iter::once(None).chain(provider.plans().map(Some));
    plans.flat_map(|plan| regions().map(move |region| (region, plan))).any(|(region, plan)| {
        let found = CatalogKey { provider, region, plan, task: None }.resolve(model);
        let is_here = plan == settings.plan && (settings.region.is_none() || region == settings.region);
        found.is_ok_and(|found| found.knows_model() || (is_here && !settings.strict))
    })
}
