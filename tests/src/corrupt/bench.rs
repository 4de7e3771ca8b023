//! A provider with its pages as read, on which one page is read again after an edit.

use std::collections::BTreeSet;

use ratebook_ingest::engine::{self, Inputs, Outcome};
use ratebook_ingest::ledger::Asides;
use ratebook_ingest::page::Form;
use ratebook_ingest::recipe::RecipePage;
use ratebook_ingest::{Decisions, ProviderReader, Reading, Severity, fact_page, read};
use ratebook_source::{Evidence, Limit, PolicySource};

use super::Meaning;
use super::sites::Sites;

/// What is known of a provider: its recipe, and its hand-written files.
#[derive(Clone, Debug)]
pub struct Known {
    /// The provider.
    pub provider: ProviderReader,
    /// The decisions on ambiguous cells.
    pub decisions: Decisions,
    /// The policy.
    pub policy: Option<PolicySource>,
    /// The passages that are set aside.
    pub asides: Asides,
}

impl Known {
    fn inputs(&self) -> Inputs<'_> {
        Inputs { decisions: &self.decisions, policy: self.policy.as_ref(), asides: &self.asides }
    }

    /// Reads a text as one of the provider's pages.
    ///
    /// # Panics
    /// Panics if the text is empty.
    pub fn read(&self, recipe_page: &RecipePage, text: &str, extension: &str) -> (Form, Reading) {
        let page = read::read_bytes(text.as_bytes(), Some(extension)).expect("a text that is not empty");
        (page.form, self.provider.read_page(recipe_page, &page, self.inputs()))
    }
}

/// The effect of an edit on the report, the most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// A new error at the line of the edit, or next to it.
    ErrorThere,
    /// A new error elsewhere, or about the whole page.
    Error,
    /// A limit is another.
    Limits,
    /// A new warning.
    Warning,
    /// Another fact page.
    Page,
    /// Nothing.
    Nothing,
}

/// What a report has: what is compared before and after an edit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Reported {
    errors: BTreeSet<(Option<u32>, String)>,
    warnings: BTreeSet<String>,
    limits: Vec<Limit>,
    facts: Vec<String>,
}

/// One page of a provider, beside the clean readings of the others.
#[derive(Debug)]
pub struct VendorBench<'a> {
    known: &'a Known,
    recipe_page: &'a RecipePage,
    others: &'a [(&'a RecipePage, Reading)],
    /// The clean text.
    pub text: String,
    /// The ending of the file.
    pub extension: String,
    /// The form of the page.
    pub form: Form,
    /// The places of limits.
    pub sites: Sites,
    clean: Reported,
}

impl<'a> VendorBench<'a> {
    /// Reads a clean page. `others` are the clean readings of the provider's other pages.
    ///
    /// # Errors
    /// Returns the errors of the clean page.
    pub fn new(
        known: &'a Known,
        recipe_page: &'a RecipePage,
        others: &'a [(&'a RecipePage, Reading)],
        text: &str,
        extension: &str,
    ) -> Result<Self, Vec<String>> {
        let page = read::read_bytes(text.as_bytes(), Some(extension)).map_err(|error| vec![error.to_string()])?;
        let (reading, explained) = engine::explain(known.provider.recipe(), recipe_page, &page, known.inputs());
        let form = page.form;
        let mut sites = Sites::find(text, &reading.source.limits);
        let is_pinned = |outcome: &Outcome| match outcome {
            Outcome::Aside { .. } => true,
            Outcome::Read { rule } => !rule.starts_with("table["),
            Outcome::Structure | Outcome::Open => false,
        };
        let pinned: BTreeSet<u32> =
            explained.iter().filter(|found| is_pinned(&found.outcome)).map(|found| found.line).collect();
        let numbered = (1..).zip(super::sites::lines(text));
        sites.prose = numbered.filter(|(line, _)| pinned.contains(line)).map(|(_, range)| range).collect();
        let mut bench = Self {
            known,
            recipe_page,
            others,
            text: text.to_owned(),
            extension: extension.to_owned(),
            form,
            sites,
            clean: Reported::default(),
        };
        bench.clean = bench.reported(reading);
        match bench.clean.errors.is_empty() {
            true => Ok(bench),
            false => Err(bench.clean.errors.iter().map(|(line, message)| format!("{line:?}: {message}")).collect()),
        }
    }

    fn reported(&self, reading: Reading) -> Reported {
        let mut reported = Reported::default();
        let facts = fact_page::write(&reading.page);
        reported.facts = facts.lines().map(str::to_owned).collect();
        let mut parts: Vec<(&RecipePage, &Reading)> = self
            .others
            .iter()
            .filter(|(recipe_page, _)| recipe_page.id != self.recipe_page.id)
            .map(|(recipe_page, reading)| (*recipe_page, reading))
            .collect();
        parts.push((self.recipe_page, &reading));
        parts.sort_by_key(|(recipe_page, _)| {
            self.known.provider.pages().iter().position(|page| page.id == recipe_page.id)
        });
        let merged = self.known.provider.merge(&parts, self.known.inputs());
        let merged_notes = merged.diagnostics.iter().map(|(_, found)| found);
        for found in reading.diagnostics.iter().chain(merged_notes) {
            match found.severity {
                Severity::Error => {
                    reported.errors.insert((found.line, found.message.clone()));
                }
                Severity::Warning => {
                    reported.warnings.insert(found.message.clone());
                }
            }
        }
        reported.limits = merged.source.limits;
        for limit in &mut reported.limits {
            limit.line = None;
            // Other evidence of the same amount is no other limit.
            limit.evidence = Evidence::Stated;
            limit.alternative = None;
        }
        reported
    }

    /// Reads an edited page, and returns what the report says of the edit from `line` on, or `None` if nothing was to be
    /// seen: the edit keeps the limits, and so does the reading.
    pub fn seen(&self, edited: &str, line: u32, meaning: Meaning) -> Option<Seen> {
        let (_, reading) = self.known.read(self.recipe_page, edited, &self.extension);
        let reported = self.reported(reading);
        let new: Vec<&(Option<u32>, String)> = reported.errors.iter().collect();
        let is_there = |(found, _): &&&(Option<u32>, String)| found.is_some_and(|found| found.abs_diff(line) <= 3);
        let has_other_limits = reported.limits != self.clean.limits;
        match meaning {
            _ if new.iter().any(|found| is_there(&found)) => Some(Seen::ErrorThere),
            _ if !new.is_empty() => Some(Seen::Error),
            Meaning::Same if has_other_limits => {
                Some(if reported.warnings == self.clean.warnings { Seen::Nothing } else { Seen::Warning })
            }
            Meaning::Same => None,
            Meaning::Other if has_other_limits => Some(Seen::Limits),
            Meaning::Other if reported.warnings != self.clean.warnings => Some(Seen::Warning),
            Meaning::Other if reported.facts != self.clean.facts => Some(Seen::Page),
            Meaning::Other => Some(Seen::Nothing),
        }
    }
}
