//! Access to the columns of a table by name.

use crate::page::{Cell, Row, Table};

/// Returns the distinct header texts of each column of a vendor's table, outermost first.
pub(crate) fn header_paths(table: &Table) -> Vec<Vec<&str>> {
    let columns = table.header.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let path = |column: usize| {
        let cells = table.header.iter().filter_map(|row| row.cells.get(column));
        let mut path: Vec<&str> =
            cells.flat_map(|cell| cell.text.split('\n')).filter(|text| !text.is_empty()).collect();
        path.dedup();
        path
    };
    let mut paths: Vec<_> = (0..columns).map(path).collect();
    // Some editors end a row with one pipe too many.
    while paths.last().is_some_and(Vec::is_empty) {
        paths.pop();
    }
    paths
}

/// Returns the names of the columns of a fact page's table.
pub(crate) fn names(table: &Table) -> Vec<&str> {
    table.header.first().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect()).unwrap_or_default()
}

/// Returns the index of a column.
pub(crate) fn position(names: &[&str], wanted: &str) -> Option<usize> {
    names.iter().position(|name| *name == wanted)
}

/// Returns a row's cell in a column, or `None` if the row is shorter or the cell is blank.
pub(crate) fn filled(row: &Row, column: usize) -> Option<&Cell> {
    row.cells.get(column).filter(|cell| !cell.text.is_empty())
}
