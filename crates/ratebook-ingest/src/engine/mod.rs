//! The recipe engine: from a [`Page`] and a [`Recipe`] to limits.
//!
//! 1. *Layout* finds the headings and tables of flattened text, with the recipe's columns as its grammar. Markdown and HTML
//!    have them already.
//! 2. Each block is *claimed* by the one rule whose columns and section it has. A table that no rule claims, or that two
//!    claim, is an error.
//! 3. The rule *reads* its blocks to facts. A pattern consumes a whole cell, and every number is accounted for.
//! 4. The facts become the *fact page*, and limits are read from the fact page alone.

mod aside_rules;
mod assign;
mod checks;
mod classes;
mod decided;
mod draft;
mod explain;
mod facts;
mod grid;
mod growth;
mod labels;
mod layout;
mod lists;
mod marks;
mod matching;
mod merge;
mod multiples;
mod passes;
mod pending;
mod pins;
mod policy_page;
mod prose;
mod ramps;
mod reader;
mod repeats;
mod rising;
mod rows;
mod section;
mod section_defaults;
mod shapes;
mod tables;
mod value;
mod withdrawn;

use std::collections::BTreeMap;

use ratebook_source::{Plan, PolicySource, validate};

use crate::columns::header_names;
use crate::duplicates;
use crate::ledger::{Address, Asides, Ledger, Weight, weigh};
use crate::page::{Block, BlockKind, Page, Unread};
use crate::reading::{Diagnostic, Reading, Severity};
use crate::recipe::{AsideRule, Recipe, RecipePage, Shape, TextKind};
use crate::reviewed::Decisions;

pub use explain::{Explained, Outcome};
use facts::{Fact, Summary};
pub use merge::{Merged, merge};
use reader::Reader;

/// What a reading uses besides the page and the recipe.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Decisions on ambiguous cells.
    pub decisions: &'a Decisions,
    /// The provider's policy. Its response headers and its growth are compared with those of the pages, both ways.
    pub policy: Option<&'a PolicySource>,
    /// The passages that are set aside.
    pub asides: &'a Asides,
}

/// Reads a page of a vendor. `recipe_page` is the recipe's description of that page: the rules that name it, or no page, apply. A page
/// with `each` binds the placeholder `{each}` of its rules.
///
/// Does not check how many blocks each rule claims, because a rule may claim blocks of several pages: [`merge`] counts them.
pub fn read(recipe: &Recipe, recipe_page: &RecipePage, page: &Page, inputs: Inputs<'_>) -> Reading {
    explain(recipe, recipe_page, page, inputs).0
}

/// Reads a page like [`read`], and also returns what became of each block.
pub fn explain(
    recipe: &Recipe,
    recipe_page: &RecipePage,
    page: &Page,
    inputs: Inputs<'_>,
) -> (Reading, Vec<Explained>) {
    if !recipe_page.has_rules() {
        let mut ledger = Ledger::new(page);
        let fact_page = policy_page::fact_page(recipe_page, page, &mut ledger);
        let mut reading = read_fact_page(recipe, recipe_page, &fact_page, inputs);
        reading.claimed = Some(BTreeMap::new());
        let explained = explain::blocks(page, &ledger, &reading);
        return (reading, explained);
    }
    shapes::read(recipe, recipe_page, page, inputs)
        .unwrap_or_else(|| read_with(recipe, recipe, recipe_page, None, page, inputs))
}

/// Reads a page by the rules of a recipe. If `shape` is set, `recipe` has only the rules of that shape, and `whole` those of
/// every shape.
fn read_with(
    recipe: &Recipe,
    whole: &Recipe,
    recipe_page: &RecipePage,
    shape: Option<&Shape>,
    page: &Page,
    inputs: Inputs<'_>,
) -> (Reading, Vec<Explained>) {
    let mut diagnostics = Vec::new();
    let laid_out = layout::lay_out(page, recipe, recipe_page, &mut diagnostics);
    let mut reader = Reader::new(recipe, recipe_page, &laid_out, inputs, diagnostics);
    (reader.whole, reader.shape) = (whole, shape);
    reader.read();
    let reading = reader.finish();
    let explained = explain::blocks(&laid_out.page, &reader.ledger, &reading);
    (reading, explained)
}

