//! Lookup of the limits that the program describes.

use ratebook::Weight;

use crate::interned::interned;
use crate::limit::Origin;
use crate::limits_by::LimitsBy;
use crate::pool::{PoolKey, PoolName};
use crate::quota::OwnedPool;
use crate::refusal::Error;
use crate::resolved_limit::{FoundLimits, ResolvedLimit, Target, with_parts_and_shares};
use crate::settings::Settings;

/// Returns the limits of a target on a custom account.
pub(crate) fn configured_limits(settings: &Settings, target: &Target<'_>) -> Result<FoundLimits, Error> {
    let mut names = vec![target.model.to_owned()];
    names.extend(settings.aliases_of(target.model).cloned());
    let named = || settings.limits.iter().flat_map(|own| own.pool.models());
    let near = || {
        let mut nearest = ratebook::Nearest::new();
        named().for_each(|name| nearest.offer(target.model, name));
        nearest.names().map(str::to_owned).collect()
    };
    let is_named = named().any(|name| names.contains(name));
    let (account, model) = (settings.provider.name(), target.model.to_owned());
    if !settings.limits.iter().any(|own| own.pool.has(&names)) {
        return Err(Error::NoLimitsForModel { account, model, nearest: near() });
    }
    let by = if is_named { LimitsBy::Configured } else { LimitsBy::ConfiguredDefault };
    // If no limit names a model, no name can be misspelt.
    if settings.strict && !is_named && named().next().is_some() {
        return Err(Error::OnlyDefault { model, provider: account, by, nearest: near() });
    }
    Ok(FoundLimits {
        unenforced: Vec::new(),
        limits: with_parts_and_shares(settings, target, configured(settings, target, &names).collect())?,
        by,
    })
}

/// Returns the program's own limits on calls of a model with these names.
pub(crate) fn configured(
    settings: &Settings,
    target: &Target<'_>,
    names: &[String],
) -> impl Iterator<Item = ResolvedLimit> {
    let own = settings.limits.iter().filter(move |own| own.pool.has(names) && target.counts_in(own.calls));
    own.map(|own| {
        let pool = match &own.pool {
            OwnedPool::Account => PoolName::Account,
            OwnedPool::Group { name, .. } => PoolName::Group(name.clone()),
            OwnedPool::Model(name) => PoolName::Model(name.clone()),
        };
        let account = settings.provider.name();
        let origin = Origin::Configured(match own.pool.name() {
            Some(name) => interned(&format!("{account}, {name}")),
            None => interned(account),
        });
        let key = PoolKey {
            pool,
            calls: own.calls,
            bound: own.bound,
            is_configured: true,
            ..PoolKey::new(own.metric, own.per)
        };
        ResolvedLimit { key, amount: own.amount, weight: Weight::ONE, share_percent: 100, limit: None, origin }
    })
}
