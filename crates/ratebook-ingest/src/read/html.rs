//! The HTML reader: blocks in document order, with the spans of tables resolved.

mod lines;
mod table;

use scraper::{ElementRef, Html, Node};

use super::{collapse, collapse_lines};
use crate::page::{Block, BlockKind};

pub(super) fn blocks(source: &str) -> Vec<Block> {
    let document = Html::parse_document(&lines::mark(source));
    let mut reader = Reader { blocks: Vec::new(), loose: String::new(), loose_line: 1 };
    reader.children(document.root_element(), 0);
    reader.flush();
    reader.blocks
}

struct Reader {
    blocks: Vec<Block>,
    /// Text outside every block, and the line of its start.
    loose: String,
    loose_line: u32,
}

impl Reader {
    fn children(&mut self, element: ElementRef<'_>, depth: u8) {
        for child in element.children() {
            match child.value() {
                Node::Text(text) => self.loose.push_str(text),
                Node::Element(_) => {
                    if let Some(child) = ElementRef::wrap(child) {
                        self.element(child, depth);
                    }
                }
                _ => {}
            }
        }
    }

    fn element(&mut self, element: ElementRef<'_>, depth: u8) {
        if is_hidden(element) {
            return;
        }
        let line = lines::of(element);
        match element.value().name() {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let level = element.value().name().as_bytes()[1] - b'0';
                self.push(line, BlockKind::Heading { level, text: collapse(&text_of(element)) });
            }
            "table" => {
                self.flush();
                if let Some(table) = table::read(element) {
                    self.push(line, BlockKind::Table(table));
                }
            }
            "pre" => self.push(line, BlockKind::Code(element.text().collect())),
            "li" => self.item(element, depth),
            "ul" | "ol" | "menu" => {
                self.flush();
                self.children(element, depth);
                self.flush();
            }
            "p" | "dt" | "dd" | "summary" | "figcaption" => self.paragraph(element),
            "br" => self.flush(),
            name if is_inline(name) => {
                if self.loose.trim().is_empty() {
                    self.loose_line = line;
                }
                self.loose.push_str(&text_of(element));
            }
            _ => {
                self.flush();
                self.loose_line = line;
                self.children(element, depth);
                self.flush();
            }
        }
    }

    fn paragraph(&mut self, element: ElementRef<'_>) {
        let text = collapse(&text_of(element));
        let strong = element
            .children()
            .filter(|child| !is_blank(child.value()))
            .all(|child| child.value().as_element().is_some_and(|element| matches!(element.name(), "strong" | "b")));
        // A paragraph of bold text alone is a heading.
        let kind =
            if strong && !text.is_empty() { BlockKind::Heading { level: 6, text } } else { BlockKind::Paragraph(text) };
        self.push(lines::of(element), kind);
    }

    fn item(&mut self, element: ElementRef<'_>, depth: u8) {
        self.flush();
        let mut text = String::new();
        let nested = |child: &ElementRef<'_>| matches!(child.value().name(), "ul" | "ol" | "table" | "pre");
        for child in element.children() {
            match ElementRef::wrap(child) {
                Some(child) if nested(&child) || is_hidden(child) => {}
                Some(child) => push_text(child, &mut text),
                None => push_node(child.value(), &mut text),
            }
            text.push(' ');
        }
        self.push(lines::of(element), BlockKind::Item { depth, text: collapse(&text) });
        for child in element.children().filter_map(ElementRef::wrap).filter(nested) {
            self.element(child, depth.saturating_add(1));
        }
    }

    fn push(&mut self, line: u32, kind: BlockKind) {
        self.flush();
        let empty = match &kind {
            BlockKind::Heading { text, .. } | BlockKind::Paragraph(text) | BlockKind::Item { text, .. } => {
                text.is_empty()
            }
            _ => false,
        };
        if !empty {
            self.blocks.push(Block::new(line, kind));
        }
    }

    fn flush(&mut self) {
        let text = collapse(&std::mem::take(&mut self.loose));
        if !text.is_empty() {
            self.blocks.push(Block::new(self.loose_line, BlockKind::Paragraph(text)));
        }
    }
}

/// Returns the visible text of an element. `<br>` and nested blocks end a line.
fn text_of(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    push_text(element, &mut text);
    collapse_lines(&text)
}

fn push_text(element: ElementRef<'_>, out: &mut String) {
    let name = element.value().name();
    if is_hidden(element) || name == "sup" {
        return;
    }
    let breaks = name == "br" || !is_inline(name);
    if breaks {
        out.push('\n');
    }
    for child in element.children() {
        match ElementRef::wrap(child) {
            Some(child) => push_text(child, out),
            None => push_node(child.value(), out),
        }
    }
    if breaks {
        out.push('\n');
    }
}

/// Appends a text node, with its line breaks as spaces.
fn push_node(node: &Node, out: &mut String) {
    if let Node::Text(text) = node {
        out.extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }));
    }
}

fn is_blank(node: &Node) -> bool {
    match node {
        Node::Text(text) => text.trim().is_empty(),
        Node::Comment(_) => true,
        _ => false,
    }
}

fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "cite"
            | "code"
            | "data"
            | "em"
            | "font"
            | "i"
            | "kbd"
            | "label"
            | "mark"
            | "q"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
            | "wbr"
    )
}

/// Returns whether the element is invisible on the page.
fn is_hidden(element: ElementRef<'_>) -> bool {
    let value = element.value();
    if matches!(value.name(), "script" | "style" | "template" | "noscript" | "head" | "svg" | "button" | "nav") {
        return true;
    }
    let style = value.attr("style").unwrap_or_default().replace(' ', "").to_ascii_lowercase();
    value.attr("hidden").is_some()
        || value.attr("aria-hidden") == Some("true")
        || style.contains("display:none")
        || style.contains("visibility:hidden")
}
