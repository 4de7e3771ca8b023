//! What the limiter tells of itself: metrics with the feature `metrics`, spans and events with the feature `tracing`.
//! Without the features nothing of it is compiled.
//!
//! # Metrics
//!
//! They go through the [`metrics`](https://docs.rs/metrics) facade to the recorder that the program has installed. A
//! handle registers its counters once, when it is made: install the recorder before asking an account for models.
//! A call that is admitted at once costs one increment of the recorder's counter more than without.
//!
//! | name | kind, unit | what |
//! |---|---|---|
//! | `ratebook_admitted_total` | counter, calls | Calls admitted, at once or after a wait. |
//! | `ratebook_refused_total` | counter, calls | Calls refused, by `reason` and by the limit in the way. |
//! | `ratebook_dropped_usage_total` | counter, units of the limit | Usage above what may be owed at one time, by the limit: it was reported and not charged. |
//! | `ratebook_wait_seconds` | histogram, seconds | How long calls waited that had to, by `outcome`. |
//! | `ratebook_waiting` | gauge, calls | Calls that wait now. |
//! | `ratebook_used_share` | gauge, 0 to 1 | What is used of a limit: above 1 where something is owed, 1 of a limit of nothing. |
//! | `ratebook_withheld_share` | gauge, 0 to 1 | What is withheld of a limit by the vendor's word: 1 in a pause. |
//!
//! A call that is admitted at once is not in the histogram, for which a recorder may pay in memory by the value: of
//! `ratebook_admitted_total`, `ratebook_wait_seconds_count` of the outcome `admitted` have waited. Waits are as long as
//! windows: give the histogram buckets from milliseconds to some minutes.
//!
//! *Labels.* All have `provider`, and `account` where the account has a name (`AccountBuilder::name`); accounts that
//! run in one process need names to be told apart. Every value is a word of the catalog or a name that the program gave:
//! none comes from a call, nor is one a tenant's.
//!
//! | label | of | what |
//! |---|---|---|
//! | `model` | calls | The name of the pool that the fewest other calls draw from: the model's, as the catalog has it, or that of the size class (`size:large`), group or task that has the limits, or `account`. |
//! | `region`, `plan` | both | Where there is one. |
//! | `class` | both | The class of callers, where there is one. |
//! | `reason` | refusals | See below. |
//! | `outcome` | waits | `admitted`; `refused`, when a limit sank below the call's cost or its time was over; `left`, when its future or ticket was dropped. |
//! | `pool` | limits | What the limit is shared by: a model, a group of them, or `account`. |
//! | `metric`, `per` | limits | What is counted, in words of the catalog, and over which period; no `per` of what is held at one time. |
//! | `bound`, `calls` | limits | What the limit means at its edge; `sync` or `async`, where it counts the calls of one form alone. |
//! | `part` | limits | `whole`, `sub-window`, `pace`, `class-share` or `tenant-share`: see [`Part`](crate::Part). |
//!
//! Admissions and waits are of calls, the shares are of limits, and refusals are of both: `model` says whose call it was,
//! `pool` and what follows say by which limit.
//!
//! | `reason` | the call |
//! |---|---|
//! | `wait` | was told by a `try_acquire` to come later |
//! | `deadline` | would have had to wait, or has waited, for longer than its `acquire_within` allows |
//! | `never` | costs more than a limit ever allows |
//! | `vendor` | was admitted, and the vendor refused it: counted by `Model::observe`, with the limit that it slows; without a limit where it slows none |
//! | `shadow` | was admitted by an account in shadow mode, and would have been held back |
//!
//! *Shares* are brought up to date when a limit is decided on by its meters, which is once in each tick of the clock under
//! load. What no call touches any more empties unseen: call `Account::update_gauges` before each scrape. The even pace of
//! `Burst::Smooth` has no gauges, for it holds no amount. When its account is dropped, a limit's gauges fall to zero.
//!
//! *Tenants* of a [`Keyed`](crate::Keyed) are counted together, under the one name of their builder, and have no gauges of
//! shares: a million of them make as many series as one. The calls of a [`Tenant`](crate::Tenant) count as those of its
//! account, and its shares have no gauges.
//!
//! # Spans and events
//!
//! All have the target `ratebook_limiter`, and the fields `provider`, `account` and `model`, as above. Times are in
//! seconds. `limit` is the limit in words, with the line of the vendor's page; `pool` as above.
//!
//! | name | level | when | fields |
//! |---|---|---|---|
//! | span `wait` | debug | a call takes a place in the queue, by `acquire` or `enqueue`; it ends with the wait, and does not go on over the call | `limit`, `expected_seconds`: none where another call has to end |
//! | `admitted` | debug | a call is admitted after a wait | `waited_seconds` |
//! | `left` | debug | a call that waited is given up | `waited_seconds` |
//! | `refused` | debug | a call can never be, or not in time | `reason`: `never`, `deadline`; `pool`, `limit`, `wait_seconds` |
//! | `held_back` | debug | shadow mode admits what would have been held back | `pool`, `limit` |
//! | `usage_dropped` | warn | a settlement reports more than may be owed at one time | `pool`, `limit`, `amount`: what was not charged, in the units of [`PoolSnapshot`](crate::PoolSnapshot) |
//! | `vendor_refused` | warn | a reply is a refusal | `pool`, `limit`, `metric`, `remedy`, `pause_seconds`, each where there is one |
//! | `limit_changed` | info | a reply says that a limit is another than was in force | `pool`, `limit`, `before` |
//! | `shrunk` | debug | a reply says that less is left than was believed | `pool`, `limit`, `left`, in the units of [`PoolSnapshot`](crate::PoolSnapshot) |
//! | `nonsense` | warn | a reply says what makes no sense | `at`: the header or the phrase; `why` |
//!
//! Metrics are recorded while the account is locked: a recorder must not ask the account for anything.
//!
//! A `try_acquire` that is told to wait is counted, and makes no event: callers may ask often. No event is sent while an
//! account is locked, so a subscriber may look at the account. The span of a wait is entered for the events that end it
//! alone: `admitted` and `left`, and `refused` after a wait, are told within it.
#![cfg_attr(
    not(all(feature = "metrics", feature = "tracing")),
    allow(unused_variables, reason = "without a feature, nobody asks for what it would tell")
)]

