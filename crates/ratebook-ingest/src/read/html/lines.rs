//! The source line of an element. The parsed tree has no positions, so each start tag gets its line as an attribute.

use scraper::ElementRef;

use crate::read::line_map::LineMap;

const ATTRIBUTE: &str = "ratebook-line";
/// The name under which a template is read.
pub(super) const TEMPLATE: &str = "ratebook-template";
/// The largest number of open elements. Deeper tags become text.
const MAX_DEPTH: usize = 256;

/// Writes HTML of which each start tag has its line.
#[derive(Debug, Default)]
pub(in crate::read) struct Marker {
    pub(super) html: String,
    /// Whether `<div />` is an element without content, as in MDX.
    closes_empty: bool,
    depth: usize,
    /// The line of the first tag that is nested too deeply.
    pub(super) too_deep: Option<u32>,
    /// The lines of comments without an end.
    pub(super) endless: Vec<u32>,
}

impl Marker {
    /// Returns a writer of HTML within Markdown, where `<div />` is an element without content.
    pub(in crate::read) fn of_markdown() -> Self {
        Self { closes_empty: true, ..Self::default() }
    }

    /// Appends a start tag. `attributes` begins with a space or is empty.
    pub(in crate::read) fn start(&mut self, name: &str, line: u32, attributes: &str) {
        if self.open(name, line) {
            self.html.push_str(&format!("<{name} {ATTRIBUTE}=\"{line}\"{attributes}>"));
        }
    }

    /// Appends an end tag.
    pub(in crate::read) fn end(&mut self, name: &str) {
        if self.close(name) {
            self.html.push_str(&format!("</{name}>"));
        }
    }

    /// Appends text.
    pub(in crate::read) fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                _ => self.html.push(c),
            }
        }
    }

    /// Counts an open element. Returns whether it is written.
    fn open(&mut self, name: &str, line: u32) -> bool {
        if is_closed_by_others(name) {
            return true;
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.too_deep.get_or_insert(line);
        }
        self.depth <= MAX_DEPTH
    }

    /// Counts the end of an element. Returns whether its end tag is written.
    fn close(&mut self, name: &str) -> bool {
        if is_closed_by_others(name) {
            return true;
        }
        let is_written = self.depth <= MAX_DEPTH;
        self.depth = self.depth.saturating_sub(1);
        is_written
    }

    /// Appends HTML source. A comment or tag without an end is text, and so is a tag that is nested too deeply.
    pub(in crate::read) fn source(&mut self, source: &str, lines: &LineMap) {
        let mut lower: Option<String> = None;
        let mut has_comment_end = true;
        let mut at = 0;
        while let Some(next) = source[at..].find('<') {
            let start = at + next;
            self.html.push_str(&source[at..start]);
            let tag = &source[start..];
            at = start
                + if let Some(comment) = tag.strip_prefix("<!--") {
                    let end = if has_comment_end { comment.find("-->").map(|end| end + 7) } else { None };
                    has_comment_end = end.is_some();
                    match end {
                        Some(end) => self.html.push_str(&tag[..end]),
                        None => self.endless.push(lines.at(start)),
                    }
                    end.unwrap_or(4)
                } else if tag[1..].starts_with(['!', '?']) {
                    self.html.push('<');
                    1
                } else if let Some(tag) = tag_of(tag) {
                    let line = lines.at(start);
                    if tag.is_end {
                        let name = if tag.name == "template" { TEMPLATE } else { &tag.name };
                        self.end(name);
                        tag.source.len()
                    } else if !self.open(&tag.name, line) || tag.name == "plaintext" {
                        self.html.push_str("&lt;");
                        1
                    } else {
                        self.start_tag(&tag, line);
                        if self.closes_empty && tag.source.ends_with("/>") && !is_closed_by_others(&tag.name) {
                            self.end(&tag.name);
                        }
                        let mut taken = tag.source.len();
                        if is_raw_text(&tag.name) {
                            let lower = lower.get_or_insert_with(|| source.to_ascii_lowercase());
                            let from = start + taken;
                            let end = lower[from..].find(&format!("</{}", tag.name)).unwrap_or(source.len() - from);
                            self.html.push_str(&source[from..from + end]);
                            taken += end;
                        }
                        taken
                    }
                } else {
                    self.html.push_str("&lt;");
                    1
                };
        }
        self.html.push_str(&source[at..]);
    }

    fn start_tag(&mut self, tag: &Tag<'_>, line: u32) {
        if is_formatting(&tag.name) {
            // The parser repeats an open formatting element in each block, three of each form at most: few forms, then.
            let lower = tag.source.to_ascii_lowercase().replace([' ', '"', '\''], "");
            let is_hidden = lower.contains("hidden") && !lower.contains("aria-hidden=false")
                || lower.contains("display:none")
                || lower.contains("sr-only");
            let attributes = match (is_hidden, lower.contains("line-through")) {
                (true, _) => " hidden",
                (false, true) => " class=\"line-through\"",
                (false, false) => "",
            };
            self.html.push_str(&format!("<{}{attributes}>", tag.name));
            return;
        }
        if tag.name == "template" {
            // The parser keeps a template's content out of the tree.
            self.html.push_str(&format!("<{TEMPLATE} {ATTRIBUTE}=\"{line}\""));
            self.html.push_str(&tag.source[1 + tag.name.len()..]);
            return;
        }
        let name_end = 1 + tag.name.len();
        self.html.push_str(&tag.source[..name_end]);
        self.html.push_str(&format!(" {ATTRIBUTE}=\"{line}\""));
        self.html.push_str(&tag.source[name_end..]);
    }
}

