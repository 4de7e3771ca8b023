//! `pages/<id>.md`: the text form of a fact page, for review and for reading back without loss.
//!
//! Headings, `-` items and tables are Markdown. A statement is a quoted `> name: value`. A cell that a merged cell covers
//! is `^`, followed by its text if that differs from the cell above. The line numbers of the vendor's page are collected
//! in one comment at the end, so that a paragraph added to the page does not change every row of the diff.

use std::fmt::Write as _;

use crate::page::{Block, BlockKind, Cell, Form, Origin, Page, Row, Table};

const TITLE: &str = "<!-- What the vendor's page states, as last read. Written by `cargo xtask refresh-catalog`. -->";
const LINES: &str = "<!-- lines of the page:";
const NUMBERS_A_LINE: usize = 24;

/// The error of [`parse`]: the text is not a fact page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}; restore the file, or refresh it from the vendor's page")]
pub struct FactPageError {
    /// The line of the fact page, from 1.
    pub line: usize,
    /// What is wrong with the line.
    pub message: String,
}

impl Form {
    /// Returns the form's name in fact pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Text => "text",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Html, Self::Markdown, Self::Text].into_iter().find(|form| form.word() == word)
    }
}

/// Returns the text of a fact page. Paragraphs and code blocks are omitted: a fact page has none.
pub fn write(page: &Page) -> String {
    let mut out = format!("{TITLE}\n<!-- form: {} -->\n", page.form.word());
    let mut lines = Vec::new();
    let mut after_run = false;
    for block in &page.blocks {
        let in_run = matches!(block.kind, BlockKind::Item { .. } | BlockKind::Statement { .. });
        if !(in_run && after_run) {
            out.push('\n');
        }
        after_run = in_run;
        match &block.kind {
            BlockKind::Heading { level, text } => {
                let _ = writeln!(out, "{} {text}", "#".repeat(usize::from(*level)));
            }
            BlockKind::Item { depth, text } => {
                let _ = writeln!(out, "{}- {text}", "  ".repeat(usize::from(*depth)));
            }
            BlockKind::Statement { name, value } => {
                let _ = writeln!(out, "> {name}: {value}");
            }
            BlockKind::Table(table) => {
                lines.push(block.line.to_string());
                write_table(&mut out, &mut lines, table);
                continue;
            }
            BlockKind::Paragraph(_) | BlockKind::Code(_) | BlockKind::Unread { .. } => continue,
        }
        lines.push(block.line.to_string());
    }
    let _ = write!(out, "\n{LINES}");
    for (index, line) in lines.iter().enumerate() {
        out.push(if index % NUMBERS_A_LINE == 0 { '\n' } else { ' ' });
        out.push_str(line);
    }
    out.push_str("\n-->\n");
    out
}

fn write_table(out: &mut String, lines: &mut Vec<String>, table: &Table) {
    for row in &table.header {
        write_row(out, lines, row, None);
    }
    let columns = table.header.first().map_or(1, |row| row.cells.len().max(1));
    let _ = writeln!(out, "|{}", "---|".repeat(columns));
    let mut above = None;
    for row in &table.rows {
        write_row(out, lines, row, above);
        above = Some(row);
    }
}

