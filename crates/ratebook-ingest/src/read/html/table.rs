//! The grid of an HTML table. Every cell that a merged cell covers repeats its text, marked as spanned.

use scraper::ElementRef;

use super::{lines, text_of};
use crate::page::{Cell, Origin, Row, Table};

/// Upper bound of a cell's span, in rows or columns. It bounds the memory of a table with a typo in a span.
const MAX_SPAN: usize = 1_000;

/// Reads a table. Returns `None` if it has no cells.
pub(super) fn read(table: ElementRef<'_>) -> Option<Table> {
    let rows = rows_of(table);
    let in_head = |row: &ElementRef<'_>| parent_name(*row) == Some("thead");
    let all_heads = |row: &ElementRef<'_>| cells_of(*row).all(|cell| cell.value().name() == "th");
    let heads = rows.iter().take_while(|row| in_head(row) || all_heads(row)).count().max(1);
    let mut grid = resolve(&rows);
    grid.retain(|row| !row.cells.is_empty());
    if grid.is_empty() {
        return None;
    }
    let body = grid.split_off(heads.min(grid.len()));
    Some(Table { header: grid, rows: body, ..Table::default() })
}

/// Returns the rows of this table, without those of nested tables.
fn rows_of(table: ElementRef<'_>) -> Vec<ElementRef<'_>> {
    let mut rows = Vec::new();
    for child in table.children().filter_map(ElementRef::wrap) {
        match child.value().name() {
            "tr" => rows.push(child),
            "thead" | "tbody" | "tfoot" => {
                rows.extend(child.children().filter_map(ElementRef::wrap).filter(|row| row.value().name() == "tr"));
            }
            _ => {}
        }
    }
    rows.retain(|row| !super::is_hidden(*row));
    rows
}

fn cells_of(row: ElementRef<'_>) -> impl Iterator<Item = ElementRef<'_>> {
    let cells = row.children().filter_map(ElementRef::wrap);
    cells.filter(|cell| matches!(cell.value().name(), "td" | "th") && !super::is_hidden(*cell))
}

fn parent_name(element: ElementRef<'_>) -> Option<&str> {
    Some(element.parent()?.value().as_element()?.name())
}

/// A merged cell that covers rows below the present one.
#[derive(Clone)]
struct Cover {
    rows_left: usize,
    text: String,
    line: u32,
}

fn resolve(rows: &[ElementRef<'_>]) -> Vec<Row> {
    let mut covers: Vec<Option<Cover>> = Vec::new();
    let mut grid = Vec::new();
    for row in rows {
        let mut cells = Vec::new();
        let mut below: Vec<Option<Cover>> = vec![None; covers.len()];
        let take_cover = |cells: &mut Vec<Cell>, below: &mut Vec<Option<Cover>>| {
            while let Some(Some(cover)) = covers.get(cells.len()) {
                if cover.rows_left > 1 {
                    below[cells.len()] = Some(Cover { rows_left: cover.rows_left - 1, ..cover.clone() });
                }
                cells.push(Cell { origin: Origin::Spanned, ..Cell::new(cover.line, cover.text.clone()) });
            }
        };
        for element in cells_of(*row) {
            take_cover(&mut cells, &mut below);
            let (text, line) = (text_of(element), lines::of_text(element));
            let rows_left = span(element, "rowspan").min(rows.len()) - 1;
            for covered in 0..span(element, "colspan") {
                let origin = if covered == 0 { Origin::Stated } else { Origin::Spanned };
                if below.len() <= cells.len() {
                    below.resize(cells.len() + 1, None);
                }
                if rows_left > 0 {
                    below[cells.len()] = Some(Cover { rows_left, text: text.clone(), line });
                }
                cells.push(Cell { origin, ..Cell::new(line, text.clone()) });
            }
        }
        take_cover(&mut cells, &mut below);
        covers = below;
        grid.push(Row { line: lines::of(*row), cells });
    }
    grid
}

fn span(element: ElementRef<'_>, name: &str) -> usize {
    let value = element.value().attr(name).and_then(|value| value.trim().parse().ok());
    value.unwrap_or(1).clamp(1, MAX_SPAN)
}
