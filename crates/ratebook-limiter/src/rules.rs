//! From the limits on a call to the meters that enforce them.

use ratebook::{Amount, Bound, Calendar, Calls, Entry, Kind, Limit, Metric, Period, Plan, Pool, Region, Rule as By};
use ratebook::{Status, find_kind};

use crate::builder::{Burst, Settings};
use crate::calendar::CalendarWindow;
use crate::clock::Reading;
use crate::configured::{configured, custom_rules};
use crate::cost::Dimension;
use crate::found::LimitsBy;
use crate::limit::{LimitInForce, Origin, Part, citation};
use crate::limit_state::{LimitState, PartRule};
use crate::log::Log;
use crate::meter::{Gauge, Make, Reach};
use crate::nanos::Nanos;
use crate::negotiated::Agreements;
use crate::pace::Pace;
use crate::per::Per;
use crate::place::{Place, locate, model_of, near_names};
use crate::ramp::RampState;
use crate::refusal::Error;
use crate::sharing::Sharing;
use crate::vendor::interned;

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
pub(crate) struct Found {
    pub(crate) rules: Vec<Rule>,
    pub(crate) by: LimitsBy,
}

/// A limit to enforce, with the amount that holds for this account.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) key: PoolKey,
    /// In units of the metric.
    pub(crate) amount: u64,
    /// The percentage of it that a class or a tenant may use.
    pub(crate) share_percent: u8,
    /// Of a limit that holds as published.
    pub(crate) limit: Option<(Limit, u16)>,
    pub(crate) origin: Origin,
}

/// What makes two limits the same pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PoolKey {
    pub(crate) pool: PoolName,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) metric: Metric,
    pub(crate) per: Per,
    pub(crate) calls: Calls,
    pub(crate) bound: Bound,
    pub(crate) part: Part,
    /// Whose share it is, by the name of the class or the tenant.
    pub(crate) sharer: Option<String>,
    /// Whether it is a limit of the user's own, and stands beside a published one.
    pub(crate) is_configured: bool,
}

/// What shares a limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PoolName {
    Account,
    Group(String),
    Model(String),
}

impl PoolKey {
    /// A hard limit as a whole, of every call of the account, in no region or plan in particular.
    pub(crate) fn new(metric: Metric, per: Per) -> Self {
        Self {
            pool: PoolName::Account,
            region: None,
            plan: None,
            metric,
            per,
            calls: Calls::All,
            bound: Bound::Hard,
            part: Part::Whole,
            sharer: None,
            is_configured: false,
        }
    }

    fn published(limit: &Limit) -> Self {
        Self {
            pool: match limit.pool {
                Pool::Account => PoolName::Account,
                Pool::Group(group) => PoolName::Group(group.to_owned()),
                Pool::Model(model) => PoolName::Model(model.to_owned()),
            },
            region: limit.entry.region(),
            plan: limit.entry.plan(),
            calls: limit.calls,
            bound: limit.bound,
            ..Self::new(limit.metric, limit.per.into())
        }
    }

    fn counts(&self, metric: Metric, per: Option<Period>) -> bool {
        self.metric == metric && self.per.is(per)
    }

    /// The key of the limit itself, of which this may be a part or a share.
    pub(crate) fn whole(&self) -> Self {
        Self { part: Part::Whole, sharer: None, ..self.clone() }
    }

    /// The key of a share of the limit.
    fn share(&self, part: Part, sharer: &str) -> Self {
        Self { part, sharer: Some(sharer.to_owned()), ..self.clone() }
    }

    /// The class whose share it is.
    #[cfg(feature = "metrics")]
    pub(crate) fn class_name(&self) -> Option<&str> {
        self.sharer.as_deref().filter(|_| self.part == Part::ClassShare)
    }