#[cfg(feature = "feedback")]
mod heard;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "tracing")]
mod tracing;
mod waiting;

#[cfg(any(feature = "metrics", feature = "tracing"))]
use std::sync::Arc;

use crate::builder::Settings;
use crate::charge::Charge;
#[cfg(any(feature = "metrics", feature = "tracing"))]
use crate::charge::Remark;
use crate::limit::LimitInForce;
use crate::refusal::Refused;
#[cfg(any(feature = "metrics", feature = "tracing"))]
use crate::route::Draw;
use crate::route::Route;
use crate::rules::PoolKey;

#[cfg(feature = "feedback")]
pub(crate) use heard::Heard;
#[cfg(feature = "metrics")]
pub use metrics::{ADMITTED, DROPPED_USAGE, REFUSED, USED_SHARE, WAIT_SECONDS, WAITING, WITHHELD_SHARE};
#[cfg(feature = "tracing")]
pub use tracing::TARGET;
pub(crate) use waiting::{End, Waited};

/// How an account is told from others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    pub(crate) name: Option<Arc<str>>,
    /// Whether there is one such account for each of many keys.
    #[cfg(feature = "metrics")]
    is_keyed: bool,
}

impl Named {
    /// There will be one such account for each of many keys.
    pub(crate) fn set_keyed(&mut self) {
        #[cfg(feature = "metrics")]
        {
            self.is_keyed = true;
        }
    }
}

/// Why a call is refused.
#[cfg(any(feature = "metrics", feature = "tracing"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Wait,
    Deadline,
    Never,
    #[cfg(all(feature = "feedback", feature = "metrics"))]
    Vendor,
    Shadow,
}

#[cfg(any(feature = "metrics", feature = "tracing"))]
impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Deadline => "deadline",
            Self::Never => "never",
            #[cfg(all(feature = "feedback", feature = "metrics"))]
            Self::Vendor => "vendor",
            Self::Shadow => "shadow",
        }
    }
}

/// What a caller does who is told to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asks {
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    refused_by_wait: Option<Reason>,
    /// Whether it is refused where it can never be admitted.
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    refused_by_never: bool,
}

impl Asks {
    /// It has asked whether it may now: it is refused.
    pub(crate) const NOW: Self = Self {
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        refused_by_wait: Some(Reason::Wait),
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        refused_by_never: true,
    };
    /// It waits for as long as it may: where it is told so again, it is refused.
    pub(crate) const WITHIN: Self = Self {
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        refused_by_wait: Some(Reason::Deadline),
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        refused_by_never: true,
    };
    /// It waits.
    pub(crate) const TO_WAIT: Self = Self {
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        refused_by_wait: None,
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        refused_by_never: true,
    };
    /// It goes elsewhere.
    pub(crate) const ELSEWHERE: Self = Self {
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        refused_by_wait: None,
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        refused_by_never: false,
    };
}

