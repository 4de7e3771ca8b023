//! Headers whose cells hold more than names of columns: titles over several columns, and remarks on what counts.

use super::super::assign::assign;
use crate::columns::header_paths;
use crate::page::{Cell, Row, Table};
use crate::recipe::{self, Recipe};

/// Reduces the header of a table to the names of its columns, if a rule has columns with these names.
///
/// A title is left out; the text that a remark adds follows the name of its column.
pub(super) fn normalize(table: &mut Table, recipe: &Recipe) {
    let names = recipe.tables.iter().filter(|rule| !rule.header.is_empty()).find_map(|rule| {
        let names: Vec<String> = header_paths(table).iter().map(|path| name(rule, path)).collect();
        assign(rule, &names).ok().map(|_| names)
    });
    let Some(names) = names else { return };
    let Some(last) = table.header.last() else { return };
    let line = last.line;
    let cells = names.into_iter().enumerate().map(|(column, name)| {
        let mut cell = last.cells.get(column).cloned().unwrap_or_else(|| Cell::new(line, ""));
        cell.marks =
            table.header.iter().filter_map(|row| row.cells.get(column)).flat_map(|cell| cell.marks.clone()).collect();
        cell.text = name;
        cell
    });
    let cells = cells.collect();
    table.header = vec![Row { line, cells }];
}

/// Returns the name of a column from the texts of its header, outermost first.
fn name(rule: &recipe::TableRule, path: &[&str]) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for text in path {
        match rule.header.iter().find(|other| other.pattern.matches(text).is_some()) {
            Some(other) => parts.extend(other.says.as_deref()),
            None => parts.push(text),
        }
    }
    parts.join(" ")
}
