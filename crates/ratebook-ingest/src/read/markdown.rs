//! The Markdown reader: GFM with front matter, shortcodes, MDX components and HTML. It writes HTML, which the HTML reader
//! reads, so that a table in an accordion, in a quotation or in `<details>` is read in one way.

mod clean;
mod cleaned;
mod comments;
mod constants;
mod directive;
mod frame;
mod grid;
mod pandoc;
mod tables;
mod tag;

use pulldown_cmark::{BlockQuoteKind, Event, Options, Parser, Tag, TagEnd};

use super::characters::ABSENT;
use super::html::{self, Marker};
use super::line_map::LineMap;
use crate::page::{Block, Unread};

/// Reads a page of Markdown.
pub(super) fn blocks(source: &str) -> Vec<Block> {
    let uncommented = comments::remove(source);
    let cleaned = clean::clean(&uncommented.text);
    let mut writer = Writer::new(&cleaned.lines);
    for line in uncommented.endless {
        let tag = cleaned::unread(Unread::Comment, "");
        let mut map = LineMap::default();
        map.push(0, line);
        writer.marker.source(&tag, &map);
    }
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES | Options::ENABLE_GFM;
    for (event, range) in Parser::new_ext(&cleaned.text, options).into_offset_iter() {
        writer.event(event, &cleaned.text[range.clone()], range.start);
    }
    html::blocks_of(writer.marker)
}

/// Returns whether a text has a mark that only Markdown has: a heading, a table's delimiter row, or a link.
pub(super) fn has_marks(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty());
    text.lines().any(|line| {
        // A single `#` may be a number sign, except on the first line.
        let is_heading = heading_level(line).is_some_and(|level| level > 1 || Some(line) == first);
        is_heading || tables::is_delimiter(line) || (line.contains("](") && line.contains('['))
    })
}

/// Returns the level of a heading, without a pipe in it.
fn heading_level(line: &str) -> Option<usize> {
    let text = line.trim_start_matches('#');
    (text.starts_with(' ') && text.len() < line.len() && !text.contains('|')).then_some(line.len() - text.len())
}

/// Returns the fence in force after a line: its character and its length.
fn fence_after(open: Option<(u8, usize)>, line: &str) -> Option<(u8, usize)> {
    let text = line.trim();
    let mark = text.bytes().next().filter(|byte| matches!(byte, b'`' | b'~'));
    let len = mark.map_or(0, |mark| text.bytes().take_while(|&byte| byte == mark).count());
    match (open, mark) {
        (None, Some(mark)) if len >= 3 && !(mark == b'`' && text[len..].contains('`')) => Some((mark, len)),
        (Some((open, least)), Some(mark)) if open == mark && len >= least && text.len() == len => None,
        (open, _) => open,
    }
}

/// Writes the parser's events as HTML with lines.
struct Writer<'a> {
    lines: &'a LineMap,
    marker: Marker,
    /// The lines of an HTML block, with the offset of each in the cleaned text.
    markup: String,
    markup_lines: LineMap,
    /// The number of cells of the present row that the source has, and the number of those before.
    cells: usize,
    cell: usize,
    /// Whether the present cell is not in the source.
    is_absent: bool,
    in_header: bool,
    /// The names of the inline elements that the present block has open.
    inline: Vec<String>,
    /// The mark of the footnote whose text comes next.
    footnote: Option<String>,
}

impl<'a> Writer<'a> {
    fn new(lines: &'a LineMap) -> Self {
        Self {
            lines,
            marker: Marker::of_markdown(),
            markup: String::new(),
            markup_lines: LineMap::default(),
            cells: 0,
            cell: 0,
            is_absent: false,
            in_header: false,
            inline: Vec::new(),
            footnote: None,
        }
    }

