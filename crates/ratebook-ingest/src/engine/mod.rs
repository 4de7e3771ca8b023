//! The recipe engine: from a [`Page`] and a [`Recipe`] to limits.
//!
//! 1. *Layout* finds the headings and tables of flattened text, with the recipe's columns as its grammar. Markdown and HTML
//!    have them already.
//! 2. Each block is *claimed* by the one rule whose columns and section it has. A table that no rule claims, or that two
//!    claim, is an error.
//! 3. The rule *reads* its blocks to facts. A pattern consumes a whole cell, and every number is accounted for.
//! 4. The facts become the *fact page*, and limits are read from the fact page alone.

mod checks;
mod classes;
mod draft;
mod explain;
mod facts;
mod givens;
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
mod pins;
mod policy_page;
mod prose;
mod ramps;
mod repeats;
mod rising;
mod rows;
mod section;
mod shapes;
mod skips;
mod tables;
mod value;
mod withdrawn;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ratebook_source::{Plan, PolicySource, validate};

use crate::accounts::{Accounts, Address, Asides, ClaimError, Weight, weigh};
use crate::columns::header_names;
use crate::duplicates;
use crate::page::{Block, BlockKind, Page, Unread};
use crate::reading::{Diagnostic, Reading, Severity};
use crate::recipe::{self, Recipe, Shape, Skip, TextKind};
use crate::reviewed::Decisions;

pub use explain::{Explained, Outcome};
use facts::{Account, Fact};
use layout::Inferred;
use layout::tabs::TabLines;
pub use merge::{Merged, merge};
use repeats::Repeat;

/// What a reading uses besides the page and the recipe.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Decisions on ambiguous cells.
    pub decisions: &'a Decisions,
    /// The provider's policy, whose response headers are compared with those of the page.
    pub policy: Option<&'a PolicySource>,
    /// The passages that are set aside.
    pub asides: &'a Asides,
}

/// Reads a page of a vendor. `of` is one of the recipe's pages: its rules apply, with what it binds.
///
/// What rules must claim is counted over all pages of the provider: [`merge`] requires it.
pub fn read(recipe: &Recipe, of: &recipe::Page, page: &Page, inputs: Inputs<'_>) -> Reading {
    explain(recipe, of, page, inputs).0
}

/// Reads a page like [`read`], and returns what became of each block besides.
pub fn explain(recipe: &Recipe, of: &recipe::Page, page: &Page, inputs: Inputs<'_>) -> (Reading, Vec<Explained>) {
    if !of.has_rules() {
        let mut accounts = Accounts::new(page);
        let fact_page = policy_page::fact_page(of, page, &mut accounts);
        let mut reading = read_fact_page(recipe, of, &fact_page, inputs);
        reading.claimed = Some(BTreeMap::new());
        let explained = explain::blocks(page, &accounts, &reading);
        return (reading, explained);
    }
    shapes::read(recipe, of, page, inputs).unwrap_or_else(|| read_with(recipe, recipe, of, None, page, inputs))
}

/// Reads a page by the rules of a recipe. If they are those of one shape of the page, `whole` has the others, too.
fn read_with(
    recipe: &Recipe,
    whole: &Recipe,
    of: &recipe::Page,
    shape: Option<&Shape>,
    page: &Page,
    inputs: Inputs<'_>,
) -> (Reading, Vec<Explained>) {
    let mut diagnostics = Vec::new();
    let laid_out = layout::lay_out(page, recipe, of, &mut diagnostics);
    let mut reader = Reader::new(recipe, of, &laid_out, inputs, diagnostics);
    (reader.whole, reader.shape) = (whole, shape);
    reader.read();
    let reading = reader.finish();
    let explained = explain::blocks(&laid_out.page, &reader.accounts, &reading);
    (reading, explained)
}