    /// The tenant whose share it is.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.sharer.as_deref().filter(|_| self.part == Part::TenantShare)
    }

    /// The pool's name: a model's, a group's, or `account`.
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    pub(crate) fn name(&self) -> &str {
        match &self.pool {
            PoolName::Account => "account",
            PoolName::Group(name) | PoolName::Model(name) => name,
        }
    }

    pub(crate) fn reach(&self) -> Reach {
        match self.pool {
            PoolName::Account => Reach::Account,
            PoolName::Group(_) => Reach::Group,
            PoolName::Model(_) => Reach::Model,
        }
    }
}

/// The limits that govern a model's calls.
pub(crate) fn rules(settings: &Settings, target: &Target<'_>) -> Result<Found, Error> {
    let Some(provider) = settings.provider.catalog() else { return custom_rules(settings, target) };
    let asked = Place { provider, region: settings.region, plan: settings.plan, task: target.task };
    let (found, place) = match locate(asked, target.model) {
        Ok(located) => located,
        // A model that the catalog does not have here is limited by what was negotiated for it.
        Err(_) if settings.negotiated.iter().any(|own| own.model == target.model) => {
            let rules = rules_of(settings, asked, target, std::iter::empty())?;
            return Ok(Found { rules, by: LimitsBy::Negotiated });
        }
        Err(unknown) => return Err(Error::UnknownModel { model: target.model.to_owned(), unknown }),
    };
    let by = LimitsBy::Catalog(found.rule());
    if settings.strict && !found.knows_model() {
        let nearest = near_names(provider, target.model).map(str::to_owned).collect();
        let (model, provider) = (target.model.to_owned(), provider.name());
        return Err(Error::OnlyDefault { model, provider, by, nearest });
    }
    Ok(Found { rules: rules_of(settings, place, target, found.entries())?, by })
}

/// The limits that govern the calls of an entry.
pub(crate) fn rules_of_entry(settings: &Settings, target: &Target<'_>, entry: Entry) -> Result<Found, Error> {
    let Some(provider) = settings.provider.catalog().filter(|provider| entry.provider() == *provider) else {
        let (of, provider) = (entry.provider(), settings.provider.name());
        return Err(Error::OtherProvider { model: entry.name(), of, provider });
    };
    let (region, plan) = (entry.region().or(settings.region), entry.plan().or(settings.plan));
    if entry.kind() == Kind::Model {
        let settings = Settings { region, plan, ..settings.clone() };
        return rules(&settings, target);
    }
    let within = plan.and_then(|plan| provider.plan_within(plan));
    let mut entries = vec![entry];
    for region in [region, None] {
        for plan in [plan, within, None] {
            let any = find_kind(provider, region, plan, Kind::Any, "*");
            entries.extend(any.filter(|any| !entries.contains(any)));
        }
    }
    let place = Place { provider, region, plan, task: target.task };
    let rules = rules_of(settings, place, target, entries.into_iter())?;
    Ok(Found { rules, by: LimitsBy::Catalog(By::Exact) })
}