    fn event(&mut self, event: Event<'_>, source: &str, at: usize) {
        let line = self.lines.at(at);
        match event {
            Event::Start(tag) => self.start(tag, source, line),
            Event::End(tag) => self.end(tag),
            Event::Html(markup) => {
                self.markup_lines.push(self.markup.len(), line);
                self.markup.push_str(&without_escapes(&markup));
            }
            _ if self.is_absent => {}
            Event::Text(text) => self.text(&text),
            Event::Code(text) => {
                self.marker.start("code", line, "");
                self.text(&text);
                self.marker.end("code");
            }
            Event::InlineHtml(tag) => self.inline_html(&tag, line),
            Event::SoftBreak => self.text(" "),
            Event::HardBreak => self.marker.start("br", line, ""),
            Event::Rule => self.marker.start("hr", line, ""),
            Event::FootnoteReference(label) => self.superscript(&format!("[^{label}]"), line),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text),
            Event::TaskListMarker(_) => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.marker.text(text);
    }

    fn superscript(&mut self, text: &str, line: u32) {
        self.marker.start("sup", line, "");
        self.text(text);
        self.marker.end("sup");
    }

    fn start(&mut self, tag: Tag<'_>, source: &str, line: u32) {
        match tag {
            Tag::Paragraph => {
                self.marker.start("p", line, "");
                if let Some(mark) = self.footnote.take() {
                    self.superscript(&mark, line);
                }
            }
            Tag::Heading { level, .. } => self.marker.start(&format!("h{}", level as u8), line, ""),
            Tag::BlockQuote(kind) => {
                let kind = kind.map(|kind| match kind {
                    BlockQuoteKind::Note => "note",
                    BlockQuoteKind::Tip => "tip",
                    BlockQuoteKind::Important => "important",
                    BlockQuoteKind::Warning => "warning",
                    BlockQuoteKind::Caution => "caution",
                });
                match kind {
                    Some(kind) => {
                        self.marker.start("ratebook-panel", line, &format!(" kind=\"admonition\" label=\"{kind}\""));
                    }
                    None => self.marker.start("blockquote", line, ""),
                }
            }
            Tag::CodeBlock(_) => {
                self.marker.start("pre", line, "");
                // The parser drops a line break at the beginning.
                self.text("\n");
            }
            Tag::List(first) => self.marker.start(if first.is_some() { "ol" } else { "ul" }, line, ""),
            Tag::Item => {
                let bullet = if source.starts_with('*') { " ratebook-bullet=\"*\"" } else { "" };
                self.marker.start("li", line, bullet);
            }
            Tag::FootnoteDefinition(label) => {
                self.marker.start("div", line, "");
                self.footnote = Some(format!("[^{label}]"));
            }
            Tag::Table(_) => self.marker.start("table", line, ""),
            Tag::TableHead | Tag::TableRow => {
                self.in_header = matches!(tag, Tag::TableHead);
                self.cells = tables::raw_cells(source).iter().filter(|cell| !cell.contains(ABSENT)).count();
                self.cell = 0;
                if self.in_header {
                    self.marker.start("thead", line, "");
                }
                self.marker.start("tr", line, "");
            }
            Tag::TableCell => {
                // The parser adds cells to a short row; the source does not have them.
                self.is_absent = self.cell >= self.cells;
                self.cell += 1;
                if !self.is_absent {
                    self.marker.start(if self.in_header { "th" } else { "td" }, line, "");
                }
            }
            _ if self.is_absent => {}
            Tag::Emphasis => self.marker.start("em", line, ""),
            Tag::Strong => self.marker.start("strong", line, ""),
            Tag::Strikethrough => self.marker.start("del", line, ""),
            Tag::Superscript => self.marker.start("sup", line, ""),
            Tag::Subscript => self.marker.start("sub", line, ""),
            Tag::Link { .. } => self.marker.start("a", line, ""),
            Tag::DefinitionList => self.marker.start("dl", line, ""),
            Tag::DefinitionListTitle => self.marker.start("dt", line, ""),
            Tag::DefinitionListDefinition => self.marker.start("dd", line, ""),
            Tag::Image { .. } | Tag::HtmlBlock | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.end_block("p"),
            TagEnd::Heading(level) => self.end_block(&format!("h{}", level as u8)),
            TagEnd::BlockQuote(kind) => {
                self.marker.end(if kind.is_some() { "ratebook-panel" } else { "blockquote" });
            }
            TagEnd::CodeBlock => self.marker.end("pre"),
            TagEnd::List(is_ordered) => self.marker.end(if is_ordered { "ol" } else { "ul" }),
            TagEnd::Item => self.end_block("li"),
            TagEnd::FootnoteDefinition => {
                if let Some(mark) = self.footnote.take() {
                    self.text(&mark);
                }
                self.marker.end("div");
            }
            TagEnd::Table => self.marker.end("table"),
            TagEnd::TableHead => {
                self.marker.end("tr");
                self.marker.end("thead");
            }
            TagEnd::TableRow => self.marker.end("tr"),
            TagEnd::TableCell => {
                if !std::mem::take(&mut self.is_absent) {
                    self.end_block(if self.in_header { "th" } else { "td" });
                }
            }
            TagEnd::HtmlBlock => {
                let (markup, lines) = (std::mem::take(&mut self.markup), std::mem::take(&mut self.markup_lines));
                self.marker.source(&markup, &lines);
            }
            _ if self.is_absent => {}
            TagEnd::Emphasis => self.marker.end("em"),
            TagEnd::Strong => self.marker.end("strong"),
            TagEnd::Strikethrough => self.marker.end("del"),
            TagEnd::Superscript => self.marker.end("sup"),
            TagEnd::Subscript => self.marker.end("sub"),
            TagEnd::Link => self.marker.end("a"),
            TagEnd::DefinitionList => self.marker.end("dl"),
            TagEnd::DefinitionListTitle => self.end_block("dt"),
            TagEnd::DefinitionListDefinition => self.end_block("dd"),
            TagEnd::Image | TagEnd::MetadataBlock(_) => {}
        }
    }

