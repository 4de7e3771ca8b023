//! The types of `catalog-src/<provider>/`, and its line format.
//!
//! A [`ProviderSource`] is one provider's `limits.tsv` with its `lines.tsv` and `names.tsv`. A [`PolicySource`] is its
//! `policy.tsv`. The line format needs no dependencies, so build scripts that read it compile quickly. On sorted sources,
//! [`ProviderSource::parse`] and [`ProviderSource::write`] are inverse to each other, byte for byte. So are the parsers and
//! writers of the other files.
//!
//! ```
//! use ratebook_source::{Amount, Limit, Metric, Period, ProviderSource};
//!
//! let mut source = ProviderSource::new("acme");
//! let mut limit = Limit::model("rocket-1", Metric::Requests, Amount::Count(600));
//! limit.per = Some(Period::Minute);
//! source.limits.push(limit);
//! source.sort();
//! let text = source.write();
//! assert_eq!(ProviderSource::parse(&text).unwrap(), source);
//! ```
#![forbid(unsafe_code)]

#[macro_use]
mod column;
#[macro_use]
mod word;

mod amount;
#[cfg(feature = "diff")]
mod catalog;
mod columns;
#[cfg(feature = "diff")]
mod compare;
mod date;
mod date_text;
#[cfg(feature = "write")]
mod diff;
mod limit;
mod line;
mod name_lines;
mod names;
mod period;
#[rustfmt::skip] // generated
mod policy;
mod policy_lines;
mod provider;
mod validate;
#[rustfmt::skip] // generated
mod words;
#[cfg(feature = "write")]
mod write;

pub use amount::Amount;
#[cfg(feature = "diff")]
pub use catalog::{Catalog, CatalogError, CatalogProvider, Extent};
#[cfg(feature = "diff")]
pub use compare::{Difference, DifferenceKind, Topic, compare, compare_policies};
pub use date::Date;
#[cfg(feature = "write")]
pub use diff::{Change, diff};
pub use limit::{EntryKey, Factor, Limit, LimitKey, Pool, RampPoint, Weight};
pub use line::SourceError;
pub use names::{Family, KeyParts, Pattern, Region, Removed, Renaming, Replacement};
pub use period::{Period, Span};
pub use policy::{BodyTime, Growth, Header, OutputWeight, OverLimitRule, Penalty, PolicySource, ResponsePattern};
pub use provider::{Plan, ProviderSource, SizeClass, VendorPage};
pub use validate::{Problem, describe, validate};
pub use word::UnknownWord;
pub use words::{
    Bound, Calendar, Evidence, HeaderFormat, HeaderMeaning, Invocation, Kind, MaxOutput, Metric, OverLimit,
    PenaltyTrigger, ProviderState, Remedy, Resets, Scope, UsageFormat, Window,
};

/// The source files that the generator copies beside the tables: their names, and their texts.
#[doc(hidden)]
pub const SHARED: [(&str, &str); 2] = [("date.rs", include_str!("date.rs")), ("period.rs", include_str!("period.rs"))];
