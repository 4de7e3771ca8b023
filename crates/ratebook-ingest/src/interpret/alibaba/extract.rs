//! Extraction of the page's facts from HTML and Markdown; [`flattened`] extracts them from text.

use super::super::extract::Extractor;
use super::columns::{Column, HeaderCell, assemble, header};
use super::flattened;
use super::prose::{self, ONE_RUNNING, is_one_running};
use crate::columns::header_paths;
use crate::page::{Block, BlockKind, Form, Page, Row, Table};

pub(in crate::interpret) fn extract(page: &Page, out: &mut Extractor) {
    if page.form == Form::Text {
        return flattened::extract(page, out);
    }
    let is_table = |block: &Block| matches!(block.kind, BlockKind::Table(_));
    let first = page.blocks.iter().position(is_table).unwrap_or(page.blocks.len());
    let last = page.blocks.iter().rposition(is_table).unwrap_or(0);
    let is_title = |block: &Block| matches!(&block.kind, BlockKind::Heading { text, .. } if prose::is_title(text));
    if !page.blocks[..first].iter().any(is_title) {
        prose::no_title(out);
    }
    for (at, block) in page.blocks.iter().enumerate() {
        match &block.kind {
            BlockKind::Heading { level, text } => out.heading(block.line, *level, text),
            BlockKind::Paragraph(text) => prose::paragraph(block.line, text, (first..last).contains(&at), out),
            BlockKind::Item { text, .. } => out.skip(text, "in a list of advice"),
            BlockKind::Table(table) => extract_table(block, table, out),
            _ => {}
        }
    }
}

fn extract_table(block: &Block, table: &Table, out: &mut Extractor) {
    let columns = match table_columns(table) {
        Ok(columns) => columns,
        Err(message) => return out.error(block.line, message),
    };
    out.skip_header(table);
    let rows = table.rows.iter().map(|row| extract_row(row, columns.len(), out)).collect();
    let names: Vec<String> = columns.iter().map(|column| column.name().to_owned()).collect();
    out.table(block.line, &names, rows);
}

fn table_columns(table: &Table) -> Result<Vec<Column>, String> {
    let mut columns = Vec::new();
    for path in header_paths(table) {
        let mut cells = Vec::new();
        for text in &path {
            cells.push(header(text).ok_or_else(|| format!("unknown column `{text}`"))?);
        }
        if !cells.iter().any(|cell| matches!(cell, HeaderCell::Column(_))) {
            return Err(format!("expected the name of a column, found `{}`", path.join(" / ")));
        }
        columns.extend(cells);
    }
    assemble(&columns)
}

/// Returns the row with the sentence on running tasks shortened. Cells beyond the table's columns are an error.
fn extract_row(row: &Row, columns: usize, out: &mut Extractor) -> Row {
    let mut row = row.clone();
    row.trim_to(columns);
    if row.cells.len() > columns {
        out.error(row.line, format!("expected {columns} cells in the row, found {}", row.cells.len()));
    }
    for cell in &mut row.cells {
        if cell.text.lines().any(is_one_running) {
            let lines = cell.text.lines().map(|line| if is_one_running(line) { ONE_RUNNING } else { line });
            cell.text = lines.collect::<Vec<_>>().join(" ");
        }
    }
    row
}
