//! The layout of an HTML fixture, by its tags. Its text has no `<`.

use std::ops::Range;

use super::layout::{CellSpan, Layout, TableSpan};

pub(super) fn layout(page: &str) -> Result<Layout, String> {
    let mut layout = Layout::default();
    for level in 1..=6 {
        layout
            .headings
            .extend(elements(page, 0..page.len(), &format!("h{level}"))?.into_iter().map(|(outer, _)| outer));
    }
    layout.headings.sort_by_key(|range| range.start);
    layout.items = elements(page, 0..page.len(), "li")?;
    for (_, table) in elements(page, 0..page.len(), "table")? {
        layout.tables.push(table_layout(page, table)?);
    }
    Ok(layout)
}

/// The range of an element with its tags, and without.
type Element = (Range<usize>, Range<usize>);

/// Returns every element with a name within a range. Elements of the name must not nest.
fn elements(page: &str, within: Range<usize>, name: &str) -> Result<Vec<Element>, String> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut at = within.start;
    while let Some(start) = page[at..within.end].find(&open).map(|offset| at + offset) {
        at = start + open.len();
        if !page[at..].starts_with(['>', ' ']) {
            continue;
        }
        let inner = at + page[at..].find('>').ok_or("expected `>` at the end of a tag")? + 1;
        let end = inner + page[inner..within.end].find(&close).ok_or_else(|| format!("expected {close}"))?;
        at = end + close.len();
        found.push((start..at, inner..end));
    }
    Ok(found)
}

fn table_layout(page: &str, table: Range<usize>) -> Result<TableSpan, String> {
    let mut span = TableSpan::default();
    // The number of further rows that a merged cell covers, for each column.
    let mut covered: Vec<usize> = Vec::new();
    for (outer, inner) in elements(page, table, "tr")? {
        let (mut heads, bodies) = (elements(page, inner.clone(), "th")?, elements(page, inner, "td")?);
        let is_header = !heads.is_empty() && bodies.is_empty();
        heads.extend(bodies);
        heads.sort_by_key(|(outer, _)| outer.start);
        let mut cells = Vec::new();
        let mut column = 0;
        let mut next = covered.clone();
        for (outer, inner) in heads {
            while covered.get(column).is_some_and(|&rows| rows > 0) {
                column += 1;
            }
            let tag = &page[outer.start..inner.start];
            let (rows, columns) = (attribute(tag, "rowspan"), attribute(tag, "colspan"));
            cells.push(CellSpan { column, outer, inner });
            for covering in column..column + columns {
                if next.len() <= covering {
                    next.resize(covering + 1, 0);
                }
                next[covering] = rows;
            }
            column += columns;
        }
        covered = next.into_iter().map(|rows| rows.saturating_sub(1)).collect();
        if is_header {
            span.header = cells;
        } else {
            span.rows.push((outer, cells));
        }
    }
    Ok(span)
}

fn attribute(tag: &str, name: &str) -> usize {
    let value = tag.split_once(&format!("{name}=")).map(|(_, rest)| rest.trim_start_matches('"'));
    value.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()).unwrap_or(1)
}
