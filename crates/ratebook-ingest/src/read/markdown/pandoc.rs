//! Pandoc's tables: a row of dashes sets the columns, and cells are what stands below each group of dashes.

use super::tables::{Found, Rows, Table};
use crate::read::line_number;

const MAX_HEADER_LINES: usize = 6;
const MAX_LINES: usize = 5_000;
/// The dashes of a rule over the whole table, at least.
const RULE: usize = 10;

/// Reads the simple or multi-line table that begins at a line. A rule without its table is not read.
pub(super) fn table(rows: Rows<'_>) -> Option<Found> {
    let Rows { lines, at } = rows;
    let is_ruled = is_rule(lines[at]);
    let first = if is_ruled { at + 1 } else { at };
    let header = lines.iter().skip(first).take(MAX_HEADER_LINES);
    let header_len = header.take_while(|line| !line.trim().is_empty() && columns(line).is_none()).count();
    let Some(starts) = lines.get(first + header_len).and_then(|line| columns(line)) else {
        // The rule of a table whose beginning is lost. Text above it does not become a heading.
        let is_indented = lines[at].starts_with("  ");
        return (is_ruled && is_indented).then_some(Found::Unread { at, end: at + 1 });
    };
    let body = first + header_len + 1;
    let ends_body = |line: &&str| is_rule(line) || columns(line).is_some() || !is_ruled && line.trim().is_empty();
    let body_len = lines.iter().skip(body).take(MAX_LINES).take_while(|line| !ends_body(line)).count();
    let last = lines.get(body + body_len).copied().unwrap_or_default();
    let is_closed = is_rule(last) || columns(last).is_some();
    if body_len == 0 || is_ruled && !is_closed {
        return Some(Found::Unread { at, end: body });
    }
    let end = body + body_len + usize::from(is_closed);
    let parts = if is_ruled {
        split_rows(lines, body, body + body_len)
    } else {
        (0..body_len).map(|i| (body + i, 1)).collect()
    };
    let mut out = Vec::new();
    for (from, len) in std::iter::once((first, header_len)).chain(parts) {
        let Some(cells) = cells(&lines[from..from + len], &starts) else {
            return Some(Found::Unread { at: from, end });
        };
        out.push((line_number(from), format!("| {} |", cells.join(" | "))));
        if out.len() == 1 {
            out.push((line_number(first + header_len), format!("|{}", "---|".repeat(starts.len()))));
        }
    }
    Some(Found::Table(Table { rows: out, end }))
}

/// Returns the first line and the length of each row of a multi-line table.
///
/// An empty line ends a row. A line of spaces is within a row, if the table has empty lines too.
fn split_rows(lines: &[&str], from: usize, to: usize) -> Vec<(usize, usize)> {
    let has_empty = lines[from..to].iter().any(|line| line.is_empty());
    let is_end = |line: &str| if has_empty { line.is_empty() } else { line.trim().is_empty() };
    let mut rows = Vec::new();
    let mut at = from;
    while at < to {
        let len = lines[at..to].iter().take_while(|line| !is_end(line)).count();
        if len > 0 {
            rows.push((at, len));
        }
        at += len + 1;
    }
    rows
}

/// Returns the cells of the lines of a row, or `None` if a text crosses the border of a column.
fn cells(lines: &[&str], starts: &[usize]) -> Option<Vec<String>> {
    let mut cells = vec![String::new(); starts.len()];
    for line in lines {
        let chars: Vec<char> = line.chars().collect();
        for (column, cell) in cells.iter_mut().enumerate() {
            let from = if column == 0 { 0 } else { starts[column].min(chars.len()) };
            let to = starts.get(column + 1).copied().unwrap_or(chars.len()).min(chars.len());
            if column > 0 && from > 0 && from < chars.len() && chars[from - 1] != ' ' {
                return None;
            }
            let text: String = chars[from..to].iter().collect();
            let text = text.trim().replace('|', "\\|");
            if !text.is_empty() {
                if !cell.is_empty() {
                    cell.push_str("<br>");
                }
                cell.push_str(&text);
            }
        }
    }
    Some(cells)
}

/// Returns the columns at which groups of dashes begin, if the line has two or more and nothing else.
fn columns(line: &str) -> Option<Vec<usize>> {
    let is_dashes = line.contains("-- ") && line.bytes().all(|byte| matches!(byte, b'-' | b' '));
    if !is_dashes {
        return None;
    }
    let bytes = line.as_bytes();
    let starts: Vec<usize> =
        (0..bytes.len()).filter(|&at| bytes[at] == b'-' && (at == 0 || bytes[at - 1] == b' ')).collect();
    let is_group = |&start: &usize| bytes.get(start + 1) == Some(&b'-');
    (starts.len() > 1 && starts.iter().all(is_group)).then_some(starts)
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= RULE && line.bytes().all(|byte| byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Option<Vec<String>> {
        let lines: Vec<&str> = text.split('\n').collect();
        match table(Rows { lines: &lines, at: 0 })? {
            Found::Table(table) => Some(table.rows.into_iter().map(|(line, row)| format!("{line}: {row}")).collect()),
            Found::Unread { end, .. } => Some(vec![format!("unread to {end}")]),
        }
    }

    #[test]
    fn a_simple_table_is_read() {
        let text = "  Plan   Limit\n  ------ -------\n  free   5\n  paid   2x free\n\nText\n";
        let expected = ["1: | Plan | Limit |", "2: |---|---|", "3: | free | 5 |", "4: | paid | 2x free |"];
        assert_eq!(rows(text).unwrap(), expected);
    }

    #[test]
    fn a_cell_of_a_multi_line_table_has_several_lines() {
        let text = "---------------\n Plan   Calls\n        a day\n------ --------\n free   5\n \n x      y\n\n paid   9\n---------------\n";
        let expected = ["2: | Plan | Calls<br>a day |", "4: |---|---|", "5: | free<br>x | 5<br>y |", "9: | paid | 9 |"];
        assert_eq!(rows(text).unwrap(), expected);
    }

    #[test]
    fn what_is_no_whole_table_is_not_read() {
        assert_eq!(rows("  ------------\ntext\n").unwrap(), ["unread to 1"]);
        assert_eq!(rows(" Plan  Limit\n ----- -----\n a long name\n").unwrap(), ["unread to 3"]);
        assert_eq!(rows("Title\n----------\n"), None);
        assert_eq!(rows("----------\n"), None);
    }
}
