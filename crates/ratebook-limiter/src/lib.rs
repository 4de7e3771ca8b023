//! Admission for LLM APIs: everything the published quota allows, and nothing it does not.
//!
//! An [`Account`] owns the pools of limits that a vendor publishes, as [`ratebook`] has them. A [`Model`] of it admits
//! calls: all or nothing over every limit that governs them, in order of arrival, with an estimate of their [`Cost`]. A
//! [`Permit`] is settled with the real [`Usage`].
//!
//! ```
//! use ratebook::Provider;
//! use ratebook_limiter::{Account, Cost, Usage};
//!
//! # #[cfg(not(feature = "tokio"))]
//! # fn main() {}
//! # #[cfg(feature = "tokio")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let account = Account::builder(Provider::Alibaba).region("international").build()?;
//! let qwen = account.model("qwen-plus")?;
//! let permit = qwen.acquire(Cost::request().input(800).output(400)).await?; // waits its turn
//! // … the call …
//! permit.settle(Usage::new().input(310).output(402)); // the rest is given back
//! # Ok(())
//! # }
//! ```
//!
//! # Outcomes
//!
//! A call is granted, or has to wait, or can never be; a refusal says which limit, its value, and the line of the
//! vendor's page that states it.
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
//! `Model::acquire_within` refuses at once where the wait would be longer than a time:
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
//! # A provider that the catalog does not have
//!
//! OpenAI with 500 requests and 30,000 tokens a minute:
//!
//! ```
//! use ratebook_limiter::{Account, Cost, Quota};
//!
//! let account = Account::custom("openai")
//!     .limit(Quota::requests(500).per_minute())
//!     .limit(Quota::tokens(30_000).per_minute())
//!     .build()?;
//! let gpt = account.model("gpt-4o")?;
//! assert!(gpt.try_acquire(Cost::request().input(1_200).output(400)).is_ok());
//! # Ok::<(), ratebook_limiter::Error>(())
//! ```
//!
//! # Your own limits, shares and classes
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
//!     .class("reports", 25)                        // they never take more than a quarter
//!     .jitter(Duration::from_millis(250))          // the network's
//!     .build()?;
//! let reports = account.model_builder("qwen-plus").class("reports").priority(Priority::Batch).build()?;
//! # Ok::<(), ratebook_limiter::Error>(())
//! ```
//!
//! # What the vendor answers
//!
//! With the feature `feedback` a reply is heard: `Permit::observe` reads its status, headers and body by the provider's
//! dialect, tells what they say, and obeys it. A refusal pauses the pool that it names.
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
//! [`Fallback`] has several models for one job. `AccountBuilder::shared_with_others` is for accounts that others use, too.
//!
//! For shares of one account see [`Account::tenant`], for one account for each tenant [`Keyed`]; for threads
//! [`Model::acquire_blocking`], for a runtime other than tokio [`Model::enqueue`]; for tests [`ManualClock`]; for metrics and
//! traces [`telemetry`].
//!
//! # The model, and why the promise holds
//!
//! The promise: for every limit of L per W, the cost admitted within any interval of length W is at most L.
//!
//! *Windows.* Each limit has a log of what was admitted within the last W. A call of cost c is admitted at t only if the
//! charges of (t − W, t] and c together are at most L. Take any interval of length W, half open, and the last admission
//! in it, at t: all others in it lie within (t − W, t], so when the last was admitted, all of them together were at most
//! L. That is the whole proof; what is left is that the log never forgets early. Its ring has as many slots as the limit
//! has units, up to the [`resolution`](AccountBuilder::resolution), and then every charge has its own slot. Above that,
//! charges made within one grain of time share a slot, which leaves when its *youngest* charge is a period old: late for
//! the others, by a grain at most, and early for none. Under steady pressure that costs nothing, since new charges are
//! made at the moments at which slots leave, and so fall into slots of their own.
//!
//! *Several limits.* A decision looks at all of a call's limits and then charges all or none, in one critical section, so
//! no order of calls shows or leaves half a charge.
//!
//! *When a call leaves.* The vendor counts a call when it arrives, so a charge is dated by when its permit is handed out. A
//! call whose turn has come is charged, so that nobody else takes its place, and its caller is woken; when the caller looks,
//! the charge moves to that moment. Where it no longer counts by then, the call is decided on again. The time between the
//! permit and the request on the wire is the caller's.
//!
//! *The clock* may lag ([the system's coarse one](Clock::system) does, by some milliseconds, and costs a tenth of the
//! precise one). A reading is an interval that holds the true time: charges are dated by its end, expiry by its
//! beginning, so the distance between a charge and its expiry is never taken for longer than it is. Whoever waits reads the
//! precise clock.
//!
//! *Settling.* Less than was estimated is given back as of the charge, so the window that held it holds less. More is
//! charged as of now. The sum may then exceed L: nothing is admitted until it does not, which is the rule above and needs
//! no other. At one time no more than one full window is owed, and what is reported beyond it is dropped, and
//! [told](PoolSnapshot::dropped): a reply with an absurd count holds up nobody for longer than that.
//!
//! *Waiting.* A call that waits holds nothing; it is charged in its turn. So dropping it leaves nothing behind, and
//! a wait on tokens takes no request from anybody. Its place is kept by order: no younger call passes it on a limit that
//! it waits for, and none passes it on another where that would make it later (conservative backfilling, as batch
//! schedulers do: Feitelson and Weil 1998). So the oldest call's moment never moves back, and nobody starves. A caller that
//! does not claim its turn within a [grace](AccountBuilder::grace) keeps its place, but is passed over until it looks: so any
//! number of tickets and futures that nobody polls delay the others by one grace.
//!
//! *How long.* A wait is forecast: a copy of the queue goes on by its own rules, from one moment at which there is room to
//! the next. It is right as long as nothing is settled, dropped or changed and nobody comes; above 1,024 waiting calls it is
//! estimated by sums.
//!
//! *Never.* A call above a limit in force (as it is, narrowed by replies, set, or grown so far) is refused at once, also
//! where it already waits: what does not fit blocks nobody.
//!
//! *An even pace* ([`Burst::Smooth`]) is a leaky bucket of burst b and rate (L − b)/W. A server that
//! estimates by a sliding counter, the last fixed window in proportion and the present one in full, then never counts
//! more than L: with p in the last window and q in the present one, of which a share f is over, p + q ≤ b + (1 + f)(L − b)
//! and q ≤ b + f(L − b), so p(1 − f) + q ≤ L. A settlement leaves the bucket as if the call had cost its real use from the
//! beginning, so that holds for what was used, too.
//!
//! *Shorter windows.* Where a vendor enforces a minute's limit by the second, both are enforced. A call that is larger
//! than a second's part passes when nothing else is in the window, and holds it for its share of the minute: of what it was
//! estimated at first, and of what it used once it is settled.
//!
//! *Days and months* follow UTC where the vendor's do ([`AccountBuilder::calendar`]), by the wall clock, which also goes on
//! while a machine sleeps; a call at midnight counts on both sides. Else they slide, and a month is 31 days, so that no
//! calendar counts more.
//!
//! *Growing limits* grow by the minutes in which at least half of them was used, and shrink by idle ones: vendors do not
//! say what they call sustained, and this is no more than any of them can mean. Where a vendor refuses steep rises, requests
//! rise [slowly](AccountBuilder::slow_start) after a start and after idle times.
#![forbid(unsafe_code)]

