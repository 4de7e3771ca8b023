//! Admission control for LLM APIs: use the whole published quota, and nothing above it.
//!
//! An [`Account`] owns the pools of the limits that a vendor publishes, from the catalog in [`ratebook`] or from your
//! own [`Quota`]s. A [`Model`] admits calls under all limits that govern them at once, in order of arrival, given an
//! estimate of their [`Cost`]. A [`Permit`] is settled with the call's real [`Usage`].
//!
//! ```
//! use ratebook_limiter::{Account, Cost, Quota, Usage};
//!
//! # #[cfg(not(feature = "tokio"))]
//! # fn main() {}
//! # #[cfg(feature = "tokio")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let account = Account::custom("openai")
//!     .limit(Quota::requests(500).per_minute())
//!     .limit(Quota::tokens(30_000).per_minute())
//!     .build()?;
//! let gpt = account.model("gpt-4o")?;
//! let permit = gpt.acquire(Cost::request().input(1_200).output(400)).await?; // waits in order of arrival
//! // … the call …
//! permit.settle(Usage::new().input(1_180).output(212)); // refunds the rest
//! # Ok(())
//! # }
//! ```
//!
//! # Admission
//!
//! A call fits now, fits later (`Refused::Wait`), or never fits (`Refused::Never`). A refusal states the limit, its
//! amount, and where it is published.
//!
//! ```
//! use ratebook::Provider;
//! use ratebook_limiter::{Account, Cost, Refused};
//!
//! let account = Account::builder(Provider::Castai).plan("starter").build()?;
//! let llama = account.model("Llama 3.3 70B")?;
//! let permit = llama.try_acquire(Cost::tokens(30_000)).unwrap();
//! let Err(Refused::Wait(wait)) = llama.try_acquire(Cost::tokens(1)) else { panic!() };
//! assert!(wait.delay().unwrap().as_secs() <= 60);
//! let Err(Refused::Never(never)) = llama.try_acquire(Cost::tokens(30_001)) else { panic!() };
//! assert!(never.to_string().contains("30000 tokens per 60s (castai, starter, large, line "));
//! permit.cancel_unsent();
//! # Ok::<(), ratebook_limiter::Error>(())
//! ```
//!
//! `Model::acquire_within` fails at once if the wait would be longer than a given time:
//!
//! ```
//! use std::time::Duration;
//! use ratebook::Provider;
//! use ratebook_limiter::{Account, Cost};
//!
//! # #[cfg(not(feature = "tokio"))]
//! # fn main() {}
//! # #[cfg(feature = "tokio")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let llama = Account::builder(Provider::Castai).plan("starter").build()?.model("Llama 3.3 70B")?;
//! let _first = llama.acquire(Cost::tokens(30_000)).await?;
//! assert!(llama.acquire_within(Cost::tokens(500), Duration::from_secs(1)).await.is_err());
//! # Ok(())
//! # }
//! ```
//!
//! # Negotiated limits, shares and classes
//!
//! ```
//! use std::time::Duration;
//! use ratebook::{Metric, Period, Provider};
//! use ratebook_limiter::{Account, Priority};
//!
//! let account = Account::builder(Provider::Alibaba)
//!     .region("international")
//!     .negotiated("qwen-plus", Metric::Requests, Some(Period::Minute), 9_000)
//!     .share_of(Metric::Tokens, 80)                // another process has the rest
//!     .class("reports", 25)                        // at most a quarter of every limit
//!     .jitter(Duration::from_millis(250))          // variation of the network's delay
//!     .build()?;
//! let reports = account.model_builder("qwen-plus").class("reports").priority(Priority::Batch).build()?;
//! # Ok::<(), ratebook_limiter::Error>(())
//! ```
//!
//! # Learning from responses
//!
//! With the feature `feedback`, `Permit::observe` parses a response's status, headers and body in the provider's
//! dialect, returns what they state, and adjusts the limits. A refusal by the vendor (HTTP 429) pauses the pool that it
//! names.
//!
//! ```
//! # #[cfg(not(feature = "feedback"))]
//! # fn main() {}
//! # #[cfg(feature = "feedback")]
//! # fn main() -> Result<(), ratebook_limiter::Error> {
//! use ratebook::{Metric, Provider};
//! use ratebook_limiter::{Account, Cost, Refused};
//!
//! let account = Account::builder(Provider::Alibaba).region("international").build()?;
//! let qwen = account.model("qwen-plus")?;
//! let permit = qwen.try_acquire(Cost::tokens(1_200)).unwrap();
//! let body = br#"{"error": {"code": "insufficient_quota", "message": "Allocated quota exceeded"}}"#;
//! let signals = permit.observe(429, &[("retry-after", "7")][..], body);
//! assert_eq!(signals.refusal().unwrap().metric, Some(Metric::Tokens));
//! let Err(Refused::Wait(wait)) = qwen.try_acquire(Cost::tokens(1)) else { panic!() };
//! assert!((6..=7).contains(&wait.delay().unwrap().as_secs()));
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! | for | see |
//! |---|---|
//! | several models for one job | [`Fallback`] |
//! | an account that others use too | `AccountBuilder::shared_with_others` |
//! | tenants that share one account, each with a percentage of every limit | [`Account::tenant`] |
//! | tenants with an account each | [`Keyed`] |
//! | threads; a runtime other than tokio | [`Model::acquire_blocking`]; [`Model::enqueue`] |
//! | tests | [`ManualClock`] |
//! | metrics and traces | [`telemetry`] |
//! | the algorithms, and the proof of the promise | [`_design`] |
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `tokio` | yes | `acquire` and its variants, which wait on tokio's timer; `Clock::tokio` |
//! | `feedback` | no | [`feedback`](https://docs.rs/ratebook-limiter/latest/ratebook_limiter/feedback): dialects, `observe`, accounts shared with others |
//! | `http` | no | headers of the `http` crate for `feedback` |
//! | `load` | no | catalogs loaded at run time (`ratebook::load`), and `Account::reload` |
//! | `metrics` | no | counters, gauges and a histogram through the `metrics` facade |
//! | `tracing` | no | spans and events |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

