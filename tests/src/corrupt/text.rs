//! The layout of a flattened page. The Markdown form gives the order of its cells.

use std::ops::Range;

use super::layout::{CellSpan, Layout, TableSpan};
use super::markdown::{self, lines};

pub(super) fn layout(page: &str, markdown: &str) -> Result<Layout, String> {
    let map = markdown::layout(markdown);
    let mut walk = Walk { lines: lines(page).into_iter().filter(|(_, line)| !line.trim().is_empty()).collect(), at: 0 };
    let mut layout = Layout::default();
    let plain = |range: &Range<usize>| plain_text(&markdown[range.clone()]);

    // Headings, items and tables in the order of the Markdown form.
    enum Part<'a> {
        Heading(&'a Range<usize>),
        Item(&'a (Range<usize>, Range<usize>)),
        Table(&'a TableSpan),
    }
    let mut parts: Vec<(usize, Part<'_>)> = Vec::new();
    parts.extend(map.headings.iter().map(|range| (range.start, Part::Heading(range))));
    parts.extend(map.items.iter().map(|item| (item.0.start, Part::Item(item))));
    parts.extend(map.tables.iter().map(|table| (table.header[0].outer.start, Part::Table(table))));
    parts.sort_by_key(|(start, _)| *start);
    for (_, part) in parts {
        match part {
            Part::Heading(range) => {
                let text = plain(range);
                layout.headings.push(walk.find(text.trim_start_matches('#').trim())?.0);
            }
            Part::Item((_, inner)) => layout.items.push(walk.find_end(&plain(inner))?),
            Part::Table(table) => layout.tables.push(walk.table(table, &plain)?),
        }
    }
    Ok(layout)
}

/// Returns a cell's text without Markdown's marks. Line breaks in the cell are kept.
fn plain_text(cell: &str) -> String {
    let mut text = cell.replace("<br>", "\n").replace("<br/>", "\n").replace("<br />", "\n").replace(['`', '\\'], "");
    while let Some((open, middle, close)) = link(&text) {
        text = format!("{}{}{}", &text[..open], &text[open + 1..middle], &text[close + 1..]);
    }
    text.trim().to_owned()
}

/// Returns the positions of the brackets and the closing parenthesis of the first link `[text](target)`.
fn link(text: &str) -> Option<(usize, usize, usize)> {
    let middle = text.find("](")?;
    let open = text[..middle].rfind('[')?;
    let close = middle + text[middle..].find(')')?;
    Some((open, middle, close))
}

struct Walk<'a> {
    lines: Vec<(Range<usize>, &'a str)>,
    at: usize,
}

impl Walk<'_> {
    /// Finds the next line that is equal to the text. Returns its range with the line break, and without.
    fn find(&mut self, text: &str) -> Result<(Range<usize>, Range<usize>), String> {
        self.next_where(text, |line| line == text)
    }

    /// Finds the next line that ends with the text, as items do after their mark.
    fn find_end(&mut self, text: &str) -> Result<(Range<usize>, Range<usize>), String> {
        self.next_where(text, |line| line.ends_with(text))
    }

    fn next_where(&mut self, text: &str, is_it: impl Fn(&str) -> bool) -> Result<(Range<usize>, Range<usize>), String> {
        let found = self.lines[self.at..]
            .iter()
            .position(|(_, line)| is_it(line.trim()))
            .ok_or_else(|| format!("expected a line `{text}` after `{}`", self.lines[self.at.saturating_sub(1)].1))?;
        let (range, line) = &self.lines[self.at + found];
        self.at += found + 1;
        let lead = line.len() - line.trim_start().len();
        Ok((range.clone(), range.start + lead..range.start + lead + line.trim().len()))
    }

    fn table(&mut self, table: &TableSpan, plain: &dyn Fn(&Range<usize>) -> String) -> Result<TableSpan, String> {
        let run_together: String = table.header.iter().map(|cell| plain(&cell.inner)).collect();
        let together =
            self.lines[self.at..].iter().any(|(_, line)| line.trim() == run_together) && table.header.len() > 1;
        let header = self.row(&table.header, together, plain)?;
        let rows = table.rows.iter().map(|(_, cells)| {
            let cells = self.row(cells, together, plain)?;
            let outer = match (cells.first(), cells.last()) {
                // Cells without a separator share a line, which belongs to the row.
                (Some(first), Some(last)) => {
                    let end = self.lines.iter().find(|(range, _)| range.contains(&last.inner.start));
                    let start = self.lines.iter().find(|(range, _)| range.contains(&first.inner.start));
                    start.map_or(0, |(range, _)| range.start)..end.map_or(0, |(range, _)| range.end)
                }
                _ => return Err("expected cells in the row".to_owned()),
            };
            Ok((outer, cells))
        });
        let rows = rows.collect::<Result<_, String>>()?;
        Ok(TableSpan { header, rows })
    }

    fn row(
        &mut self,
        cells: &[CellSpan],
        together: bool,
        plain: &dyn Fn(&Range<usize>) -> String,
    ) -> Result<Vec<CellSpan>, String> {
        let texts = cells.iter().map(|cell| (cell.column, plain(&cell.inner))).filter(|(_, text)| !text.is_empty());
        let mut found = Vec::new();
        if together {
            let texts: Vec<_> = texts.collect();
            let joined: String = texts.iter().map(|(_, text)| text.as_str()).collect();
            let mut start = self.find(&joined)?.1.start;
            for (column, text) in texts {
                let range = start..start + text.len();
                start = range.end;
                found.push(CellSpan { column, outer: range.clone(), inner: range });
            }
            return Ok(found);
        }
        for (column, text) in texts {
            // An alias below its name has its own line, and belongs to the cell.
            let mut cell: Option<CellSpan> = None;
            for line in text.split('\n') {
                let (outer, inner) = self.find(line.trim())?;
                cell = Some(match cell {
                    None => CellSpan { column, outer, inner },
                    Some(first) => {
                        CellSpan { column, outer: first.outer.start..outer.end, inner: first.inner.start..inner.end }
                    }
                });
            }
            found.extend(cell);
        }
        Ok(found)
    }
}
