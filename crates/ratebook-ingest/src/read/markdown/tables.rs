//! Tables of pipes: those that GFM reads are normalized; other rows of pipes are not read.

use crate::read::characters::ABSENT;
use crate::read::line_number;

/// The lines of a page from one of them on.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) lines: &'a [&'a str],
    pub(super) at: usize,
}

/// The rows of a GFM table, with their lines, and the index after its last line.
pub(super) struct Table {
    pub(super) rows: Vec<(u32, String)>,
    pub(super) end: usize,
}

/// What begins at a line.
pub(super) enum Found {
    Table(Table),
    /// Lines that look like a table and are not read, up to an index. `at` is the line that does not fit.
    Unread {
        at: usize,
        end: usize,
    },
}

/// Returns the GFM table that begins at a line: every row begins with a pipe, and the header is as wide as the widest row.
///
/// One blank line does not end a table.
pub(super) fn gfm(rows: Rows<'_>) -> Option<Table> {
    let Rows { lines, at } = rows;
    let delimiter = *lines.get(at + 1).filter(|line| is_delimiter(line))?;
    let quotes = quote_len(delimiter);
    let row = |line: &str| unquoted(line, quotes).trim().to_owned();
    if !is_row(lines[at]) || raw_cells(&row(lines[at])).len() != raw_cells(&row(delimiter)).len() {
        return None;
    }
    // A row above a delimiter row is the header of another table.
    let continues = |at: usize| {
        lines.get(at).is_some_and(|line| is_row(line)) && !lines.get(at + 1).is_some_and(|next| is_delimiter(next))
    };
    let is_blank = |at: usize| lines.get(at).is_some_and(|line| unquoted(line, quotes).trim().is_empty());
    let mut end = at + 2;
    while continues(end) || is_blank(end) && continues(end + 1) {
        end += 1;
    }
    let body: Vec<(u32, String)> =
        (at..end).filter(|&index| !is_blank(index)).map(|index| (line_number(index), row(lines[index]))).collect();
    let width = |row: &(u32, String)| raw_cells(&row.1).len();
    let missing = body.iter().map(width).max().unwrap_or(0).saturating_sub(body.first().map_or(0, width));
    let rows = body.into_iter().enumerate().map(|(index, (line, row))| {
        let filler = match index {
            0 => format!(" {ABSENT} |"),
            1 => "---|".to_owned(),
            _ => String::new(),
        };
        let start = if row.starts_with('|') { "" } else { "| " };
        let ended = if filler.is_empty() || ends_with_pipe(&row) { "" } else { " |" };
        (line, format!("{start}{row}{ended}{}", filler.repeat(if index < 2 { missing } else { 0 })))
    });
    Some(Table { rows: rows.collect(), end })
}

/// Finds rows of pipes that are no table: without a header, or with a delimiter row of another width.
pub(super) fn loose(rows: Rows<'_>) -> Option<Found> {
    let Rows { lines, at } = rows;
    let line = lines[at].trim_start_matches(['>', ' ', '\t']);
    let is_grid = |line: &str| line.len() > 2 && line.starts_with("+-") && line.trim_end().ends_with('+');
    let is_part = |line: &str| {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        is_row(line) || is_grid(line)
    };
    let is_loose = line.starts_with('|') && line.trim_end().len() > 1 && line[1..].contains('|')
        || is_grid(line)
        || is_delimiter(line)
        || is_row(line) && lines.get(at + 1).is_some_and(|next| is_delimiter(next));
    let len = lines[at..].iter().take_while(|line| is_part(line)).count();
    is_loose.then(|| Found::Unread { at, end: at + len.max(1) })
}

fn is_row(line: &str) -> bool {
    line.replace("\\|", "").contains('|')
}

pub(super) fn is_delimiter(line: &str) -> bool {
    let line = unquoted(line, usize::MAX).trim();
    line.contains('|')
        && line.contains('-')
        && line.trim_matches('|').split('|').all(|cell| {
            let cell = cell.trim();
            cell.contains('-') && cell.trim_start_matches(':').trim_end_matches(':').bytes().all(|byte| byte == b'-')
        })
}

/// Returns the number of quotation marks before the line's text.
fn quote_len(line: &str) -> usize {
    line.chars().take_while(|c| matches!(c, '>' | ' ' | '\t')).filter(|&c| c == '>').count()
}

/// Removes at most a number of quotation marks.
fn unquoted(line: &str, quotes: usize) -> &str {
    let mut rest = line.trim_start();
    for _ in 0..quotes.min(line.len()) {
        match rest.strip_prefix('>') {
            Some(inner) => rest = inner.trim_start(),
            None => break,
        }
    }
    rest
}

fn ends_with_pipe(row: &str) -> bool {
    row.ends_with('|') && !row.ends_with("\\|")
}

/// Splits a row at its unescaped pipes. As in GFM, pipes inside code spans split too.
pub(super) fn raw_cells(source: &str) -> Vec<&str> {
    let row = source.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let mut cells = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (at, byte) in row.bytes().enumerate() {
        if byte == b'|' && !escaped {
            cells.push(&row[start..at]);
            start = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    let last = &row[start..];
    if cells.is_empty() || !last.trim().is_empty() {
        cells.push(last);
    }
    cells
}
