//! The account of a fact page's numbers. Each number must be used, or skipped for a reason; the rest are errors.

use std::collections::BTreeMap;

use crate::number::numbers;
use crate::page::{BlockKind, Cell, Origin, Page};
use crate::reading::Numbers;

use super::extract::SKIPPED;

/// The address of a cell's or list item's text, as the key of the cell or item. A copy of the text is another key.
type TextAddress = *const u8;

/// A text with numbers that are neither used nor skipped yet.
#[derive(Debug)]
struct Unaccounted {
    line: u32,
    text: String,
    count: u64,
}

#[derive(Debug)]
pub(super) struct Ledger {
    numbers: Numbers,
    open: BTreeMap<TextAddress, Unaccounted>,
}

impl Ledger {
    pub(super) fn new(page: &Page) -> Self {
        let mut ledger = Self { numbers: Numbers::default(), open: BTreeMap::new() };
        for block in &page.blocks {
            match &block.kind {
                BlockKind::Item { text, .. } => ledger.register(block.line, text),
                BlockKind::Table(table) => {
                    for row in table.header.iter().chain(&table.rows) {
                        for cell in row.cells.iter().filter(|cell| cell.origin == Origin::Stated) {
                            ledger.register(cell.line, &cell.text);
                        }
                    }
                }
                BlockKind::Statement { name, value } if name == SKIPPED => {
                    if let Some((count, reason)) = value.split_once(' ')
                        && let Ok(count) = count.parse::<u64>()
                    {
                        ledger.numbers.found += count;
                        *ledger.numbers.skipped.entry(reason.to_owned()).or_default() += count;
                    }
                }
                _ => {}
            }
        }
        ledger
    }

    fn register(&mut self, line: u32, text: &str) {
        let count = numbers(text).len() as u64;
        if count > 0 {
            self.numbers.found += count;
            self.open.insert(text.as_ptr(), Unaccounted { line, text: text.to_owned(), count });
        }
    }

    /// Records that the numbers of a text are part of a limit, a class or a plan.
    pub(super) fn used(&mut self, text: &str) {
        if let Some(open) = self.open.remove(&text.as_ptr()) {
            self.numbers.used += open.count;
        }
    }

    /// Records that the numbers of a text are skipped for a reason.
    pub(super) fn skip(&mut self, text: &str, reason: &str) {
        if let Some(open) = self.open.remove(&text.as_ptr()) {
            *self.numbers.skipped.entry(reason.to_owned()).or_default() += open.count;
        }
    }

    pub(super) fn used_cell(&mut self, cell: &Cell) {
        self.used(&cell.text);
    }

    /// Returns the account, and the line and text of each unaccounted number.
    pub(super) fn close(self) -> (Numbers, Vec<(u32, String)>) {
        (self.numbers, self.open.into_values().map(|open| (open.line, open.text)).collect())
    }
}
