//! Limits as an account enforces them: whole, in parts, and in shares.

use ratebook::{Calls, Limit, Period};

use crate::limit::{Origin, Part};
use crate::limits_by::LimitsBy;
use crate::per::Per;
use crate::pool::PoolKey;
use crate::refusal::Error;
use crate::settings::{Burst, Settings};

/// What the limits of a call depend on.
#[derive(Clone, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) model: &'a str,
    pub(crate) task: Option<&'a str>,
    /// The form of the API; limits on the other are not counted.
    pub(crate) calls: Calls,
    pub(crate) class: Option<&'a str>,
    /// A tenant's name and share.
    pub(crate) tenant: Option<(&'a str, u8)>,
}

impl Target<'_> {
    /// Whether a limit on some calls counts these.
    pub(crate) fn counts_in(&self, calls: Calls) -> bool {
        calls == Calls::All || self.calls == Calls::All || calls == self.calls
    }
}

/// The limits that govern a call, and how they were found.
#[derive(Clone, Debug)]
pub(crate) struct FoundLimits {
    pub(crate) limits: Vec<EnforcedLimit>,
    pub(crate) by: LimitsBy,
}

/// A limit to enforce, with the amount that holds for this account.
#[derive(Clone, Debug)]
pub(crate) struct EnforcedLimit {
    pub(crate) key: PoolKey,
    /// In units of the metric.
    pub(crate) amount: u64,
    /// The percentage of it that a class or a tenant may use.
    pub(crate) share_percent: u8,
    /// Of a limit that holds as published.
    pub(crate) limit: Option<(Limit, u16)>,
    pub(crate) origin: Origin,
}

/// Limits with their parts and the shares of the class and of the tenant.
pub(crate) fn divided(
    settings: &Settings,
    target: &Target<'_>,
    mut rules: Vec<EnforcedLimit>,
) -> Result<Vec<EnforcedLimit>, Error> {
    let parts: Vec<EnforcedLimit> = rules.iter().flat_map(|rule| parts(settings, rule)).collect();
    let class = target.class.map(|name| share_of_class(settings, name)).transpose()?;
    let class = class.into_iter().flat_map(|(name, percent)| shares(Part::ClassShare, name, percent, &rules));
    let tenant = target.tenant.into_iter();
    let tenant = tenant.flat_map(|(name, percent)| shares(Part::TenantShare, name, percent, &rules));
    let shares: Vec<EnforcedLimit> = class.chain(tenant).collect();
    rules.extend(parts.into_iter().chain(shares));
    Ok(rules)
}

/// What is enforced beside a limit: the vendor's shorter window, and an even pace where one is wanted.
fn parts(settings: &Settings, rule: &EnforcedLimit) -> Vec<EnforcedLimit> {
    let of_part = |part: Part| EnforcedLimit { key: PoolKey { part, ..rule.key.clone() }, ..rule.clone() };
    let sub_window = settings.provider.policy().sub_window.is_some() && rule.key.per == Per::Period(Period::Minute);
    // On an account that others use too, a burst would be refused whole before the first refusal is heard.
    let is_paced = settings.burst == Burst::Smooth || settings.shared.is_some();
    let smooth = is_paced && rule.key.per.is_paced();
    let sub_window = sub_window.then(|| of_part(Part::SubWindow));
    sub_window.into_iter().chain(smooth.then(|| of_part(Part::Pace))).collect()
}

/// A class and its share.
fn share_of_class<'a>(settings: &'a Settings, name: &str) -> Result<(&'a str, u8), Error> {
    let class = settings.classes.iter().find(|class| class.name == name);
    class.map(|class| (class.name.as_str(), class.percent)).ok_or_else(|| Error::UnknownClass(name.to_owned()))
}

/// A share of each limit, a limit of its own.
fn shares(part: Part, sharer: &str, percent: u8, rules: &[EnforcedLimit]) -> Vec<EnforcedLimit> {
    let of = |rule: &EnforcedLimit| EnforcedLimit {
        key: rule.key.share(part, sharer),
        share_percent: percent,
        ..rule.clone()
    };
    rules.iter().map(of).collect()
}
