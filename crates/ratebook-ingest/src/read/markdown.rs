//! The Markdown reader: GFM with front matter, shortcodes, MDX components and HTML.

mod clean;
mod row;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{collapse, collapse_lines, html};
use crate::page::{Block, BlockKind, Cell, Row, Table};

pub(super) use clean::has_marks;

pub(super) fn blocks(source: &str) -> Vec<Block> {
    let cleaned = clean::clean(source);
    let mut builder = Builder::default();
    for (event, range) in Parser::new_ext(&cleaned.text, Options::ENABLE_TABLES).into_offset_iter() {
        let line = cleaned.line_at(range.start);
        match event {
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                builder.row = row::raw_cells(&cleaned.text[range.clone()]);
                builder.event(event, line);
            }
            Event::Html(markup) => builder.markup.push((line, markup.into_string())),
            other => builder.event(other, line),
        }
    }
    builder.flush_markup();
    builder.blocks
}

/// Builds blocks from the parser's events.
#[derive(Default)]
struct Builder {
    blocks: Vec<Block>,
    text: String,
    text_line: u32,
    /// Whether the paragraph has text that is not bold.
    plain: bool,
    strong: usize,
    footnote: usize,
    lists: usize,
    in_item: bool,
    table: Option<Table>,
    /// The source text of the row's cells. The parser drops cells beyond the header's columns.
    row: Vec<String>,
    cells: Vec<Cell>,
    code: bool,
    /// The lines of an HTML block, with their numbers.
    markup: Vec<(u32, String)>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, line: u32) {
        match event {
            Event::Start(tag) => self.start(tag, line),
            Event::End(tag) => self.end(tag, line),
            Event::Text(text) | Event::Code(text) => self.push(&text),
            Event::SoftBreak => self.push(" "),
            Event::HardBreak => self.push("\n"),
            Event::InlineHtml(tag) => self.inline_html(&tag),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, line: u32) {
        match tag {
            Tag::Paragraph | Tag::Heading { .. } if !self.in_item => self.begin(line),
            Tag::Paragraph if !self.text.is_empty() => self.text.push(' '),
            Tag::List(_) => {
                self.flush_item();
                self.lists += 1;
            }
            Tag::Item => {
                self.begin(line);
                self.in_item = true;
            }
            Tag::CodeBlock(_) => {
                self.flush_item();
                self.begin(line);
                self.code = true;
            }
            Tag::Strong => self.strong += 1,
            Tag::Table(_) => {
                self.flush_item();
                self.table = Some(Table::default());
            }
            Tag::TableHead | Tag::TableRow => self.cells.clear(),
            Tag::TableCell => self.begin(line),
            Tag::HtmlBlock => self.flush_item(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, line: u32) {
        match tag {
            TagEnd::Heading(level) => {
                let text = collapse(&self.text);
                self.block(BlockKind::Heading { level: level as u8, text });
            }
            TagEnd::Paragraph if !self.in_item => {
                let text = collapse(&self.text);
                // A paragraph of bold text alone is a heading.
                let label = !self.plain && !text.is_empty();
                self.block(if label { BlockKind::Heading { level: 6, text } } else { BlockKind::Paragraph(text) });
            }
            TagEnd::Item => {
                self.flush_item();
            }
            TagEnd::List(_) => self.lists = self.lists.saturating_sub(1),
            TagEnd::CodeBlock => {
                self.code = false;
                let text = std::mem::take(&mut self.text);
                self.block(BlockKind::Code(text));
            }
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::TableCell => {
                let text = collapse_lines(&self.text);
                self.cells.push(Cell::new(self.text_line, text));
            }
            TagEnd::TableHead | TagEnd::TableRow => self.end_row(line, tag == TagEnd::TableHead),
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    let line = table.header.first().map_or(line, |row| row.line);
                    self.blocks.push(Block::new(line, BlockKind::Table(table)));
                }
                self.text.clear();
            }
            TagEnd::HtmlBlock => self.flush_markup(),
            _ => {}
        }
    }

    fn end_row(&mut self, line: u32, header: bool) {
        let mut cells = std::mem::take(&mut self.cells);
        for text in self.row.iter().skip(cells.len()) {
            cells.push(Cell::new(line, collapse(text)));
        }
        // The parser pads short rows; cells that the source does not have are absent.
        cells.truncate(self.row.len());
        if let Some(table) = &mut self.table {
            let rows = if header { &mut table.header } else { &mut table.rows };
            rows.push(Row { line, cells });
        }
    }

    fn begin(&mut self, line: u32) {
        self.text.clear();
        self.text_line = line;
        self.plain = false;
        self.footnote = 0;
    }

    fn push(&mut self, text: &str) {
        if self.footnote == 0 {
            self.text.push_str(text);
            self.plain |= self.strong == 0 && !text.trim().is_empty();
        }
    }

    fn inline_html(&mut self, tag: &str) {
        let name: String = tag.trim_start_matches(['<', '/']).chars().take_while(char::is_ascii_alphanumeric).collect();
        match (name.to_ascii_lowercase().as_str(), tag.starts_with("</")) {
            ("br", _) => self.push("\n"),
            ("sup", false) => self.footnote += 1,
            ("sup", true) => self.footnote = self.footnote.saturating_sub(1),
            _ => {}
        }
    }

    fn block(&mut self, kind: BlockKind) {
        self.blocks.push(Block::new(self.text_line, kind));
        self.text.clear();
    }

    fn flush_item(&mut self) {
        if self.in_item && !self.code {
            let text = collapse(&self.text);
            if !text.is_empty() {
                let depth = u8::try_from(self.lists.saturating_sub(1)).unwrap_or(u8::MAX);
                self.block(BlockKind::Item { depth, text });
            }
            self.in_item = false;
        }
    }

    fn flush_markup(&mut self) {
        if let Some((first, _)) = self.markup.first() {
            let first = *first;
            let text: String = self.markup.drain(..).map(|(_, line)| line).collect();
            for mut block in html::blocks(&text) {
                block.move_down(first - 1);
                self.blocks.push(block);
            }
        }
    }
}
