//! The text of an element, with its footnote marks, struck-out parts and hidden parts.

use ego_tree::iter::Edge;
use scraper::{ElementRef, Node};

use super::elements::{hides, is_inline, is_not_content, strikes};
use crate::read::characters::{ABSENT, CODE, STRUCK, SUPERSCRIPT};
use crate::read::collapse;
use crate::read::marks::{self, Marked};

/// Collects the text of elements.
#[derive(Debug, Default)]
pub(super) struct Inline {
    text: String,
    /// The texts of hidden elements within visible ones.
    pub(super) hidden: Vec<String>,
    /// Whether the text has other characters than white space.
    has_text: bool,
    /// Whether the text has content that is not bold.
    has_plain: bool,
}

/// The elements that enclose the text being collected.
#[derive(Default)]
struct Inside {
    skipped: usize,
    hidden: usize,
    struck: usize,
    superscript: usize,
    code: usize,
    bold: usize,
}

impl Inline {
    pub(super) fn is_blank(&self) -> bool {
        !self.has_text
    }

    /// Returns whether all of the text is bold.
    pub(super) fn is_bold(&self) -> bool {
        !self.has_plain && !self.is_blank()
    }

    /// Returns whether the text stands for a cell that the source does not have.
    pub(super) fn is_absent(&self) -> bool {
        self.text.contains(ABSENT)
    }

    /// Appends a text node, with its line breaks as spaces.
    pub(super) fn push_text(&mut self, text: &str) {
        self.has_text |= has_text(text);
        self.has_plain |= has_text(text);
        self.text.extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }));
    }

    /// Appends the text of an element. `<br>` and nested blocks end a line.
    ///
    /// If `is_hidden`, the element is hidden as a whole, and hidden parts of it are text like any other.
    pub(super) fn push(&mut self, element: ElementRef<'_>, is_hidden: bool) {
        let mut inside = Inside::default();
        for edge in element.traverse() {
            match edge {
                Edge::Open(node) => match node.value() {
                    Node::Text(text) if inside.skipped == 0 => self.text_node(text, &inside),
                    Node::Element(_) => {
                        if let Some(element) = ElementRef::wrap(node) {
                            self.open(element, is_hidden, &mut inside);
                        }
                    }
                    _ => {}
                },
                Edge::Close(node) => {
                    if let Some(element) = ElementRef::wrap(node) {
                        self.close(element, is_hidden, &mut inside);
                    }
                }
            }
        }
    }

    fn text_node(&mut self, text: &str, inside: &Inside) {
        if inside.hidden > 0 {
            if let Some(hidden) = self.hidden.last_mut() {
                hidden.push_str(text);
            }
            return;
        }
        self.has_text |= has_text(text);
        self.has_plain |= inside.bold == 0 && has_text(text);
        self.text.extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }));
    }

    fn open(&mut self, element: ElementRef<'_>, is_hidden: bool, inside: &mut Inside) {
        let name = element.value().name();
        if is_not_content(name) {
            inside.skipped += 1;
        }
        if !is_hidden && hides(element) {
            if inside.hidden == 0 {
                self.hidden.push(String::new());
            }
            inside.hidden += 1;
        }
        if inside.hidden > 0 || inside.skipped > 0 {
            return;
        }
        if strikes(element) {
            if inside.struck == 0 {
                self.text.push(STRUCK[0]);
            }
            inside.struck += 1;
        }
        match name {
            "sup" => {
                if inside.superscript == 0 {
                    self.text.push(SUPERSCRIPT[0]);
                }
                inside.superscript += 1;
            }
            "code" | "kbd" | "samp" | "tt" => {
                if inside.code == 0 {
                    self.text.push(CODE[0]);
                }
                inside.code += 1;
            }
            "b" | "strong" => inside.bold += 1,
            "img" => {
                if let Some(alternative) = element.value().attr("alt") {
                    self.push_text(alternative);
                }
            }
            _ if name == "br" || !is_inline(name) => self.text.push('\n'),
            _ => {}
        }
    }

    fn close(&mut self, element: ElementRef<'_>, is_hidden: bool, inside: &mut Inside) {
        let name = element.value().name();
        if inside.hidden == 0 && inside.skipped == 0 {
            match name {
                "sup" => {
                    inside.superscript -= 1;
                    if inside.superscript == 0 {
                        self.text.push(SUPERSCRIPT[1]);
                    }
                }
                "code" | "kbd" | "samp" | "tt" => {
                    inside.code -= 1;
                    if inside.code == 0 {
                        self.text.push(CODE[1]);
                    }
                }
                "b" | "strong" => inside.bold -= 1,
                _ if name == "br" || !is_inline(name) => self.text.push('\n'),
                _ => {}
            }
            if strikes(element) {
                inside.struck -= 1;
                if inside.struck == 0 {
                    self.text.push(STRUCK[1]);
                }
            }
        }
        if !is_hidden && hides(element) {
            inside.hidden -= 1;
        }
        if is_not_content(name) {
            inside.skipped -= 1;
        }
    }

    /// Takes the text. `keeps_lines` is whether line breaks are part of it.
    pub(super) fn take(&mut self, keeps_lines: bool) -> Marked {
        self.has_plain = false;
        self.has_text = false;
        marks::split(&std::mem::take(&mut self.text), keeps_lines)
    }

    /// Takes the text as one paragraph, or as several if footnotes follow each other in it.
    pub(super) fn take_notes(&mut self) -> Vec<Marked> {
        self.has_plain = false;
        self.has_text = false;
        let text = std::mem::take(&mut self.text);
        marks::split_notes(&text).into_iter().map(|part| marks::split(part, false)).collect()
    }

    /// Takes the hidden texts that have a letter or a digit.
    pub(super) fn take_hidden(&mut self) -> Vec<String> {
        let texts = std::mem::take(&mut self.hidden).into_iter().map(|text| collapse(&text));
        texts.filter(|text| text.contains(char::is_alphanumeric)).collect()
    }
}

fn has_text(text: &str) -> bool {
    !text.trim_start().is_empty()
}

/// Returns the visible text of an element on one line, without footnote marks.
pub(super) fn text_of(element: ElementRef<'_>) -> String {
    let mut inline = Inline::default();
    inline.push(element, true);
    inline.take(false).text
}
