//! Readers and recipes of vendors' rate-limit pages.
//!
//! The crate has two stages. [`read`] parses the bytes of a page (HTML, Markdown or flattened text) into one [`Page`]:
//! headings, paragraphs, list items and tables, each with its line. [`engine`] turns a [`Page`] into a [`Reading`] with the
//! provider's [`recipe`]: normalized limits with provenance, a ledger of every number of the page, and a [`Diagnostic`]
//! for everything that could not be read.
//!
//! A reading first gives a *fact page*, which `catalog-src/<provider>/pages/<id>.md` stores. A fact page is a [`Page`] that
//! holds only facts: headings, tables under canonical columns, and statements in our words. Limits are read from the fact
//! page alone, so a refresh from the fact pages gives the same limits as the refresh that wrote them.
#![forbid(unsafe_code)]

mod columns;
mod duplicates;
mod duration;
pub mod engine;
pub mod fact_page;
pub mod first_recipe;
pub mod ledger;
pub mod number;
pub mod page;
pub mod policy;
mod provider_reader;
pub mod read;
mod reading;
pub mod recipe;
mod reviewed;
mod vocabulary;

pub use page::{Block, BlockKind, Cell, Flags, Label, LabelKind, Origin, Page, Row, SectionPath, Table, Unread};
pub use provider_reader::ProviderReader;
pub use reading::{Diagnostic, Numbers, Reading, Severity};
pub use reviewed::{Acknowledged, Decision, Decisions, DecisionsError, Subject};
