//! The state of one reading, and what its parts report to it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Inputs;
use super::facts::{Fact, Summary};
use super::layout::tabs::TabLines;
use super::layout::{self, OtherReadings};
use super::pending::Pending;
use crate::ledger::{Address, ClaimError, Ledger};
use crate::page::{Page, SectionPath};
use crate::reading::{Diagnostic, Severity};
use crate::recipe::{self, Bindings, Recipe, RecipePage, Shape};

/// The state of one reading.
pub(super) struct Reader<'a> {
    pub(super) recipe: &'a Recipe,
    /// The recipe with the rules of the page's other shapes.
    pub(super) whole: &'a Recipe,
    /// The shape whose rules are applied, if the page has shapes.
    pub(super) shape: Option<&'a Shape>,
    /// The recipe's description of the page.
    pub(super) recipe_page: &'a RecipePage,
    /// The page, with the headings and tables of flattened text.
    pub(super) page: &'a Page,
    pub(super) other_readings: &'a OtherReadings,
    /// The lines of the labels of tabs.
    pub(super) tabs: &'a TabLines,
    /// What rules set aside by a pattern.
    pub(super) pins: Vec<Pin>,
    pub(super) inputs: Inputs<'a>,
    pub(super) ledger: Ledger<'a>,
    pub(super) facts: Vec<Fact>,
    pub(super) summary: Summary,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// How many blocks each rule claimed, and how many passages each statement and each `[[given]]` has, by its id.
    pub(super) claimed: BTreeMap<String, u32>,
    /// The patterns that matched a row, by the id of their table.
    pub(super) matched: BTreeSet<(&'a str, &'a str)>,
    /// The section defaults that texts of the page set so far.
    pub(super) defaults: Vec<DefaultInForce<'a>>,
    pub(super) pending: Pending<'a>,
}

/// A text that a rule set aside.
#[derive(Clone, Debug)]
pub(super) struct Pin {
    pub(super) address: Address,
    pub(super) reason: String,
}

/// A section default that a text set, and the section in which it holds.
#[derive(Debug)]
pub(super) struct DefaultInForce<'a> {
    pub(super) path: SectionPath,
    pub(super) bindings: Bindings,
    pub(super) rule: &'a recipe::SectionDefault,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        recipe: &'a Recipe,
        recipe_page: &'a RecipePage,
        laid_out: &'a layout::LaidOut,
        inputs: Inputs<'a>,
        diagnostics: Vec<Diagnostic>,
    ) -> Self {
        Self {
            recipe,
            whole: recipe,
            shape: None,
            recipe_page,
            page: &laid_out.page,
            other_readings: &laid_out.other_readings,
            tabs: &laid_out.tabs,
            pins: Vec::new(),
            inputs,
            ledger: Ledger::new(&laid_out.page),
            facts: Vec::new(),
            summary: Summary::default(),
            diagnostics,
            claimed: BTreeMap::new(),
            matched: BTreeSet::new(),
            defaults: Vec::new(),
            pending: Pending::default(),
        }
    }

    pub(super) fn error(&mut self, line: u32, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic { severity: Severity::Error, line: Some(line), message: message.into() });
    }

    pub(super) fn warning(&mut self, line: u32, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic { severity: Severity::Warning, line: Some(line), message: message.into() });
    }

    /// Adds a diagnostic about the whole page.
    pub(super) fn note(&mut self, severity: Severity, message: String) {
        self.diagnostics.push(Diagnostic { severity, line: None, message });
    }

    /// Returns the place of a rule in the recipe, for messages.
    pub(super) fn place(&self, span: &Range<usize>) -> String {
        format!("recipe.toml:{}", self.recipe.line(span))
    }

    /// Counts a block that a rule claims, or a passage of a statement or a `[[given]]`.
    pub(super) fn count(&mut self, rule: impl Into<String>) {
        *self.claimed.entry(rule.into()).or_default() += 1;
    }

    /// Reports a text that two rules claim.
    pub(super) fn check_claim(&mut self, claim: Result<(), ClaimError>) {
        match claim {
            Ok(()) => {}
            Err(ClaimError::Twice { line, first, second }) => {
                self.error(line, format!("`{second}` claims what `{first}` has claimed: each block has one rule"));
            }
            // A row that lost a cell has no such place: the row is an error of its own.
            Err(ClaimError::NoSuchPlace(_)) => {}
        }
    }

    /// Records that a rule read a text. Does nothing if the page lacks it.
    pub(super) fn used(&mut self, address: impl Into<Option<Address>>, rule: &str) {
        let Some(address) = address.into() else { return };
        let claim = self.ledger.claim(address, rule);
        self.check_claim(claim);
    }

    /// Like [`Self::used`], for a text that states a limit.
    pub(super) fn used_limit(&mut self, address: impl Into<Option<Address>>, rule: &str) {
        let Some(address) = address.into() else { return };
        self.refuse_marks(address);
        let claim = self.ledger.claim_limit(address, rule);
        self.check_claim(claim);
    }

    /// Refuses the footnote marks of prose that states a limit: only tables have rules for marks.
    pub(super) fn refuse_marks(&mut self, address: Address) {
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
    pub(super) fn set_aside(&mut self, address: impl Into<Option<Address>>, reason: &str) {
        let Some(address) = address.into() else { return };
        let claim = self.ledger.set_aside(address, reason);
        self.check_claim(claim);
    }
}
