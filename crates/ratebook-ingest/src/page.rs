//! What a page holds, whichever form it reached us in.

/// The form of a page's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// An HTML document or fragment.
    Html,
    /// Markdown, GFM or MDX.
    Markdown,
    /// Text that was flattened out of a page: no markup, structure by position only.
    Text,
}

/// A page as a sequence of located blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The form it was read from.
    pub form: Form,
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
}

/// One block of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The line of the source on which it starts, from 1.
    pub line: u32,
    /// What it is.
    pub kind: BlockKind,
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// A heading; flattened text has none, its headings are paragraphs.
    Heading {
        /// 1 to 6.
        level: u8,
        /// Its text, white space collapsed.
        text: String,
    },
    /// A paragraph: in flattened text, one line.
    Paragraph(String),
    /// A list item, its nested lists apart.
    Item {
        /// How deeply it is nested, from 0.
        depth: u8,
        /// Its text, white space collapsed.
        text: String,
    },
    /// A table.
    Table(Table),
    /// Sample code or preformatted output: never holds limits.
    Code(String),
    /// Of a distilled page only: a fact that the vendor states in prose, as a name and a value of ours.
    Statement {
        /// Which fact, such as `region`.
        name: String,
        /// Its value, such as `us`.
        value: String,
    },
}

/// A table: header rows, then body rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The header's rows, outermost first; a merged header cell is repeated in every column it covers.
    pub header: Vec<Row>,
    /// The body's rows.
    pub rows: Vec<Row>,
}

/// A row of cells. Rows of a table may differ in length: what a form lost is absent, never invented.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The line of the source on which it starts, from 1.
    pub line: u32,
    /// Its cells, left to right.
    pub cells: Vec<Cell>,
}

impl Row {
    /// Drops empty cells at the end that are beyond a number of columns.
    pub(crate) fn trim_to(&mut self, columns: usize) {
        while self.cells.len() > columns && self.cells.pop_if(|cell| cell.text.is_empty()).is_some() {}
    }
}

/// One cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The line of the source that holds its text, from 1.
    pub line: u32,
    /// Its text; `\n` stands for a line break in the cell, other white space is collapsed. Empty when blank.
    pub text: String,
    /// Whether the text is the cell's own.
    pub origin: Origin,
}

/// Whether a cell's text is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The source has this cell.
    Stated,
    /// A merged cell above or to the left covers it, and the source says so.
    Spanned,
}

impl Block {
    /// Moves the block down by so many lines, as when it was read from a part of the page.
    pub(crate) fn move_down(&mut self, lines: u32) {
        self.line = self.line.saturating_add(lines);
        if let BlockKind::Table(table) = &mut self.kind {
            for row in table.header.iter_mut().chain(&mut table.rows) {
                row.line = row.line.saturating_add(lines);
                for cell in &mut row.cells {
                    cell.line = cell.line.saturating_add(lines);
                }
            }
        }
    }
}
