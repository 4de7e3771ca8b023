//! The account of a page's blocks and numbers. Each number is addressed by its block and cell.

use std::collections::BTreeMap;

use crate::number::numbers;
use crate::page::{Block, BlockKind, Origin, Table};
use crate::reading::Numbers;

/// The address of a text of a page: a block, and in a table the row (header rows first) and the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address {
    block: usize,
    cell: Option<(usize, usize)>,
}

impl Address {
    /// Returns the address of a block's whole text.
    pub(super) const fn block(block: usize) -> Self {
        Self { block, cell: None }
    }

    /// Returns the address of a cell. `row` counts header rows first.
    pub(super) const fn cell(block: usize, row: usize, column: usize) -> Self {
        Self { block, cell: Some((row, column)) }
    }
}

/// Numbers of a text that no rule has read or set aside yet.
#[derive(Clone, Debug)]
struct Open {
    line: u32,
    text: String,
    count: u64,
}

/// What became of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// The rule of this id read it.
    Read(String),
    /// It is set aside for this reason.
    Aside(String),
}

/// The account. Every number of a table or a list is open until a rule uses it, or sets it aside for a reason.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    open: BTreeMap<Address, Open>,
    numbers: Numbers,
    claims: BTreeMap<usize, Claim>,
}

impl Ledger {
    pub(super) fn new(blocks: &[Block]) -> Self {
        let mut ledger = Self::default();
        for (at, block) in blocks.iter().enumerate() {
            match &block.kind {
                BlockKind::Item { text, .. } => ledger.register(Address::block(at), block.line, text),
                BlockKind::Table(table) => {
                    for (row_at, row) in rows(table).enumerate() {
                        for (column, cell) in row.cells.iter().enumerate() {
                            if cell.origin == Origin::Stated {
                                ledger.register(Address::cell(at, row_at, column), cell.line, &cell.text);
                            }
                        }
                    }
                }
                BlockKind::Heading { .. }
                | BlockKind::Paragraph(_)
                | BlockKind::Code(_)
                | BlockKind::Unread { .. }
                | BlockKind::Statement { .. } => {}
            }
        }
        ledger
    }

    fn register(&mut self, address: Address, line: u32, text: &str) {
        let count = numbers(text).len() as u64;
        if count > 0 {
            self.numbers.found += count;
            self.open.insert(address, Open { line, text: text.to_owned(), count });
        }
    }

    /// Records that a rule has read a block, or set it aside. `Err` is what became of the block before.
    pub(super) fn claim(&mut self, block: usize, claim: Claim) -> Result<(), Claim> {
        match self.claims.get(&block) {
            Some(before) if *before != claim => Err(before.clone()),
            Some(_) => Ok(()),
            None => {
                self.claims.insert(block, claim);
                Ok(())
            }
        }
    }

    pub(super) fn claim_of(&self, block: usize) -> Option<&Claim> {
        self.claims.get(&block)
    }

    /// Records that the numbers of a text are part of a fact.
    pub(super) fn used(&mut self, address: Address) {
        if let Some(open) = self.open.remove(&address) {
            self.numbers.used += open.count;
        }
    }

    /// Records that the numbers of a text are set aside for a reason.
    pub(super) fn skip(&mut self, address: Address, reason: &str) {
        if let Some(open) = self.open.remove(&address) {
            *self.numbers.skipped.entry(reason.to_owned()).or_default() += open.count;
        }
    }

    /// Returns the account, and the line and the text of each number that is open.
    pub(super) fn close(self) -> (Numbers, Vec<(u32, String)>) {
        (self.numbers, self.open.into_values().map(|open| (open.line, open.text)).collect())
    }
}

/// Returns the rows of a table, those of the header first.
pub(super) fn rows(table: &Table) -> impl Iterator<Item = &crate::page::Row> {
    table.header.iter().chain(&table.rows)
}
