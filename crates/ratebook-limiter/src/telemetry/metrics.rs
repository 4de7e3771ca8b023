//! Counters, gauges and the histogram. [`super`] documents them.

use std::sync::Arc;

use ::metrics::{
    Counter, Gauge, Histogram, Label, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use ratebook::{Invocation, Plan, Region};

use super::WaitOutcome;
use super::names::{name_of_calls, name_of_pool};
use super::reason::Reason;
use crate::limit::Part;
use crate::pool::PoolKey;
use crate::settings::Settings;

/// The name of the counter of admitted calls.
pub const ADMITTED: &str = "ratebook_admitted_total";
/// The name of the counter of refused calls, by reason and limit.
pub const REFUSED: &str = "ratebook_refused_total";
/// The name of the counter of usage that was reported but not charged, by limit, in units of the limit.
pub const DROPPED_USAGE: &str = "ratebook_dropped_usage_total";
/// The name of the histogram of waits, in seconds, without calls that were admitted at once.
pub const WAIT_SECONDS: &str = "ratebook_wait_seconds";
/// The name of the gauge of waiting calls.
pub const WAITING: &str = "ratebook_waiting";
/// The name of the gauge of a limit's used share: 0 to 1, and above 1 in debt.
pub const USED_SHARE: &str = "ratebook_used_share";
/// The name of the gauge of the share of a limit that is withheld because of the vendor's responses: 0 to 1.
pub const WITHHELD_SHARE: &str = "ratebook_withheld_share";

/// Registers the descriptions of all metrics.
fn describe() {
    describe_counter!(ADMITTED, Unit::Count, "Calls admitted, with or without a wait.");
    describe_counter!(REFUSED, Unit::Count, "Calls refused, by reason and by the limit that has no room.");
    describe_counter!(DROPPED_USAGE, "Usage above the maximum debt, reported but not charged, in units of the limit.");
    describe_histogram!(WAIT_SECONDS, Unit::Seconds, "Duration of waits, without calls admitted at once.");
    describe_gauge!(WAITING, Unit::Count, "Calls waiting now.");
    // The facade has no unit for a ratio.
    describe_gauge!(USED_SHARE, "Used share of a limit: 0 to 1, and above 1 in debt.");
    describe_gauge!(WITHHELD_SHARE, "Share of a limit withheld because of the vendor's responses: 0 to 1.");
}

impl Reason {
    /// All reasons, in the order of their declaration: a reason is the index of its counter.
    const ALL: [Self; REASONS] = [
        Self::Wait,
        Self::Deadline,
        Self::Never,
        #[cfg(feature = "feedback")]
        Self::Vendor,
        Self::Shadow,
    ];
}

const REASONS: usize = if cfg!(feature = "feedback") { 5 } else { 4 };

/// The counters, the histogram and the gauge of a route's calls.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    admitted: Counter,
    others: Arc<Others>,
}

#[derive(Debug)]
struct Others {
    /// Refusals by limit, then by reason.
    refused: Box<[[Counter; REASONS]]>,
    /// Refusals by the vendor that pause or slow no limit.
    #[cfg(feature = "feedback")]
    refused_by_vendor: Counter,
    /// Dropped usage by limit.
    dropped: Box<[Counter]>,
    waits: [Histogram; WaitOutcome::ALL.len()],
    waiting: Gauge,
}

impl Counts {
    /// Registers all metrics of a route. They begin at zero.
    pub(super) fn new(settings: &Settings, limits: &[&PoolKey]) -> Self {
        describe();
        let first = limits.iter().min_by_key(|key| key.reach());
        let place = |own: Option<Region>, plan: Option<Plan>| {
            (own.or(first.and_then(|key| key.region)), plan.or(first.and_then(|key| key.plan)))
        };
        let class = limits.iter().find_map(|key| class_of(key));
        let mut calls = labels(settings, place(settings.region, settings.plan), class);
        calls.push(Label::new("model", name_of_calls(limits)));
        let with = |name: &'static str, value: &'static str| {
            let mut labels = calls.clone();
            labels.push(Label::from_static_parts(name, value));
            labels
        };
        let refused = limits.iter().map(|key| {
            Reason::ALL.map(|reason| {
                if reason == Reason::Shadow && !settings.shadow {
                    return Counter::noop();
                }
                let mut labels = with("reason", reason.name());
                labels.extend(labels_of_limit(key));
                counter!(REFUSED, labels)
            })
        });
        let dropped = limits.iter().map(|key| {
            let mut labels = calls.clone();
            labels.extend(labels_of_limit(key));
            counter!(DROPPED_USAGE, labels)
        });
        let others = Others {
            refused: refused.collect(),
            dropped: dropped.collect(),
            #[cfg(feature = "feedback")]
            refused_by_vendor: counter!(REFUSED, with("reason", Reason::Vendor.name())),
            waits: WaitOutcome::ALL.map(|outcome| histogram!(WAIT_SECONDS, with("outcome", outcome.name()))),
            waiting: gauge!(WAITING, calls.clone()),
        };
        Self { admitted: counter!(ADMITTED, calls), others: Arc::new(others) }
    }

