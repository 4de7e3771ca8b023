//! The HTML reader: blocks in document order, with their section paths and flags, and the spans of tables resolved.
//!
//! Markdown is read through it too: the Markdown reader writes HTML.

mod elements;
mod inline;
mod lines;
mod panels;
mod table;

use std::collections::VecDeque;

use scraper::{ElementRef, Html, Node};

use super::line_map::LineMap;
use super::marks::Marked;
use super::sections::Sections;
use crate::page::{Block, BlockKind, Flags, Unread};
use elements::{hides, is_inline, is_not_content, strikes};
use inline::{Inline, text_of};
use panels::Panels;

pub(super) use elements::is_known;
pub(super) use lines::Marker;

/// The largest depth of the tree that is read. The parser nests elements that are not nested in the source.
const MAX_DEPTH: u16 = 600;

/// Reads an HTML page.
pub(super) fn blocks(source: &str) -> Vec<Block> {
    let mut marker = Marker::default();
    marker.source(source, &LineMap::of(source));
    blocks_of(marker)
}

/// Reads marked HTML.
pub(super) fn blocks_of(marker: Marker) -> Vec<Block> {
    let document = Html::parse_document(&marker.html);
    let mut reader = Reader {
        blocks: Vec::new(),
        sections: Sections::default(),
        panels: Panels::of(&document),
        tabs: VecDeque::new(),
        loose: Inline::default(),
        loose_line: 1,
        line: 1,
    };
    let unread = |line: u32, what: Unread| Block::new(line, BlockKind::Unread { what, text: String::new() });
    reader.blocks.extend(marker.endless.iter().map(|&line| unread(line, Unread::Comment)));
    reader.blocks.extend(marker.too_deep.map(|line| unread(line, Unread::Nesting)));
    let outer = Outer::default();
    reader.children(document.root_element(), outer);
    reader.flush(outer);
    reader.end_tabs(outer);
    reader.blocks
}

/// What encloses an element.
#[derive(Clone, Copy, Default)]
struct Outer {
    flags: Flags,
    depth: u16,
    panels: u16,
    lists: u8,
}

struct Reader {
    blocks: Vec<Block>,
    sections: Sections,
    panels: Panels,
    /// The labels of the tab list before, whose panels have not come yet.
    tabs: VecDeque<(u32, String)>,
    /// Text outside every block, and the line of its start.
    loose: Inline,
    loose_line: u32,
    /// The present line.
    line: u32,
}

impl Reader {
    fn children(&mut self, element: ElementRef<'_>, outer: Outer) {
        for child in element.children() {
            match child.value() {
                Node::Text(text) => {
                    let lead = &text[..text.len() - text.trim_start().len()];
                    if self.loose.is_blank() {
                        self.loose_line = self.line.saturating_add(lines::newlines(lead));
                    }
                    self.loose.push_text(text);
                    self.line = self.line.saturating_add(lines::newlines(text));
                }
                Node::Comment(comment) => self.line = self.line.saturating_add(lines::newlines(comment)),
                Node::Element(_) => {
                    if let Some(child) = ElementRef::wrap(child) {
                        self.element(child, outer);
                    }
                }
                _ => {}
            }
        }
    }

