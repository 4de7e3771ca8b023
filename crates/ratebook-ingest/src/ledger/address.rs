//! Where a text stands on a page.

use crate::page::{BlockKind, Cell, Page};

/// The place of a text: a block, and a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The index of the block, from 0.
    pub block: usize,
    /// The part of the block.
    pub part: Part,
}

/// A part of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// All of the block.
    Whole,
    /// One sentence of a heading, a paragraph, an item, or code, by its index from 0.
    Sentence(usize),
    /// The caption of a table.
    Caption,
    /// A cell of the header of a table, by the indices of its row and column, from 0.
    Header {
        /// The index of the row in the header.
        row: usize,
        /// The index of the column.
        column: usize,
    },
    /// A cell of the body of a table, by the indices of its row and column, from 0.
    Body {
        /// The index of the row in the body.
        row: usize,
        /// The index of the column.
        column: usize,
    },
}

impl Address {
    /// Returns the address of a whole block.
    pub fn block(block: usize) -> Self {
        Self { block, part: Part::Whole }
    }

    /// Returns the address of a sentence.
    pub fn sentence(block: usize, sentence: usize) -> Self {
        Self { block, part: Part::Sentence(sentence) }
    }

    /// Returns the address of a table's caption.
    pub fn caption(block: usize) -> Self {
        Self { block, part: Part::Caption }
    }

    /// Returns the address of a header cell.
    pub fn header(block: usize, row: usize, column: usize) -> Self {
        Self { block, part: Part::Header { row, column } }
    }

    /// Returns the address of a body cell.
    pub fn body(block: usize, row: usize, column: usize) -> Self {
        Self { block, part: Part::Body { row, column } }
    }

    /// Returns the cell of a page at this address, or `None` if it is not the address of one.
    pub fn cell(self, page: &Page) -> Option<&Cell> {
        let BlockKind::Table(table) = &page.blocks.get(self.block)?.kind else { return None };
        match self.part {
            Part::Header { row, column } => table.header.get(row)?.cells.get(column),
            Part::Body { row, column } => table.rows.get(row)?.cells.get(column),
            Part::Caption => table.caption.as_ref(),
            Part::Whole | Part::Sentence(_) => None,
        }
    }
}
