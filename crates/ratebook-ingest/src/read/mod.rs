//! From bytes to a [`Page`]: the form is told by content first, by the file's ending second.

mod html;
mod markdown;
mod text;

use crate::page::{Form, Page};

/// Why bytes are no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The bytes are not UTF-8.
    #[error("not UTF-8 from byte {at} on: save the page as UTF-8")]
    NotUtf8 {
        /// The first byte that is not.
        at: usize,
    },
    /// There is nothing but white space.
    #[error("the page is empty")]
    Empty,
}

/// Reads a page whose form its content tells, or else its file's ending (`html`, `md`, `mdx`, `txt`).
///
/// # Errors
/// When the bytes are not UTF-8, or hold nothing.
pub fn read_bytes(bytes: &[u8], ending: Option<&str>) -> Result<Page, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|error| ReadError::NotUtf8 { at: error.valid_up_to() })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(ReadError::Empty);
    }
    Ok(read(text, form_of(text, ending)))
}

/// Tells a page's form by its content; the ending decides where that leaves it open.
pub fn form_of(text: &str, ending: Option<&str>) -> Form {
    let text = text.trim_start();
    let tag = text.strip_prefix('<').unwrap_or_default();
    if tag.starts_with(|c: char| c == '!' || c.is_ascii_lowercase()) {
        return Form::Html;
    }
    let is_markdown = text.starts_with("---\n") || text.starts_with("---\r\n") || markdown::has_marks(text);
    match ending {
        _ if is_markdown => Form::Markdown,
        Some("html" | "htm") => Form::Html,
        Some("md" | "mdx") => Form::Markdown,
        _ => Form::Text,
    }
}

/// Reads a page of the given form. Whatever the text is, some page comes of it; what it means is for interpreters.
pub fn read(text: &str, form: Form) -> Page {
    let text = text.replace("\r\n", "\n");
    let blocks = match form {
        Form::Html => html::blocks(&text),
        Form::Markdown => markdown::blocks(&text),
        Form::Text => text::blocks(&text),
    };
    Page { form, blocks }
}

/// Collapses white space; line breaks too.
fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Collapses white space within lines, and drops empty lines.
fn collapse_lines(text: &str) -> String {
    text.split('\n').map(collapse).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A line's number from its index.
fn line_number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}
