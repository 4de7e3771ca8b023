//! Random edits of a page: where its cells are ([`Layout`]), and what is done to them ([`Edit`]).
//!
//! The layout is found without the readers under test: in Markdown by its pipes, in HTML by its tags, in flattened
//! text by walking along the cells of the Markdown form of the same page.

mod edit;
mod html;
mod layout;
mod markdown;
mod text;

pub use edit::{Edit, Random, apply};
pub use layout::{CellSpan, Layout, TableSpan};

use ratebook_ingest::page::Form;

/// The layout of a page in the given form; `markdown` is the same page as Markdown.
///
/// # Errors
/// What could not be located, for a person who wrote a fixture.
pub fn layout_of(page: &str, form: Form, markdown: &str) -> Result<Layout, String> {
    match form {
        Form::Html => html::layout(page),
        Form::Markdown => Ok(markdown::layout(page)),
        Form::Text => text::layout(page, markdown),
    }
}
