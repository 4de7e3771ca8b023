//! The pipeline from a vendor's page to the catalog's source, for each provider.

use std::path::{Path, PathBuf};

use ratebook_ingest::recipe::RecipePage;
use ratebook_ingest::{Decisions, ProviderReader, Severity, fact_page};
use ratebook_source::{PolicySource, ProviderSource, ProviderState, VendorPage};

use crate::files::{self, FilesError, HandWritten, LastReading, ProviderFolder};
use crate::options::Options;
use crate::origin::{FoundPage, Origin};
use crate::origin_error::OriginError;
use crate::part::{PageReader, Part};
use crate::report::{Note, ProviderReport, Report, State};
use crate::saved::SavedPages;
use crate::{check, compare, dates, loss, page_diff, removed};

/// The error of a refresh that could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// A provider is unknown.
    #[error("unknown provider `{name}`: expected one of {}", .known.join(", "))]
    UnknownProvider {
        /// The requested name.
        name: String,
        /// The known names.
        known: Vec<String>,
    },
    /// The folder of saved pages does not exist.
    #[error("{}: expected a folder of saved pages, found none", .0.display())]
    NoFolder(PathBuf),
    /// The folder of the catalog's source does not exist.
    #[error("{}: expected the catalog's source, with a folder for each provider, found none", .0.display())]
    NoCatalog(PathBuf),
    /// The folder of the catalog's source could not be read. The text is the error.
    #[error("{0}")]
    Catalog(String),
}

/// An observer of a refresh.
pub trait Progress {
    /// Called when a provider's refresh begins a step: `find`, `read`, `compare`, `write`.
    fn step(&self, provider: &str, step: &str);
    /// Called when a provider's refresh ends.
    fn done(&self, report: &ProviderReport);
}

/// An observer that does nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: &str, _: &str) {}
    fn done(&self, _: &ProviderReport) {}
}

/// Refreshes the catalog's source.
///
/// # Errors
/// Returns an error if a provider is unknown, or if the folder of saved pages or of the catalog does not exist. An error of
/// one provider is in its report, and does not affect the others.
pub fn refresh(options: &Options, progress: &dyn Progress) -> Result<Report, RefreshError> {
    if let Origin::From(folder) = &options.origin
        && !folder.is_dir()
    {
        return Err(RefreshError::NoFolder(folder.clone()));
    }
    if !options.catalog.is_dir() {
        return Err(RefreshError::NoCatalog(options.catalog.clone()));
    }
    let folders = ProviderFolder::all(&options.catalog).map_err(|error| RefreshError::Catalog(error.to_string()))?;
    for name in &options.providers {
        if !folders.iter().any(|folder| folder.name == *name) {
            let known = folders.into_iter().map(|folder| folder.name).collect();
            return Err(RefreshError::UnknownProvider { name: name.clone(), known });
        }
    }
    let is_requested =
        |folder: &ProviderFolder| options.providers.is_empty() || options.providers.contains(&folder.name);
    let mut report = Report::default();
    for ProviderFolder { name, provider } in folders.into_iter().filter(is_requested) {
        let result = provider.and_then(|provider| ProviderRefresh { options, provider: &provider, progress }.refresh());
        let one = result.unwrap_or_else(|error| {
            let mut report = ProviderReport::new(&name, State::Failed);
            report.error(error.to_string());
            report
        });
        progress.done(&one);
        report.providers.push(one);
    }
    Ok(report)
}

/// The refresh of one provider.
struct ProviderRefresh<'a> {
    options: &'a Options,
    provider: &'a ProviderReader,
    progress: &'a dyn Progress,
}

