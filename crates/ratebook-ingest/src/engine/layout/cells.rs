//! Tables with one cell a line or one cell a paragraph, without the cells that merged cells cover.
//!
//! Names, amounts and headings have no marks. The columns of the rule and the spelling of a line decide what it is: the
//! name of a model is one word that begins with a lowercase letter, or any one word before an amount or an alias. What
//! stands below the rows must be a heading or a sentence: a cell that is not understood is an error, not a heading.

use super::super::assign::assign;
use super::{FoundTable, Line};
use crate::page::{Block, BlockKind, Cell, Form, Page, Row};
use crate::reading::{Diagnostic, Severity};
use crate::recipe::{self, Pass, Recipe, Role};

/// The largest number of texts of a header.
const MAX_HEADER: usize = 24;
/// The largest number of lines of a header that the end of the page cuts off.
const MAX_CUT: usize = 6;
/// The longest name, in bytes.
const MAX_NAME: usize = 60;
/// The level of a paragraph of bold text, which Markdown has as a heading.
const BOLD: u8 = 6;

/// Finds the tables of a page, and the headings of flattened text.
///
/// A header without rows at the end of the page shows that the copy is cut off, like a mark of a shortened copy.
pub(super) fn arrange(page: &Page, recipe: &Recipe, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Block>, Vec<u32>) {
    let mut arranger = Arranger { recipe, is_text: page.form == Form::Text, blocks: Vec::new(), diagnostics };
    let last = (0..page.blocks.len()).rfind(|&at| arranger.header(&page.blocks[at..]).is_some());
    let mut at = 0;
    let mut is_below_rows = false;
    let mut has_table = false;
    while let Some(block) = page.blocks.get(at) {
        if let Some(header) = arranger.header(&page.blocks[at..]) {
            at += arranger.table(&page.blocks[at..], &header);
            (is_below_rows, has_table) = (true, true);
            continue;
        }
        let between = has_table && last.is_some_and(|last| at < last);
        arranger.other(block, is_below_rows || between);
        is_below_rows = false;
        at += 1;
    }
    let mut gaps = page.gaps.clone();
    let is_column = |block: &&Block| arranger.line(block).is_some_and(|line| arranger.is_column(line.text));
    let end = arranger.blocks.len().saturating_sub(MAX_CUT);
    if let Some(cut) = arranger.blocks[end..].iter().position(|block| is_column(&block)) {
        gaps.push(arranger.blocks[end + cut].line);
        arranger.blocks.truncate(end + cut);
    }
    (arranger.blocks, gaps)
}

/// The texts of a header.
struct Header<'a> {
    rule: &'a recipe::TableRule,
    /// The names of the columns, with what other texts add to them.
    names: Vec<String>,
    /// The number of blocks.
    len: usize,
    /// A text among the names that is not a name.
    unknown: Option<(u32, String)>,
}

struct Arranger<'a, 'd> {
    recipe: &'a Recipe,
    is_text: bool,
    blocks: Vec<Block>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'a> Arranger<'a, '_> {
    fn error(&mut self, line: u32, message: String) {
        self.diagnostics.push(Diagnostic { severity: Severity::Error, line: Some(line), message });
    }

