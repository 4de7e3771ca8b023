//! From the catalog's limits on a call to the meters that enforce them.

use ratebook::{
    Amount, Bound, Calendar, Call, Calls, Entry, Kind, Limit, Metric, Period, Plan, Pool, Region, Resolution,
};
use ratebook::{Status, find_kind};

use crate::builder::{Burst, Settings};
use crate::calendar::CalendarWindow;
use crate::clock::Reading;
use crate::cost::Dimension;
use crate::limit::{LimitInForce, Part};
use crate::limit_state::{LimitState, PartRule};
use crate::log::Log;
use crate::meter::{Gauge, Make, Reach};
use crate::nanos::Nanos;
use crate::pace::Pace;
use crate::ramp::RampState;
use crate::refusal::Error;
use crate::sharing::Sharing;

/// What the limits of a call depend on.
#[derive(Clone, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) model: &'a str,
    pub(crate) task: Option<&'a str>,
    /// The form of the API; limits on the other are not counted.
    pub(crate) calls: Calls,
    pub(crate) class: Option<&'a str>,
}

/// A limit to enforce, with the amount that holds for this account.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) key: PoolKey,
    /// In units of the metric.
    amount: u64,
    /// The share of it, of a class's.
    class_percent: u8,
    limit: Option<(Limit, u16)>,
}

/// What makes two limits the same pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PoolKey {
    pool: String,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) metric: Metric,
    pub(crate) per: Option<Period>,
    pub(crate) calls: Calls,
    pub(crate) bound: Bound,
    pub(crate) part: Part,
    pub(crate) class: Option<String>,
}

impl PoolKey {
    fn counts(&self, metric: Metric, per: Option<Period>) -> bool {
        (self.metric, self.per) == (metric, per)
    }

    /// The key of the limit itself, of which this may be a part or a share.
    pub(crate) fn whole(&self) -> Self {
        Self { part: Part::Whole, class: None, ..self.clone() }
    }

    /// The pool's name: a model's, a group's, or `account`.
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    pub(crate) fn name(&self) -> &str {
        self.pool.strip_prefix(MODEL).unwrap_or(&self.pool)
    }

    pub(crate) fn reach(&self) -> Reach {
        match self.pool.as_str() {
            ACCOUNT => Reach::Account,
            model if model.starts_with(MODEL) => Reach::Model,
            _ => Reach::Group,
        }
    }
}

/// How pools are named here.
const ACCOUNT: &str = "account";
const MODEL: &str = "model:";

/// The limits that govern a model's calls.
pub(crate) fn rules(settings: &Settings, target: &Target<'_>) -> Result<Vec<Rule>, Error> {
    match resolve(settings, target) {
        Ok(found) => rules_of(settings, target, found.entries()),
        // A model that the catalog does not know is limited by what was negotiated for it.
        Err(_) if settings.negotiated.iter().any(|own| own.model == target.model) => {
            rules_of(settings, target, std::iter::empty())
        }
        Err(unknown) => Err(Error::UnknownModel { model: target.model.to_owned(), unknown }),
    }
}

/// The limits that govern the calls of an entry.
pub(crate) fn rules_of_entry(settings: &Settings, target: &Target<'_>, entry: Entry) -> Result<Vec<Rule>, Error> {
    if entry.provider() != settings.provider {
        let (of, provider) = (entry.provider(), settings.provider);
        return Err(Error::OtherProvider { model: entry.name(), of, provider });
    }
    let (region, plan) = (entry.region().or(settings.region), entry.plan().or(settings.plan));
    if entry.kind() == Kind::Model {
        let settings = Settings { region, plan, ..settings.clone() };
        return rules(&settings, target);
    }
    let within = plan.and_then(|plan| settings.provider.plan_within(plan));
    let mut entries = vec![entry];
    for region in [region, None] {
        for plan in [plan, within, None] {
            let any = find_kind(settings.provider, region, plan, Kind::Any, "*");
            entries.extend(any.filter(|any| !entries.contains(any)));
        }
    }
    rules_of(settings, target, entries.into_iter())
}