    #[inline(always)]
    pub(super) fn admitted(&self) {
        self.admitted.increment(1);
    }

    /// Counts a refusal by the limit at a position in the route's draws.
    pub(super) fn refused(&self, reason: Reason, position: Option<usize>) {
        match position.and_then(|position| self.others.refused.get(position)) {
            Some(of_limit) => of_limit[reason as usize].increment(1),
            #[cfg(feature = "feedback")]
            None if reason == Reason::Vendor => self.others.refused_by_vendor.increment(1),
            None => {}
        }
    }

    /// Counts usage that was not charged to the limit at a position in the route's draws.
    pub(super) fn dropped(&self, position: Option<usize>, amount: u64) {
        if let Some(of_limit) = position.and_then(|position| self.others.dropped.get(position)) {
            of_limit.increment(amount);
        }
    }

    pub(super) fn wait_begins(&self) {
        self.others.waiting.increment(1);
    }

    pub(super) fn wait_ends(&self, outcome: WaitOutcome, seconds: f64) {
        self.others.waiting.decrement(1);
        self.others.waits[outcome as usize].record(seconds);
    }
}

/// The gauges of a limit. They are set to zero when it is dropped.
#[derive(Debug)]
pub(crate) struct Gauges(Option<Shares>);

#[derive(Debug)]
struct Shares {
    used: Gauge,
    withheld: Gauge,
}

impl Gauges {
    /// Creates the gauges of a limit. An account of a `Keyed` and the share of a tenant have none, because there may be
    /// many of them. An even pace has none, because a rate has no used amount.
    pub(crate) fn new(settings: &Settings, limit: &PoolKey) -> Self {
        if settings.label.is_keyed || matches!(limit.part, Part::Pace | Part::TenantShare) {
            return Self(None);
        }
        let mut labels = labels(settings, (limit.region, limit.plan), class_of(limit));
        labels.extend(labels_of_limit(limit));
        Self(Some(Shares { used: gauge!(USED_SHARE, labels.clone()), withheld: gauge!(WITHHELD_SHARE, labels) }))
    }

    /// Sets the gauges. `used`, `withheld` and `limit` are in the same units.
    pub(crate) fn update_gauges(&self, used: u64, withheld: u64, limit: u64) {
        let Some(shares) = &self.0 else { return };
        let share = |amount: u64| if limit == 0 { 1.0 } else { amount as f64 / limit as f64 };
        shares.used.set(share(used));
        shares.withheld.set(if withheld == 0 { 0.0 } else { share(withheld.min(limit)) });
    }
}

impl Drop for Shares {
    fn drop(&mut self) {
        self.used.set(0.0);
        self.withheld.set(0.0);
    }
}

/// Returns the labels of an account.
fn labels(settings: &Settings, (region, plan): (Option<Region>, Option<Plan>), class: Option<&str>) -> Vec<Label> {
    let mut labels = vec![Label::from_static_parts("provider", settings.provider.name())];
    labels.extend(settings.label.name.clone().map(|name| Label::new("account", name)));
    labels.extend(region.map(|region| Label::from_static_parts("region", region.name())));
    labels.extend(plan.map(|plan| Label::from_static_parts("plan", plan.name())));
    labels.extend(class.map(|class| Label::new("class", class.to_owned())));
    labels
}

/// Returns the class whose share a limit is.
fn class_of(key: &PoolKey) -> Option<&str> {
    key.sharer.as_deref().filter(|_| key.part == Part::ClassShare)
}

/// Returns the labels that identify a limit within its account.
fn labels_of_limit(key: &PoolKey) -> impl Iterator<Item = Label> {
    let part = match key.part {
        Part::Whole => "whole",
        Part::SubWindow => "sub-window",
        Part::Pace => "pace",
        Part::ClassShare => "class-share",
        Part::TenantShare => "tenant-share",
    };
    let words = [
        Some(("metric", key.metric.name())),
        Some(("bound", key.bound.name())),
        (key.calls != Invocation::All).then(|| ("calls", key.calls.name())),
        key.deployment.map(|deployment| ("deployment", deployment.name())),
        key.mode.map(|mode| ("mode", mode.name())),
        key.context.map(|context| ("context", context.name())),
        Some(("part", part)),
    ];
    let words = words.into_iter().flatten().map(|(name, value)| Label::from_static_parts(name, value));
    let per = key.per.label().map(|per| Label::new("per", per));
    std::iter::once(Label::new("pool", name_of_pool(key).to_owned())).chain(per).chain(words)
}