    /// Returns the text of a line: a paragraph, or bold text in Markdown.
    fn line<'p>(&self, block: &'p Block) -> Option<Line<'p>> {
        let text = match &block.kind {
            BlockKind::Heading { level: BOLD, text } if !self.is_text => text,
            kind => kind.paragraph()?,
        };
        Some(Line { line: block.line, text })
    }

    /// Returns whether a line is the name of a column.
    fn is_column(&self, text: &str) -> bool {
        let mut rules = self.recipe.tables.iter().filter(|rule| rule.pass.contains(&Pass::LostCells));
        rules.any(|rule| is_name_of_column(rule, text))
    }

    /// Returns the header that begins with these blocks.
    fn header(&self, blocks: &[Block]) -> Option<Header<'a>> {
        let first = self.line(blocks.first()?)?;
        let rules = self.recipe.tables.iter().filter(|rule| rule.pass.contains(&Pass::LostCells));
        rules.filter(|rule| is_name_of_column(rule, first.text)).find_map(|rule| self.header_of(rule, blocks))
    }

    fn header_of(&self, rule: &'a recipe::TableRule, blocks: &[Block]) -> Option<Header<'a>> {
        let text = |at: usize| blocks.get(at).and_then(|block| self.line(block)).map(|line| line.text);
        let is_known = |text: &str| is_name_of_column(rule, text) || header_text(rule, text).is_some();
        let mut header = Header { rule, names: Vec::new(), len: 0, unknown: None };
        let mut has_who = false;
        while let Some(own) = text(header.len).filter(|_| header.len < MAX_HEADER) {
            if let Some(other) = header_text(rule, own) {
                if let (Some(says), Some(name)) = (&other.says, header.names.last_mut()) {
                    *name = format!("{name} {says}");
                }
            } else if is_name_of_column(rule, own) {
                // The first column begins another header, of a table without rows.
                if has_who && is_who(rule, own) {
                    break;
                }
                has_who |= is_who(rule, own);
                header.names.push(own.to_owned());
            } else if text(header.len + 1).is_some_and(is_known) && !self.is_set_apart(own) && !header.names.is_empty()
            {
                header.unknown.get_or_insert((blocks[header.len].line, own.to_owned()));
            } else {
                break;
            }
            header.len += 1;
        }
        (has_who && header.names.len() > 1 || header.unknown.is_some()).then_some(header)
    }

    /// Adds the table of a header. Returns the number of blocks that it takes.
    fn table(&mut self, blocks: &[Block], header: &Header<'a>) -> usize {
        let first = &blocks[0];
        if let Some((line, text)) = &header.unknown {
            self.error(*line, format!("unknown column `{text}`"));
        }
        let lines: Vec<Line<'_>> = blocks[header.len..].iter().map_while(|block| self.line(block)).collect();
        let columns = match assign(header.rule, &header.names) {
            Ok(columns) => columns,
            Err(unknown) => {
                if header.unknown.is_none() {
                    let names = header.names.join(", ");
                    let why =
                        unknown.map_or_else(|| "the rule has more".to_owned(), |name| format!("`{name}` is unknown"));
                    self.error(first.line, format!("no rule has the columns {names}: {why}"));
                }
                return header.len + Rows::new(self.recipe, header, &[], &lines).taken_by_rows();
            }
        };
        let roles: Vec<&Role> = columns.iter().map(|assigned| &assigned.column.role).collect();
        let mut rows = Rows::new(self.recipe, header, &roles, &lines);
        rows.read();
        let (taken, found_rows) = (rows.at, std::mem::take(&mut rows.rows));
        if let Some((line, message)) = rows.failed.take() {
            self.error(line, message);
        } else if found_rows.is_empty() {
            self.error(first.line, "expected rows below the header, found none".to_owned());
        }
        let found = FoundTable { rule: header.rule, names: header.names.clone(), columns };
        self.blocks.push(Block { path: first.path.clone(), ..found.table(first.line, found_rows) });
        header.len + taken
    }

    /// Returns whether a line is a heading or a label.
    fn is_set_apart(&self, text: &str) -> bool {
        self.recipe.known_lines.iter().any(|line| line.matches(text))
    }

    /// Adds a block outside of the tables.
    fn other(&mut self, block: &Block, is_beside_rows: bool) {
        let Some(line) = self.line(block) else { return self.blocks.push(block.clone()) };
        let known = self.recipe.known_lines.iter().find(|known| known.matches(line.text));
        match known.map(|known| known.level) {
            Some(None) => {}
            Some(Some(level)) if self.is_text => {
                let kind = BlockKind::Heading { level, text: line.text.to_owned() };
                self.blocks.push(Block { kind, ..block.clone() });
            }
            Some(Some(_)) => self.blocks.push(block.clone()),
            None => {
                let is_prose = line.text.trim_end().ends_with(['.', ':', '!', '?']) && line.text.contains(' ');
                if is_beside_rows && !is_prose && matches!(block.kind, BlockKind::Paragraph(_)) {
                    let text = line.text;
                    self.error(
                        line.line,
                        format!("expected an amount, a model, a heading of [[line]] or a sentence, found `{text}`"),
                    );
                }
                self.blocks.push(block.clone());
            }
        }
    }
}

/// Returns whether a text is the name of a column, or becomes one with what another text of the header adds.
fn is_name_of_column(rule: &recipe::TableRule, text: &str) -> bool {
    let is_name = |name: &str| rule.columns.keys().any(|pattern| !pattern.is_open() && pattern.matches(name).is_some());
    is_name(text)
        || rule.header.iter().filter_map(|other| other.says.as_ref()).any(|says| is_name(&format!("{text} {says}")))
}

fn is_who(rule: &recipe::TableRule, text: &str) -> bool {
    rule.columns.iter().any(|(pattern, column)| column.role == Role::Selector && pattern.matches(text).is_some())
}

fn header_text<'a>(rule: &'a recipe::TableRule, text: &str) -> Option<&'a recipe::HeaderText> {
    rule.header.iter().find(|other| other.pattern.matches(text).is_some())
}

