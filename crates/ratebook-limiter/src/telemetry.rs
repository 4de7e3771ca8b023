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
//! | `ratebook_waiting` | counter, calls | Calls that wait now. |
//! | `ratebook_used_share` | counter, 0 to 1 | What is used of a limit: above 1 where something is owed, 1 of a limit of nothing. |
//! | `ratebook_withheld_share` | counter, 0 to 1 | What is withheld of a limit by the vendor's word: 1 in a pause. |
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
//! | `would_have_waited` | debug | shadow mode admits what would have been held back | `pool`, `limit` |
//! | `usage_dropped` | warn | a settlement reports more than may be owed at one time | `pool`, `limit`, `amount`: what was not charged, in the units of [`PoolSnapshot`](crate::PoolSnapshot) |
//! | `vendor_refused` | warn | a reply is a refusal | `pool`, `limit`, `metric`, `remedy`, `pause_seconds`, each where there is one |
//! | `limit_changed` | info | a reply says that a limit is another than was in force | `pool`, `limit`, `before` |
//! | `shrunk` | debug | a reply says that less is left than was believed | `pool`, `limit`, `left`, in the units of [`PoolSnapshot`](crate::PoolSnapshot) |
//! | `invalid_value` | warn | a reply says what makes no sense | `at`: the header or the phrase; `why` |
//!
//! Metrics are recorded while the account is locked: a recorder must not ask the account for anything.
//!
//! A `try_acquire` that is told to wait is counted, and makes no event: callers may ask often. No event is sent while an
//! account is locked, so a subscriber may look at the account. The span of a wait is entered for the events that end it
//! alone: `admitted` and `left`, and `refused` after a wait, are told within it.

// Without its feature, each of the two has a twin with the same functions, which do nothing.
#[cfg(feature = "feedback")]
mod feedback_record;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(not(feature = "metrics"))]
#[path = "telemetry/metrics_off.rs"]
mod metrics;
#[cfg(any(feature = "metrics", feature = "tracing"))]
mod names;
mod reason;
mod recorder;
#[cfg(feature = "tracing")]
mod tracing;
#[cfg(not(feature = "tracing"))]
#[path = "telemetry/tracing_off.rs"]
mod tracing;
mod wait_record;

use std::sync::Arc;

#[cfg(feature = "feedback")]
pub(crate) use feedback_record::FeedbackRecord;
pub(crate) use metrics::Gauges;
#[cfg(feature = "metrics")]
pub use metrics::{ADMITTED, DROPPED_USAGE, REFUSED, USED_SHARE, WAIT_SECONDS, WAITING, WITHHELD_SHARE};
pub(crate) use recorder::{OnRefusal, Recorder};
#[cfg(feature = "tracing")]
pub use tracing::TARGET;
pub(crate) use wait_record::{WaitOutcome, WaitRecord};

/// Whether anything is recorded at all.
const IS_ON: bool = cfg!(any(feature = "metrics", feature = "tracing"));

/// What metrics and events call an account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Label {
    /// Its name, to tell it from others at the same provider.
    pub(crate) name: Option<Arc<str>>,
    /// Whether it is one of many that a [`Keyed`](crate::Keyed) holds, and that are counted together.
    pub(crate) is_keyed: bool,
}
