//! Rows of tables that are passages as a whole.

use super::passages::{Passage, section_text};
use super::{Address, Disposition, Fingerprint, Ledger, weigh};

/// A row that a pattern sets aside although it states a rate: `aside.tsv` must set it aside singly.
#[derive(Clone, Debug)]
pub(super) struct KeptRow {
    line: u32,
    text: String,
    cells: Vec<Address>,
}

impl Ledger<'_> {
    /// Makes a row a passage, whose text is that of its cells. Nothing if it has no open cells.
    pub(crate) fn keep_row(&mut self, line: u32, text: String, cells: Vec<Address>) {
        // A rule may have set a cell aside with its column.
        let is_open = |address: &Address| self.disposition(*address) == Some(&Disposition::Open);
        let stated: Vec<Address> = cells.into_iter().filter(is_open).collect();
        if let Some(&first) = stated.first() {
            self.rows.insert(first, KeptRow { line, text, cells: stated });
        }
    }

    /// Returns the passages of rows. The address of each is that of its first cell.
    pub(super) fn row_passages(&self) -> Vec<Passage> {
        let is_open = |(first, _): &(&Address, &KeptRow)| self.disposition(**first) == Some(&Disposition::Open);
        let passage = |(&address, row): (&Address, &KeptRow)| {
            let path = &self.page.blocks[address.block].path;
            Passage {
                address,
                line: row.line,
                section: section_text(path),
                text: row.text.clone(),
                fingerprint: Fingerprint::of(&row.text),
                weight: weigh(&row.text),
                is_in_scope: self.limit_sections.holds(path),
            }
        };
        self.rows.iter().filter(is_open).map(passage).collect()
    }

    /// Returns the places that a passage has: all cells of a row, or its own.
    pub(super) fn places_of(&self, passage: &Passage) -> Vec<Address> {
        self.rows.get(&passage.address).map_or_else(|| vec![passage.address], |row| row.cells.clone())
    }
}
