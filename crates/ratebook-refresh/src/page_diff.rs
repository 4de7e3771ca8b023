//! The differences between two fact pages by blocks and rows, without regard to line numbers.

use ratebook_ingest::{Block, BlockKind, Origin, Page, Row};
use similar::{Algorithm, ChangeTag, capture_diff_slices};

/// Returns the differences from one page to another, in order, each with its line: `+ | qwen | 600 |, line 7`. A removed part
/// has its line on the former page.
pub(crate) fn compare(before: &Page, after: &Page) -> Vec<String> {
    let (before, after) = (parts(before), parts(after));
    let texts = |parts: &[(u32, String)]| parts.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>();
    let (old, new) = (texts(&before), texts(&after));
    capture_diff_slices(Algorithm::Myers, &old, &new)
        .iter()
        .flat_map(|op| op.iter_changes(&old, &new))
        .filter_map(|change| {
            let (sign, line) = match change.tag() {
                ChangeTag::Equal => return None,
                ChangeTag::Insert => ('+', after[change.new_index()?].0),
                ChangeTag::Delete => ('-', before[change.old_index()?].0),
            };
            Some(format!("{sign} {}, line {line}", change.value()))
        })
        .collect()
}

/// Returns the page's blocks and rows as one line each, with their line numbers.
fn parts(page: &Page) -> Vec<(u32, String)> {
    let mut parts = Vec::new();
    for Block { line, kind, .. } in &page.blocks {
        let text = match kind {
            BlockKind::Heading { level, text } => format!("{} {text}", "#".repeat(usize::from(*level))),
            BlockKind::Paragraph(text) | BlockKind::Code(text) | BlockKind::Unread { text, .. } => text.clone(),
            BlockKind::Item { depth, text } => format!("{}- {text}", "  ".repeat(usize::from(*depth))),
            BlockKind::Statement { name, value } => format!("> {name}: {value}"),
            BlockKind::Table(table) => {
                parts.extend(table.header.iter().map(|header| (header.line, format!("columns {}", row(header)))));
                parts.extend(table.rows.iter().map(|body| (body.line, row(body))));
                continue;
            }
        };
        parts.push((*line, text));
    }
    parts
}

fn row(row: &Row) -> String {
    let cells = row.cells.iter().map(|cell| {
        let mark = if cell.origin == Origin::Spanned { "^" } else { "" };
        format!("{mark}{}", cell.text.replace('\n', " / "))
    });
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratebook_ingest::page::Form;
    use ratebook_ingest::{Cell, Table};

    fn page(first_line: u32, heading: &str, amounts: &[&str]) -> Page {
        let cell = |text: &&str| Cell::new(0, (*text).to_owned());
        let rows = amounts.iter().zip(first_line + 2..).map(|(amount, line)| Row { line, cells: vec![cell(amount)] });
        let header = vec![Row { line: first_line + 1, cells: vec![cell(&"requests")] }];
        let table = BlockKind::Table(Table { header, rows: rows.collect(), ..Table::default() });
        let heading = BlockKind::Heading { level: 2, text: heading.to_owned() };
        Page::new(Form::Text, vec![Block::new(first_line, heading), Block::new(first_line + 1, table)])
    }

    #[test]
    fn added_and_removed_parts_are_reported_with_their_lines() {
        let changes = compare(&page(10, "Global", &["600", "60"]), &page(12, "US", &["600", "90", "60"]));
        assert_eq!(changes, ["- ## Global, line 10", "+ ## US, line 12", "+ | 90 |, line 15"]);
    }

    #[test]
    fn a_page_that_only_moved_down_has_no_differences() {
        assert_eq!(compare(&page(1, "Global", &["600"]), &page(40, "Global", &["600"])), [""; 0]);
    }
}