/// Reads the fact page of one of the recipe's pages, without the rules of the recipe.
pub fn read_fact_page(recipe: &Recipe, recipe_page: &RecipePage, page: &Page, inputs: Inputs<'_>) -> Reading {
    let mut stated = facts::read(&recipe.provider, &recipe_page.id, &recipe_page.url, page);
    let mut diagnostics = std::mem::take(&mut stated.diagnostics);
    let mut source = stated.source;
    source.limits = duplicates::remove(std::mem::take(&mut source.limits), &mut diagnostics);
    source.sort();
    checks::headers(recipe, &stated.headers, inputs.policy, &mut diagnostics);
    growth::compare(&stated.growths, inputs.policy, &mut diagnostics);
    // An alias without a limit here may have one on another page, so `merge` reports those without any.
    let _ = recipe.checked_names().apply(&mut source);
    source.sort();
    if source.limits.is_empty() && recipe_page.has_rules() {
        diagnostics.push(Diagnostic { severity: Severity::Error, line: None, message: NO_LIMITS.to_owned() });
    } else {
        for problem in validate(&source) {
            diagnostics.push(Diagnostic { severity: Severity::Error, line: None, message: problem.to_string() });
        }
    }
    sort(&mut diagnostics);
    Reading {
        page: page.clone(),
        source,
        tables: stated.tables,
        numbers: stated.numbers,
        diagnostics,
        unknown: Vec::new(),
        claimed: None,
        shape: stated.shape,
        withdrawn: false,
    }
}

/// The error of a page without limits.
const NO_LIMITS: &str = "expected tables or lists of limits, found none: a script may render the page";

