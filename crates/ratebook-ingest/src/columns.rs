//! The names of a table's columns.

use crate::page::Table;

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