impl ProviderRefresh<'_> {
    fn refresh(&self) -> Result<ProviderReport, FilesError> {
        let options = self.options;
        let name = self.provider.name();
        let home = options.catalog.join(name);
        let target = options.out.as_ref().map_or_else(|| home.clone(), |out| out.join(name));
        let hand_written = HandWritten::read(&home)?;
        let mut last = LastReading::read(&target)?;
        if last.source.is_none() && target != home {
            last = LastReading::read(&home)?;
        }

        self.progress.step(name, "find");
        let found = match self.find() {
            Ok(found) => found,
            Err(error) => return Ok(self.without_pages(&error, &last)),
        };
        self.progress.step(name, "read");
        let mut report = ProviderReport::new(name, State::Unchanged);
        let paths = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect();
        report.older = found.saved.as_ref().map(|saved| paths(&saved.older)).unwrap_or_default();
        report.unnamed = found.saved.as_ref().map(|saved| paths(&saved.unnamed)).unwrap_or_default();
        last.repaired.iter().for_each(|message| report.warning(message));
        if hand_written.policy.is_none() {
            report.warning("expected a policy.toml, found none: how the vendor enforces its limits is unstated");
        }
        let is_fresh = found.pages.iter().all(|(_, page)| page.as_ref().is_ok_and(FoundPage::is_fresh));
        let reader = PageReader { options, provider: self.provider, hand_written: &hand_written, last: &last };
        let parts: Vec<Part<'_>> =
            found.pages.iter().filter_map(|(recipe_page, page)| reader.part(&mut report, recipe_page, page)).collect();
        report.from = match report.pages.iter().filter(|page| !page.from.is_empty()).collect::<Vec<_>>().as_slice() {
            [] => String::new(),
            [page] => page.from.clone(),
            pages => format!("{} pages", pages.len()),
        };

        self.progress.step(name, "compare");
        let policy = hand_written.policy.as_ref();
        let mut source = self.merge(&mut report, &parts, &hand_written);
        remove_acknowledged(&mut report, &hand_written.decisions, is_fresh);
        if !report.errors.is_empty() {
            report.state = State::Failed;
            self.report_others(&mut report, &reader, parts);
            return Ok(report);
        }
        let is_same = |id: &str| {
            let text = parts.iter().find(|part| part.recipe_page.id == id).map(|part| &part.text);
            text.is_some() && last.pages.get(id) == text
        };
        dates::set(&mut source, last.source.as_ref(), &is_same, options.origin.is_vendor(), options.today);
        removed::keep(&mut source, last.source.as_ref(), options.today);
        if is_fresh {
            removed::unused_replacements(&source).into_iter().for_each(|message| report.warning(message));
        }
        if let Err(messages) = check::source_and_policy(&source, policy) {
            messages.into_iter().for_each(|message| report.error(message));
            report.state = State::Failed;
            return Ok(report);
        }
        self.report_changes(&mut report, &last, &source, &parts, policy);
        if self.is_refused(&mut report, &last, &source) {
            return Ok(report);
        }
        let texts = parts.into_iter().map(|part| (part.recipe_page.id.clone(), part.text)).collect();
        self.finish(report, &target, files::generated(texts, &source, policy))
    }

    /// Finds every page.
    ///
    /// # Errors
    /// If no page is available, returns the error of the main page.
    fn find(&self) -> Result<FoundPages<'_>, OriginError> {
        let source = self.options.origin.of_provider(self.provider, &self.options.catalog)?;
        let mut pages: Vec<_> =
            self.provider.pages().iter().map(|recipe_page| (recipe_page, source.find(recipe_page))).collect();
        if pages.iter().all(|(_, page)| page.as_ref().is_err_and(OriginError::is_unavailable)) {
            // A recipe has at least one page.
            if let (_, Err(error)) = pages.swap_remove(0) {
                return Err(error);
            }
        }
        Ok(FoundPages { pages, saved: source.saved })
    }

    /// Merges the pages, and adds the diagnostics of the merge to the report.
    fn merge(&self, report: &mut ProviderReport, parts: &[Part<'_>], hand_written: &HandWritten) -> ProviderSource {
        let readings: Vec<_> = parts.iter().map(|part| (part.recipe_page, &part.reading)).collect();
        let merged = self.provider.merge(&readings, hand_written.inputs());
        // If a page failed, errors of the merge follow from it. Only the page's own errors are reported.
        let is_failed = !report.errors.is_empty();
        for (page, found) in merged.diagnostics {
            let note = Note { line: found.line, ..Note::about(page.as_deref(), found.message) };
            match found.severity {
                Severity::Warning if !report.warnings.contains(&note) => report.warnings.push(note),
                Severity::Error if !is_failed && !report.errors.contains(&note) => report.errors.push(note),
                Severity::Warning | Severity::Error => {}
            }
        }
        report.entries = loss::entries(&merged.source);
        if merged.source.state == ProviderState::Withdrawn {
            report.state = State::Withdrawn;
        }
        let main = merged.source.main_page();
        report.page_date = main.and_then(|page| page.date).map(|date| date.to_string());
        merged.source
    }

    /// Reports the changes of the pages without errors, and writes nothing. Pages with errors are merged as they were last
    /// read, so they show no changes.
    fn report_others<'a>(&self, report: &mut ProviderReport, reader: &PageReader<'a>, parts: Vec<Part<'a>>) {
        let is_failed =
            |part: &Part<'_>| report.errors.iter().any(|note| note.page.as_ref() == Some(&part.recipe_page.id));
        let mut read: Vec<Part<'a>> = parts.into_iter().filter(|part| !is_failed(part)).collect();
        if read.is_empty() {
            return;
        }
        let all = reader.provider.pages();
        let missing: Vec<&RecipePage> =
            all.iter().filter(|recipe_page| !read.iter().any(|part| part.recipe_page.id == recipe_page.id)).collect();
        read.extend(missing.into_iter().filter_map(|recipe_page| reader.last_part(recipe_page)));
        read.sort_by_key(|part| all.iter().position(|recipe_page| recipe_page.id == part.recipe_page.id));
        let readings: Vec<_> = read.iter().map(|part| (part.recipe_page, &part.reading)).collect();
        // `merge` was called before, and its errors are in the report.
        let mut source = self.provider.merge(&readings, reader.hand_written.inputs()).source;
        removed::keep(&mut source, reader.last.source.as_ref(), self.options.today);
        self.report_changes(report, reader.last, &source, &read, reader.hand_written.policy.as_ref());
    }

    /// Returns whether a page has lost too many of its entries.
    fn is_refused(&self, report: &mut ProviderReport, last: &LastReading, source: &ProviderSource) -> bool {
        let Some(before) = last.source.as_ref().filter(|_| !self.options.accept) else { return false };
        let mut is_refused = false;
        for page in &before.pages {
            if let Some(message) = loss::too_few_left(before, source, &page.id) {
                is_refused = true;
                report.errors.push(Note::about(Some(&page.id), message));
                if let Some(page) = report.page_mut(&page.id) {
                    page.state = State::Refused;
                }
            }
        }
        if is_refused {
            report.state = State::Refused;
        }
        is_refused
    }

    fn report_changes(
        &self,
        report: &mut ProviderReport,
        last: &LastReading,
        source: &ProviderSource,
        parts: &[Part<'_>],
        policy: Option<&PolicySource>,
    ) {
        let empty = ProviderSource::new(&source.provider);
        report.changes.splice(0..0, compare::changes(last.source.as_ref().unwrap_or(&empty), source));
        if let Some(policy) = policy {
            report.changes.extend(compare::policy_changes(&last.policy, &policy.write()));
        }
        for part in parts {
            let id = &part.recipe_page.id;
            let Some(before) = last.pages.get(id).filter(|before| **before != part.text) else { continue };
            if let Some(page) = report.page_mut(id).filter(|page| page.state == State::Unchanged) {
                page.state = State::Changed;
            }
            let page = &part.reading.page;
            let changes = match fact_page::parse(before) {
                Ok(before) if before.form == page.form => page_diff::compare(&before, page),
                Ok(before) => {
                    let (form, former) = (page.form.word(), before.form.word());
                    let message = format!(
                        "the form of the page is {form}, formerly {former}: only its limits are compared, not its blocks"
                    );
                    report.warnings.push(Note::about(Some(id), message));
                    continue;
                }
                Err(error) => {
                    report.warnings.push(Note::about(Some(id), format!("the last fact page: {error}")));
                    continue;
                }
            };
            let place = if id == VendorPage::MAIN { String::new() } else { format!("{id}: ") };
            report.page_changes.extend(changes.into_iter().map(|change| format!("{place}{change}")));
        }
    }

    /// Writes the files that differ, and removes the fact pages of pages that are gone, unless `check` is set. A new day of
    /// the last check alone is not a change.
    fn finish(
        &self,
        mut report: ProviderReport,
        target: &Path,
        files: Vec<(String, String)>,
    ) -> Result<ProviderReport, FilesError> {
        let ids: Vec<String> = self.provider.pages().iter().map(|page| page.id.clone()).collect();
        let stale = files::stale(target, &ids)?;
        let files = files::differing(target, files)?;
        let is_change =
            |(name, text): &(String, String)| name != "limits.tsv" || !files::is_checked_only(&target.join(name), text);
        if files.iter().any(is_change) || !stale.is_empty() {
            report.state = State::Changed;
        }
        let listed = files.iter().filter(|file| !self.options.check || is_change(file)).map(|(name, _)| name);
        report.files = listed.chain(&stale).map(|name| format!("{}/{name}", report.provider)).collect();
        let is_equal = files.is_empty() && stale.is_empty();
        if !(self.options.check || is_equal) {
            self.progress.step(&report.provider, "write");
            files::write(target, &files)?;
            files::remove(target, &stale)?;
        }
        Ok(report)
    }

    fn without_pages(&self, error: &OriginError, last: &LastReading) -> ProviderReport {
        let name = self.provider.name();
        let is_requested = self.options.providers.iter().any(|requested| requested == name);
        let is_missing = matches!(error, OriginError::Missing { .. });
        let unavailable = error.is_unavailable() && !(is_requested && is_missing);
        let mut report = ProviderReport::new(name, if unavailable { State::Unavailable } else { State::Failed });
        if !unavailable {
            report.error(error.to_string());
        } else if last.source.is_some() {
            report.warning(format!("{error}: the last reading is kept"));
        } else if is_missing {
            report.warning(format!("{error}: skipped"));
        } else {
            report.state = State::Failed;
            report.error(format!("{error}, and there is no last reading to keep"));
        }
        report
    }
}

/// The pages of a provider that were found, in the order of the provider's pages.
struct FoundPages<'a> {
    pages: Vec<(&'a RecipePage, Result<FoundPage, OriginError>)>,
    saved: Option<SavedPages>,
}

/// Removes the warnings that `reviewed.toml` acknowledges. If all pages were read, an acknowledged warning that is not given
/// is a warning itself.
fn remove_acknowledged(report: &mut ProviderReport, decisions: &Decisions, is_fresh: bool) {
    for acknowledged in &decisions.acknowledged {
        let before = report.warnings.len();
        report.warnings.retain(|note| !acknowledged.is_about(note.page.as_deref(), &note.message));
        if before == report.warnings.len() && is_fresh {
            report.warning(format!(
                "reviewed.toml acknowledges a warning that is not given any more: {}",
                acknowledged.warning
            ));
        }
    }
}
