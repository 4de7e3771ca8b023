//! The model of a page, common to HTML, Markdown and flattened text.
//!
//! A page is a sequence of blocks. Each block has its line, its section path and its flags, so hidden and struck-out
//! content is part of the page. What a reader could not read is a block too: [`BlockKind::Unread`].

use std::sync::Arc;

use ratebook_source::Date;

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
    /// The lines of `[… …]`, which marks a place where a saved copy was shortened. Such a mark is not content.
    pub gaps: Vec<u32>,
    /// The title in the front matter.
    pub title: Option<String>,
    /// The date that the page states of itself.
    pub date: Option<Date>,
}

impl Page {
    /// Returns a page that is not shortened, without a title in front matter and without a date.
    pub fn new(form: Form, blocks: Vec<Block>) -> Self {
        Self { form, blocks, gaps: Vec::new(), title: None, date: None }
    }

    /// Returns whether the page is a shortened copy: what it does not state may be on the vendor's page.
    pub fn is_partial(&self) -> bool {
        !self.gaps.is_empty()
    }
}

/// One block of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The line of the source on which it starts, from 1.
    pub line: u32,
    /// The content.
    pub kind: BlockKind,
    /// The section of the block. A heading's path does not have the heading itself. Flattened text has no sections.
    pub path: SectionPath,
    /// Whether the block is hidden or wholly struck out.
    pub flags: Flags,
    /// The footnote marks of a heading, a paragraph or an item, in the order of the page. Its text does not have them.
    pub marks: Vec<String>,
    /// The footnote mark with which a paragraph or an item begins: the block is the note of that mark.
    pub note: Option<String>,
}

impl Block {
    /// Returns a visible block without a section or footnote marks.
    pub fn new(line: u32, kind: BlockKind) -> Self {
        Self { line, kind, path: SectionPath::default(), flags: Flags::default(), marks: Vec::new(), note: None }
    }
}

/// The section of a block: labels, outermost first. A clone shares the labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SectionPath(Arc<[Label]>);

impl SectionPath {
    /// Returns the labels, outermost first.
    pub fn labels(&self) -> &[Label] {
        &self.0
    }
}

impl Default for SectionPath {
    fn default() -> Self {
        Self(Arc::new([]))
    }
}

impl FromIterator<Label> for SectionPath {
    fn from_iter<I: IntoIterator<Item = Label>>(labels: I) -> Self {
        Self(labels.into_iter().collect())
    }
}

/// Writes the texts of the labels, separated by ` > `.
impl std::fmt::Display for SectionPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, label) in self.0.iter().enumerate() {
            write!(f, "{}{}", if index == 0 { "" } else { " > " }, label.text)?;
        }
        Ok(())
    }
}

/// One label of a section path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// What the label belongs to.
    pub kind: LabelKind,
    /// The text, with white space collapsed. A clone shares it.
    pub text: Arc<str>,
}

impl Label {
    /// Returns a label.
    pub fn new(kind: LabelKind, text: &str) -> Self {
        Self { kind, text: text.into() }
    }
}

/// What a label of a section path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LabelKind {
    /// A heading, of level 1 to 6.
    Heading(u8),
    /// The panel of a tab. The text is the tab's label.
    Tab,
    /// `<details>`. The text is that of its `<summary>`.
    Details,
    /// Another panel with a title, such as one that a click on its title opens. The text is the title.
    Accordion,
    /// A note that is set off from the prose. The text is its title, or else its kind, such as `warning`.
    Admonition,
}

/// How the page shows a block or a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// The page does not show it at first (a hidden element, the panel of an inactive tab), or shows it outside of the
    /// page's content (navigation, buttons).
    pub hidden: bool,
    /// It is wholly struck out. A text that is struck out in part has `~~` on either side of that part.
    pub struck: bool,
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
    /// Sample code or preformatted output.
    Code(String),
    /// Something that is not content in itself, and that may stand for content which the reader does not have.
    Unread {
        /// What it is.
        what: Unread,
        /// The source text, with white space collapsed.
        text: String,
    },
    /// A fact that the vendor states in prose, in our words. Only fact pages have statements.
    Statement {
        /// The name of the fact, such as `region`.
        name: String,
        /// The value, such as `us`.
        value: String,
    },
}

