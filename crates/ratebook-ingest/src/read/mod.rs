//! Readers from bytes to a [`Page`]. The content determines the form; if it does not, the file's extension does.

mod arrange;
mod characters;
mod gaps;
mod html;
mod labelled;
mod line_map;
mod markdown;
mod marks;
mod page_facts;
pub(crate) mod sections;
mod text;

use crate::page::{Form, Page};

/// The error of bytes that are not a page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The bytes are not UTF-8.
    #[error("expected UTF-8, found another encoding at byte {at}: save the page as UTF-8")]
    NotUtf8 {
        /// The offset of the first invalid byte, from 0.
        at: usize,
    },
    /// The page has only white space.
    #[error("the page is empty")]
    Empty,
}

/// Reads a page. Its content determines the form, or else the file's extension (`html`, `md`, `mdx`, `txt`).
///
/// # Errors
/// Returns an error if the bytes are not UTF-8, or only white space.
pub fn read_bytes(bytes: &[u8], extension: Option<&str>) -> Result<Page, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|error| ReadError::NotUtf8 { at: error.valid_up_to() })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(ReadError::Empty);
    }
    Ok(read(text, form_of(text, extension)))
}

/// Returns the form of a page by its content, or by the file's extension if the content fits several forms.
///
/// Comments of HTML at its beginning do not count: a copy of a page may name its origin in one.
pub fn form_of(text: &str, extension: Option<&str>) -> Form {
    let mut text = text.trim_start();
    while let Some((_, after)) = text.strip_prefix("<!--").and_then(|comment| comment.split_once("-->")) {
        text = after.trim_start();
    }
    let tag = text.strip_prefix('<').unwrap_or_default();
    if tag.starts_with(|c: char| c == '!' || c.is_ascii_lowercase()) {
        return Form::Html;
    }
    let is_markdown = text.starts_with("---\n") || text.starts_with("---\r\n") || markdown::has_marks(text);
    match extension {
        _ if is_markdown => Form::Markdown,
        Some("html" | "htm") => Form::Html,
        Some("md" | "mdx") => Form::Markdown,
        _ => Form::Text,
    }
}

/// Reads a page of a form. Every text gives a page; its blocks name what was not read.
pub fn read(text: &str, form: Form) -> Page {
    let text = characters::normalize(text);
    let (title, date) = (page_facts::find_title(&text), page_facts::find_date(&text));
    let (text, gaps) = gaps::remove(&text);
    let mut blocks = match form {
        Form::Html => html::blocks(&text),
        Form::Markdown => markdown::blocks(&text),
        Form::Text => text::blocks(&text),
    };
    // A line that is counted within HTML in Markdown may be one too far.
    let last = u32::try_from(text.lines().count().max(1)).unwrap_or(u32::MAX);
    blocks.iter_mut().for_each(|block| block.move_up_to(last));
    Page { gaps, title, date, ..Page::new(form, arrange::arrange(blocks)) }
}

/// Collapses white space, line breaks included.
fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Collapses white space within lines, and removes empty lines.
fn collapse_lines(text: &str) -> String {
    text.split('\n').map(collapse).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Returns the number of a line from its index.
fn line_number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}
