//! The extraction of a fact page from a vendor's page.

use std::collections::BTreeMap;

use crate::number::numbers;
use crate::page::{Block, BlockKind, Cell, Flags, Form, Origin, Page, Row, Table, Unread};
use crate::reading::{Diagnostic, Severity};

/// Name of the statement with the number of tables of the vendor's page.
pub(super) const TABLES: &str = "tables";
/// Name of the statements with the count of skipped numbers of the vendor's page, one for each reason.
pub(super) const SKIPPED: &str = "numbers skipped";

/// Collects the facts of one page.
pub(super) struct Extractor {
    blocks: Vec<Block>,
    tables: u64,
    skipped: BTreeMap<&'static str, u64>,
    diagnostics: Vec<Diagnostic>,
}

impl Extractor {
    pub(super) fn new(page: &Page) -> Self {
        let tables = page.blocks.iter().filter(|block| matches!(block.kind, BlockKind::Table(_))).count() as u64;
        Self { blocks: Vec::new(), tables, skipped: BTreeMap::new(), diagnostics: Vec::new() }
    }

    pub(super) fn heading(&mut self, line: u32, level: u8, text: &str) {
        self.blocks.push(Block::new(line, BlockKind::Heading { level, text: text.to_owned() }));
    }

    pub(super) fn statement(&mut self, line: u32, name: &str, value: impl Into<String>) {
        self.blocks.push(Block::new(line, BlockKind::Statement { name: name.to_owned(), value: value.into() }));
    }

    /// Adds a table, under our names of its columns. A footnote mark, and a hidden or struck-out cell, are errors.
    pub(super) fn table(&mut self, line: u32, columns: &[String], mut rows: Vec<Row>) {
        for cell in rows.iter_mut().flat_map(|row| &mut row.cells) {
            cell.is_header = false;
            let marks = std::mem::take(&mut cell.marks);
            if !marks.is_empty() {
                let marks = marks.join("`, `");
                self.error(
                    cell.line,
                    format!("`{}` has the footnote mark `{marks}`: extend the interpreter", cell.text),
                );
            }
            if std::mem::take(&mut cell.flags) != Flags::default() {
                self.error(cell.line, format!("`{}` is hidden or struck out: extend the interpreter", cell.text));
            }
        }
        let cell = |text: &String| Cell::new(line, text.clone());
        let header = vec![Row { line, cells: columns.iter().map(cell).collect() }];
        self.blocks.push(Block::new(line, BlockKind::Table(Table { header, rows, ..Table::default() })));
    }

    /// Counts a table of flattened text, where only the provider's module recognizes tables.
    pub(super) fn found_table(&mut self) {
        self.tables += 1;
    }

    /// Returns the lines of flattened text with their numbers. List items hold advice and are skipped.
    pub(super) fn lines<'a>(&mut self, page: &'a Page) -> Vec<(u32, &'a str)> {
        let mut lines = Vec::new();
        for block in &page.blocks {
            match &block.kind {
                BlockKind::Paragraph(text) => lines.push((block.line, text.as_str())),
                BlockKind::Item { text, .. } => self.skip(text, "in a list of advice"),
                _ => {}
            }
        }
        lines
    }

    /// Counts the numbers of a text as skipped for a reason.
    pub(super) fn skip(&mut self, text: &str, reason: &'static str) {
        let count = numbers(text).len() as u64;
        if count > 0 {
            *self.skipped.entry(reason).or_default() += count;
        }
    }

    pub(super) fn skip_header(&mut self, table: &Table) {
        for cell in table.header.iter().flat_map(|row| &row.cells).filter(|cell| cell.origin == Origin::Stated) {
            self.skip(&cell.text, "in a column's name");
        }
    }

    pub(super) fn error(&mut self, line: u32, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic { severity: Severity::Error, line: Some(line), message: message.into() });
    }

    pub(super) fn warning(&mut self, line: u32, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic { severity: Severity::Warning, line: Some(line), message: message.into() });
    }

    pub(super) fn finish(mut self, raw: &Page) -> (Page, Vec<Diagnostic>) {
        for block in &raw.blocks {
            if let BlockKind::Unread { what: Unread::Table, text } = &block.kind {
                let what = if text.split('|').any(is_dashes) {
                    "the header and the delimiter row of the table differ in their number of columns"
                } else {
                    "expected a table with a header, found rows without one"
                };
                self.error(block.line, what);
            }
        }
        let skipped: u64 = self.skipped.values().sum();
        if raw.form != Form::Text && !self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            let (found, kept) = (count(&raw.blocks), count(&self.blocks));
            if found != kept + skipped {
                self.error(
                    1,
                    format!(
                        "the page's tables and lists have {found} numbers, but {kept} were extracted and {skipped} skipped"
                    ),
                );
            }
        }
        self.statement(1, TABLES, self.tables.to_string());
        for (reason, count) in std::mem::take(&mut self.skipped) {
            self.statement(1, SKIPPED, format!("{count} {reason}"));
        }
        (Page::new(raw.form, self.blocks), self.diagnostics)
    }
}

/// Returns whether a cell is part of a delimiter row.
fn is_dashes(cell: &str) -> bool {
    let cell = cell.trim();
    cell.contains("--") && cell.bytes().all(|byte| matches!(byte, b'-' | b':'))
}

/// Counts the numbers of tables and lists, those of a merged cell once.
fn count(blocks: &[Block]) -> u64 {
    let cells = |table: &Table| -> usize {
        let rows = table.header.iter().chain(&table.rows).flat_map(|row| &row.cells);
        rows.filter(|cell| cell.origin == Origin::Stated).map(|cell| numbers(&cell.text).len()).sum()
    };
    let counts = blocks.iter().map(|block| match &block.kind {
        BlockKind::Item { text, .. } => numbers(text).len(),
        BlockKind::Table(table) => cells(table),
        _ => 0,
    });
    counts.sum::<usize>() as u64
}