fn rules_of(
    settings: &Settings,
    place: Place<'_>,
    target: &Target<'_>,
    entries: impl Iterator<Item = Entry>,
) -> Result<Vec<Rule>, Error> {
    let mut names = vec![target.model.to_owned()];
    // The name that the model's own pools have, whatever it is called by.
    let mut own_name = target.model;
    let mut published = Vec::new();
    for entry in entries {
        if let Status::Retired(on) = entry.status() {
            return Err(Error::Retired { model: entry.name().to_owned(), on });
        }
        if let Some(name) = model_of(entry) {
            own_name = name;
            names.extend(std::iter::once(name).chain(entry.aliases()).map(str::to_owned));
        }
        let limits = (0..entry.limit_count()).filter_map(|position| Some((entry.limit(position)?, position as u16)));
        published.extend(limits.filter(|(limit, _)| Dimension::of(limit.metric).is_some()));
    }
    let agreed = Agreements::at(settings, place);
    let mut rules = Vec::new();
    for &(limit, position) in published.iter().filter(|(limit, _)| target.counts_in(limit.calls)) {
        let key = PoolKey::published(&limit);
        let as_published =
            |amount| (amount, Some((limit, position)), Origin::Published { entry: limit.entry, position });
        let is_refused_above = |other: &Limit| {
            let same = (other.pool, other.metric, other.per, other.calls);
            other.bound != Bound::Guaranteed && same == (limit.pool, limit.metric, limit.per, limit.calls)
        };
        let (amount, limit, origin) = match (agreed.amount(&limit), limit.amount) {
            // What was agreed is the hard limit, and the guarantee below it stays what it is.
            (Some(agreed), Amount::Count(guaranteed))
                if limit.bound == Bound::Guaranteed && published.iter().any(|(other, _)| is_refused_above(other)) =>
            {
                if guaranteed > agreed {
                    continue;
                }
                as_published(guaranteed)
            }
            (Some(agreed), _) => (agreed, None, Origin::Negotiated(interned(&citation(limit.entry).to_string()))),
            (None, Amount::Count(amount)) => as_published(amount),
            (None, Amount::Unlimited) => continue,
            (None, Amount::Custom) => return Err(by_agreement(settings, target, limit)),
        };
        rules.push(Rule { key, amount, share_percent: 100, limit, origin });
    }
    let provider = place.provider.name();
    let mut more: Vec<Rule> = Vec::new();
    for own in agreed.more(&names) {
        if more.iter().all(|rule| !rule.key.counts(own.metric, own.per)) {
            let pool = PoolName::Model(own_name.to_owned());
            let key = PoolKey { pool, ..PoolKey::new(own.metric, own.per.into()) };
            let origin = Origin::Negotiated(interned(&format!("{provider}, {own_name}")));
            more.push(Rule { key, amount: own.amount, share_percent: 100, limit: None, origin });
        }
    }
    for own in agreed.of_all() {
        let is_published = published.iter().any(|(limit, _)| (limit.metric, limit.per) == (own.metric, own.per));
        if !is_published && more.iter().all(|rule| !rule.key.counts(own.metric, own.per)) {
            let key = PoolKey::new(own.metric, own.per.into());
            more.push(Rule {
                key,
                amount: own.amount,
                share_percent: 100,
                limit: None,
                origin: Origin::Negotiated(interned(provider)),
            });
        }
    }
    rules.extend(more.into_iter().rev());
    rules.extend(configured(settings, target, &names));
    divided(settings, target, rules)
}

/// The error of a limit by agreement that was not given.
fn by_agreement(settings: &Settings, target: &Target<'_>, limit: Limit) -> Error {
    let provider = limit.entry.provider();
    let is_known = provider.model_names().any(|name| name == target.model);
    let nearest = if is_known { Vec::new() } else { near_names(provider, target.model).collect() };
    let (model, plan) = (target.model.to_owned(), limit.entry.plan());
    Error::Custom { model, plan, plan_was_given: settings.plan.is_some(), limit: Box::new(limit), nearest }
}

/// Limits with their parts and the shares of the class and of the tenant.
pub(crate) fn divided(settings: &Settings, target: &Target<'_>, mut rules: Vec<Rule>) -> Result<Vec<Rule>, Error> {
    let parts: Vec<Rule> = rules.iter().flat_map(|rule| parts(settings, rule)).collect();
    let class = target.class.map(|name| share_of_class(settings, name)).transpose()?;
    let class = class.into_iter().flat_map(|(name, percent)| shares(Part::ClassShare, name, percent, &rules));
    let tenant = target.tenant.into_iter();
    let tenant = tenant.flat_map(|(name, percent)| shares(Part::TenantShare, name, percent, &rules));
    let shares: Vec<Rule> = class.chain(tenant).collect();
    rules.extend(parts.into_iter().chain(shares));
    Ok(rules)
}