pub mod _design;
mod account;
mod account_provider;
mod acquire;
mod aimd;
mod blocking;
mod builder;
mod calendar;
mod catalog_key;
mod charge;
mod clock;
mod cost;
mod debts;
mod draw;
mod fallback;
mod fast_path;
#[cfg(feature = "feedback")]
pub mod feedback;
mod find_configured;
mod find_limits;
mod forecast;
mod gcra;
mod growth;
#[cfg(feature = "load")]
mod in_use;
#[cfg(not(feature = "load"))]
#[path = "in_use_off.rs"]
mod in_use;
mod interned;
mod keyed;
mod label;
mod lending;
mod limit;
mod limit_state;
mod limits_by;
mod meter;
mod meter_spec;
mod model;
mod model_builder;
mod nanos;
mod negotiated;
mod output_sizes;
mod pause;
#[cfg(feature = "feedback")]
mod penalties;
mod per;
mod permit;
mod pool;
mod queue;
mod quota;
mod ramp;
mod refusal;
#[cfg(feature = "load")]
mod reload;
mod resolved_limit;
mod route;
mod schedule;
mod settings;
mod sliding_window;
mod snapshot;
mod state;
pub mod telemetry;
mod tenant;
mod ticket;
#[cfg(feature = "tokio")]
mod timer_task;
#[cfg(feature = "tokio")]
mod timers;
mod unenforced;
#[cfg(feature = "tokio")]
mod wait;
mod withheld;
mod zone;

pub use account::Account;
pub use builder::AccountBuilder;
pub use clock::{Clock, ManualClock};
pub use cost::{Cost, Usage};
pub use fallback::{AllRefused, Choice, Fallback, Skipped};
pub use keyed::Keyed;
pub use limit::{LimitInForce, Part};
pub use limits_by::LimitsBy;
pub use model::Model;
pub use model_builder::{ModelBuilder, Priority};
pub use pause::PauseReason;
pub use permit::{OwnedPermit, Permit};
pub use quota::Quota;
pub use refusal::{Error, InvalidLimit, Never, Refused, Wait};
#[cfg(feature = "load")]
#[cfg_attr(docsrs, doc(cfg(feature = "load")))]
pub use reload::ReloadError;
pub use settings::{Burst, StartLevel};
pub use snapshot::PoolSnapshot;
pub use tenant::Tenant;
pub use ticket::{Admission, Ticket};
pub use unenforced::{Unenforced, UnenforcedReason};

/// The program of the crate's README is a test.
#[cfg(all(doctest, feature = "tokio"))]
#[doc = include_str!("../README.md")]
struct Readme;
