//! One page of a provider in a refresh: read, or kept as it was last read.

use ratebook_ingest::recipe::RecipePage;
use ratebook_ingest::{ProviderReader, Reading, Severity, fact_page};

use crate::files::{HandWritten, LastReading};
use crate::options::Options;
use crate::origin::{FoundPage, Origin};
use crate::origin_error::OriginError;
use crate::report::{Note, PageReport, ProviderReport, State};
use crate::{check, compare};

/// A page in a new reading of its provider.
pub(crate) struct Part<'a> {
    pub(crate) recipe_page: &'a RecipePage,
    pub(crate) reading: Reading,
    /// The text of the fact page.
    pub(crate) text: String,
}

/// Reads the pages of a provider in a refresh.
pub(crate) struct PageReader<'a> {
    pub(crate) options: &'a Options,
    pub(crate) provider: &'a ProviderReader,
    pub(crate) hand_written: &'a HandWritten,
    pub(crate) last: &'a LastReading,
}

impl<'a> PageReader<'a> {
    /// Reads a page that was found, or keeps the last reading of one that was not. Returns nothing if the page cannot be used.
    pub(crate) fn part(
        &self,
        report: &mut ProviderReport,
        recipe_page: &'a RecipePage,
        found: &Result<FoundPage, OriginError>,
    ) -> Option<Part<'a>> {
        match found {
            Ok(found) => self.read(report, recipe_page, found),
            Err(error) => self.keep(report, recipe_page, error),
        }
    }

    /// Reads a page. Returns its last reading if it is withdrawn, or nothing if it cannot be used.
    fn read(&self, report: &mut ProviderReport, recipe_page: &'a RecipePage, found: &FoundPage) -> Option<Part<'a>> {
        report.warnings.extend(found.moved.iter().map(|message| Note::about(Some(&recipe_page.id), message)));
        let mut reading = found.read(self.provider, recipe_page, self.hand_written.inputs());
        describe(report, recipe_page, &reading);
        report.pages.push(PageReport {
            from: found.place.clone(),
            date: reading.source.main_page().and_then(|page| page.date).map(|date| date.to_string()),
            numbers_found: reading.numbers.found,
            limits: reading.source.limits.len(),
            ..PageReport::new(&recipe_page.id, if reading.has_errors() { State::Failed } else { State::Unchanged })
        });
        if reading.has_errors() {
            return None;
        }
        if reading.withdrawn {
            return self.withdrawn(report, recipe_page);
        }
        if let (Origin::Offline, Some(was)) = (&self.options.origin, self.last.page(&recipe_page.id)) {
            // A fact page does not state the day of withdrawal.
            reading.source.main_page_mut().withdrawn_on = was.withdrawn_on;
        }
        match check::page_text(&reading, self.provider, recipe_page, self.hand_written.inputs()) {
            Ok(text) => Some(Part { recipe_page, reading, text }),
            Err(message) => {
                report.errors.push(Note::about(Some(&recipe_page.id), message));
                None
            }
        }
    }

    /// Keeps the last reading of a page that is unavailable. Any other error is an error of the provider.
    fn keep(&self, report: &mut ProviderReport, recipe_page: &'a RecipePage, error: &OriginError) -> Option<Part<'a>> {
        let is_unavailable = error.is_unavailable();
        report
            .pages
            .push(PageReport::new(&recipe_page.id, if is_unavailable { State::Unavailable } else { State::Failed }));
        if !is_unavailable {
            report.errors.push(Note::about(Some(&recipe_page.id), error.to_string()));
            return None;
        }
        let kept = self.last_part(recipe_page);
        let outcome = if kept.is_some() { "the last reading is kept" } else { "skipped" };
        report.warnings.push(Note::about(Some(&recipe_page.id), format!("{error}: {outcome}")));
        kept
    }

    /// Returns the last reading of a page, with its dates, or `None` if there is none.
    pub(crate) fn last_part(&self, recipe_page: &'a RecipePage) -> Option<Part<'a>> {
        let (was, text) = (self.last.page(&recipe_page.id)?, self.last.pages.get(&recipe_page.id)?);
        let page = fact_page::parse(text).ok()?;
        let mut reading = self.provider.read_page_facts(recipe_page, &page, self.hand_written.inputs());
        reading.source.pages = vec![was.clone()];
        Some(Part { recipe_page, reading, text: text.clone() })
    }

    /// Returns the last reading of a withdrawn page, with the day of withdrawal.
    fn withdrawn(&self, report: &mut ProviderReport, recipe_page: &'a RecipePage) -> Option<Part<'a>> {
        let Some(mut part) = self.last_part(recipe_page) else {
            let message = "the page no longer states limits, and the catalog has no last reading of it";
            report.errors.push(Note::about(Some(&recipe_page.id), message));
            return None;
        };
        let page = part.reading.source.main_page_mut();
        let since = *page.withdrawn_on.get_or_insert(self.options.today);
        if self.options.origin.is_vendor() {
            page.checked = Some(self.options.today);
        }
        if let Some(page) = report.pages.last_mut() {
            page.state = State::Withdrawn;
        }
        let message = format!("the page no longer states limits: the last reading is kept, withdrawn on {since}");
        report.warnings.push(Note::about(Some(&recipe_page.id), message));
        Some(part)
    }
}

/// Adds what a reading found to the report of its provider. An error about the whole page is a consequence of the first error
/// of a line, if there is one.
fn describe(report: &mut ProviderReport, recipe_page: &RecipePage, reading: &Reading) {
    report.tables += reading.tables;
    report.numbers_found += reading.numbers.found;
    report.numbers_used += reading.numbers.used;
    for (reason, count) in &reading.numbers.set_aside {
        *report.numbers_set_aside.entry(reason.clone()).or_default() += count;
    }
    let mut first: Option<usize> = None;
    for found in &reading.diagnostics {
        let note = Note { line: found.line, ..Note::about(Some(&recipe_page.id), &found.message) };
        match (found.severity, first) {
            (Severity::Warning, _) => report.warnings.push(note),
            (Severity::Error, Some(first)) if found.line.is_none() => {
                report.errors[first].consequences.push(note.message);
            }
            (Severity::Error, _) => {
                first = first.or(found.line.map(|_| report.errors.len()));
                report.errors.push(note);
            }
        }
    }
    let new_prose = reading.unknown.iter().filter(|passage| !passage.stops());
    report.changes.extend(new_prose.map(|passage| compare::new_prose(&recipe_page.id, passage)));
}