    fn element(&mut self, element: ElementRef<'_>, outer: Outer) {
        let value = element.value();
        if is_not_content(value.name()) {
            return;
        }
        let line = lines::own(element).unwrap_or(self.line);
        self.line = line;
        if outer.depth >= MAX_DEPTH {
            let text = text_of(element);
            self.push(line, BlockKind::Unread { what: Unread::Nesting, text }, outer);
            return;
        }
        let before = outer;
        let outer = Outer {
            flags: Flags {
                hidden: outer.flags.hidden || hides(element),
                struck: outer.flags.struck || strikes(element),
            },
            depth: outer.depth + 1,
            ..outer
        };
        if let Some((kind, label)) = self.panel_of(element) {
            self.panel(element, line, kind, &label, outer);
            return;
        }
        if value.attr("role") == Some("tab") {
            self.tab(element, line, outer);
            return;
        }
        match value.name() {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let level = value.name().as_bytes()[1] - b'0';
                self.heading(element, line, level, outer);
            }
            "table" => self.table(element, line, outer),
            "pre" => self.push(line, BlockKind::Code(element.text().collect()), outer),
            "li" => self.item(element, line, outer),
            "ul" | "ol" | "menu" => {
                self.flush(before);
                self.children(element, outer);
                self.flush(outer);
            }
            "ratebook-unread" => {
                let what = value.attr("what").and_then(Unread::from_word).unwrap_or(Unread::Include);
                let text = super::collapse(value.attr("text").unwrap_or_default());
                self.push(line, BlockKind::Unread { what, text }, outer);
            }
            "iframe" | "object" | "embed" | "frame" => {
                let text = value.attr("src").or_else(|| value.attr("data")).unwrap_or_default().to_owned();
                self.push(line, BlockKind::Unread { what: Unread::Include, text }, outer);
            }
            "br" => self.flush(before),
            name if is_inline(name) && !elements::has_blocks(element) => {
                if hides(element) && !before.flags.hidden || strikes(element) && self.loose.is_blank() {
                    self.inline_block(element, line, before, outer);
                    return;
                }
                if self.loose.is_blank() {
                    self.loose_line = line;
                }
                self.loose.push(element, before.flags.hidden);
            }
            "p" | "dt" | "dd" | "figcaption" if !elements::has_blocks(element) => self.paragraph(element, outer),
            _ => {
                self.flush(before);
                self.children(element, outer);
                self.flush(outer);
            }
        }
    }

    /// Reads an inline element that is hidden, as a block of its own, or struck-out text outside every block.
    fn inline_block(&mut self, element: ElementRef<'_>, line: u32, before: Outer, outer: Outer) {
        if hides(element) {
            let text = text_of(element);
            if text.contains(char::is_alphanumeric) {
                self.loose.hidden.push(text);
            }
            return;
        }
        self.flush(before);
        self.loose_line = line;
        self.loose.push(element, outer.flags.hidden);
    }

    fn heading(&mut self, element: ElementRef<'_>, line: u32, level: u8, outer: Outer) {
        let mut inline = Inline::default();
        inline.push(element, outer.flags.hidden);
        let hidden = inline.take_hidden();
        let marked = inline.take(false);
        self.flush(outer);
        if !marked.text.is_empty() {
            self.sections.end_at(level);
            let text = marked.text.clone();
            self.marked(line, BlockKind::Heading { level, text: text.clone() }, marked, outer);
            self.sections.heading(level, &text);
        }
        self.hidden(line, hidden, outer);
    }

    fn paragraph(&mut self, element: ElementRef<'_>, outer: Outer) {
        self.flush(outer);
        let line = lines::of_text(element);
        let mut inline = Inline::default();
        inline.push(element, outer.flags.hidden);
        // A paragraph of bold text alone is a heading.
        let is_heading = element.value().name() == "p" && inline.is_bold();
        let hidden = inline.take_hidden();
        if is_heading {
            let marked = inline.take(false);
            if marked.note.is_none() && !marked.text.is_empty() {
                let text = marked.text.clone();
                self.sections.end_at(BOLD_LEVEL);
                self.marked(line, BlockKind::Heading { level: BOLD_LEVEL, text: text.clone() }, marked, outer);
                self.sections.heading(BOLD_LEVEL, &text);
            } else {
                self.text(line, marked, outer);
            }
        } else {
            let notes = inline.take_notes();
            for marked in notes {
                self.text(line, marked, outer);
            }
        }
        self.hidden(line, hidden, outer);
    }

    fn item(&mut self, element: ElementRef<'_>, line: u32, outer: Outer) {
        self.flush(outer);
        let mut inline = Inline::default();
        let nested = |child: &ElementRef<'_>| {
            matches!(
                child.value().name(),
                "ul" | "ol" | "table" | "pre" | "details" | "ratebook-panel" | "ratebook-unread"
            ) || child.descendants().skip(1).filter_map(ElementRef::wrap).any(|inner| {
                matches!(inner.value().name(), "ul" | "ol" | "table" | "pre" | "details" | "ratebook-unread")
            })
        };
        let mut after = Vec::new();
        for child in element.children() {
            match ElementRef::wrap(child) {
                Some(child) if nested(&child) => after.push(child),
                Some(child) => inline.push(child, outer.flags.hidden),
                None => {
                    if let Node::Text(text) = child.value() {
                        inline.push_text(text);
                    }
                }
            }
            inline.push_text(" ");
        }
        let hidden = inline.take_hidden();
        let marked = inline.take(false);
        if !marked.text.is_empty() || !marked.marks.is_empty() {
            let kind = BlockKind::Item { depth: outer.lists, text: marked.text.clone() };
            self.marked(line, kind, marked, outer);
            if element.value().attr("ratebook-bullet") == Some("*")
                && let Some(block) = self.blocks.last_mut()
                && block.note.is_none()
            {
                block.note = Some("*".to_owned());
            }
        }
        self.hidden(line, hidden, outer);
        let inner = Outer { lists: outer.lists.saturating_add(1), ..outer };
        for child in after {
            self.element(child, inner);
        }
        self.flush(inner);
    }

    fn table(&mut self, element: ElementRef<'_>, line: u32, outer: Outer) {
        self.flush(outer);
        let Some(read) = table::read(element, outer.flags) else {
            self.children(element, outer);
            self.flush(outer);
            return;
        };
        match read.table {
            Some(table) => self.push(line, BlockKind::Table(table), outer),
            None => {
                let text = text_of(element);
                self.push(line, BlockKind::Unread { what: Unread::Table, text }, outer);
            }
        }
        for (line, text) in read.hidden {
            self.hidden(line, vec![text], outer);
        }
    }

    /// Adds hidden texts as paragraphs.
    fn hidden(&mut self, line: u32, texts: Vec<String>, outer: Outer) {
        let flags = Flags { hidden: true, ..outer.flags };
        for text in texts {
            self.push(line, BlockKind::Paragraph(text), Outer { flags, ..outer });
        }
    }

    fn text(&mut self, line: u32, marked: Marked, outer: Outer) {
        if !marked.text.is_empty() || !marked.marks.is_empty() {
            self.marked(line, BlockKind::Paragraph(marked.text.clone()), marked, outer);
        }
    }

    fn marked(&mut self, line: u32, kind: BlockKind, marked: Marked, outer: Outer) {
        let struck = outer.flags.struck || marked.is_struck;
        self.push(line, kind, Outer { flags: Flags { struck, ..outer.flags }, ..outer });
        if let Some(block) = self.blocks.last_mut() {
            block.marks = marked.marks;
            block.note = marked.note;
        }
    }

    fn push(&mut self, line: u32, kind: BlockKind, outer: Outer) {
        self.flush(outer);
        let path = self.sections.path();
        self.blocks.push(Block { path, flags: outer.flags, ..Block::new(line, kind) });
    }

    fn flush(&mut self, outer: Outer) {
        let mut loose = std::mem::take(&mut self.loose);
        if loose.is_blank() && loose.hidden.is_empty() {
            return;
        }
        let line = self.loose_line;
        let hidden = loose.take_hidden();
        for marked in loose.take_notes() {
            self.text(line, marked, outer);
        }
        self.hidden(line, hidden, outer);
    }
}

/// The level of a heading that is a paragraph of bold text.
const BOLD_LEVEL: u8 = 6;
