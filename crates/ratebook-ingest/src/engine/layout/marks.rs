//! Footnote marks of lines that became the cells of a table.

use std::collections::BTreeMap;

use crate::page::{Block, BlockKind};
use crate::reading::{Diagnostic, Severity};

/// Gives the footnote marks of lines to the cells that were laid out of them. A mark within a table whose line is not a cell is
/// an error, because no rule would read it.
pub(super) fn keep(lines: &[Block], blocks: &mut [Block], diagnostics: &mut Vec<Diagnostic>) {
    let is_line = |block: &&Block| matches!(block.kind, BlockKind::Paragraph(_));
    let marks_of = |block: &Block| block.note.iter().chain(&block.marks).cloned().collect::<Vec<String>>();
    let mut marks: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for line in lines.iter().filter(is_line) {
        marks.entry(line.line).or_default().extend(marks_of(line));
    }
    marks.retain(|_, marks| !marks.is_empty());
    if marks.is_empty() {
        return;
    }
    let mut in_tables = Vec::new();
    for block in blocks {
        let BlockKind::Table(table) = &mut block.kind else {
            marks.remove(&block.line);
            continue;
        };
        let last = table.rows.iter().flat_map(|row| &row.cells).map(|cell| cell.line).max();
        in_tables.push(block.line..=last.unwrap_or(block.line));
        for row in table.header.iter_mut().chain(&mut table.rows) {
            // Of several cells in a line, the last: a mark usually ends a line.
            for cell in row.cells.iter_mut().rev() {
                let own = marks.remove(&cell.line).unwrap_or_default();
                let new: Vec<String> = own.into_iter().filter(|mark| !cell.marks.contains(mark)).collect();
                cell.marks.extend(new);
            }
        }
    }
    // Other lines, such as those of a table that was cut off, have errors of their own, or are no content.
    for (line, marks) in marks.into_iter().filter(|(line, _)| in_tables.iter().any(|lines| lines.contains(line))) {
        let message = format!("unknown footnote mark `{}` in a line of a table", marks.join(" "));
        diagnostics.push(Diagnostic { severity: Severity::Error, line: Some(line), message });
    }
}