fn write_row(out: &mut String, lines: &mut Vec<String>, row: &Row, above: Option<&Row>) {
    out.push('|');
    for (column, cell) in row.cells.iter().enumerate() {
        let covered =
            above.and_then(|row| row.cells.get(column)).is_some_and(|cell_above| cell_above.text == cell.text);
        let text = match cell.origin {
            Origin::Spanned if covered => "^".to_owned(),
            Origin::Spanned => format!("^ {}", escape(&cell.text)),
            Origin::Stated => escape(&cell.text),
        };
        let _ = write!(out, " {text} |");
    }
    out.push('\n');
    let mut numbers = row.line.to_string();
    if row.cells.iter().any(|cell| cell.line != row.line) {
        for cell in &row.cells {
            let _ = write!(numbers, ",{}", cell.line);
        }
    }
    lines.push(numbers);
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br>"),
            '\\' | '|' | '<' | '^' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// Returns whether a text is a fact page of ours, and not a vendor's page.
pub fn is_fact_page(text: &str) -> bool {
    text.starts_with(TITLE)
}

/// Parses a fact page.
///
/// # Errors
/// Returns an error if the text is not the output of [`write()`]: edited by hand, truncated, or of another version.
pub fn parse(text: &str) -> Result<Page, FactPageError> {
    let error = |index: usize, message: &str| FactPageError { line: index + 1, message: message.to_owned() };
    let all: Vec<&str> = text.lines().collect();
    if all.first() != Some(&TITLE) {
        return Err(error(0, "expected the first line of a fact page, found another"));
    }
    let form = all.get(1).and_then(|line| line.strip_prefix("<!-- form: ")?.strip_suffix(" -->"));
    let form = form.and_then(Form::from_word).ok_or_else(|| error(1, "expected a comment `<!-- form: … -->`"))?;
    let end = all
        .iter()
        .position(|line| *line == LINES)
        .ok_or_else(|| error(all.len(), "expected the comment of line numbers, found none"))?;
    if all.last() != Some(&"-->") {
        return Err(error(all.len(), "expected `-->` at the end of the comment of line numbers"));
    }
    let mut numbers =
        LineNumbers { entries: all[end + 1..all.len() - 1].iter().flat_map(|line| line.split(' ')).collect(), at: 0 };
    let mut blocks = Vec::new();
    let mut at = 2;
    while at < end {
        let line = all[at];
        let take_line = |numbers: &mut LineNumbers<'_>| {
            numbers.next().ok_or_else(|| error(at, "the block has no line number: the file was edited by hand"))
        };
        let item = line.trim_start_matches("  ");
        let kind = if line.is_empty() {
            at += 1;
            continue;
        } else if line.starts_with('|') {
            let (line, _) = take_line(&mut numbers)?;
            let (table, next) = parse_table(&all, at, end, &mut numbers)?;
            blocks.push(Block::new(line, BlockKind::Table(table)));
            at = next;
            continue;
        } else if let Some(text) = line.strip_prefix("> ") {
            let (name, value) =
                text.split_once(": ").ok_or_else(|| error(at, "expected a statement `> name: value`"))?;
            BlockKind::Statement { name: name.to_owned(), value: value.to_owned() }
        } else if let Some(text) = item.strip_prefix("- ") {
            let depth = u8::try_from((line.len() - item.len()) / 2)
                .map_err(|_| error(at, "the item is nested more than 255 levels deep"))?;
            BlockKind::Item { depth, text: text.to_owned() }
        } else if let Some((marks, text)) = line.split_once(' ').filter(|(marks, _)| marks.bytes().all(|b| b == b'#')) {
            let level = u8::try_from(marks.len()).map_err(|_| error(at, "expected a heading of level 1 to 6"))?;
            BlockKind::Heading { level, text: text.to_owned() }
        } else {
            return Err(error(at, "expected a heading, an item, a statement or a table"));
        };
        let (line, _) = take_line(&mut numbers)?;
        blocks.push(Block::new(line, kind));
        at += 1;
    }
    match numbers.next() {
        None => Ok(Page::new(form, blocks)),
        Some(_) => Err(error(end, "there are more line numbers than blocks: the file was edited by hand")),
    }
}

/// The line numbers in the comment at the end: one for each block or row, and one for each cell if they differ.
struct LineNumbers<'a> {
    entries: Vec<&'a str>,
    at: usize,
}

impl LineNumbers<'_> {
    fn next(&mut self) -> Option<(u32, Vec<u32>)> {
        let mut numbers = self.entries.get(self.at)?.split(',').map(str::parse);
        self.at += 1;
        Some((numbers.next()?.ok()?, numbers.collect::<Result<_, _>>().ok()?))
    }
}

fn parse_table(
    all: &[&str],
    from: usize,
    end: usize,
    numbers: &mut LineNumbers<'_>,
) -> Result<(Table, usize), FactPageError> {
    let mut table = Table::default();
    let mut in_body = false;
    let mut at = from;
    while at < end && all[at].starts_with('|') {
        let line = all[at];
        at += 1;
        if !in_body && line.bytes().all(|byte| matches!(byte, b'|' | b'-')) {
            in_body = true;
            continue;
        }
        let above = table.rows.last();
        let row = parse_row(line, above, numbers).ok_or_else(|| FactPageError {
            line: at,
            message: "the row and its line numbers differ in length: the file was edited by hand".into(),
        })?;
        if in_body { &mut table.rows } else { &mut table.header }.push(row);
    }
    Ok((table, at))
}