struct Tag<'a> {
    /// In lower case.
    name: String,
    is_end: bool,
    source: &'a str,
}

/// The largest length of a tag, in bytes. `<` without an end within that length is text.
const LONGEST: usize = 1 << 14;

/// Reads the tag with which a text begins.
fn tag_of(text: &str) -> Option<Tag<'_>> {
    let inside = &text[1..];
    let is_end = inside.starts_with('/');
    let name = inside.strip_prefix('/').unwrap_or(inside);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let len = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(name.len());
    let mut quote = None;
    let mut after_equals = false;
    for (at, byte) in text.bytes().enumerate().take(LONGEST).skip(1 + usize::from(is_end) + len) {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if after_equals => quote = Some(byte),
            (None, b'>') => {
                return Some(Tag { name: name[..len].to_ascii_lowercase(), is_end, source: &text[..=at] });
            }
            (None, _) => {}
        }
        after_equals = byte == b'=' || after_equals && byte.is_ascii_whitespace();
    }
    None
}

fn is_raw_text(name: &str) -> bool {
    matches!(name, "script" | "style" | "textarea" | "title" | "xmp" | "iframe" | "noembed" | "noframes")
}

fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "b" | "big" | "code" | "em" | "font" | "i" | "nobr" | "s" | "small" | "strike" | "strong" | "tt" | "u"
    )
}

/// Returns whether an element has no end tag, or may lack it.
fn is_closed_by_others(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
            | "p"
            | "li"
            | "dt"
            | "dd"
            | "tr"
            | "td"
            | "th"
            | "thead"
            | "tbody"
            | "tfoot"
            | "caption"
            | "colgroup"
            | "option"
            | "optgroup"
            | "rt"
            | "rp"
            | "html"
            | "head"
            | "body"
    ) || is_raw_text(name)
}

/// Returns the line of an element's start tag, or `None` if the parser inserted it.
pub(super) fn own(element: ElementRef<'_>) -> Option<u32> {
    element.value().attr(ATTRIBUTE)?.parse().ok()
}

/// Returns the line of an element's start tag. An element without a line has that of its parent.
pub(super) fn line_of(element: ElementRef<'_>) -> u32 {
    own(element).or_else(|| element.ancestors().filter_map(ElementRef::wrap).find_map(own)).unwrap_or(1)
}

/// Returns the number of line breaks.
pub(super) fn newlines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|&byte| byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// Returns the line on which an element's text begins.
pub(super) fn of_text(element: ElementRef<'_>) -> u32 {
    let first = line_of(element);
    let mut line = first;
    for node in element.descendants() {
        if let Some(text) = node.value().as_text() {
            let lead = &text[..text.len() - text.trim_start().len()];
            line = line.saturating_add(newlines(lead));
            if lead.len() < text.len() {
                return line;
            }
        } else if let Some(own) = ElementRef::wrap(node).and_then(own) {
            line = own;
        }
    }
    first
}
