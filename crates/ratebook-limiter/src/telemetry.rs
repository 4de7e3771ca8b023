//! Metrics (feature `metrics`), and spans and events (feature `tracing`). Without these features none of it is
//! compiled.
//!
//! # Metrics
//!
//! Metrics go through the [`metrics`](https://docs.rs/metrics) facade to the recorder that the program has installed. A
//! model handle registers its metrics once, when it is created: install the recorder before you ask an account for
//! models. An admission without a wait costs one increment of the recorder's counter.
//!
//! | name | kind, unit | meaning |
//! |---|---|---|
//! | `ratebook_admitted_total` | counter, calls | Calls admitted, with or without a wait. |
//! | `ratebook_refused_total` | counter, calls | Calls refused, by `reason` and by the limit that has no room. |
//! | `ratebook_dropped_usage_total` | counter, units of the limit | Usage that was reported but not charged, because the limit's debt was at its maximum. |
//! | `ratebook_wait_seconds` | histogram, seconds | Duration of waits, by `outcome`. |
//! | `ratebook_waiting` | gauge, calls | Calls waiting now. |
//! | `ratebook_used_share` | gauge, 0 to 1 | Used share of a limit. Above 1 in debt; 1 for a limit of zero. |
//! | `ratebook_withheld_share` | gauge, 0 to 1 | Share of a limit that is withheld because of the vendor's responses. 1 during a pause. |
//!
//! The histogram has only calls that waited, because some recorders use memory for each value. The number of admissions
//! after a wait is `ratebook_wait_seconds_count` with the outcome `admitted`. Waits can be as long as a window: use
//! buckets from milliseconds to some minutes.
//!
//! *Labels.* All metrics have `provider`, and `account` if the account has a name (`AccountBuilder::name`). Accounts of
//! one process need names to be distinguished. Every label value is a term of the catalog or a name from the program's
//! configuration. None comes from a call or a tenant.
//!
//! Labels of calls are on `ratebook_admitted_total`, `ratebook_wait_seconds` and `ratebook_waiting`. Labels of limits are
//! on the shares and on `ratebook_dropped_usage_total`. `ratebook_refused_total` has both: `model` identifies the call,
//! and `pool` to `part` identify the limit.
//!
//! | label | on | meaning |
//! |---|---|---|
//! | `model` | calls | The narrowest pool of the call: its model, as the catalog names it. If the model has no limits of its own, the size class (`size:large`), group or task that has them, else `account`. |
//! | `region`, `plan` | both | The region and the plan, if any. |
//! | `class` | both | The class of callers, if any. |
//! | `reason` | refusals | See below. |
//! | `outcome` | waits | `admitted`; `refused`: a limit fell below the call's cost, or the deadline passed; `left`: the future or ticket was dropped. |
//! | `pool` | limits | What shares the limit: a model, a group of models, or `account`. |
//! | `metric`, `per` | limits | The metric and the period. Limits of concurrency have no `per`. |
//! | `bound`, `calls` | limits | The bound; `sync` or `async` if the limit counts only such calls. |
//! | `deployment`, `mode`, `context` | limits | The deployment, mode and class of context lengths, if the limit is for one. |
//! | `part` | limits | `whole`, `sub-window`, `pace`, `class-share` or `tenant-share`: see [`Part`](crate::Part). |
//!
//! | `reason` | the call |
//! |---|---|
//! | `wait` | was refused by `try_acquire`, and fits later |
//! | `deadline` | would have to wait, or has waited, longer than its `acquire_within` allows |
//! | `never` | costs more than a limit allows |
//! | `vendor` | was admitted, and the vendor refused it. Counted by `Model::observe`, on the limit that is paused or slowed, or without a limit if none is |
//! | `shadow` | was admitted by an account in shadow mode, and would have been held back |
//!
//! *Shares* are updated when the meters of a limit decide, which is once per tick of the clock under load. A pool
//! without calls refills without an update: call `Account::update_gauges` before each scrape. The even pace of
//! `Burst::Smooth` has no gauges, because a rate has no amount. A limit's gauges are set to zero when its account is
//! dropped.
//!
//! *Tenants.* All tenants of a [`Keyed`](crate::Keyed) count together, under the name of their builder, and have no
//! gauges of shares: a million tenants have as many series as one. Calls of a [`Tenant`](crate::Tenant) count as calls
//! of its account. The tenant's percentages of limits (`tenant-share`) have no gauges; the limits of the account have.
//!
//! A recorder must not call into the account: metrics are recorded while the account is locked.
//!
//! # Spans and events
//!
//! All have the target `ratebook_limiter`, and the fields `provider`, `account` and `model`, like the labels above.
//! `pool` is like the label. `limit` is the limit as text, with the line of the vendor's page. Times are in seconds,
//! amounts in the units of [`PoolSnapshot`](crate::PoolSnapshot).
//!
//! | name | level | when | fields |
//! |---|---|---|---|
//! | span `wait` | debug | a call is queued by `acquire` or `enqueue`. Ends with the wait, and does not cover the call itself | `limit`, `expected_seconds` (absent if another call must end first) |
//! | `admitted` | debug | a call is admitted after a wait | `waited_seconds` |
//! | `left` | debug | a waiting call is dropped | `waited_seconds` |
//! | `refused` | debug | a call is refused for good, or exceeds its deadline | `reason` (`never`, `deadline`), `pool`, `limit`, `wait_seconds` |
//! | `would_have_waited` | debug | shadow mode admits a call that would have been held back | `pool`, `limit` |
//! | `usage_dropped` | warn | a settlement exceeds the maximum debt | `pool`, `limit`, `amount` (not charged) |
//! | `vendor_refused` | warn | a response is a refusal | `pool`, `limit`, `metric`, `remedy`, `pause_seconds`, if any |
//! | `penalized` | warn | a response completes the number of refused or failed calls after which the vendor refuses every call for a time, or lengthens that time | `after` (`refused`, `failed`), `pause_seconds` |
//! | `limit_changed` | info | a response states a limit that differs from the one in force | `pool`, `limit`, `before` |
//! | `shrunk` | debug | a response states less remaining than the limiter's own count | `pool`, `limit`, `remaining` |
//! | `invalid_value` | warn | a response has a value that cannot be used | `at` (the header or phrase), `why` |
//!
//! A `try_acquire` that is refused with a wait is counted, but has no event, because callers may retry often. Events
//! are sent without holding the account's lock, so a subscriber may read the account. The span of a wait is entered
//! only for the events that end the wait: `admitted`, `left`, and `refused` after a wait.

// Without the features, `metrics_off` and `tracing_off` replace the modules. Their functions have the same signatures
// and do nothing.
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
mod wait_outcome;
mod wait_record;

#[cfg(feature = "feedback")]
pub(crate) use feedback_record::FeedbackRecord;
pub(crate) use metrics::Gauges;
#[cfg(feature = "metrics")]
pub use metrics::{ADMITTED, DROPPED_USAGE, REFUSED, USED_SHARE, WAIT_SECONDS, WAITING, WITHHELD_SHARE};
pub(crate) use recorder::{OnRefusal, Recorder};
#[cfg(feature = "tracing")]
pub use tracing::TARGET;
pub(crate) use wait_outcome::WaitOutcome;
pub(crate) use wait_record::WaitRecord;

/// Whether one of the features is enabled.
const IS_ON: bool = cfg!(any(feature = "metrics", feature = "tracing"));