fn parse_row(text: &str, above: Option<&Row>, numbers: &mut LineNumbers<'_>) -> Option<Row> {
    let (line, lines) = numbers.next()?;
    let cells = split_cells(text);
    if !lines.is_empty() && lines.len() != cells.len() {
        return None;
    }
    let cells = cells.into_iter().enumerate().map(|(column, cell)| {
        let (origin, text) = match cell.strip_prefix('^') {
            None => (Origin::Stated, unescape(cell)),
            Some("") => (Origin::Spanned, above?.cells.get(column)?.text.clone()),
            Some(text) => (Origin::Spanned, unescape(text.trim_start())),
        };
        Some(Cell { origin, ..Cell::new(lines.get(column).copied().unwrap_or(line), text) })
    });
    Some(Row { line, cells: cells.collect::<Option<_>>()? })
}

/// Returns the cells between unescaped pipes, trimmed.
fn split_cells(row: &str) -> Vec<&str> {
    let mut cells = Vec::new();
    let mut start = 1;
    let mut escaped = false;
    for (at, c) in row.char_indices().skip(1) {
        if c == '|' && !escaped {
            cells.push(row[start..at].trim());
            start = at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    cells
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = text.replace("<br>", "\n");
    let mut escaped = false;
    for c in text.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = String> {
        "[a-zA-Z0-9@^|<>\\\\,.:(-][ -~≤–]{0,8}[a-z0-9|\\\\^>]"
            .prop_filter("white space is collapsed", |text| !text.contains("  "))
    }

    prop_compose! {
        fn row()(line in 1u32..9999, cells in proptest::collection::vec((prop_oneof![text(), Just(String::new()), (text(), text()).prop_map(|(a, b)| format!("{a}\n{b}"))], any::<bool>(), 0u32..3), 1..5)) -> Row {
            let cells = cells.into_iter().map(|(text, spanned, below)| Cell { origin: if spanned && !text.is_empty() { Origin::Spanned } else { Origin::Stated }, ..Cell::new(line + below, text) }).collect();
            Row { line, cells }
        }
    }

    fn block() -> impl Strategy<Value = BlockKind> {
        prop_oneof![
            (1u8..=6, text()).prop_map(|(level, text)| BlockKind::Heading { level, text }),
            (0u8..4, text()).prop_map(|(depth, text)| BlockKind::Item { depth, text }),
            ("[a-z-]{1,9}", text()).prop_map(|(name, value)| BlockKind::Statement { name, value }),
            (row(), proptest::collection::vec(row(), 0..5)).prop_map(|(header, rows)| BlockKind::Table(Table {
                header: vec![header],
                rows,
                ..Table::default()
            })),
        ]
    }

    proptest! {
        #[test]
        fn a_fact_page_reads_back_as_written(blocks in proptest::collection::vec((block(), 1u32..9999), 0..8)) {
            let blocks = blocks.into_iter().map(|(kind, line)| Block::new(line, kind)).collect();
            let mut page = Page::new(Form::Text, blocks);
            // No cell above a header can cover it.
            for block in &mut page.blocks {
                if let BlockKind::Table(table) = &mut block.kind {
                    table.header.iter_mut().flat_map(|row| &mut row.cells).for_each(|cell| cell.origin = Origin::Stated);
                }
            }
            let text = write(&page);
            prop_assert!(is_fact_page(&text));
            prop_assert_eq!(parse(&text), Ok(page), "{}", text);
        }

        #[test]
        fn a_damaged_page_md_is_read_or_refused_without_panic(cut in 0usize..400, with in "\\PC{0,5}") {
            let page = Page::new(Form::Html, vec![
                Block::new(3, BlockKind::Heading { level: 2, text: "Global".into() }),
                Block::new(4, BlockKind::Table(Table {
                    header: vec![Row { line: 4, cells: vec![Cell::new(4, "model")] }],
                    rows: vec![Row { line: 5, cells: vec![Cell::new(6, "rocket")] }],
                    ..Table::default()
                })),
            ]);
            let text = write(&page);
            let cut = (0..=cut.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let _ = parse(&format!("{}{with}{}", &text[..cut], &text[cut..]));
            let _ = parse(&text[..cut]);
        }
    }

    #[test]
    fn a_row_added_by_hand_is_refused() {
        let item = BlockKind::Item { depth: 0, text: "720".into() };
        let text = write(&Page::new(Form::Text, vec![Block::new(9, item)]));
        let error = parse(&text.replace("- 720\n", "- 720\n- 721\n")).unwrap_err();
        assert!(error.to_string().contains("edited by hand"), "{error}");
    }
}