/// Resolves in the account's region and plan; where it names none, in the first plan that serves the model and the
/// region that allows it least.
fn resolve(settings: &Settings, target: &Target<'_>) -> Result<Resolution, ratebook::Unknown> {
    let provider = settings.provider;
    let resolve = |region: Option<Region>, plan: Option<Plan>| {
        let mut call = Call::new(provider, target.model);
        if let Some(region) = region {
            call = call.region(region);
        }
        if let Some(plan) = plan {
            call = call.plan(plan);
        }
        if let Some(task) = target.task {
            call = call.task(task);
        }
        call.resolve()
    };
    let in_plan = |region: Option<Region>| {
        if settings.plan.is_some() {
            return resolve(region, settings.plan);
        }
        let served = provider.plans().find(|plan| resolve(region, Some(*plan)).is_ok());
        // Within that plan, every account has the tier that nothing has to be paid for.
        let first_tier = provider.plans().find(|tier| {
            provider.plan_within(*tier) == served && served.is_some() && provider.plan_qualifies_usd(*tier).is_none()
        });
        resolve(region, first_tier.or(served))
    };
    if settings.region.is_some() {
        return in_plan(settings.region);
    }
    let plain = in_plan(None);
    let regional = provider.regions().filter_map(|region| in_plan(Some(region)).ok());
    let strictest = regional.min_by_key(|found| {
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

fn rules_of(
    settings: &Settings,
    target: &Target<'_>,
    entries: impl Iterator<Item = Entry>,
) -> Result<Vec<Rule>, Error> {
    let mut rules = Vec::new();
    let mut names = vec![target.model.to_owned()];
    for entry in entries {
        if let Status::Retired(on) = entry.status() {
            return Err(Error::Retired { model: entry.name().to_owned(), on });
        }
        if entry.kind() == Kind::Model {
            names.extend(std::iter::once(entry.name()).chain(entry.aliases()).map(str::to_owned));
        }
        for position in 0..entry.limit_count() {
            let Some(limit) = entry.limit(position) else { continue };
            let counted = limit.calls == Calls::All || target.calls == Calls::All || limit.calls == target.calls;
            if Dimension::of(limit.metric).is_none() || !counted {
                continue;
            }
            let amount = match (negotiated(settings, &names, limit.metric, limit.per), limit.amount) {
                (Some(amount), _) | (None, Amount::Count(amount)) => amount,
                (None, Amount::Unlimited) => continue,
                (None, Amount::Custom) => return Err(Error::Custom { limit }),
            };
            let key = PoolKey {
                pool: match limit.pool {
                    Pool::Account => ACCOUNT.to_owned(),
                    Pool::Group(group) => group.to_owned(),
                    Pool::Model(model) => format!("{MODEL}{model}"),
                },
                region: entry.region(),
                plan: entry.plan(),
                metric: limit.metric,
                per: limit.per,
                calls: limit.calls,
                bound: limit.bound,
                part: Part::Whole,
                class: None,
            };
            rules.push(Rule { key, amount, class_percent: 100, limit: Some((limit, position as u16)) });
        }
    }
    let mut own_rules: Vec<Rule> = Vec::new();
    // The last word on a limit counts, and one on the model before one on all.
    let (of_all, by_name): (Vec<_>, Vec<_>) = settings.negotiated.iter().rev().partition(|own| own.model == "*");
    for own in by_name.into_iter().chain(of_all) {
        let is_new = rules.iter().chain(&own_rules).all(|rule| !rule.key.counts(own.metric, own.per));
        if is_new && (own.model == "*" || names.contains(&own.model)) && Dimension::of(own.metric).is_some() {
            let key = PoolKey {
                pool: if own.model == "*" { ACCOUNT.to_owned() } else { format!("{MODEL}{}", own.model) },
                region: None,
                plan: None,
                metric: own.metric,
                per: own.per,
                calls: Calls::All,
                bound: Bound::Hard,
                part: Part::Whole,
                class: None,
            };
            own_rules.push(Rule { key, amount: own.amount, class_percent: 100, limit: None });
        }
    }
    rules.extend(own_rules.into_iter().rev());
    let parts: Vec<Rule> = rules.iter().flat_map(|rule| parts(settings, rule)).collect();
    let shares = match target.class {
        Some(name) => class_shares(settings, name, &rules)?,
        None => Vec::new(),
    };
    rules.extend(parts.into_iter().chain(shares));
    Ok(rules)
}

/// The amount agreed for one of a model's names, or else for all.
fn negotiated(settings: &Settings, names: &[String], metric: Metric, per: Option<Period>) -> Option<u64> {
    let of = |wanted: &dyn Fn(&str) -> bool| {
        let same = settings.negotiated.iter().rev().filter(|own| (own.metric, own.per) == (metric, per));
        same.map(|own| (own.model.as_str(), own.amount)).find(|(model, _)| wanted(model)).map(|(_, amount)| amount)
    };
    of(&|model| names.iter().any(|name| name == model)).or_else(|| of(&|model| model == "*"))
}

/// What is enforced beside a limit: the vendor's shorter window, and an even pace where one is wanted.
fn parts(settings: &Settings, rule: &Rule) -> Vec<Rule> {
    let of_part = |part: Part| Rule { key: PoolKey { part, ..rule.key.clone() }, ..rule.clone() };
    let sub_window = settings.provider.policy().sub_window.is_some() && rule.key.per == Some(Period::Minute);
    // On an account that others use too, a burst would be refused whole before the first refusal is heard.
    let is_paced = settings.burst == Burst::Smooth || settings.shared.is_some();
    let smooth = is_paced && matches!(rule.key.per, Some(Period::Second | Period::Minute));
    let sub_window = sub_window.then(|| of_part(Part::SubWindow));
    sub_window.into_iter().chain(smooth.then(|| of_part(Part::Pace))).collect()
}

/// A class's share of each limit, a limit of its own.
fn class_shares(settings: &Settings, name: &str, rules: &[Rule]) -> Result<Vec<Rule>, Error> {
    let class = settings.classes.iter().find(|class| class.name == name);
    let class = class.ok_or_else(|| Error::UnknownClass(name.to_owned()))?;
    Ok(rules
        .iter()
        .map(|rule| {
            let key = PoolKey { part: Part::ClassShare, class: Some(class.name.clone()), ..rule.key.clone() };
            Rule { key, class_percent: class.percent, ..rule.clone() }
        })
        .collect())
}

/// A period of the catalog.
fn period_nanos(period: Period) -> Nanos {
    match period {
        Period::Second => Nanos::SECOND,
        Period::Minute => Nanos::MINUTE,
        Period::Day => Nanos::DAY,
        // The longest month: whatever month the vendor counts, it holds no more.
        _ => Nanos::DAY.times(31),
    }
}

/// What the meter that enforces a rule is made of.
pub(crate) fn make(settings: &Settings, rule: &Rule, now: Reading) -> Option<Make> {
    let (dimension, scale) = Dimension::of(rule.key.metric)?;
    let policy = settings.provider.policy();
    let window = rule.key.per.map_or(Nanos::ZERO, period_nanos);
    let sub_window = policy.sub_window.filter(|_| rule.key.per == Some(Period::Minute)).map(period_nanos);
    let part = match rule.key.part {
        Part::Whole => PartRule::Whole,
        Part::ClassShare => PartRule::ClassShare(rule.class_percent),
        Part::SubWindow => PartRule::SubWindow(sub_window?),
        Part::Pace => PartRule::Pace(sub_window),
    };
    let stated = rule.amount.saturating_mul(scale);
    let jitter = Nanos::from(settings.jitter);
    let in_calendar = settings.calendar == Calendar::Utc && matches!(rule.key.per, Some(Period::Day | Period::Month));
    let (limit, width) = part.of(stated, window);
    let gauge = match rule.key.per {
        Some(_) if rule.key.part == Part::Pace => Gauge::Even(Pace::new(limit, width + jitter)),
        Some(per) if in_calendar => Gauge::Calendar(CalendarWindow::new(per, now)),
        Some(_) => {
            let log = Log::new(width + jitter, limit, settings.resolution);
            Gauge::Sliding(if rule.key.part == Part::SubWindow { log.holding() } else { log })
        }
        None => Gauge::Places(0),
    };
    let state = (part == PartRule::Whole).then(|| LimitState {
        ramp: ramp(rule, scale),
        shares: settings.shares_of(rule.key.metric),
        sharing: settings
            .shared
            .filter(|_| rule.key.per.is_some() && !in_calendar)
            .map(|floor| Box::new(Sharing::new(floor, window))),
        ..LimitState::new(stated)
    });
    // A rate rises in the shortest window of the vendor's; one that grows by use is low at first anyway.
    let is_shortest = match rule.key.part {
        Part::Whole => sub_window.is_none() && matches!(rule.key.per, Some(Period::Second | Period::Minute)),
        Part::SubWindow => true,
        Part::Pace | Part::ClassShare => false,
    };
    let grows = rule.limit.is_some_and(|(limit, _)| !limit.ramp.is_empty());
    let slow_start = settings.slow_start.filter(|_| is_shortest && !grows && dimension == Dimension::Requests);
    let stated = LimitInForce {
        metric: rule.key.metric,
        amount: rule.amount,
        window: window.get(),
        bound: rule.key.bound,
        part: rule.key.part,
        entry: rule.limit.map(|(limit, _)| limit.entry),
        position: rule.limit.map_or(0, |(_, position)| position),
    };
    let (per, reach) = (rule.key.per, rule.key.reach());
    Some(Make { per, reach, stated, dimension, scale, rule: part, state, jitter, gauge, slow_start })
}

/// How a limit grows; where the first amount was negotiated, all others in proportion.
fn ramp(rule: &Rule, scale: u64) -> Option<Box<RampState>> {
    let (limit, _) = rule.limit.filter(|(limit, _)| !limit.ramp.is_empty())?;
    let first = u128::from(limit.amount.count().unwrap_or(1).max(1));
    let points = limit.ramp.points().map(|mut point| {
        let amount = u128::from(point.amount) * u128::from(rule.amount) / first;
        point.amount = u64::try_from(amount).unwrap_or(u64::MAX).saturating_mul(scale);
        point
    });
    Some(Box::new(RampState::new(points.collect())))
}