/// What is enforced beside a limit: the vendor's shorter window, and an even pace where one is wanted.
fn parts(settings: &Settings, rule: &Rule) -> Vec<Rule> {
    let of_part = |part: Part| Rule { key: PoolKey { part, ..rule.key.clone() }, ..rule.clone() };
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
fn shares(part: Part, sharer: &str, percent: u8, rules: &[Rule]) -> Vec<Rule> {
    let of = |rule: &Rule| Rule { key: rule.key.share(part, sharer), share_percent: percent, ..rule.clone() };
    rules.iter().map(of).collect()
}

/// What the meter that enforces a rule is made of.
pub(crate) fn make(settings: &Settings, rule: &Rule, now: Reading) -> Option<Make> {
    let (dimension, scale) = Dimension::of(rule.key.metric)?;
    let policy = settings.provider.policy();
    let window = rule.key.per.nanos().unwrap_or(Nanos::ZERO);
    let sub_window = policy.sub_window.filter(|_| rule.key.per == Per::Period(Period::Minute));
    let part = match rule.key.part {
        Part::Whole => PartRule::Whole,
        Part::ClassShare | Part::TenantShare => PartRule::Share(rule.share_percent),
        Part::SubWindow => PartRule::SubWindow(sub_window?),
        Part::Pace => PartRule::Pace(sub_window),
    };
    let stated = rule.amount.saturating_mul(scale);
    let in_calendar =
        settings.calendar == Calendar::Utc && matches!(rule.key.per, Per::Period(Period::Day | Period::Month));
    let (limit, width) = part.of(stated, window);
    let jitter = settings.jitter_of(window, width);
    let gauge = match rule.key.per {
        Per::AtOnce => Gauge::Places(0),
        _ if rule.key.part == Part::Pace => Gauge::Even(Pace::new(limit, width + jitter)),
        Per::Period(per) if in_calendar => Gauge::Calendar(CalendarWindow::new(per, now)),
        Per::Period(_) | Per::Span(_) => {
            let log = Log::new(width + jitter, limit, settings.resolution);
            Gauge::Sliding(if rule.key.part == Part::SubWindow { log.holding() } else { log })
        }
    };
    let state = (part == PartRule::Whole).then(|| LimitState {
        ramp: ramp(rule, scale),
        shares: settings.shares_of(rule.key.metric),
        sharing: settings
            .shared
            .filter(|_| !window.is_zero() && !in_calendar)
            .map(|floor| Box::new(Sharing::new(floor, window))),
        ..LimitState::new(stated)
    });
    // A rate rises in the shortest window of the vendor's; one that grows by use is low at first anyway.
    let is_shortest = match rule.key.part {
        Part::Whole => sub_window.is_none() && !window.is_zero() && window <= Nanos::MINUTE,
        Part::SubWindow => true,
        Part::Pace | Part::ClassShare | Part::TenantShare => false,
    };
    let grows = rule.limit.is_some_and(|(limit, _)| !limit.ramp.is_empty());
    let slow_start = settings.slow_start().filter(|_| is_shortest && !grows && dimension == Dimension::Requests);
    let stated = LimitInForce {
        metric: rule.key.metric,
        amount: rule.amount,
        window: window.get(),
        bound: rule.key.bound,
        part: rule.key.part,
        origin: rule.origin,
    };
    let (per, reach) = (rule.key.per, rule.key.reach());
    Some(Make { per, reach, stated, dimension, scale, rule: part, state, jitter, gauge, slow_start })
}

/// How a limit grows.
fn ramp(rule: &Rule, scale: u64) -> Option<Box<RampState>> {
    let (limit, _) = rule.limit.filter(|(limit, _)| !limit.ramp.is_empty())?;
    let points = limit.ramp.points().map(|mut point| {
        point.amount = point.amount.saturating_mul(scale);
        point
    });
    Some(Box::new(RampState::new(points.collect())))
}
