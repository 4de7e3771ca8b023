//! Lookup of the limits on a call: from the catalog, negotiated amounts and the program's own quotas.
//!
//! The limits of a model are those of all entries that govern it. A negotiated amount replaces the published one of its
//! pool. Negotiated amounts without a published limit, and the program's own quotas, are added.

use ratebook::{Amount, Bound, Date, Entry, Kind, Limit, Provider, Region, Rule, Status, Weight, find_of_kind};

use crate::catalog_key::{CatalogKey, Located, locate, model_of, nearest_names};
use crate::cost::Dimension;
use crate::find_configured::{configured, configured_limits};
use crate::interned::interned;
use crate::limit::{Origin, citation};
use crate::limits_by::LimitsBy;
use crate::negotiated::NegotiatedLimits;
use crate::pool::{PoolKey, PoolName};
use crate::refusal::Error;
use crate::resolved_limit::{FoundLimits, ResolvedLimit, Target, with_parts_and_shares};
use crate::settings::Settings;
use crate::unenforced::{Unenforced, UnenforcedReason};

/// Returns the limits of a target, by its model's name.
pub(crate) fn limits(settings: &Settings, target: &Target<'_>) -> Result<FoundLimits, Error> {
    let Some(provider) = settings.provider.catalog() else { return configured_limits(settings, target) };
    let key = key(settings, provider, target);
    let Located { found, name, place } = match locate(key, target.model) {
        Ok(located) => located,
        // A model that the catalog does not have in this region and plan has only its negotiated limits.
        Err(_) if settings.negotiated.iter().any(|own| own.model == target.model) => {
            let governing = Governing { name: target.model, region: key.region, place: key, entries: Vec::new() };
            return limits_of(settings, target, &governing, LimitsBy::Negotiated);
        }
        Err(unknown) => {
            return Err(Error::UnknownModel { model: target.model.to_owned(), unknown: Box::new(unknown) });
        }
    };
    let by = LimitsBy::Catalog(found.rule());
    if settings.strict && !found.knows_model() {
        let nearest = nearest_names(provider, target.model).map(str::to_owned).collect();
        let (model, provider) = (target.model.to_owned(), provider.name());
        return Err(Error::OnlyDefault { model, provider, by, nearest });
    }
    let governing = Governing { name, region: found.region(), place, entries: found.entries().collect() };
    limits_of(settings, target, &governing, by)
}

/// Returns the key under which the calls of a target are looked up.
fn key<'a>(settings: &Settings, provider: Provider, target: &Target<'a>) -> CatalogKey<'a> {
    let Settings { region, plan, deployment, .. } = *settings;
    let Target { mode, context, task, endpoint, .. } = *target;
    CatalogKey { provider, region, plan, deployment, mode, context, task, endpoint }
}

/// Returns the limits of an entry of the catalog.
pub(crate) fn limits_of_entry(settings: &Settings, target: &Target<'_>, entry: Entry) -> Result<FoundLimits, Error> {
    let own = settings.provider.catalog().and_then(|provider| Some((provider, same_entry(provider, entry)?)));
    let Some((provider, entry)) = own else {
        let (found, expected) = (entry.provider(), settings.provider.name());
        return Err(Error::OtherProvider { model: entry.name(), found, expected });
    };
    let (region, plan) = (entry.region().or(settings.region), entry.plan().or(settings.plan));
    let deployment = entry.deployment().or(settings.deployment);
    let (mode, context) = (entry.mode().or(target.mode), entry.context().or(target.context));
    let (settings, target) =
        (Settings { region, plan, deployment, ..settings.clone() }, Target { mode, context, ..target.clone() });
    let removed_on = match entry.status() {
        Status::Removed(on) => Some(on),
        Status::Live | Status::Retired(_) => None,
    };
    if entry.kind() == Kind::Model {
        return limits(&settings, &target).map_err(|error| match (error, removed_on) {
            (Error::UnknownModel { .. }, Some(on)) => removed(entry, on),
            (error, _) => error,
        });
    }
    if let Some(on) = removed_on {
        return Err(removed(entry, on));
    }
    let within = plan.and_then(|plan| provider.parent_plan(plan));
    let mut entries = vec![entry];
    for region in [region, None] {
        for plan in [plan, within, None] {
            let any = find_of_kind(provider, region, plan, Kind::Any, "*");
            entries.extend(any.filter(|any| !entries.contains(any)));
        }
    }
    let place = key(&settings, provider, &target);
    let governing = Governing { name: target.model, region, place, entries };
    limits_of(&settings, &target, &governing, LimitsBy::Catalog(Rule::Exact))
}

