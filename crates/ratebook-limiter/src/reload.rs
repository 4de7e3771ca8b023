//! A new catalog for a running account.
//!
//! The account keeps the models that it was asked for. A reload looks each up in the new catalog and in the one in
//! force, compares what is found, and applies the changed amounts under the account's lock, as [`Account::set_limit`]
//! does: charges stay, and the new amounts apply from the next decision on. Anything else that has changed would need
//! other meters than the calls in flight are charged to, so it is an error, and the account stays as it was.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use ratebook::{Limit, Provider};

use crate::account::Account;
use crate::in_use::KnownModel;
use crate::limit::Part;
use crate::meter_spec::growth_of;
use crate::pool::PoolKey;
use crate::refusal::Error;
use crate::resolved_limit::ResolvedLimit;
use crate::settings::Settings;
use crate::state::{Inner, State};

/// Why a running account cannot take over a catalog. The limits in force stay as they were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The provider has another name than the account's, or the account is a [custom account](Account::custom).
    #[error("expected the provider {expected} of another catalog, found {found}")]
    OtherProvider {
        /// The name of the account's provider, or the custom account.
        expected: &'static str,
        /// The name of the provider given.
        found: &'static str,
    },
    /// The provider's policy has changed: how it enforces, replies or penalizes. A new account takes it over.
    #[error("the policy of {0} has changed, which a running account does not take over: build another account")]
    Policy(&'static str),
    /// The account's region, plan or deployment is not in the new catalog, or an amount is given for a model that is
    /// not.
    #[error(transparent)]
    Settings(Box<Error>),
    /// A model that is in use has no limits in the new catalog, or is not served.
    #[error("`{model}` is in use, and the new catalog has no limits for it: {why}")]
    Model {
        /// The name of the model.
        model: String,
        /// Why there are no limits.
        why: Box<Error>,
    },
    /// A model that is in use has other limits than before, not only other amounts: a new limit, a pool, a weight, a
    /// window.
    #[error("`{model}` is in use, and has other limits in the new catalog{}{}: build another account", list("added", .added), list("removed", .removed))]
    Limits {
        /// The name of the model.
        model: String,
        /// The limits that are new, in words.
        added: Vec<String>,
        /// The limits that are gone, in words.
        removed: Vec<String>,
    },
}

impl ReloadError {
    fn settings(error: Error) -> Self {
        Self::Settings(Box::new(error))
    }
}

fn list(what: &str, limits: &[String]) -> String {
    if limits.is_empty() { String::new() } else { format!("; {what}: {}", limits.join(", ")) }
}

impl Account {
    /// Takes over the limits of the account's provider in another catalog: one that was
    /// [loaded](ratebook::load::Catalog) since, or the compiled one. Returns the number of amounts in force that
    /// changed, counted as by [`set_limit`](Self::set_limit).
    ///
    /// Each model that a handle was requested for is looked up again. Changed amounts apply from the next decision on.
    /// Charges, debts, pauses, amounts that were [set](Self::set_limit), and what responses state stay. Waiting calls
    /// that cost more than a new amount are refused. A changed limit that grows with use starts again at its new
    /// amount. Handles that are requested later have the limits of the new catalog, and refusals name its pages.
    ///
    /// All amounts change at one moment, or none does. What needs other meters than those to which the calls in flight
    /// are charged is an error: a limit that is new or gone, another window, pool, bound or weight, another policy.
    ///
    /// ```
    /// use ratebook::load::Catalog;
    /// use ratebook_limiter::{Account, Cost};
    ///
    /// # let folder = std::env::temp_dir().join("ratebook-doc-reload");
    /// # std::fs::create_dir_all(&folder)?;
    /// let file = folder.join("limits.tsv");
    /// let rocketry = |tokens: &str| {
    ///     let header = "@provider\trocketry\nkind\tname\tmetric\tper\tamount\tpool\n";
    ///     std::fs::write(&file, format!("{header}model\trocket-1\ttokens\tminute\t{tokens}\tmodel\n"))?;
    ///     Ok::<_, Box<dyn std::error::Error>>(Catalog::open(&file)?.provider("rocketry").expect("the file's provider"))
    /// };
    /// let account = Account::builder(rocketry("1000")?).build()?;
    /// let rocket = account.model("rocket-1")?;
    /// rocket.try_acquire(Cost::tokens(900))?;
    ///
    /// // The call of 900 tokens stays charged.
    /// assert_eq!(account.reload(rocketry("1500")?)?, 1);
    /// assert!(rocket.try_acquire(Cost::tokens(601)).is_err());
    /// assert!(rocket.try_acquire(Cost::tokens(600)).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ReloadError`]. The account then decides as before.
    pub fn reload(&self, provider: Provider) -> Result<usize, ReloadError> {
        let inner = &self.0;
        loop {
            let (old, models) = inner.with(|state| state.in_use.to_reload());
            let new = Arc::new(settings_at(&old, provider)?);
            let changes = changes(&old, &new, &models, inner.clock.unix_nanos())?;
            let reading = inner.read();
            let changed = inner.with(|state| {
                state.in_use.replace(&old, models.len(), &new).then(|| {
                    state.schedule.advance_to(reading);
                    inner.restate(state, &new, &changes)
                })
            });
            // Another model was requested, or another catalog was taken over, in the meantime.
            if let Some(changed) = changed {
                return Ok(changed);
            }
        }
    }
}