mod account;
mod acquire;
mod blocking;
mod builder;
mod calendar;
mod charge;
mod clock;
mod configured;
mod cost;
mod debts;
mod draw;
mod fallback;
#[cfg(feature = "feedback")]
pub mod feedback;
mod forecast;
mod found;
mod hot;
mod keyed;
mod learn;
mod lending;
mod limit;
mod limit_state;
mod log;
mod meter;
mod meter_spec;
mod model;
mod nanos;
mod negotiated;
mod pace;
mod per;
mod permit;
mod place;
mod pool;
mod queue;
mod quota;
mod ramp;
mod refusal;
mod route;
mod rule;
mod rules;
mod schedule;
mod settings;
mod sharing;
mod snapshot;
mod state;
pub mod telemetry;
mod tenant;
mod ticket;
#[cfg(feature = "tokio")]
mod timer_task;
#[cfg(feature = "tokio")]
mod timers;
mod vendor;
#[cfg(feature = "tokio")]
mod wait;
mod withheld;

pub use account::Account;
pub use builder::AccountBuilder;
pub use clock::{Clock, ManualClock};
pub use cost::{Cost, Usage};
pub use fallback::{Choice, Fallback, NoneAdmits, Passed};
pub use found::LimitsBy;
pub use keyed::Keyed;
pub use limit::{LimitInForce, Part};
pub use model::{Model, ModelBuilder, Priority};
pub use permit::{OwnedPermit, Permit};
pub use quota::Quota;
pub use refusal::{Error, InvalidLimit, Never, Refused, Wait};
pub use settings::{Burst, StartLevel};
pub use snapshot::PoolSnapshot;
pub use tenant::Tenant;
pub use ticket::{Admission, Ticket};
