//! The model of a page, common to HTML, Markdown and flattened text.

/// The form of a page's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// An HTML document or fragment.
    Html,
    /// Markdown, GFM or MDX.
    Markdown,
    /// Text without markup; only the position of a line shows structure.
    Text,
}

/// A page as a sequence of located blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The form of its source.
    pub form: Form,
    /// The blocks, in order.
    pub blocks: Vec<Block>,
}

/// One block of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The line of the source on which it starts, from 1.
    pub line: u32,
    /// The content.
    pub kind: BlockKind,
}

/// The content of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// A heading. In flattened text, headings are paragraphs.
    Heading {
        /// 1 to 6.
        level: u8,
        /// The text, with white space collapsed.
        text: String,
    },
    /// A paragraph: in flattened text, one line.
    Paragraph(String),
    /// A list item, without its nested lists.
    Item {
        /// The depth of nesting, from 0.
        depth: u8,
        /// The text, with white space collapsed.
        text: String,
    },
    /// A table.
    Table(Table),
    /// Sample code or preformatted output, without limits.
    Code(String),
    /// A fact that the vendor states in prose, in our words. Only fact pages have statements.
    Statement {
        /// The name of the fact, such as `region`.
        name: String,
        /// The value, such as `us`.
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

/// A row of cells. Rows of a table may differ in length: cells that the source lost are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The line of the source on which it starts, from 1.
    pub line: u32,
    /// The cells, left to right.
    pub cells: Vec<Cell>,
}

impl Row {
    /// Removes empty cells at the end, down to a number of columns.
    pub(crate) fn trim_to(&mut self, columns: usize) {
        while self.cells.len() > columns && self.cells.pop_if(|cell| cell.text.is_empty()).is_some() {}
    }
}

/// One cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The line of the source that holds its text, from 1.
    pub line: u32,
    /// The text. `\n` is a line break in the cell; other white space is collapsed. Empty if the cell is blank.
    pub text: String,
    /// Whether the text is the cell's own or that of a merged cell.
    pub origin: Origin,
}

/// The origin of a cell's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The source has this cell.
    Stated,
    /// A merged cell above or to the left covers this one, as the source states.
    Spanned,
}

impl Block {
    /// Adds a number of lines to the block's position, for a block that was read from a part of the page.
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