/// Reads the fact page of one of the recipe's pages, without the rules of the recipe.
pub fn read_fact_page(recipe: &Recipe, of: &recipe::Page, page: &Page, inputs: Inputs<'_>) -> Reading {
    let mut stated = facts::read(&recipe.provider, &of.id, &of.url, page);
    let mut diagnostics = std::mem::take(&mut stated.diagnostics);
    let mut source = stated.source;
    source.limits = duplicates::settle(std::mem::take(&mut source.limits), &mut diagnostics);
    source.sort();
    checks::headers(recipe, &stated.headers, inputs.policy, &mut diagnostics);
    growth::compare(&stated.growths, inputs.policy, &mut diagnostics);
    // Which names are of no limits shows over all pages.
    let _ = recipe.checked_names().apply(&mut source);
    source.sort();
    if source.limits.is_empty() && of.has_rules() {
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

/// A range of a size class that a row states beside the class's name.
struct StatedRange {
    line: u32,
    class: String,
    range: (u64, Option<u64>),
    label: String,
}

/// The state of one reading.
struct Reader<'a> {
    recipe: &'a Recipe,
    /// The recipe with the rules of the page's other shapes.
    whole: &'a Recipe,
    /// The shape whose rules are applied, if the page has shapes.
    shape: Option<&'a Shape>,
    /// Which of the recipe's pages this is, with what it binds.
    of: &'a recipe::Page,
    /// The page, with the headings and tables of flattened text.
    page: &'a Page,
    inferred: &'a Inferred,
    /// The lines of the labels of tabs.
    tabs: &'a TabLines,
    /// What rules set aside by a pattern.
    pins: Vec<pins::Pin>,
    inputs: Inputs<'a>,
    accounts: Accounts<'a>,
    facts: Vec<Fact>,
    account: Account,
    diagnostics: Vec<Diagnostic>,
    /// How many blocks each rule claimed, and how many passages each statement and each `[[given]]` has, by its id.
    claimed: BTreeMap<String, u32>,
    /// The patterns that matched a row, by the id of their table.
    matched: BTreeSet<(&'a str, &'a str)>,
    ranges: Vec<StatedRange>,
    repeats: Vec<Repeat>,
    /// The limits whose amounts are multiples of another plan's.
    multiples: multiples::Multiples,
    /// What texts state of growth.
    growths: Vec<growth::Stated<'a>>,
    /// The points of ramps, and what accounts must have paid, that texts state beside amounts.
    ramps: ramps::Ramps,
    /// What texts gave to what follows them.
    givens: Vec<givens::Given<'a>>,
}

impl<'a> Reader<'a> {
    fn new(
        recipe: &'a Recipe,
        of: &'a recipe::Page,
        laid_out: &'a layout::LaidOut,
        inputs: Inputs<'a>,
        diagnostics: Vec<Diagnostic>,
    ) -> Self {
        Self {
            recipe,
            whole: recipe,
            shape: None,
            of,
            page: &laid_out.page,
            inferred: &laid_out.inferred,
            tabs: &laid_out.tabs,
            pins: Vec::new(),
            inputs,
            accounts: Accounts::new(&laid_out.page),
            facts: Vec::new(),
            account: Account::default(),
            diagnostics,
            claimed: BTreeMap::new(),
            matched: BTreeSet::new(),
            ranges: Vec::new(),
            repeats: Vec::new(),
            multiples: multiples::Multiples::default(),
            growths: Vec::new(),
            ramps: ramps::Ramps::default(),
            givens: Vec::new(),
        }
    }

    fn error(&mut self, line: u32, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic { severity: Severity::Error, line: Some(line), message: message.into() });
    }

    fn warning(&mut self, line: u32, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic { severity: Severity::Warning, line: Some(line), message: message.into() });
    }

    /// Adds a diagnostic about the whole page.
    fn note(&mut self, severity: Severity, message: String) {
        self.diagnostics.push(Diagnostic { severity, line: None, message });
    }

    /// Returns the place of a rule in the recipe, for messages.
    fn place(&self, span: &Range<usize>) -> String {
        format!("recipe.toml:{}", self.recipe.line(span))
    }

    /// Counts a block that a rule claims, or a passage of a statement or a `[[given]]`.
    fn count(&mut self, rule: impl Into<String>) {
        *self.claimed.entry(rule.into()).or_default() += 1;
    }

    /// Reports a text that two rules claim.
    fn check_claim(&mut self, claim: Result<(), ClaimError>) {
        match claim {
            Ok(()) => {}
            Err(ClaimError::Twice { line, first, second }) => {
                self.error(line, format!("`{second}` claims what `{first}` has claimed: each block has one rule"));
            }
            // A row that lost a cell has no such place: the row is an error of its own.
            Err(ClaimError::NoSuchPlace(_)) => {}
        }
    }

    /// Records that a rule read a text. Nothing if the page lacks it.
    fn used(&mut self, address: impl Into<Option<Address>>, rule: &str) {
        let Some(address) = address.into() else { return };
        let claim = self.accounts.claim(address, rule);
        self.check_claim(claim);
    }

    /// Like [`Self::used`], for a text that states a limit.
    fn used_limit(&mut self, address: impl Into<Option<Address>>, rule: &str) {
        let Some(address) = address.into() else { return };
        self.refuse_marks(address);
        let claim = self.accounts.claim_limit(address, rule);
        self.check_claim(claim);
    }

    /// Refuses the footnote marks of prose that states a limit: only tables have rules for marks.
    fn refuse_marks(&mut self, address: Address) {
        let page = self.page;
        let block = &page.blocks[address.block];
        let line = block.line;
        for mark in &block.marks {
            let message =
                format!("unknown footnote mark `{mark}` beside a limit: no [[list]] reads what its note says");
            let is_known = |found: &Diagnostic| found.line == Some(line) && found.message == message;
            if !self.diagnostics.iter().any(is_known) {
                self.error(line, message);
            }
        }
    }

    /// Records that a text is set aside.
    fn skip(&mut self, address: impl Into<Option<Address>>, reason: &str) {
        let Some(address) = address.into() else { return };
        let claim = self.accounts.set_aside(address, reason);
        self.check_claim(claim);
    }

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
            self.given(at, block);
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
                    self.skip(Address::block(at), "a constant that no content uses");
                }
                BlockKind::Unread { what, .. } => {
                    if let Some(reason) = self.reason(&block.path, None, |skip| skip.unread.get(what.word())) {
                        self.skip_by_rule(Address::block(at), reason);
                    }
                }
                BlockKind::Statement { .. } => self.error(block.line, "expected a vendor's page, found a fact page"),
            }
        }
        lists.finish(self);
    }

    /// Sets a hidden or struck-out block aside, if the recipe has a reason. Refuses its limits if not: whether they are in
    /// force is not stated.
    fn unseen(&mut self, at: usize, block: &Block) {
        let is_struck = block.flags.struck;
        let of = |skip: &'a Skip| if is_struck { skip.struck.as_ref() } else { skip.hidden.as_ref() };
        if let Some(reason) = self.reason(&block.path, None, of) {
            return self.skip_by_rule(Address::block(at), reason.get_ref());
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
        self.settle_multiples();
        self.settle_ramps();
        self.settle_growths();
        self.settle_repeats();
        self.settle_classes();
        self.add_plans();
        self.settle_qualifications();
        let recipe = self.recipe;
        let is_withdrawn = self.is_withdrawn();
        let mut unknown = Vec::new();
        if is_withdrawn {
            self.diagnostics.retain(|found| found.severity == Severity::Error);
        } else {
            unknown = self.close_accounts();
            self.check_repeats();
            checks::sections(self.page, self.of, &mut self.diagnostics);
        }
        self.account = Account::of(self.page, &self.accounts);
        self.warn_of_contradictions();
        let mut facts = facts::date(self.page);
        facts.extend(self.shape.map(|shape| facts::shape(shape.id.get_ref())));
        facts.append(&mut self.facts);
        facts::rename_models(recipe, &mut facts);
        facts.extend(policy_page::listed(self.of, self.page));
        facts.extend(self.pinned());
        let fact_page = facts::write(self.page.form, facts, &self.account);
        let mut reading = read_fact_page(recipe, self.of, &fact_page, self.inputs);
        // A part that could not be read may hold the limits.
        reading.withdrawn = is_withdrawn && self.diagnostics.iter().all(|found| found.severity != Severity::Error);
        if reading.withdrawn {
            reading.diagnostics.clear();
        } else {
            checks::limits(recipe, &self.claimed, &reading.source, &mut self.diagnostics);
        }
        if self.diagnostics.iter().any(|found| found.severity == Severity::Error && found.line.is_some()) {
            // A line that could not be read is the reason.
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
                self.account.warnings.push((line, contradiction.warn.clone()));
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
