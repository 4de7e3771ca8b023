//! The names of a table's columns.

use crate::page::Table;

/// Returns the distinct header texts of each column of a vendor's table, outermost first.
pub(crate) fn header_paths(table: &Table) -> Vec<Vec<&str>> {
    paths(table.header.iter().map(|row| row.cells.iter().map(|cell| cell.text.as_str())))
}

/// Returns the names of the columns of a vendor's table: the texts of each path, joined with spaces.
pub(crate) fn header_names(table: &Table) -> Vec<String> {
    header_paths(table).iter().map(|path| path.join(" ")).collect()
}

/// Returns the distinct texts of each column of a header's rows, outermost first.
pub(crate) fn paths<'t>(rows: impl Iterator<Item = impl Iterator<Item = &'t str>>) -> Vec<Vec<&'t str>> {
    let mut paths: Vec<Vec<&str>> = Vec::new();
    for row in rows {
        for (column, text) in row.enumerate() {
            if column == paths.len() {
                paths.push(Vec::new());
            }
            paths[column].extend(text.split('\n').filter(|text| !text.is_empty()));
        }
    }
    paths.iter_mut().for_each(Vec::dedup);
    // Some editors end a row with one pipe too many.
    while paths.last().is_some_and(Vec::is_empty) {
        paths.pop();
    }
    paths
}
