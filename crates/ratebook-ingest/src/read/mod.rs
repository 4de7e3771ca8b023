//! From bytes to a [`Page`]: the form is told by content first, by the file's ending second.

use crate::page::{Form, Page};

/// Tells a page's form by its content; `ending` (`html`, `md`, `mdx`, `txt`) decides where that leaves it open.
pub fn form_of(_text: &str, ending: Option<&str>) -> Form {
    match ending {
        Some("html" | "htm") => Form::Html,
        Some("md" | "mdx") => Form::Markdown,
        _ => Form::Text,
    }
}

/// Reads a page of the given form.
pub fn read(_text: &str, form: Form) -> Page {
    Page { form, blocks: Vec::new() }
}
