//! The Markdown with HTML that cleaning writes: lines, panels, and what is not read.

use crate::page::{LabelKind, Unread};
use crate::read::line_map::LineMap;

/// The Markdown of a page, with the page's line of each of its bytes.
#[derive(Debug, Default)]
pub(super) struct Cleaned {
    pub(super) text: String,
    pub(super) lines: LineMap,
}

impl Cleaned {
    /// Appends a line of the page.
    pub(super) fn push(&mut self, line: u32, text: &str) {
        self.lines.push(self.text.len(), line);
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Appends a line that is a block of its own.
    pub(super) fn block(&mut self, line: u32, text: &str) {
        self.push(line, "");
        self.push(line, text);
        self.push(line, "");
    }

    /// Appends something that is not read.
    pub(super) fn unread(&mut self, line: u32, what: Unread, text: &str) {
        self.block(line, &unread(what, text));
    }
}

/// Returns the element of something that is not read.
pub(super) fn unread(what: Unread, text: &str) -> String {
    format!("<ratebook-unread what=\"{}\" text=\"{}\">\n</ratebook-unread>", what.word(), attribute(text))
}

/// Returns the start tag of a panel.
pub(super) fn panel(kind: LabelKind, label: &str, is_hidden: bool) -> String {
    let word = match kind {
        LabelKind::Heading(_) | LabelKind::Accordion => "accordion",
        LabelKind::Tab => "tab",
        LabelKind::Details => "details",
        LabelKind::Admonition => "admonition",
    };
    let hidden = if is_hidden { " hidden" } else { "" };
    format!("<ratebook-panel kind=\"{word}\" label=\"{}\"{hidden}>", attribute(label))
}

/// The end tag of a panel.
pub(super) const PANEL_END: &str = "</ratebook-panel>";

/// Returns a text as the value of an attribute.
fn attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}
