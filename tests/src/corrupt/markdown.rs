//! The layout of a Markdown fixture: ATX headings, `-` or `*` items, and GFM tables.

use std::ops::Range;

use super::layout::{CellSpan, Layout, TableSpan};

pub(super) fn layout(page: &str) -> Layout {
    let mut layout = Layout::default();
    let lines = lines(page);
    let mut at = 0;
    while at < lines.len() {
        let (range, line) = &lines[at];
        let trimmed = line.trim_start();
        if trimmed.starts_with('#') && trimmed.trim_start_matches('#').starts_with(' ') {
            layout.headings.push(range.clone());
        } else if trimmed.starts_with("- ") || trimmed.starts_with("* ") {
            let start = range.start + (line.len() - trimmed.len()) + 2;
            layout.items.push((range.clone(), start..range.start + line.trim_end().len()));
        } else if line.contains('|') && lines.get(at + 1).is_some_and(|(_, next)| is_delimiter(next)) {
            let mut table = TableSpan { header: cells(range.start, line), rows: Vec::new() };
            at += 2;
            while let Some((range, line)) = lines.get(at).filter(|(_, line)| line.contains('|')) {
                table.rows.push((range.clone(), cells(range.start, line)));
                at += 1;
            }
            layout.tables.push(table);
            continue;
        }
        at += 1;
    }
    layout
}

/// Returns each line with its range. The range includes the line break, the text does not.
pub(super) fn lines(page: &str) -> Vec<(Range<usize>, &str)> {
    let mut start = 0;
    page.split_inclusive('\n')
        .map(|line| {
            let range = start..start + line.len();
            start = range.end;
            (range, line.trim_end_matches(['\n', '\r']))
        })
        .collect()
}

fn is_delimiter(line: &str) -> bool {
    line.contains('-') && line.contains('|') && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

/// Returns the cells of a row. A cell's outer range ends with the pipe after it.
fn cells(start: usize, line: &str) -> Vec<CellSpan> {
    let mut pipes: Vec<usize> = line.bytes().enumerate().filter(|&(_, byte)| byte == b'|').map(|(at, _)| at).collect();
    if !line.trim_start().starts_with('|') {
        pipes.insert(0, usize::MAX);
    }
    if !line.trim_end().ends_with('|') {
        pipes.push(line.len());
    }
    pipes
        .windows(2)
        .enumerate()
        .map(|(column, pair)| {
            let from = pair[0].wrapping_add(1);
            let text = &line[from..pair[1]];
            let lead = text.len() - text.trim_start().len();
            let inner = from + lead..from + lead + text.trim().len();
            CellSpan {
                column,
                outer: start + from..start + (pair[1] + 1).min(line.len()),
                inner: start + inner.start..start + inner.end,
            }
        })
        .collect()
}
