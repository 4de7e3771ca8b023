//! Published rate limits of LLM vendors, read from their own pages, as typed constants.
//!
//! ```
//! use ratebook::{Amount, Entry, Metric, Period};
//! use ratebook::providers::alibaba::international::QWEN_PLUS;
//!
//! // Each entry has a constant, with its limits in the documentation.
//! const REQUESTS: Option<Amount> = QWEN_PLUS.amount(Metric::Requests, Some(Period::Minute));
//! assert_eq!(REQUESTS, Some(Amount::Count(600)));
//!
//! // By name in a constant: a wrong name stops the build.
//! const QWEN: Entry = ratebook::entry!("alibaba", "international", "qwen-plus");
//! assert_eq!(QWEN, QWEN_PLUS);
//! ```
//!
//! At run time, [`Call::resolve`] returns every limit that governs a call. It applies the fallbacks that the provider's page
//! states, and returns the rule that it used:
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
//! Without features, the crate is `no_std`, does not allocate, and has no dependencies. The feature `load` needs `std`, and
//! its loader allocates. With the feature `overlay`, the environment variable `RATEBOOK_OVERLAY` is the path of a folder in
//! the form of `catalog-src`, with negotiated limits or private providers, which override the catalog at build time.
//!
//! A provider with more than 5,000 entries has no constants for them, because they compile slowly; [`entry!`] and [`find`]
//! return its entries too. [`CATALOG_VERSION`] and the dates of each provider state when the pages were read. [`Evidence`]
//! states how each number was read.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

#[cfg(feature = "load")]
extern crate std;

// Outside of `load`, every function is `#[inline]`, private ones too: a program compiles only those that it calls.

/// Includes a generated file: that of the shipped catalog, or that of the build script with the feature `overlay`.
#[cfg(not(feature = "overlay"))]
macro_rules! generated {
    ($file:literal) => {
        include!(concat!("generated/", $file));
    };
}
#[cfg(feature = "overlay")]
macro_rules! generated {
    ($file:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $file));
    };
}

#[cfg(not(feature = "overlay"))]
const _: () = {
    if let Some(overlay) = option_env!("RATEBOOK_OVERLAY") {
        let message = "RATEBOOK_OVERLAY is set: enable the feature `overlay` of `ratebook`, or unset the variable";
        assert!(overlay.is_empty(), "{}", message);
    }
};

#[macro_use]
mod key_parts;
#[macro_use]
mod word;

mod alike;
mod call;
mod candidates;
mod date {
    generated!("date.rs");
}
mod entry;
mod find;
mod hash {
    generated!("hash.rs");
}
#[allow(dead_code, reason = "the generator uses its writing half, the catalog its reading half")]
mod layout {
    generated!("layout.rs");
}
mod limit;
mod limits;
#[cfg(feature = "load")]
#[cfg_attr(docsrs, doc(cfg(feature = "load")))]
pub mod load;
mod macros;
mod nearest;
mod packed;
mod page;
mod parameters;
mod pattern;
mod period {
    generated!("period.rs");
}
#[rustfmt::skip] // generated
mod policy;
mod provider;
mod provider_data;
mod provider_entries;
mod quantity;
mod resolution;
mod resolve;
mod rule;
mod rules;
mod unknown;
mod why_unknown;
#[rustfmt::skip] // generated
mod words;

pub use call::Call;
pub use date::Date;
pub use entry::{Aliases, Entry, Status};
pub use find::{EntryKey, find, find_named, find_of_kind};
pub use limit::{Amount, Factor, Limit, Pool, Ramp, RampPoint, Weight};
pub use limits::Limits;
pub use nearest::Nearest;
pub use page::VendorPage;
pub use pattern::{Family, Pattern};
pub use period::{Period, Span};
pub use policy::{BodyTime, Growth, Header, OutputWeight, OverLimitRule, Penalty, Policy, ResponsePattern};
pub use provider_data::SizeClass;
pub use provider_entries::Entries;
pub use quantity::{Quantity, UsageKnown};
pub use resolution::{GoverningLimits, Resolution};
pub use rule::Rule;
pub use unknown::{Unknown, UnknownKind};
pub use words::{
    Bound, Calendar, Evidence, HeaderFormat, HeaderMeaning, Invocation, Kind, MaxOutput, Metric, OverLimit,
    PenaltyTrigger, ProviderState, Remedy, Resets, Scope, UsageFormat, Window,
};

#[doc(hidden)]
pub use macros::__macro;

use packed::Aligned;
use provider_data::{PlanData, ProviderData, RegionData};

generated!("catalog.rs");

/// Runs the example of the crate's README as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
