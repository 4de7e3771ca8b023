//! The limits of a call, resolved for an account before they have meters: whole, in parts, and in shares.
//!
//! Each limit on a call becomes one resolved limit for the whole, one for each part (the vendor's sub-window, an even
//! pace) and one for each share (of the class, of the tenant). A call is admitted under all of them. A
//! [`LimitInForce`](crate::LimitInForce) is what a meter makes of one: its amount changes with time and with responses.

use ratebook::{Context, Date, Invocation, Limit, Mode, Period, Weight};

use crate::limit::{Origin, Part};
use crate::limits_by::LimitsBy;
use crate::nanos::Nanos;
use crate::per::Per;
use crate::pool::PoolKey;
use crate::refusal::Error;
use crate::settings::{Burst, Settings};
use crate::unenforced::Unenforced;

/// The properties of a call that its limits depend on.
#[derive(Clone, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) model: &'a str,
    pub(crate) task: Option<&'a str>,
    pub(crate) mode: Option<Mode>,
    pub(crate) context: Option<Context>,
    pub(crate) endpoint: Option<&'a str>,
    /// The form of the API. Limits on the other form do not count the call.
    pub(crate) calls: Invocation,
    pub(crate) class: Option<&'a str>,
    /// A tenant's name and its share in percent.
    pub(crate) tenant: Option<(&'a str, u8)>,
    /// The time in nanoseconds since 1970, by which limits for a time end.
    pub(crate) unix_nanos: i128,
}

impl<'a> Target<'a> {
    /// Returns calls of a model in the usual mode, of both forms, without task, endpoint, class and tenant.
    pub(crate) fn new(model: &'a str, unix_nanos: i128) -> Self {
        let (mode, context, class, tenant) = (None, None, None, None);
        Self { model, task: None, mode, context, endpoint: None, calls: Invocation::All, class, tenant, unix_nanos }
    }

    /// Returns whether a day of UTC is over.
    pub(crate) fn is_after(&self, day: Date) -> bool {
        const EPOCH: Date = Date::new(1970, 1, 1).unwrap();
        let end = Nanos::DAY.get() as i128 * i128::from(EPOCH.days_until(day) + 1);
        self.unix_nanos >= end
    }

    /// Returns whether a limit on `calls` counts calls of this target.
    pub(crate) fn counts_in(&self, calls: Invocation) -> bool {
        calls == Invocation::All || self.calls == Invocation::All || calls == self.calls
    }
}

/// The limits of a call, and how they were found.
#[derive(Clone, Debug)]
pub(crate) struct FoundLimits {
    pub(crate) limits: Vec<ResolvedLimit>,
    /// Limits that govern the call, and that no decision before it enforces.
    pub(crate) unenforced: Vec<Unenforced>,
    pub(crate) by: LimitsBy,
}

/// A limit with the amount that applies to this account, from which a meter is made.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedLimit {
    pub(crate) key: PoolKey,
    /// In units of the metric.
    pub(crate) amount: u64,
    /// How much of the pool a call of the target takes.
    pub(crate) weight: Weight,
    /// The share of a class or a tenant in percent; 100 for the whole limit.
    pub(crate) share_percent: u8,
    /// The limit of the catalog and its position in the entry, if its published amount applies.
    pub(crate) limit: Option<(Limit, u16)>,
    /// Where the amount comes from.
    pub(crate) origin: Origin,
}

/// Adds the parts of limits, and the shares of the target's class and tenant.
pub(crate) fn with_parts_and_shares(
    settings: &Settings,
    target: &Target<'_>,
    mut limits: Vec<ResolvedLimit>,
) -> Result<Vec<ResolvedLimit>, Error> {
    let parts: Vec<ResolvedLimit> = limits.iter().flat_map(|limit| parts(settings, limit)).collect();
    let class = target.class.map(|name| share_of_class(settings, name)).transpose()?;
    let class = class.into_iter().flat_map(|(name, percent)| shares(Part::ClassShare, name, percent, &limits));
    let tenant = target.tenant.into_iter();
    let tenant = tenant.flat_map(|(name, percent)| shares(Part::TenantShare, name, percent, &limits));
    let shares: Vec<ResolvedLimit> = class.chain(tenant).collect();
    limits.extend(parts.into_iter().chain(shares));
    Ok(limits)
}

/// Returns the parts of a limit: the vendor's sub-window, and an even pace if the account has one.
fn parts(settings: &Settings, limit: &ResolvedLimit) -> Vec<ResolvedLimit> {
    let of_part = |part: Part| ResolvedLimit { key: PoolKey { part, ..limit.key.clone() }, ..limit.clone() };
    let sub_window = settings.provider.policy().sub_window.is_some() && limit.key.per == Per::Period(Period::Minute);
    // On a shared account, a full burst would be refused as a whole before the first refusal is observed.
    let is_paced = settings.burst == Burst::Smooth || settings.shared.is_some();
    let pace = is_paced && limit.key.per.is_paced();
    let sub_window = sub_window.then(|| of_part(Part::SubWindow));
    sub_window.into_iter().chain(pace.then(|| of_part(Part::Pace))).collect()
}

/// Returns a class and its share in percent.
fn share_of_class<'a>(settings: &'a Settings, name: &str) -> Result<(&'a str, u8), Error> {
    let class = settings.classes.iter().find(|class| class.name == name);
    class.map(|class| (class.name.as_str(), class.percent)).ok_or_else(|| Error::UnknownClass(name.to_owned()))
}

/// Returns a share of each limit, as limits of their own.
fn shares(part: Part, sharer: &str, percent: u8, limits: &[ResolvedLimit]) -> Vec<ResolvedLimit> {
    let share_of = |limit: &ResolvedLimit| ResolvedLimit {
        key: limit.key.share(part, sharer),
        share_percent: percent,
        ..limit.clone()
    };
    limits.iter().map(share_of).collect()
}
