//! Readers and interpreters of vendors' rate-limit pages.
//!
//! The crate has two stages. [`read`] parses the bytes of a page (HTML, Markdown or flattened text) into one [`Page`]:
//! headings, paragraphs, list items and tables, each with its line. [`interpret`] turns a [`Page`] into a [`Reading`]:
//! normalized limits with provenance, an account of every number of the page, and a [`Diagnostic`] for everything that
//! could not be read.
//!
//! An interpreter first extracts a *fact page*, which `catalog-src/<provider>/page.md` stores. A fact page is a [`Page`]
//! that holds only facts: headings, tables under canonical columns, limits in lists, and statements in our words. Limits
//! are read from the fact page alone, so a refresh from `page.md` gives the same limits as the refresh that wrote it.
#![forbid(unsafe_code)]

pub mod accounts;
pub mod fact_page;
pub mod interpret;
pub mod number;
pub mod page;
pub mod policy;
pub mod read;
mod reading;
mod reviewed;

pub use page::{Block, BlockKind, Cell, Flags, Label, LabelKind, Origin, Page, Row, SectionPath, Table, Unread};
pub use reading::{Diagnostic, Numbers, Reading, Severity};
pub use reviewed::{Decision, Decisions, DecisionsError};
