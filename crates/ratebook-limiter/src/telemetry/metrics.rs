//! Counters, the histogram and the gauges; what each means is told in [`super`].

use std::sync::Arc;

use ::metrics::{
    Counter, Gauge, Histogram, Label, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use ratebook::{Calls, Plan, Region};

use super::WaitOutcome;
use super::names::{name_of_calls, name_of_pool};
use super::reason::Reason;
use crate::limit::Part;
use crate::pool::PoolKey;
use crate::settings::Settings;

/// Calls admitted: a counter.
pub const ADMITTED: &str = "ratebook_admitted_total";
/// Calls refused, by reason and limit: a counter.
pub const REFUSED: &str = "ratebook_refused_total";
/// Usage above what may be owed, reported and not charged, by limit: a counter.
pub const DROPPED_USAGE: &str = "ratebook_dropped_usage_total";
/// How long calls waited that had to, in seconds: a histogram.
pub const WAIT_SECONDS: &str = "ratebook_wait_seconds";
/// Calls that wait: a gauge.
pub const WAITING: &str = "ratebook_waiting";
/// What is used of a limit, 0 to 1 and above where something is owed: a gauge.
pub const USED_SHARE: &str = "ratebook_used_share";
/// What is withheld of a limit by the vendor's word, 0 to 1: a gauge.
pub const WITHHELD_SHARE: &str = "ratebook_withheld_share";

fn describe() {
    describe_counter!(ADMITTED, Unit::Count, "Calls admitted, at once or after a wait.");
    describe_counter!(REFUSED, Unit::Count, "Calls refused, by reason and by the limit in the way.");
    describe_counter!(DROPPED_USAGE, "Usage above what may be owed, reported and not charged, in units of the limit.");
    describe_histogram!(WAIT_SECONDS, Unit::Seconds, "How long calls waited that had to.");
    describe_gauge!(WAITING, Unit::Count, "Calls that wait now.");
    // No unit of the facade is a share of one.
    describe_gauge!(USED_SHARE, "What is used of a limit: 0 to 1, and above where something is owed.");
    describe_gauge!(WITHHELD_SHARE, "What is withheld of a limit by the vendor's word: 0 to 1.");
}

impl Reason {
    /// In their order.
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

/// What is counted of the calls of a route.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    admitted: Counter,
    others: Arc<Others>,
}

#[derive(Debug)]
struct Others {
    /// By limit, and by reason.
    refused: Box<[[Counter; REASONS]]>,
    /// Refusals by the vendor that slow no limit.
    #[cfg(feature = "feedback")]
    refused_by_vendor: Counter,
    /// By limit.
    dropped: Box<[Counter]>,
    waits: [Histogram; WaitOutcome::ALL.len()],
    waiting: Gauge,
}

impl Counts {
    /// Registers all there will be to count, which begins at zero.
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

    /// Counts a refusal by the limit at a position.
    pub(super) fn refused(&self, reason: Reason, position: Option<usize>) {
        match position.and_then(|position| self.others.refused.get(position)) {
            Some(of_limit) => of_limit[reason as usize].increment(1),
            #[cfg(feature = "feedback")]
            None if reason == Reason::Vendor => self.others.refused_by_vendor.increment(1),
            None => {}
        }
    }

    /// Counts usage that was not charged to the limit at a position.
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

/// The gauges of a limit, which fall to zero with it.
#[derive(Debug)]
pub(crate) struct Gauges(Option<Shares>);

#[derive(Debug)]
struct Shares {
    used: Gauge,
    withheld: Gauge,
}

impl Gauges {
    /// None for an account that is one of many alike, for the share of a tenant, of whom there are many, too, and for a
    /// pace, of which nothing is used up.
    pub(crate) fn new(settings: &Settings, limit: &PoolKey) -> Self {
        if settings.label.is_keyed || matches!(limit.part, Part::Pace | Part::TenantShare) {
            return Self(None);
        }
        let mut labels = labels(settings, (limit.region, limit.plan), class_of(limit));
        labels.extend(labels_of_limit(limit));
        Self(Some(Shares { used: gauge!(USED_SHARE, labels.clone()), withheld: gauge!(WITHHELD_SHARE, labels) }))
    }

    /// Shows what is used and what is withheld of a limit.
    pub(crate) fn show(&self, used: u64, withheld: u64, limit: u64) {
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

/// Whose it is.
fn labels(settings: &Settings, (region, plan): (Option<Region>, Option<Plan>), class: Option<&str>) -> Vec<Label> {
    let mut labels = vec![Label::from_static_parts("provider", settings.provider.name())];
    labels.extend(settings.label.name.clone().map(|name| Label::new("account", name)));
    labels.extend(region.map(|region| Label::from_static_parts("region", region.name())));
    labels.extend(plan.map(|plan| Label::from_static_parts("plan", plan.name())));
    labels.extend(class.map(|class| Label::new("class", class.to_owned())));
    labels
}

/// The class whose share a limit is.
fn class_of(key: &PoolKey) -> Option<&str> {
    key.sharer.as_deref().filter(|_| key.part == Part::ClassShare)
}

/// What tells a limit from the others of its account.
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
        (key.calls != Calls::All).then(|| ("calls", key.calls.name())),
        Some(("part", part)),
    ];
    let words = words.into_iter().flatten().map(|(name, value)| Label::from_static_parts(name, value));
    let per = key.per.label().map(|per| Label::new("per", per));
    std::iter::once(Label::new("pool", name_of_pool(key).to_owned())).chain(per).chain(words)
}
