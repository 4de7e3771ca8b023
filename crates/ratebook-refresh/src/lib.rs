//! The refresh of the catalog's source.
//!
//! [`refresh`] finds each vendor's page, interprets it, compares it with the last reading, reports the differences, and
//! atomically replaces `pages/*.md`, `limits.tsv`, `lines.tsv`, `names.tsv` and `policy.tsv`. `cargo xtask refresh-catalog` is
//! its command.
#![forbid(unsafe_code)]

mod check;
mod compare;
mod dates;
mod fetch;
mod files;
mod loss;
mod options;
mod origin;
mod origin_error;
mod page_diff;
mod part;
mod pipeline;
mod removed;
mod render;
mod report;
mod saved;

pub use fetch::{FetchError, Fetcher};
pub use options::Options;
pub use origin::Origin;
pub use origin_error::OriginError;
pub use pipeline::{Progress, RefreshError, Silent, refresh};
pub use render::render;
pub use report::{Change, ChangeKind, Note, PageReport, ProviderReport, Report, State};
pub use saved::{SavedPage, SavedPages};
