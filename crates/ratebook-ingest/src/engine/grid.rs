//! A table as rows of cells with their addresses, upright or transposed.

use ratebook_source::{Amount, Evidence};

use crate::columns::paths;
use crate::ledger::Address;
use crate::page::{Cell, Table};

/// A cell, and where the page has it. A cell that the page lacks, because a merged cell covers it, has no address.
#[derive(Clone, Debug)]
pub(super) struct GridCell {
    pub(super) cell: Cell,
    pub(super) address: Option<Address>,
    /// How a pass placed the amount there, if one did.
    pub(super) placed: Option<Placed>,
}

/// How the amount of a cell came to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) evidence: Evidence,
    /// The amount that is not used.
    pub(super) alternative: Option<Amount>,
}

/// A row of the grid.
#[derive(Clone, Debug)]
pub(super) struct GridRow {
    pub(super) line: u32,
    pub(super) cells: Vec<GridCell>,
}

/// A table whose header names the columns.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    pub(super) header: Vec<GridRow>,
    pub(super) rows: Vec<GridRow>,
}

impl Grid {
    /// Returns the grid of the table in a block.
    pub(super) fn new(block: usize, table: &Table) -> Self {
        let header = table.header.iter().enumerate().map(|(at, row)| {
            let cells = row.cells.iter().enumerate();
            let cells = cells.map(|(column, cell)| GridCell {
                cell: cell.clone(),
                address: Some(Address::header(block, at, column)),
                placed: None,
            });
            GridRow { line: row.line, cells: cells.collect() }
        });
        let rows = table.rows.iter().enumerate().map(|(at, row)| {
            let cells = row.cells.iter().enumerate();
            let cells = cells.map(|(column, cell)| GridCell {
                cell: cell.clone(),
                address: Some(Address::body(block, at, column)),
                placed: None,
            });
            GridRow { line: row.line, cells: cells.collect() }
        });
        Self { header: header.collect(), rows: rows.collect() }
    }

    /// Returns the grid with rows and columns exchanged: the first column becomes the header.
    pub(super) fn transposed(&self) -> Self {
        let all: Vec<&GridRow> = self.header.iter().chain(&self.rows).collect();
        let columns = all.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let mut rows = (0..columns).map(|column| {
            let cell = |row: &&GridRow| row.cells.get(column).cloned().unwrap_or_else(|| GridCell::blank(row.line));
            let cells: Vec<GridCell> = all.iter().map(cell).collect();
            GridRow { line: cells.first().map_or(1, |first| first.cell.line), cells }
        });
        let header = rows.next().into_iter().collect();
        Self { header, rows: rows.collect() }
    }

    /// Returns the names of the columns: the distinct texts of their header cells, outermost first, joined with spaces.
    pub(super) fn names(&self) -> Vec<String> {
        let rows = self.header.iter().map(|row| row.cells.iter().map(|cell| cell.cell.text.as_str()));
        paths(rows).iter().map(|path| path.join(" ")).collect()
    }
}

impl GridCell {
    /// Returns a blank cell that the page lacks.
    pub(super) fn blank(line: u32) -> Self {
        Self { cell: Cell::new(line, ""), address: None, placed: None }
    }
}

impl GridRow {
    /// Removes empty cells at the end, down to a number of columns.
    pub(super) fn trim_to(&mut self, columns: usize) {
        while self.cells.len() > columns && self.cells.pop_if(|cell| cell.cell.text.is_empty()).is_some() {}
    }

    /// Returns the only text of the row, or `None` if it has several. A merged cell counts once.
    pub(super) fn only_text(&self) -> Option<&GridCell> {
        let mut filled = self.cells.iter().filter(|cell| !cell.cell.text.is_empty());
        let first = filled.next()?;
        filled.all(|other| other.cell.text == first.cell.text).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{BlockKind, Form};

    #[test]
    fn a_transposed_table_has_the_first_column_as_its_header() {
        let page =
            crate::read::read("| | Free | Pro |\n|---|---|---|\n| RPM | 3 | 60 |\n| TPM | 9 | 90 |\n", Form::Markdown);
        let BlockKind::Table(table) = &page.blocks[0].kind else { panic!("{page:?}") };
        let grid = Grid::new(0, table).transposed();
        assert_eq!(grid.names(), ["", "RPM", "TPM"]);
        let rows: Vec<Vec<&str>> =
            grid.rows.iter().map(|row| row.cells.iter().map(|cell| cell.cell.text.as_str()).collect()).collect();
        assert_eq!(rows, [["Free", "3", "9"], ["Pro", "60", "90"]]);
        assert_eq!(grid.rows[1].cells[2].address, Some(Address::body(0, 1, 2)));
    }
}
