//! Random edits of a page: the positions of its cells ([`Layout`]), and the kinds of edits ([`Edit`]).
//!
//! The layout does not depend on the readers under test. It uses the pipes of Markdown and the tags of HTML. In flattened
//! text, it follows the cells of the Markdown form of the same page.

mod bench;
mod edit;
mod html;
mod kinds;
mod layout;
mod markdown;
mod places;
mod sites;
mod text;
mod vendor;

pub use bench::{Known, Seen, VendorBench};
pub use edit::{Edit, Random, apply};
pub use kinds::{Meaning, VendorEdit};
pub use layout::{CellSpan, Layout, TableSpan};
pub use sites::Sites;
pub use vendor::{Source, apply_vendor};

use ratebook_ingest::page::Form;

/// Returns the layout of a page in a form. `markdown` is the Markdown form of the same page.
///
/// # Errors
/// Returns a message if a part of the page is not found.
pub fn layout_of(page: &str, form: Form, markdown: &str) -> Result<Layout, String> {
    match form {
        Form::Html => html::layout(page),
        Form::Markdown => Ok(markdown::layout(page)),
        Form::Text => text::layout(page, markdown),
    }
}

/// Returns the number of edits of each kind: that of the environment variable `RATEBOOK_EDITS`, or else the default.
///
/// # Panics
/// Panics if the variable is not a number.
pub fn edits(default: u64) -> u64 {
    std::env::var("RATEBOOK_EDITS").map_or(default, |text| text.parse().expect("a number of edits"))
}
