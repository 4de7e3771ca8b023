//! The limits and diagnostics that an interpreter has found so far.

use ratebook_source::{ProviderSource, VendorPage, validate};

use crate::duplicates;
use crate::page::{BlockKind, Page};
use crate::reading::{Diagnostic, Reading, Severity};

use super::extract::TABLES;
use super::heading_path;
use super::ledger::Ledger;

pub(super) struct Findings<'a> {
    pub(super) source: ProviderSource,
    pub(super) ledger: Ledger,
    diagnostics: Vec<Diagnostic>,
    page: &'a Page,
}

impl<'a> Findings<'a> {
    pub(super) fn new(page: &'a Page, source: ProviderSource) -> Self {
        Self { source, ledger: Ledger::new(page), diagnostics: Vec::new(), page }
    }

    pub(super) fn error(&mut self, line: u32, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic { severity: Severity::Error, line: Some(line), message: message.into() });
    }

    pub(super) fn warning(&mut self, line: u32, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic { severity: Severity::Warning, line: Some(line), message: message.into() });
    }

    /// Returns the line and the value of the first statement with a name.
    pub(super) fn statement(&self, wanted: &str) -> Option<(u32, &'a str)> {
        self.page.blocks.iter().find_map(|block| match &block.kind {
            BlockKind::Statement { name, value } if name == wanted => Some((block.line, value.as_str())),
            _ => None,
        })
    }

    pub(super) fn finish(mut self) -> Reading {
        self.source.limits = duplicates::settle(std::mem::take(&mut self.source.limits), &mut self.diagnostics);
        for limit in &mut self.source.limits {
            limit.page = Some(VendorPage::MAIN.to_owned());
            limit.section = limit.line.and_then(|line| heading_path::at(self.page, line));
        }
        self.source.sort();
        if let Some((line, date)) = self.statement("page-date") {
            match date.parse() {
                Ok(date) => self.source.main_page_mut().date = Some(date),
                Err(error) => self.error(line, format!("the page's date: {error}")),
            }
        }
        if self.source.limits.is_empty() && self.diagnostics.iter().all(|found| found.severity != Severity::Error) {
            self.error(1, "expected tables or lists of limits, found none: a script may render the page");
        }
        let tables = self.statement(TABLES).and_then(|(_, count)| count.parse().ok());
        let (numbers, left_over) = self.ledger.close();
        for (line, text) in left_over {
            let message = format!("`{}` has a number that is neither used nor skipped", text.replace('\n', " "));
            self.diagnostics.push(Diagnostic { severity: Severity::Error, line: Some(line), message });
        }
        for problem in validate(&self.source) {
            self.diagnostics.push(Diagnostic { severity: Severity::Error, line: None, message: problem.to_string() });
        }
        self.diagnostics.sort_by(|a, b| (a.line, &a.message).cmp(&(b.line, &b.message)));
        Reading {
            page: self.page.clone(),
            source: self.source,
            tables: tables.unwrap_or(0),
            numbers,
            diagnostics: self.diagnostics,
            unknown: Vec::new(),
            claimed: None,
            withdrawn: false,
        }
    }
}