/// Reads the rows of one table.
struct Rows<'a, 'p> {
    recipe: &'a Recipe,
    rule: &'a recipe::TableRule,
    lines: &'p [Line<'p>],
    at: usize,
    /// The number of columns before that of the names, and of columns of amounts after it.
    labels: usize,
    values: usize,
    rows: Vec<Row>,
    failed: Option<(u32, String)>,
}

impl<'a, 'p> Rows<'a, 'p> {
    fn new(recipe: &'a Recipe, header: &Header<'a>, roles: &[&Role], lines: &'p [Line<'p>]) -> Self {
        let selector = roles.iter().position(|role| **role == Role::Selector).unwrap_or(0);
        let values = roles.len().saturating_sub(selector + 1);
        Self { recipe, rule: header.rule, lines, at: 0, labels: selector, values, rows: Vec::new(), failed: None }
    }

    /// Returns the number of lines that rows of any width take.
    fn taken_by_rows(mut self) -> usize {
        (self.labels, self.values) = (1, usize::MAX);
        self.read();
        self.at
    }

    fn text(&self, at: usize) -> &'p str {
        self.lines.get(at).map_or("", |line| line.text)
    }

    fn read(&mut self) {
        let mut label = None;
        while self.at < self.lines.len() && self.failed.is_none() {
            let Line { line, text } = self.lines[self.at];
            let next = self.text(self.at + 1);
            if is_model(text) && !self.is_value(text) || self.is_capital_model(text, next) {
                self.row(line, text, label.take());
            } else if self.labels > 0 && self.is_label(text) && label.is_none() && is_model(next) {
                label = Some((line, text));
                self.at += 1;
            } else if self.is_value(text) || is_alias(text) || self.reworded(text).is_some() {
                let message = format!(
                    "expected the name of a model before `{text}`: the name is missing, or the row above has one cell too many"
                );
                self.failed = Some((line, message));
                self.at += 1;
            } else if self.is_name(text) && is_model(next) {
                let message = format!("`{text}` is ambiguous: it may be a model, a label or the name of a column");
                self.failed = Some((line, message));
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Returns whether a text is a model's name with capitals, which some models have: an amount or an alias follows it.
    fn is_capital_model(&self, text: &str, next: &str) -> bool {
        self.is_name(text) && !text.contains(' ') && !is_model(text) && (self.is_value(next) || is_alias(next))
    }

    fn row(&mut self, line: u32, name: &str, label: Option<(u32, &str)>) {
        self.at += 1;
        let mut name = name.to_owned();
        while is_alias(self.text(self.at)) {
            name = format!("{name}\n{}", self.text(self.at));
            self.at += 1;
        }
        let mut cells = Vec::new();
        if self.labels > 0 {
            let (line, label) = label.unwrap_or((line, ""));
            cells.push(Cell::new(line, label));
        }
        cells.push(Cell::new(line, name));
        let fixed = cells.len();
        while let Some(&Line { line, text }) = self.lines.get(self.at) {
            if let (Some(reworded), Some(last)) = (self.reworded(text), cells[fixed..].last_mut()) {
                last.text = format!("{} {reworded}", last.text);
            } else if self.is_value(text) {
                if cells.len() - fixed == self.values {
                    let name = cells[fixed - 1].text.replace('\n', " ");
                    let message = format!("expected {} amounts for `{name}`, found `{text}` after them", self.values);
                    self.failed = Some((line, message));
                    return;
                }
                cells.push(Cell::new(line, text));
            } else {
                break;
            }
            self.at += 1;
        }
        self.rows.push(Row { line, cells });
    }

    fn reworded(&self, text: &str) -> Option<&'a str> {
        self.recipe.rewords.iter().find_map(|reword| reword.read(text))
    }

    /// Returns whether a text is an amount, possibly with a typo, or a text that a column of amounts reads.
    fn is_value(&self, text: &str) -> bool {
        let is_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '$'))
            || text.contains(',') && !text.contains(' ') && text.contains(|c: char| c.is_ascii_digit());
        is_number || super::super::value::is_read(self.rule, text)
    }

    /// Returns whether a text may be a label: short, begins with a letter, and not a sentence.
    fn is_label(&self, text: &str) -> bool {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.len() <= MAX_NAME
            && !text.ends_with('.')
            && !is_name_of_column(self.rule, text)
            && header_text(self.rule, text).is_none()
            && !self.is_value(text)
    }

    /// Returns whether a text may be a model's name: a label that is not a heading.
    fn is_name(&self, text: &str) -> bool {
        self.is_label(text) && !self.recipe.known_lines.iter().any(|line| line.matches(text))
    }
}

/// Returns whether a text has the spelling of most models' names: a lowercase letter first, and no space.
fn is_model(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'/'))
}

fn is_alias(text: &str) -> bool {
    text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).is_some_and(is_model)
}
