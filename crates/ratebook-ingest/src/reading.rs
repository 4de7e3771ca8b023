//! What an interpretation yields.

use std::collections::BTreeMap;

use ratebook_source::ProviderSource;

use crate::page::Page;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The reading stands; a person should look.
    Warning,
    /// The reading must not replace an earlier one.
    Error,
}

/// Something that the page leaves open, contradicts, or that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// The line of the vendor's page, where one is meant.
    pub line: Option<u32>,
    /// What was found, what was expected, and which is believed.
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

/// The account of a page's numbers: `found` is `used` and everything skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Numbers in tables and lists.
    pub found: u64,
    /// Numbers that became part of a limit, a class or a plan.
    pub used: u64,
    /// Numbers that are no limit, by reason.
    pub skipped: BTreeMap<String, u64>,
}

impl Numbers {
    /// Numbers that nobody accounted for.
    pub fn left_over(&self) -> u64 {
        self.found.saturating_sub(self.used).saturating_sub(self.skipped.values().sum())
    }
}

/// One page, interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The distilled page: what `page.md` keeps.
    pub page: Page,
    /// The limits, sorted; its dates of reading and change are the caller's to set.
    pub source: ProviderSource,
    /// How many tables the page has.
    pub tables: u64,
    /// The account of its numbers.
    pub numbers: Numbers,
    /// Warnings and errors, in the page's order.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the page is the right one but no longer states limits: the last reading stays, dated.
    pub withdrawn: bool,
}

impl Reading {
    /// Whether the reading may replace an earlier one.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}
