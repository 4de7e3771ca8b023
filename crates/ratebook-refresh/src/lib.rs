//! The refresh of the catalog's source: find each vendor's page, read it, compare it with the last reading, report,
//! and write `page.md`, `limits.tsv`, `lines.tsv` and `policy.tsv`, each beside and then renamed.
//!
//! `cargo xtask refresh-catalog` is the command over [`refresh`].
#![forbid(unsafe_code)]

mod check;
mod compare;
mod dates;
mod fetch;
mod files;
mod loss;
mod origin;
mod page_diff;
mod pipeline;
mod render;
mod report;

pub use fetch::{FetchError, Fetcher};
pub use origin::{Origin, OriginError};
pub use pipeline::{Options, Progress, RefreshError, Silent, refresh};
pub use render::render;
pub use report::{Change, ChangeKind, Note, ProviderReport, Report, State};