/// Returns the settings of an account with the provider of another catalog.
fn settings_at(old: &Settings, provider: Provider) -> Result<Settings, ReloadError> {
    let Some(before) = old.provider.catalog().filter(|before| before.name() == provider.name()) else {
        return Err(ReloadError::OtherProvider { expected: old.provider.name(), found: provider.name() });
    };
    let mut policy = *before.policy();
    policy.notes = provider.policy().notes;
    if policy != *provider.policy() {
        return Err(ReloadError::Policy(provider.name()));
    }
    let settings = Settings { provider: old.provider.at(provider), ..old.clone() };
    let name = |name: &str| name.to_owned();
    if let Some(region) = settings.region.filter(|region| provider.regions().all(|known| known != *region)) {
        return Err(ReloadError::settings(Error::UnknownRegion { provider, name: name(region.name()) }));
    }
    if let Some(plan) = settings.plan.filter(|plan| provider.plans().all(|known| known != *plan)) {
        return Err(ReloadError::settings(Error::UnknownPlan { provider, name: name(plan.name()) }));
    }
    if let Some(deployment) =
        settings.deployment.filter(|deployment| provider.deployments().all(|known| known != *deployment))
    {
        return Err(ReloadError::settings(Error::UnknownDeployment { provider, name: name(deployment.name()) }));
    }
    crate::negotiated::check(&settings, provider).map_err(ReloadError::settings)?;
    Ok(settings)
}

/// Returns the limits of the models in the new catalog, one for each pool. The first of a pool counts, as when the pool
/// was made.
fn changes(
    old: &Settings,
    new: &Settings,
    models: &[KnownModel],
    unix_nanos: i128,
) -> Result<Vec<ResolvedLimit>, ReloadError> {
    let (mut limits, mut pools) = (Vec::new(), HashSet::<PoolKey>::new());
    for model in models {
        let no_limits = |why| ReloadError::Model { model: model.name().to_owned(), why: Box::new(why) };
        let after = model.limits(new, unix_nanos).map_err(no_limits)?;
        // A limit for a time may have ended since, so that the catalog in force has none for the model.
        let before = model.limits(old, unix_nanos).map_err(no_limits)?;
        let (was, is) = (in_words(&before), in_words(&after));
        if was != is {
            let difference =
                |all: &BTreeSet<String>, without: &BTreeSet<String>| all.difference(without).cloned().collect();
            let (added, removed) = (difference(&is, &was), difference(&was, &is));
            return Err(ReloadError::Limits { model: model.name().to_owned(), added, removed });
        }
        limits.extend(after.into_iter().filter(|limit| pools.insert(limit.key.clone())));
    }
    Ok(limits)
}

/// Returns what must not change of limits, in words: each pool and weight. The amount is not among it.
fn in_words(limits: &[ResolvedLimit]) -> BTreeSet<String> {
    let of_limit = |limit: &ResolvedLimit| {
        let ResolvedLimit { key, amount: _, weight, share_percent: _, limit: stated, origin: _ } = limit;
        let parts = [
            key.region.map(|it| it.name()),
            key.plan.map(|it| it.name()),
            key.deployment.map(|it| it.name()),
            key.mode.map(|it| it.name()),
            key.context.map(|it| it.name()),
            key.sharer.as_deref(),
        ];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        // Points of growth replace those of the meter; with or without them is another kind of meter.
        let grows = stated.is_some_and(|(limit, _)| !limit.ramp.is_empty());
        let (metric, per, pool, calls, bound) = (key.metric, key.per, &key.pool, key.calls, key.bound);
        let growing = if grows { ", growing" } else { "" };
        let part = match key.part {
            Part::Whole => "",
            Part::SubWindow => ", the shorter window",
            Part::Pace => ", the even pace",
            Part::ClassShare | Part::TenantShare => ", a share",
        };
        let own = if key.is_configured { ", of the program" } else { "" };
        format!("{bound} {metric}{per} of {calls} calls, weight {weight}, {pool:?} {parts:?}{growing}{part}{own}")
    };
    limits.iter().map(of_limit).collect()
}

impl Inner {
    /// Applies the amounts of limits to their meters. Returns how many amounts in force have changed.
    fn restate(&self, state: &mut State, settings: &Settings, limits: &[ResolvedLimit]) -> usize {
        let meters: BTreeMap<_, _> = limits.iter().filter_map(|limit| Some((state.pool(&limit.key)?, limit))).collect();
        let queue = state.schedule.change(&self.fast_lock);
        let mut changed = 0;
        for (&id, &limit) in &meters {
            let points = |stated: Option<Limit>| stated.map(|limit| limit.ramp.points().collect::<Vec<_>>());
            let before = queue.meter(id).in_force().stated();
            let other_points = points(before) != points(limit.limit.map(|(limit, _)| limit));
            let has_changed = queue.meter_mut(id).restate(limit.amount, limit.origin) || other_points;
            if queue.meter(id).is_whole() {
                let scale = queue.meter(id).scale();
                let stated = limit.amount.saturating_mul(scale);
                changed += queue.change(id, |state| {
                    state.stated = stated;
                    if has_changed && state.growth.is_some() {
                        state.growth = growth_of(settings, limit);
                    }
                });
            }
        }
        state.schedule.admission_pass(&self.fast_lock, None);
        state.schedule.update_all_gauges();
        changed
    }
}
