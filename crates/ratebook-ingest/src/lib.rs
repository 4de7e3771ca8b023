//! Reads vendors' rate-limit pages and interprets them.
//!
//! Two arrows of the way of the data live here. [`read`] turns a page's bytes, HTML, Markdown or flattened
//! text, into one [`Page`]: headings, paragraphs, list items and tables with their lines. [`interpret`] turns a
//! [`Page`] into a [`Reading`]: normalized limits with provenance, an account of every number of the page, and
//! a [`Diagnostic`] for all that could not be read.
//!
//! In between stands the *distilled* page, which `catalog-src/<provider>/page.md` keeps: a [`Page`] again, that
//! holds only facts (headings, tables under canonical columns, limits in lists, statements in our words).
//! An interpreter distils first and reads limits from the distilled page only, so that a refresh from
//! `page.md` cannot differ from the refresh that wrote it.
#![forbid(unsafe_code)]

pub mod distilled;
pub mod interpret;
pub mod number;
pub mod page;
pub mod policy;
pub mod read;
mod reading;
mod reviewed;

pub use page::{Block, BlockKind, Cell, Origin, Page, Row, Table};
pub use reading::{Diagnostic, Numbers, Reading, Severity};
pub use reviewed::{Decision, Decisions, DecisionsError};