impl BlockKind {
    /// Returns the text of a heading, a paragraph, an item or code. `None` for the others.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Heading { text, .. } | Self::Paragraph(text) | Self::Item { text, .. } | Self::Code(text) => {
                Some(text)
            }
            Self::Table(_) | Self::Unread { .. } | Self::Statement { .. } => None,
        }
    }

    /// Returns the text of a paragraph. `None` for the others.
    pub fn paragraph(&self) -> Option<&str> {
        if let Self::Paragraph(text) = self { Some(text) } else { None }
    }
}

/// What a reader found and did not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unread {
    /// `[!INCLUDE …]`, `<Render …/>`, `{{<include …>}}` or another component without content: the text is elsewhere.
    Include,
    /// An `import` or `export` of MDX.
    Import,
    /// A tag of Liquid or Jinja, which may choose between texts: `{% if … %}`.
    TemplateTag,
    /// An expression of MDX, or a variable of a template: `{limit}`, `{{ limit }}`.
    Expression,
    /// The definition of a constant of MDX that no content uses. It is set aside, with its number.
    Constant,
    /// Lines that look like a table and that no reader of tables reads.
    Table,
    /// Elements nested more deeply than the reader goes.
    Nesting,
    /// The panel of a tab without a label.
    Panel,
    /// The beginning of a comment that does not end. The text after it is read.
    Comment,
}

impl Unread {
    const ALL: [Self; 9] = [
        Self::Include,
        Self::Import,
        Self::TemplateTag,
        Self::Expression,
        Self::Constant,
        Self::Table,
        Self::Nesting,
        Self::Panel,
        Self::Comment,
    ];

    /// Returns its name in files and recipes, such as `include`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Include => "include",
            Self::Import => "import",
            Self::TemplateTag => "template-tag",
            Self::Expression => "expression",
            Self::Constant => "constant",
            Self::Table => "table",
            Self::Nesting => "nesting",
            Self::Panel => "panel",
            Self::Comment => "comment",
        }
    }

    /// Returns the one with a name, or `None` if there is none.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.word() == word)
    }
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Include => "included text, which this page does not have",
            Self::Import => "an import",
            Self::TemplateTag => "a template tag",
            Self::Expression => "an expression in place of text",
            Self::Constant => "a constant that no content uses",
            Self::Table => "a table in an unknown form",
            Self::Nesting => "content that is nested too deeply",
            Self::Panel => "the panel of a tab without a label",
            Self::Comment => "a comment without an end",
        })
    }
}

/// A table: header rows, then body rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The caption, if the table has one.
    pub caption: Option<Cell>,
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

/// One cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The line of the source that holds its text, from 1.
    pub line: u32,
    /// The text, without footnote marks. `\n` is a line break in the cell; other white space is collapsed. Empty if the
    /// cell is blank.
    pub text: String,
    /// Whether the text is the cell's own or that of a merged cell.
    pub origin: Origin,
    /// The footnote marks as written, in the order of the page: `*`, `**`, `†`, `¹`, `[1]`, or `1` from `<sup>`.
    pub marks: Vec<String>,
    /// Whether the cell is hidden or wholly struck out.
    pub flags: Flags,
    /// Whether the source marks the cell as a header: `<th>`. Always false where the source has no such mark.
    pub is_header: bool,
}

impl Cell {
    /// Returns a visible cell of its own, without footnote marks.
    pub fn new(line: u32, text: impl Into<String>) -> Self {
        Self {
            line,
            text: text.into(),
            origin: Origin::Stated,
            marks: Vec::new(),
            flags: Flags::default(),
            is_header: false,
        }
    }
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
    /// Moves lines beyond the last line of the page to that line.
    pub(crate) fn move_up_to(&mut self, last: u32) {
        self.line = self.line.min(last);
        if let BlockKind::Table(table) = &mut self.kind {
            for row in table.header.iter_mut().chain(&mut table.rows) {
                row.line = row.line.min(last);
                for cell in row.cells.iter_mut().chain(&mut table.caption) {
                    cell.line = cell.line.min(last);
                }
            }
        }
    }
}
