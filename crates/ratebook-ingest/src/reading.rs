//! The result of reading a page.

use std::collections::BTreeMap;

use ratebook_source::ProviderSource;

use crate::ledger::Passage;
use crate::page::Page;

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The reading is valid; a person should check it.
    Warning,
    /// The reading must not replace an earlier one.
    Error,
}

/// A part of the page that is ambiguous, contradictory or unreadable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The severity.
    pub severity: Severity,
    /// The line of the vendor's page, or `None` if the diagnostic is about the whole page.
    pub line: Option<u32>,
    /// What was expected, what was found, and which value is used.
    pub message: String,
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        match self.line {
            Some(line) => write!(f, "{word}: line {line}: {}", self.message),
            None => write!(f, "{word}: {}", self.message),
        }
    }
}

/// The numbers of a page: `found` is the sum of `used` and all of `set_aside`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The number of numbers in tables and lists.
    pub found: u64,
    /// The number of numbers that are part of a limit, a class or a plan.
    pub used: u64,
    /// The number of numbers set aside, by reason.
    pub set_aside: BTreeMap<String, u64>,
}

impl Numbers {
    /// Returns the number of numbers that are neither used nor set aside.
    pub fn left_over(&self) -> u64 {
        self.found.saturating_sub(self.used).saturating_sub(self.set_aside.values().sum())
    }
}

/// The limits of one page, with diagnostics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The fact page, which `pages/<id>.md` stores.
    pub page: Page,
    /// The limits, sorted. The caller sets the dates of reading and checking.
    pub source: ProviderSource,
    /// The number of tables of the page.
    pub tables: u64,
    /// The numbers of the page.
    pub numbers: Numbers,
    /// Warnings and errors, in the order of the page.
    pub diagnostics: Vec<Diagnostic>,
    /// The passages that no rule reads, and that `aside.tsv` does not set aside.
    pub unknown: Vec<Passage>,
    /// How many blocks of the page each rule claimed, by the rule's id. `None` if a fact page was read: it has no rules.
    pub claimed: Option<BTreeMap<String, u32>>,
    /// Which of its shapes the page has, by its id. `None` if it has none.
    pub shape: Option<String>,
    /// Whether the page has the expected title and names, but no longer states limits. The last reading then stays in force.
    pub withdrawn: bool,
}

impl Reading {
    /// Returns whether a diagnostic is an error. Such a reading must not replace an earlier one.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}