    /// Ends a block, and the inline elements that it has open.
    fn end_block(&mut self, name: &str) {
        while let Some(open) = self.inline.pop() {
            self.marker.end(&open);
        }
        self.marker.end(name);
    }

    /// Writes a tag within text. The tag of an unknown name, such as `<model>`, is text.
    fn inline_html(&mut self, tag: &str, line: u32) {
        let is_end = tag.starts_with("</");
        let name: String = tag.trim_start_matches(['<', '/']).chars().take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        if !html::is_known(&name) || tag.starts_with("<!") {
            self.text(tag);
            return;
        }
        match (is_end, self.inline.iter().rposition(|open| *open == name)) {
            (true, Some(at)) => self.inline.truncate(at),
            (true, None) => return,
            (false, _) if matches!(name.as_str(), "br" | "img" | "input" | "wbr" | "hr") || tag.ends_with("/>") => {}
            (false, _) => self.inline.push(name),
        }
        let mut lines = LineMap::default();
        lines.push(0, line);
        self.marker.source(tag, &lines);
    }
}
/// Returns markup without the backslashes that escape signs of Markdown: in MDX, the text of an element is Markdown.
fn without_escapes(markup: &str) -> String {
    const ESCAPED: [char; 8] = ['$', '*', '_', '~', '#', '`', '{', '}'];
    let mut out = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(at) = rest.find('\\') {
        let after = &rest[at + 1..];
        let is_escape = after.starts_with(ESCAPED);
        out.push_str(&rest[..if is_escape { at } else { at + 1 }]);
        // The escaped sign is kept as it is, so that two backslashes stay two.
        let kept = after.chars().next().map_or(0, char::len_utf8);
        out.push_str(&after[..kept]);
        rest = &after[kept..];
    }
    out.push_str(rest);
    out
}
