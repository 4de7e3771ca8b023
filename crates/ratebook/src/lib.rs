//! Every LLM vendor's published rate limits, read from the vendor's own page, as typed constants.
//!
//! ```
//! use ratebook::{Amount, Entry, Metric, Period};
//! use ratebook::alibaba::international::QWEN_PLUS;
//!
//! // A constant for each entry, whose documentation lists its limits.
//! const REQUESTS: Option<Amount> = QWEN_PLUS.amount(Metric::Requests, Some(Period::Minute));
//! assert_eq!(REQUESTS, Some(Amount::Count(600)));
//!
//! // By name in a constant: a wrong name stops the build.
//! const QWEN: Entry = ratebook::entry!("alibaba", "international", "qwen-plus");
//! assert_eq!(QWEN, QWEN_PLUS);
//! ```
//!
//! At run time, [`Call::resolve`] finds every limit that governs a call, with the fallbacks that the provider's page
//! states, and says which rule it used:
//!
//! ```
//! use ratebook::{Call, Plan, Provider, Rule};
//!
//! let call = Call::new(Provider::Castai, "llama-3.1-405b").plan(Plan::Growth);
//! let found = call.resolve().unwrap();
//! assert_eq!(found.rule(), Rule::SizeClass { class: "large", parameters: 405_000_000_000 });
//! let limits: Vec<String> = found.limits().map(|limit| limit.to_string()).collect();
//! assert_eq!(limits, ["150 requests per minute", "100000 tokens per minute"]);
//! ```
//!
//! The crate is `no_std`, allocates nothing and depends on nothing at run time. Its tables are made by its build script
//! from `catalog-src`; the environment variable `RATEBOOK_OVERLAY` names a folder of the same form that is laid over it:
//! negotiated limits, or a private provider. A provider of more than 5,000 entries has no constants for them, since the
//! compiler takes too many badly: [`entry!`] and [`find`] lead to them all the same. What was read on which day is in [`CATALOG_VERSION`] and the dates of each
//! provider; how sure a number is, in its [`Evidence`].
#![no_std]
#![forbid(unsafe_code)]

#[macro_use]
mod word;

mod date;
mod entry;
mod find;
mod hash {
    include!(concat!(env!("OUT_DIR"), "/hash.rs"));
}
#[allow(dead_code, reason = "the generator writes by it, the catalog reads")]
mod layout {
    include!(concat!(env!("OUT_DIR"), "/layout.rs"));
}
mod limit;
mod macros;
mod nearest;
mod packed;
mod parameters;
#[rustfmt::skip] // generated
mod policy;
mod provider;
mod quantity;
mod resolve;
#[rustfmt::skip] // generated
mod words;

pub use date::Date;
pub use entry::{Aliases, Entries, Entry, Limits, Status};
pub use find::{find, find_by_names, find_kind};
pub use limit::{Amount, Limit, Pool, Ramp, RampPoint};
pub use nearest::Nearest;
pub use policy::{BodyTime, Header, Over, Policy, Reply};
pub use provider::SizeClass;
pub use quantity::Quantity;
pub use resolve::{Call, GoverningLimits, Resolution, Rule, Unknown, What};
pub use words::{
    Bound, Calendar, Calls, Evidence, HeaderFormat, Kind, Metric, OverLimit, Period, Remedy, Resets, Says, Scope,
    Window,
};

#[doc(hidden)]
pub use macros::__macro;

use packed::Aligned;
use provider::{PlanData, ProviderData};

include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// The program of the crate's README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
