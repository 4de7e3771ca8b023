//! Where the facts of a page stand, as byte ranges of its source.

use std::ops::Range;

/// One cell that the source spells out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellSpan {
    /// The column it stands in, merged cells counted.
    pub column: usize,
    /// The cell with its markup: what vanishes with it.
    pub outer: Range<usize>,
    /// Its content.
    pub inner: Range<usize>,
}

/// One table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSpan {
    /// The cells of the last header row.
    pub header: Vec<CellSpan>,
    /// Each body row with its markup.
    pub rows: Vec<(Range<usize>, Vec<CellSpan>)>,
}

/// One page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Headings, with their markup.
    pub headings: Vec<Range<usize>>,
    /// List items outside tables, with their markup, and their content.
    pub items: Vec<(Range<usize>, Range<usize>)>,
    /// Tables.
    pub tables: Vec<TableSpan>,
}
