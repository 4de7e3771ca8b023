//! The grid of an HTML table. Every cell that a merged cell covers repeats its text, marked as spanned.

use scraper::ElementRef;

use super::elements::{hides, strikes};
use super::inline::Inline;
use super::lines;
use crate::page::{Cell, Flags, Origin, Row, Table};

/// Upper bound of a cell's span, in rows or columns.
const MAX_SPAN: usize = 1_000;
/// Upper bounds of what merged cells repeat, in cells and in bytes.
const MAX_SPANNED: usize = 100_000;
const MAX_SPANNED_BYTES: usize = 4_000_000;

/// A table as read.
pub(super) struct Read {
    /// The table, or `None` if its merged cells repeat too much, as after a typo in a span.
    pub(super) table: Option<Table>,
    /// The hidden texts within visible cells, with their lines.
    pub(super) hidden: Vec<(u32, String)>,
}

/// Reads a table. Returns `None` if it has no cells.
pub(super) fn read(table: ElementRef<'_>, flags: Flags) -> Option<Read> {
    let rows = rows_of(table);
    let in_head = |row: &ElementRef<'_>| parent_name(*row) == Some("thead");
    let all_heads = |row: &ElementRef<'_>| cells_of(*row).all(|cell| cell.value().name() == "th");
    let has_head = rows.iter().any(in_head);
    let is_head = |row: &&ElementRef<'_>| if has_head { in_head(row) } else { all_heads(row) };
    let heads = rows.iter().take_while(is_head).count().max(1);
    let mut grid = Grid { hidden: Vec::new(), spanned: 0, spanned_bytes: 0, covers: Vec::new() };
    // Each row, and whether it is of the header.
    let mut marked_rows = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let left = rows.len() - index;
        match grid.row(*row, left, row_flags(*row, flags)) {
            Some(row) => marked_rows.push((index < heads, row)),
            None => return Some(Read { table: None, hidden: grid.hidden }),
        }
    }
    marked_rows.retain(|(_, row)| !row.cells.is_empty());
    if marked_rows.is_empty() {
        return None;
    }
    let caption = table.children().filter_map(ElementRef::wrap).find(|child| child.value().name() == "caption");
    let caption = caption.map(|caption| grid.cell(caption, flags)).filter(|caption| !caption.text.is_empty());
    let (header, rows): (Vec<_>, Vec<_>) = marked_rows.into_iter().partition(|(is_head, _)| *is_head);
    let rows_only = |rows: Vec<(bool, Row)>| rows.into_iter().map(|(_, row)| row).collect();
    Some(Read { table: Some(Table { caption, header: rows_only(header), rows: rows_only(rows) }), hidden: grid.hidden })
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
    rows
}

fn row_flags(row: ElementRef<'_>, flags: Flags) -> Flags {
    let parent = row.parent().and_then(ElementRef::wrap).filter(|parent| parent.value().name() != "table");
    [Some(row), parent].into_iter().flatten().fold(flags, |flags, element| Flags {
        hidden: flags.hidden || hides(element),
        struck: flags.struck || strikes(element),
    })
}

fn cells_of(row: ElementRef<'_>) -> impl Iterator<Item = ElementRef<'_>> {
    let cells = row.children().filter_map(ElementRef::wrap);
    cells.filter(|cell| matches!(cell.value().name(), "td" | "th"))
}

fn parent_name(element: ElementRef<'_>) -> Option<&str> {
    Some(element.parent()?.value().as_element()?.name())
}

/// A merged cell that covers rows below the present one.
#[derive(Clone)]
struct Cover {
    rows_left: usize,
    cell: Cell,
}

struct Grid {
    hidden: Vec<(u32, String)>,
    spanned: usize,
    spanned_bytes: usize,
    covers: Vec<Option<Cover>>,
}

impl Grid {
    /// Reads a row. Returns `None` if merged cells repeat too much.
    fn row(&mut self, row: ElementRef<'_>, rows_left: usize, flags: Flags) -> Option<Row> {
        let mut covers = std::mem::take(&mut self.covers);
        let mut below: Vec<Option<Cover>> = Vec::new();
        let mut cells: Vec<Cell> = Vec::new();
        for element in cells_of(row) {
            self.take_covers(&mut covers, &mut cells, &mut below)?;
            let Some(cell) = self.present(element, flags) else { continue };
            let span = |name| span(element, name);
            let rows = span("rowspan").min(rows_left) - 1;
            for covered in 0..span("colspan") {
                if covered > 0 || rows > 0 {
                    self.count(&cell)?;
                }
                below.resize(cells.len(), None);
                below.push((rows > 0).then(|| Cover { rows_left: rows, cell: cell.clone() }));
                let origin = if covered == 0 { Origin::Stated } else { Origin::Spanned };
                cells.push(Cell { origin, ..cell.clone() });
            }
        }
        self.take_covers(&mut covers, &mut cells, &mut below)?;
        self.covers = below;
        Some(Row { line: lines::line_of(row), cells })
    }

    /// Adds the cells that merged cells above cover, up to the next free column.
    fn take_covers(
        &mut self,
        covers: &mut [Option<Cover>],
        cells: &mut Vec<Cell>,
        below: &mut Vec<Option<Cover>>,
    ) -> Option<()> {
        while let Some(cover) = covers.get_mut(cells.len()).and_then(Option::take) {
            self.count(&cover.cell)?;
            cells.push(Cell { origin: Origin::Spanned, ..cover.cell.clone() });
            below.resize(cells.len() - 1, None);
            let rows_left = cover.rows_left - 1;
            below.push((rows_left > 0).then_some(Cover { rows_left, ..cover }));
        }
        Some(())
    }

    fn count(&mut self, cell: &Cell) -> Option<()> {
        self.spanned += 1;
        self.spanned_bytes += cell.text.len();
        (self.spanned <= MAX_SPANNED && self.spanned_bytes <= MAX_SPANNED_BYTES).then_some(())
    }

    /// Reads a cell. Returns `None` for the placeholder with which the Markdown reader fills short rows.
    fn present(&mut self, element: ElementRef<'_>, flags: Flags) -> Option<Cell> {
        let mut inline = Inline::default();
        let is_hidden = flags.hidden || hides(element);
        inline.push(element, is_hidden);
        (!inline.is_absent()).then(|| self.finish(element, inline, flags))
    }

    fn cell(&mut self, element: ElementRef<'_>, flags: Flags) -> Cell {
        let mut inline = Inline::default();
        inline.push(element, flags.hidden || hides(element));
        self.finish(element, inline, flags)
    }

    fn finish(&mut self, element: ElementRef<'_>, mut inline: Inline, flags: Flags) -> Cell {
        let line = lines::of_text(element);
        let marked = inline.take(true);
        let mut hidden = inline.take_hidden();
        let mut flags = Flags {
            hidden: flags.hidden || hides(element),
            struck: flags.struck || strikes(element) || marked.is_struck,
        };
        let mut text = marked.text;
        if text.is_empty() && !hidden.is_empty() {
            // A cell of hidden text alone is a hidden cell.
            text = std::mem::take(&mut hidden).join(" ");
            flags.hidden = true;
        }
        self.hidden.extend(hidden.into_iter().map(|text| (line, text)));
        Cell {
            marks: marked.note.into_iter().chain(marked.marks).collect(),
            flags,
            is_header: element.value().name() == "th",
            ..Cell::new(line, text)
        }
    }
}

fn span(element: ElementRef<'_>, name: &str) -> usize {
    let value = element.value().attr(name).and_then(|value| value.trim().parse().ok());
    value.unwrap_or(1).clamp(1, MAX_SPAN)
}