/// Who tells of the calls of a route.
#[derive(Clone, Debug)]
pub(crate) struct Teller {
    #[cfg(feature = "metrics")]
    counts: metrics::Counts,
    #[cfg(feature = "tracing")]
    about: Arc<tracing::About>,
}

impl Teller {
    /// Of calls that draw from limits, in their order.
    pub(crate) fn new(settings: &Settings, limits: &[&PoolKey]) -> Self {
        Self {
            #[cfg(feature = "metrics")]
            counts: metrics::Counts::new(settings, limits),
            #[cfg(feature = "tracing")]
            about: Arc::new(tracing::About::new(settings, limits)),
        }
    }

    #[inline(always)]
    pub(crate) fn admitted(&self) {
        #[cfg(feature = "metrics")]
        self.counts.admitted.increment(1);
    }

    /// A call is told to wait for the limit at a position, as another was.
    #[inline(always)]
    pub(crate) fn told_to_wait(&self, position: usize, asks: Asks) {
        #[cfg(feature = "metrics")]
        if let Some(reason) = asks.refused_by_wait {
            self.counts.refused(reason, Some(position));
        }
    }
}

/// The name of the calls of a route: of the pool that the fewest other calls draw from.
#[cfg(any(feature = "metrics", feature = "tracing"))]
fn name_of_calls(limits: &[&PoolKey]) -> String {
    limits.iter().min_by_key(|key| key.reach()).map_or("account", |key| key.name()).to_owned()
}

impl Route {
    /// Tells of a call that the schedule has refused.
    pub(crate) fn tell_refused(&self, refused: &Refused, asks: Asks) {
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        match (refused, asks.refused_by_wait) {
            (Refused::Never(_), _) if !asks.refused_by_never => {}
            (Refused::Never(never), _) => self.tell(Reason::Never, &never.limit, None),
            (Refused::Wait(wait), Some(reason)) => self.tell(reason, &wait.limit, wait.delay()),
            (Refused::Wait(_), None) => {}
        }
    }

    /// Tells of a call that the schedule has admitted.
    pub(crate) fn tell_admitted(&self, charge: &Charge) {
        self.teller.admitted();
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        if let Remark::HeldBack { meter, .. } = charge.remark
            && let Some(draw) = self.draws.iter().find(|draw| draw.meter == meter)
        {
            self.tell(Reason::Shadow, &draw.limit, None);
        }
    }

    #[cfg(any(feature = "metrics", feature = "tracing"))]
    fn tell(&self, reason: Reason, limit: &LimitInForce, wait: Option<std::time::Duration>) {
        let position = self.position(limit);
        #[cfg(feature = "metrics")]
        self.teller.counts.refused(reason, position);
        #[cfg(feature = "tracing")]
        self.teller.about.refused(reason, position, limit, wait);
    }

    /// Tells of usage that was reported and not charged, since more is owed than a window allows.
    pub(crate) fn tell_dropped(&self, limit: &LimitInForce, amount: u64) {
        #[cfg(feature = "metrics")]
        self.teller.counts.dropped(self.position(limit), amount);
        #[cfg(feature = "tracing")]
        self.teller.about.dropped(self.position(limit), limit, amount);
    }

    /// Where a limit is among the draws, whatever its amount and its window are now.
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    fn position(&self, limit: &LimitInForce) -> Option<usize> {
        let is_same = |draw: &Draw| LimitInForce { amount: limit.amount, window: limit.window, ..draw.limit } == *limit;
        self.draws.iter().position(is_same)
    }
}

/// How full a limit is, for whoever looks from outside.
#[derive(Debug)]
pub(crate) struct Gauges {
    #[cfg(feature = "metrics")]
    gauges: Option<metrics::Gauges>,
}

impl Gauges {
    pub(crate) fn new(settings: &Settings, limit: &PoolKey) -> Self {
        Self {
            #[cfg(feature = "metrics")]
            gauges: metrics::Gauges::new(settings, limit),
        }
    }

    /// Shows what is used and what is withheld of a limit.
    pub(crate) fn show(&self, used: u64, withheld: u64, limit: u64) {
        #[cfg(feature = "metrics")]
        if let Some(gauges) = &self.gauges {
            gauges.show(used, withheld, limit);
        }
    }
}
