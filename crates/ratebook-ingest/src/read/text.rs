//! The reader of flattened text: each line is a paragraph or a list item, or a row of labelled or tabbed cells.

use super::labelled::{self, Run};
use super::{line_number, marks};
use crate::page::{Block, BlockKind, Cell, Flags, Row, Table};

pub(super) fn blocks(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut blocks = Vec::new();
    let mut section: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if let Some(run) = labelled::run(&lines[at..]) {
            let shared = section.iter().zip(&run.section).take_while(|(a, b)| a == b).count();
            for (depth, label) in run.section.iter().enumerate().skip(shared) {
                let level = u8::try_from(depth + 1).unwrap_or(u8::MAX);
                blocks.push(Block::new(line_number(at), BlockKind::Heading { level, text: (*label).to_owned() }));
            }
            blocks.push(table(at, &run));
            at += run.rows.len();
            section = run.section;
            continue;
        }
        let tabbed = tabbed_rows(&lines[at..]);
        if tabbed.len() >= SHORTEST_TABBED {
            blocks.push(tabbed_table(at, &tabbed));
            at += tabbed.len();
            continue;
        }
        if !lines[at].trim().is_empty() {
            blocks.push(block(line_number(at), lines[at]));
        }
        at += 1;
    }
    blocks
}

/// The fewest lines of a table with tabs between its cells: the header and a row.
const SHORTEST_TABBED: usize = 2;

/// Returns the cells of the lines that begin a table with tabs between its cells. The first line is its header: a line
/// without tabs, with a blank first cell, or with more cells than the header ends the table.
fn tabbed_rows<'a>(lines: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut rows: Vec<Vec<&str>> = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.trim_end().split('\t').map(str::trim).collect();
        let is_row = cells.len() > 1 && !cells[0].is_empty();
        if !is_row || rows.first().is_some_and(|header| cells.len() > header.len()) {
            break;
        }
        rows.push(cells);
    }
    rows
}

fn tabbed_table(at: usize, rows: &[Vec<&str>]) -> Block {
    let mut rows = rows.iter().enumerate().map(|(index, cells)| {
        let line = line_number(at + index);
        let cell = |text: &&str| {
            let marked = marks::split(text, false);
            Cell { marks: marked.marks, ..Cell::new(line, marked.text) }
        };
        Row { line, cells: cells.iter().map(cell).collect() }
    });
    let header = rows.next().into_iter().collect();
    Block::new(line_number(at), BlockKind::Table(Table { caption: None, header, rows: rows.collect() }))
}

/// Returns the table of a run that begins at a line's index.
fn table(at: usize, run: &Run<'_>) -> Block {
    let line = line_number(at);
    let header = Row { line, cells: run.columns.iter().map(|name| Cell::new(line, *name)).collect() };
    let rows = run.rows.iter().enumerate().map(|(index, cells)| {
        let line = line_number(at + index);
        let cell = |text: &Option<&str>| {
            let marked = marks::split(text.unwrap_or_default(), false);
            Cell { marks: marked.marks, ..Cell::new(line, marked.text) }
        };
        Row { line, cells: cells.iter().map(cell).collect() }
    });
    Block::new(line, BlockKind::Table(Table { caption: None, header: vec![header], rows: rows.collect() }))
}

fn block(line_number: u32, line: &str) -> Block {
    let indent = line.chars().take_while(|c| c.is_whitespace()).count();
    let item = item(line.trim());
    let marked = marks::split(item.map_or(line, |(_, text)| text), false);
    let (text, mut note) = (marked.text, marked.note);
    let kind = match item {
        Some((bullet, _)) => {
            note = note.or_else(|| (bullet == "*").then(|| bullet.to_owned()));
            BlockKind::Item { depth: u8::try_from(indent.saturating_sub(2) / 2).unwrap_or(u8::MAX), text }
        }
        None => BlockKind::Paragraph(text),
    };
    Block {
        flags: Flags { hidden: false, struck: marked.is_struck },
        marks: marked.marks,
        note,
        ..Block::new(line_number, kind)
    }
}

/// Returns the bullet and the text of a list item: a bullet, or an ordinal with a dot or parenthesis, then a space.
fn item(line: &str) -> Option<(&str, &str)> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let bullet = match line.strip_prefix(['•', '◦', '-', '*', '–']) {
        Some(after) => line.len() - after.len(),
        None if (1..=2).contains(&digits) && line[digits..].starts_with(['.', ')']) => digits + 1,
        None => return None,
    };
    let (bullet, text) = line.split_at(bullet);
    text.starts_with(char::is_whitespace).then(|| (bullet, text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let kind = |block: Block| match block.kind {
            BlockKind::Table(table) => {
                let rows = table.header.iter().chain(&table.rows);
                let row = |row: &Row| row.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join("|");
                rows.map(row).collect::<Vec<_>>().join("; ")
            }
            other => format!("{other:?}"),
        };
        blocks(text).into_iter().map(kind).collect()
    }

    #[test]
    fn lines_with_tabs_are_a_table() {
        let table = "Tier\tRPM\tTPM|Free\tNot supported|Tier 1\t200\t40,000\t".replace('|', "\n");
        assert_eq!(shown(&table), ["Tier|RPM|TPM; Free|Not supported; Tier 1|200|40,000"]);
        for text in ["\tindented\n\tlines", "One\tline\n\nOther\tline", "a\tb\nc\td\te"] {
            assert!(shown(text).iter().all(|block| block.starts_with("Paragraph")), "{:?}", shown(text));
        }
    }
}
