//! The layout of flattened text: which lines are headings, and which are the cells of a table.
//!
//! The columns of the recipe's tables are the grammar. The cells of a row are one a line ([`lines`]), or run together
//! without a separator ([`glued`]). A line that looks like a part of a table, and is not, is an error at that line.

mod cells;
mod glued;
mod lines;
mod marks;
pub(super) mod tabs;

use std::collections::BTreeMap;

use ratebook_source::Amount;

use super::assign::Assigned;
use super::value::is_value;
use super::{labels, passes};
use crate::page::{Block, BlockKind, Cell, Form, Page, Row, Table};
use crate::read::sections::Sections;
use crate::reading::{Diagnostic, Severity};
use crate::recipe::{self, ListRule, Pass, Recipe, RecipePage, TextKind};
use tabs::TabLines;

/// The other reading of an amount that was split from a run of digits, by the cell's line and column.
pub(super) type OtherReadings = BTreeMap<(u32, usize), Amount>;

/// A page whose headings and tables are found.
pub(super) struct LaidOut {
    pub(super) page: Page,
    pub(super) other_readings: OtherReadings,
    /// The lines of the labels of tabs.
    pub(super) tabs: TabLines,
}

/// Finds the headings and tables of flattened text, and the labels of lists. HTML and Markdown have the headings and
/// tables already.
pub(super) fn lay_out(
    page: &Page,
    recipe: &Recipe,
    recipe_page: &RecipePage,
    diagnostics: &mut Vec<Diagnostic>,
) -> LaidOut {
    let recipe = &of_page(recipe, recipe_page);
    let has_lost_cells = recipe.tables.iter().any(|rule| rule.pass.contains(&Pass::LostCells));
    let mut gaps = page.gaps.clone();
    let (blocks, other_readings) = match page.form {
        Form::Text | Form::Markdown if has_lost_cells => {
            let (blocks, all_gaps) = cells::arrange(page, recipe, diagnostics);
            gaps = all_gaps;
            (blocks, OtherReadings::default())
        }
        Form::Text => structure(page, recipe, recipe_page, &mut gaps, diagnostics),
        Form::Html | Form::Markdown => (page.blocks.clone(), OtherReadings::default()),
    };
    let source = page;
    let mut page = Page { blocks, gaps, ..page.clone() };
    marks::keep(&source.blocks, &mut page.blocks, diagnostics);
    passes::arrange(&mut page, recipe);
    labels::promote(&mut page.blocks, recipe);
    if page.form == Form::Text {
        let mut sections = Sections::default();
        for block in &mut page.blocks {
            if let BlockKind::Heading { level, text } = &block.kind {
                block.path = sections.end_at(*level);
                sections.heading(*level, text);
            } else {
                block.path = sections.path();
            }
        }
    }
    let tabs = tabs::arrange(&mut page.blocks, recipe, recipe_page, diagnostics);
    LaidOut { page, other_readings, tabs }
}

/// Returns the recipe with only the rules of a page: the columns of another page's tables mean nothing here.
fn of_page(recipe: &Recipe, recipe_page: &RecipePage) -> Recipe {
    let mut own = recipe.clone();
    own.tables.retain(|table| recipe_page.is_among(&table.pages));
    own.lists.retain(|list| recipe_page.is_among(&list.pages));
    own
}

/// A line of text.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    line: u32,
    text: &'a str,
}

/// A table whose header was found: its rule, the names of its columns, and their meaning.
struct FoundTable<'a> {
    rule: &'a recipe::TableRule,
    names: Vec<String>,
    columns: Vec<Assigned<'a>>,
}

impl FoundTable<'_> {
    fn table(&self, line: u32, rows: Vec<Row>) -> Block {
        let cells = self.names.iter().map(|name| Cell::new(line, name.as_str())).collect();
        Block::new(line, BlockKind::Table(Table { caption: None, header: vec![Row { line, cells }], rows }))
    }
}

/// The longest heading, in bytes.
const MAX_HEADING: usize = 60;