/// Returns the entry of a provider: the entry itself, or that of the same key if the entry is of the same provider in
/// another catalog.
fn same_entry(provider: Provider, entry: Entry) -> Option<Entry> {
    if entry.provider() == provider {
        return Some(entry);
    }
    let same_provider = entry.provider().name() == provider.name();
    same_provider.then(|| entry.key().provider(provider).find()).flatten()
}

/// Returns the error of an entry that the vendor's pages no longer state.
fn removed(entry: Entry, on: Date) -> Error {
    Error::Removed { model: entry.name(), on, replaced_by: entry.replaced_by() }
}

/// The entries that govern a call.
struct Governing<'a> {
    /// The name whose limits they are: the model's, or the one that it stands for.
    name: &'a str,
    /// The region of the call.
    region: Option<Region>,
    place: CatalogKey<'a>,
    entries: Vec<Entry>,
}

/// Returns the limits of a target under the given entries, with negotiated amounts and the program's own quotas.
fn limits_of(
    settings: &Settings,
    target: &Target<'_>,
    governing: &Governing<'_>,
    by: LimitsBy,
) -> Result<FoundLimits, Error> {
    let place = governing.place;
    let mut names = vec![target.model.to_owned()];
    names.extend(settings.aliases_of(target.model).cloned());
    // The name of the model's own pools, also where the target uses another name.
    let mut own_name = governing.name;
    let mut published = Vec::new();
    for entry in governing.entries.iter().copied() {
        if let Status::Retired(on) = entry.status() {
            return Err(Error::Retired { model: entry.name().to_owned(), on, replaced_by: entry.replaced_by() });
        }
        if let Some(name) = model_of(entry) {
            own_name = name;
            names.extend(std::iter::once(name).chain(entry.aliases()).map(str::to_owned));
        }
        published.extend((0..entry.limit_count()).filter_map(|at| Some((entry.limit(at)?, at as u16))));
    }
    let all = published.clone();
    published.retain(|(limit, _)| !all.iter().any(|(other, _)| limit.is_replaced_by(other)));
    let negotiated = NegotiatedLimits::at(settings, place);
    let (mut limits, mut unenforced) = (Vec::new(), Vec::new());
    for &(limit, position) in published.iter().filter(|(limit, _)| target.counts_in(limit.calls)) {
        let negotiated = negotiated.amount(&limit);
        let mut skip = |reason| unenforced.push(Unenforced { limit, reason });
        let Some(dimension) = Dimension::of(limit.metric) else {
            if limit.amount != Amount::Unlimited {
                skip(UnenforcedReason::NotUsed);
            }
            continue;
        };
        if let (Bound::Temporary, Some(until), None) = (limit.bound, limit.until, negotiated)
            && target.is_after(until)
        {
            skip(UnenforcedReason::Ended(until));
            continue;
        }
        let as_published =
            |amount| (amount, Some((limit, position)), Origin::Published { entry: limit.entry, position });
        let is_refused_above = |other: &Limit| {
            let same = (other.pool, other.metric, other.per, other.calls);
            other.bound != Bound::Guaranteed && same == (limit.pool, limit.metric, limit.per, limit.calls)
        };
        let (amount, stated, origin) = match (negotiated, limit.amount) {
            // The negotiated amount replaces the hard limit, and the guarantee below it stays. A guarantee above it is
            // dropped.
            (Some(amount), Amount::Count(guaranteed))
                if limit.bound == Bound::Guaranteed && published.iter().any(|(other, _)| is_refused_above(other)) =>
            {
                if guaranteed > amount {
                    skip(UnenforcedReason::AboveNegotiated);
                    continue;
                }
                as_published(guaranteed)
            }
            (Some(amount), _) => (amount, None, Origin::Negotiated(interned(&citation(limit.entry).to_string()))),
            (None, Amount::Count(amount) | Amount::Range { from: amount, .. }) => as_published(amount),
            (None, Amount::Unlimited) => continue,
            (None, Amount::NotOffered) if is_offered(limit.entry) => as_published(0),
            (None, Amount::NotOffered) => {
                return Err(Error::NotOffered { model: target.model.to_owned(), limit: Box::new(limit) });
            }
            (None, Amount::Elsewhere) => {
                skip(UnenforcedReason::StatedElsewhere);
                continue;
            }
            (None, Amount::Custom) => return Err(missing_amount(settings, target, limit)),
        };
        if dimension.is_counted_after() {
            skip(UnenforcedReason::CountedAfter);
        }
        let key = PoolKey::published(&limit, own_name, governing.region);
        let weight = limit.weight_of(names.iter().map(String::as_str));
        limits.push(ResolvedLimit { key, amount, weight, share_percent: 100, limit: stated, origin });
    }
    let provider = place.provider.name();
    let mut added: Vec<ResolvedLimit> = Vec::new();
    for own in negotiated.additional(&names) {
        if added.iter().all(|limit| !limit.key.counts(own.metric, own.per)) {
            let pool = PoolName::Model(own_name.to_owned());
            let key = PoolKey { pool, ..PoolKey::new(own.metric, own.per.into()) };
            let origin = Origin::Negotiated(interned(&format!("{provider}, {own_name}")));
            added.push(added_limit(key, own.amount, origin));
        }
    }
    for own in negotiated.for_all_models() {
        let is_published = published.iter().any(|(limit, _)| (limit.metric, limit.per) == (own.metric, own.per));
        if !is_published && added.iter().all(|limit| !limit.key.counts(own.metric, own.per)) {
            let key = PoolKey::new(own.metric, own.per.into());
            added.push(added_limit(key, own.amount, Origin::Negotiated(interned(provider))));
        }
    }
    limits.extend(added.into_iter().rev());
    limits.extend(configured(settings, target, &names));
    Ok(FoundLimits { limits: with_parts_and_shares(settings, target, limits)?, unenforced, by })
}

/// Returns whether the vendor offers some calls of an entry: it has a limit with another amount than
/// [`Amount::NotOffered`].
fn is_offered(entry: Entry) -> bool {
    (0..entry.limit_count()).filter_map(|at| entry.limit(at)).any(|limit| limit.amount != Amount::NotOffered)
}

/// Returns a whole limit that no page states.
fn added_limit(key: PoolKey, amount: u64, origin: Origin) -> ResolvedLimit {
    ResolvedLimit { key, amount, weight: Weight::ONE, share_percent: 100, limit: None, origin }
}

/// Returns the error for a limit that is agreed with the vendor and was not given.
fn missing_amount(settings: &Settings, target: &Target<'_>, limit: Limit) -> Error {
    let provider = limit.entry.provider();
    let is_known = provider.model_names().any(|name| name == target.model);
    let nearest = if is_known { Vec::new() } else { nearest_names(provider, target.model).collect() };
    let (model, plan) = (target.model.to_owned(), limit.entry.plan());
    Error::Custom { model, plan, plan_was_given: settings.plan.is_some(), limit: Box::new(limit), nearest }
}
