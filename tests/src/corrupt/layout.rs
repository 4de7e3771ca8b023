//! The layout of a page: byte ranges of its headings, items and tables in the source.

use std::ops::Range;

/// A cell in the source. Cells covered by a merged cell are not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellSpan {
    /// The index of the column, merged cells counted.
    pub column: usize,
    /// The cell with its markup.
    pub outer: Range<usize>,
    /// The content.
    pub inner: Range<usize>,
}

/// The layout of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSpan {
    /// The cells of the last header row.
    pub header: Vec<CellSpan>,
    /// The body rows with their markup, each with its cells.
    pub rows: Vec<(Range<usize>, Vec<CellSpan>)>,
}

/// The layout of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Headings, with their markup.
    pub headings: Vec<Range<usize>>,
    /// List items outside tables, with their markup, and their content.
    pub items: Vec<(Range<usize>, Range<usize>)>,
    /// Tables.
    pub tables: Vec<TableSpan>,
}