/// Finds the headings and tables of flattened text.
fn structure(
    page: &Page,
    recipe: &Recipe,
    recipe_page: &RecipePage,
    gaps: &mut Vec<u32>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Block>, OtherReadings) {
    let (mut blocks, mut other_readings) = (Vec::new(), OtherReadings::default());
    let lists: Vec<&ListRule> = recipe.lists.iter().filter(|list| list.section.is_some()).collect();
    let mut at = 0;
    // The lines from a block on, which are collected once for all of them.
    let (mut lines_at, mut lines) = (0, Vec::new());
    while let Some(block) = page.blocks.get(at) {
        if at >= lines_at + lines.len() {
            (lines_at, lines) = (at, paragraphs(&page.blocks[at..]));
        }
        let run = &lines[(at - lines_at).min(lines.len())..];
        let run = &run[..run.len().min(lines::MAX_LINES)];
        let Some(&first) = run.first() else {
            blocks.push(block.clone());
            at += 1;
            continue;
        };
        if let Some(found) = glued::header(first.text, recipe) {
            let (mut rows, mut taken) = glued::rows(&found, &run[1..], &mut other_readings, diagnostics);
            if taken == 0 {
                // The names of the columns run together, and the cells are one a line.
                let is_end = at + run.len() == page.blocks.len();
                (rows, taken) = lines::rows(&found, &run[1..], recipe);
                let rest = &run[1 + taken..];
                if let Some(cut) = lines::cut_row(&found, rest, recipe).filter(|_| is_end) {
                    gaps.push(cut.line);
                    let message = format!("the page ends within the row of `{}`, which is not read", cut.text);
                    diagnostics.push(Diagnostic { severity: Severity::Warning, line: Some(cut.line), message });
                    taken += rest.len();
                }
            }
            blocks.push(found.table(first.line, rows));
            at += 1 + taken;
        } else if let Some(found) = lines::header(run, recipe) {
            let (rows, taken) = lines::rows(&found, &run[found.names.len()..], recipe);
            blocks.push(found.table(first.line, rows));
            at += found.names.len() + taken;
        } else {
            let is_label = page.blocks.get(at + 1).is_some_and(|next| labels::is_item_of(&lists, next));
            blocks.push(lone_line(block, first, at == 0, is_label, recipe, recipe_page, diagnostics));
            at += 1;
        }
    }
    (blocks, other_readings)
}

/// Returns the lines of text until a block of another kind.
fn paragraphs(blocks: &[Block]) -> Vec<Line<'_>> {
    let texts = blocks.iter().map_while(|block| Some(Line { line: block.line, text: block.kind.paragraph()? }));
    texts.collect()
}

/// Returns a line outside of tables: a heading if the recipe or its place says so, else a paragraph.
fn lone_line(
    block: &Block,
    line: Line<'_>,
    is_first: bool,
    is_label: bool,
    recipe: &Recipe,
    recipe_page: &RecipePage,
    diagnostics: &mut Vec<Diagnostic>,
) -> Block {
    let text = line.text;
    if let Some(level) = recipe.known_lines.iter().find(|known| known.matches(text)).and_then(|known| known.level) {
        return Block { kind: BlockKind::Heading { level, text: text.to_owned() }, ..block.clone() };
    }
    let problem = if is_listed(text, recipe) {
        None
    } else if glued::looks_like_header(text, recipe) {
        Some(format!("unknown column in the header `{text}`"))
    } else if glued::looks_like_row(text) && has_values(recipe) {
        Some(format!("expected a header before the row `{text}`"))
    } else if is_value(text) {
        Some(format!("expected amounts in tables only, found `{text}`"))
    } else if lines::is_column(text, recipe) {
        Some(format!("unknown columns beside the column `{text}`"))
    } else {
        None
    };
    if let Some(message) = problem {
        diagnostics.push(Diagnostic { severity: Severity::Error, line: Some(line.line), message });
        return block.clone();
    }
    let is_short = text.len() <= MAX_HEADING && !text.ends_with(['.', ':', '!', '?']);
    let lower = text.to_lowercase();
    let is_section = recipe_page.sections.values().flatten().any(|word| lower.contains(word.as_str()));
    let level = match (is_short, is_first, is_section, is_label) {
        (_, _, _, true) => 3,
        (true, true, _, false) => 1,
        (true, false, true, false) => 2,
        (true, false, false, false) | (false, _, _, false) => return block.clone(),
    };
    Block { kind: BlockKind::Heading { level, text: text.to_owned() }, ..block.clone() }
}

/// Returns whether a list of the recipe reads a line as a sentence, or the line has labels of tabs.
fn is_listed(text: &str, recipe: &Recipe) -> bool {
    let has_labels = |labels: &[String]| tabs::is_line_of(text, labels) || labels.iter().any(|label| label == text);
    if recipe.tabs.iter().any(|tabs| has_labels(tabs.labels.get_ref())) {
        return true;
    }
    let lists = recipe.lists.iter().filter(|list| list.of.contains(&TextKind::Sentences));
    lists.flat_map(|list| &list.who).any(|text_rule| text_rule.pattern.matches(text).is_some())
}

/// Returns whether a table of the recipe has amounts beside each other, which flattened text may run together.
fn has_values(recipe: &Recipe) -> bool {
    recipe.tables.iter().any(|table| table.columns.values().filter(|column| column.is_value()).count() > 1)
}