/// Sorts diagnostics by line. Those about the whole page, which often follow from others, are last.
pub(crate) fn sort(diagnostics: &mut [Diagnostic]) {
    let key = |found: &Diagnostic| (found.line.is_none(), found.line, found.message.clone());
    diagnostics.sort_by_cached_key(key);
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        let plans = self.recipe.plans.iter().map(|plan| {
            let plan = Plan { name: plan.name.clone(), within: plan.within.clone(), qualifies_usd: plan.qualifies_usd };
            (1, plan)
        });
        let plans: Vec<(u32, Plan)> = plans.collect();
        if !plans.is_empty() {
            self.facts.push(Fact::Plans(plans));
        }
        let page = self.page;
        let mut lists = lists::Sections::default();
        let mut is_second_of_pair = false;
        for (at, block) in page.blocks.iter().enumerate() {
            if std::mem::take(&mut is_second_of_pair) {
                continue;
            }
            if block.flags.hidden || block.flags.struck {
                self.unseen(at, block);
                continue;
            }
            if let Some(line) = self.tabs.get(&at) {
                self.used(Address::block(at), &line.rule);
                if line.is_first {
                    self.count(line.rule.as_str());
                }
                continue;
            }
            self.section_default(at, block);
            match &block.kind {
                BlockKind::Heading { level, text } => {
                    lists.heading(block.line, *level, text);
                    self.facts.push(Fact::Heading { line: block.line, level: *level, text: text.clone() });
                    self.listed(Address::block(at), block, text, TextKind::Headings, &mut lists);
                }
                BlockKind::Table(table) => self.table(at, block, table),
                BlockKind::Item { text, .. } => self.item(at, block, text, &mut lists),
                BlockKind::Paragraph(text) if self.pair(at, block, text, &mut lists) => is_second_of_pair = true,
                BlockKind::Paragraph(text) => {
                    let rest = self.growth(at, block, text, TextKind::Sentences);
                    self.sentences(at, block, text, &mut lists);
                    self.state(block.line, text);
                    self.prose(block.line, &rest);
                }
                BlockKind::Code(text) => {
                    self.code(at, block, text, &mut lists);
                    self.state(block.line, text);
                    self.prose(block.line, text);
                }
                BlockKind::Unread { what: Unread::Constant, .. } => {
                    self.set_aside(Address::block(at), "a constant that no content uses");
                }
                BlockKind::Unread { what, .. } => {
                    if let Some(reason) = self.reason(&block.path, None, |rule| rule.unread.get(what.word())) {
                        self.set_aside_by_rule(Address::block(at), reason);
                    }
                }
                BlockKind::Statement { .. } => self.error(block.line, "expected a vendor's page, found a fact page"),
            }
        }
        lists.finish(self);
    }

    /// Sets a hidden or struck-out block aside if the recipe has a reason. Without a reason, a block that may state a
    /// limit is an error, because the page does not say whether the limit is in force.
    fn unseen(&mut self, at: usize, block: &Block) {
        let is_struck = block.flags.struck;
        let reason_in = |rule: &'a AsideRule| if is_struck { rule.struck.as_ref() } else { rule.hidden.as_ref() };
        if let Some(reason) = self.reason(&block.path, None, reason_in) {
            return self.set_aside_by_rule(Address::block(at), reason.get_ref());
        }
        let how = if is_struck { "struck out" } else { "hidden" };
        let what = match &block.kind {
            BlockKind::Table(table) => {
                format!("the table with the columns {}", header_names(table).join(", "))
            }
            BlockKind::Item { text, .. } | BlockKind::Paragraph(text) | BlockKind::Code(text)
                if weigh(text) == Weight::Rate =>
            {
                format!("`{text}`")
            }
            BlockKind::Item { .. }
            | BlockKind::Paragraph(_)
            | BlockKind::Code(_)
            | BlockKind::Heading { .. }
            | BlockKind::Unread { .. }
            | BlockKind::Statement { .. } => return,
        };
        self.error(block.line, format!("{what} is {how}: the recipe does not say whether it is in force"));
    }

    fn finish(&mut self) -> Reading {
        self.add_lone_repeats();
        self.resolve_rows();
        self.resolve_multiples();
        self.resolve_ramps();
        self.resolve_rows();
        self.resolve_growths();
        self.resolve_repeats();
        self.check_multiples();
        self.resolve_classes();
        self.add_plans();
        self.resolve_qualifications();
        let recipe = self.recipe;
        let is_withdrawn = self.is_withdrawn();
        let mut unknown = Vec::new();
        if is_withdrawn {
            self.diagnostics.retain(|found| found.severity == Severity::Error);
        } else {
            unknown = self.close_ledger();
            self.check_repeats();
            checks::sections(self.page, self.recipe_page, &mut self.diagnostics);
        }
        self.summary = Summary::of(self.page, &self.ledger);
        self.warn_of_contradictions();
        let mut facts = facts::date(self.page);
        facts.extend(self.shape.map(|shape| facts::shape(shape.id.get_ref())));
        facts.append(&mut self.facts);
        facts::rename_models(recipe, &mut facts);
        facts.extend(policy_page::listed(self.recipe_page, self.page));
        facts.extend(self.pinned());
        let fact_page = facts::write(self.page.form, facts, &self.summary);
        let mut reading = read_fact_page(recipe, self.recipe_page, &fact_page, self.inputs);
        // The limits may be in a part that could not be read.
        reading.withdrawn = is_withdrawn && self.diagnostics.iter().all(|found| found.severity != Severity::Error);
        if reading.withdrawn {
            reading.diagnostics.clear();
        } else {
            checks::limits(recipe, &self.claimed, &reading.source, &mut self.diagnostics);
        }
        if self.diagnostics.iter().any(|found| found.severity == Severity::Error && found.line.is_some()) {
            // The error of a line explains why there are no limits.
            reading.diagnostics.retain(|found| found.message != NO_LIMITS);
        }
        reading.unknown = unknown;
        reading.claimed = Some(std::mem::take(&mut self.claimed));
        reading.diagnostics.append(&mut self.diagnostics);
        sort(&mut reading.diagnostics);
        reading
    }

    /// Adds the plans that only limits name.
    fn add_plans(&mut self) {
        let plans = self.facts.iter().flat_map(Fact::plans);
        let mut known: Vec<String> = plans.map(|(_, plan)| plan.name.clone()).collect();
        let mut missing: Vec<(u32, Plan)> = Vec::new();
        for limit in self.facts.iter().flat_map(Fact::limits) {
            if let Some(plan) = limit.plan.as_ref().filter(|plan| !known.contains(plan)) {
                known.push(plan.clone());
                let line = limit.line.unwrap_or(1);
                missing.push((line, Plan { name: plan.clone(), within: None, qualifies_usd: None }));
            }
        }
        if !missing.is_empty() {
            self.facts.push(Fact::Plans(missing));
        }
    }

    fn warn_of_contradictions(&mut self) {
        for statement in &self.recipe.statements {
            let Some(contradiction) = &statement.contradicts else { continue };
            let name = statement.says.split_once(": ").map_or(statement.says.as_str(), |(name, _)| name);
            let line = self.facts.iter().find_map(|fact| fact.line_of_statement(name));
            let mut limits = self.facts.iter().flat_map(Fact::limits);
            let has_plan = limits.any(|limit| limit.plan.as_ref() == Some(&contradiction.plan));
            if let (Some(line), true) = (line, has_plan) {
                self.summary.warnings.push((line, contradiction.warn.clone()));
            }
        }
    }
}

/// The number of leading blocks that may hold the page's title: a documentation site may put others above it.
const TITLE_BLOCKS: usize = 10;

/// Returns whether a text has words, without regard to case.
fn contains(text: &str, words: &str) -> bool {
    text.to_lowercase().contains(&words.to_lowercase())
}
