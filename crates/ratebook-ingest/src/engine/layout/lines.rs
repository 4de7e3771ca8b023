//! Tables with one cell a line: the header gives the number of lines of a row.

use super::super::assign::assign;
use super::super::value::{is_value, is_value_like};
use super::{FoundTable, Line};
use crate::number::numbers;
use crate::page::{Cell, Row};
use crate::recipe::{Recipe, Role};

/// The largest number of columns.
const MAX_COLUMNS: usize = 12;
/// The largest number of lines of one table.
pub(super) const MAX_LINES: usize = 4_000;

/// Returns the table whose header begins with these lines.
pub(super) fn header<'a>(run: &[Line<'_>], recipe: &'a Recipe) -> Option<FoundTable<'a>> {
    for length in (2..=MAX_COLUMNS.min(run.len())).rev() {
        let names: Vec<String> = run[..length].iter().map(|line| line.text.to_owned()).collect();
        if let Some((rule, columns)) = recipe.tables.iter().find_map(|rule| Some((rule, assign(rule, &names).ok()?))) {
            return Some(FoundTable { rule, names, columns });
        }
    }
    None
}

/// Returns the rows that follow a header, and the number of their lines.
pub(super) fn rows(found: &FoundTable<'_>, run: &[Line<'_>], recipe: &Recipe) -> (Vec<Row>, usize) {
    let width = found.columns.len();
    let mut rows = Vec::new();
    let mut taken = 0;
    while let Some(cells) = run.get(taken..taken + width).filter(|cells| is_row(found, cells, recipe)) {
        let line = cells[0].line;
        rows.push(Row { line, cells: cells.iter().map(|cell| Cell::new(cell.line, cell.text)).collect() });
        taken += width;
    }
    (rows, taken)
}

/// Returns the first line of a row that the end of a page cuts off: a label, and fewer values than the table has columns.
pub(super) fn cut_row<'p>(found: &FoundTable<'_>, rest: &[Line<'p>], recipe: &Recipe) -> Option<Line<'p>> {
    let (label, values) = rest.split_first()?;
    let is_cut = !values.is_empty() && rest.len() < found.columns.len() && !is_value(label.text);
    let are_values = values
        .iter()
        .zip(&found.columns[1..])
        .all(|(cell, assigned)| assigned.column.is_value() && is_value_of(cell.text, recipe));
    (is_cut && are_values).then_some(*label)
}

/// Returns whether a text is a value, or a word that the recipe has for one, such as `-`.
fn is_value_of(text: &str, recipe: &Recipe) -> bool {
    is_value_like(text) || recipe.amounts.keys().any(|word| word.matches(text).is_some())
}

/// Returns whether lines are a row: a label, and values below the columns of values.
fn is_row(found: &FoundTable<'_>, cells: &[Line<'_>], recipe: &Recipe) -> bool {
    let label = cells[0].text;
    let has_values = found.columns.iter().any(|assigned| assigned.column.is_value());
    if !has_values {
        let is_header = matches!(found.columns[0].column.role, Role::Header);
        return is_header && label.split(',').all(|name| !name.trim().contains(' ') && name.contains('-'));
    }
    if is_value(label) {
        return false;
    }
    let are_values = found
        .columns
        .iter()
        .zip(cells)
        .all(|(assigned, cell)| !assigned.column.is_value() || is_value_of(cell.text, recipe));
    // The first words of a known row, whatever its cells hold: a value that is not understood is an error there.
    let mut specific = found.rule.who.iter().filter(|text_rule| !text_rule.pattern.is_open());
    are_values && !label.ends_with(['.', ':']) || specific.any(|text_rule| text_rule.pattern.matches(label).is_some())
}

/// Returns whether a line is the name of a column, alone.
pub(super) fn is_column(text: &str, recipe: &Recipe) -> bool {
    let mut columns = recipe.tables.iter().flat_map(|table| &table.columns);
    numbers(text).len() < 2 && columns.any(|(pattern, _)| !pattern.is_open() && pattern.as_str() == text)
}
