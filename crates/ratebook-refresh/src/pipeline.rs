//! The pipeline from a vendor's page to the catalog's source, for each provider.

use std::path::{Path, PathBuf};

use ratebook_ingest::{Provider, Reading, Severity, fact_page};
use ratebook_source::{Date, PolicySource, ProviderSource, ProviderState};

use crate::files::{self, ByHand, FilesError, Known, Last};
use crate::origin::{Origin, OriginError};
use crate::report::{Note, ProviderReport, Report, State};
use crate::{check, compare, dates, loss, page_diff};

/// The options of a refresh.
#[derive(Clone, Debug)]
pub struct Options {
    /// The catalog's source: `catalog-src`.
    pub catalog: PathBuf,
    /// The origin of the pages.
    pub origin: Origin,
    /// The providers to refresh. All known ones if empty.
    pub providers: Vec<String>,
    /// The folder to write to. Default: the catalog's source.
    pub out: Option<PathBuf>,
    /// Whether to write nothing.
    pub check: bool,
    /// Whether to accept large losses of entries.
    pub accept: bool,
    /// The day of the refresh.
    pub today: Date,
}

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
    let all = Known::all(&options.catalog).map_err(|error| RefreshError::Catalog(error.to_string()))?;
    for name in &options.providers {
        if !all.iter().any(|known| known.name == *name) {
            let known = all.into_iter().map(|known| known.name).collect();
            return Err(RefreshError::UnknownProvider { name: name.clone(), known });
        }
    }
    let is_requested = |known: &Known| options.providers.is_empty() || options.providers.contains(&known.name);
    let mut report = Report::default();
    for Known { name, provider } in all.into_iter().filter(is_requested) {
        let result = provider.and_then(|provider| OneProvider { options, provider: &provider, progress }.refresh());
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

struct OneProvider<'a> {
    options: &'a Options,
    provider: &'a Provider,
    progress: &'a dyn Progress,
}

impl OneProvider<'_> {
    fn refresh(&self) -> Result<ProviderReport, FilesError> {
        let options = self.options;
        let name = self.provider.name();
        let page_id = self.provider.pages()[0].id.as_str();
        let home = options.catalog.join(name);
        let target = options.out.as_ref().map_or_else(|| home.clone(), |out| out.join(name));
        let by_hand = ByHand::read(&home)?;
        let mut last = Last::read(&target, page_id)?;
        if last.source.is_none() && target != home {
            last = Last::read(&home, page_id)?;
        }

        self.progress.step(name, "find");
        let found = match options.origin.find(self.provider, &options.catalog) {
            Ok(found) => found,
            Err(error) => return Ok(self.without_page(&error, &last)),
        };
        self.progress.step(name, "read");
        let reading = found.read(self.provider, by_hand.inputs());
        let mut report = self.describe(&reading);
        report.from = found.place.clone();
        found.moved.iter().chain(&last.repaired).for_each(|message| report.warning(message));
        if by_hand.policy.is_none() {
            report.warning("expected a policy.toml, found none: how the vendor enforces its limits is unstated");
        }
        if reading.has_errors() {
            report.state = State::Failed;
            return Ok(report);
        }

        self.progress.step(name, "compare");
        let policy = by_hand.policy.as_ref();
        let (page, source) = if reading.withdrawn {
            match self.withdrawn(&mut report, &last) {
                Some(kept) => kept,
                None => return Ok(report),
            }
        } else {
            match check::page_text(&reading, self.provider, by_hand.inputs()) {
                Ok(page) => {
                    let source = self.dated(reading.source, &last, &page);
                    (page, source)
                }
                Err(message) => return Ok(failed(report, [message])),
            }
        };
        if let Err(messages) = check::source_and_policy(&source, policy) {
            return Ok(failed(report, messages));
        }
        self.report_changes(&mut report, &last, &source, &page, policy);
        if let Some(last) = last.source.as_ref().filter(|_| !options.accept)
            && let Some(doubt) = loss::doubt(last, &source)
        {
            report.error(doubt);
            report.state = State::Refused;
            return Ok(report);
        }
        self.finish(report, &target, files::generated(page_id, page, &source, policy))
    }

    fn report_changes(
        &self,
        report: &mut ProviderReport,
        last: &Last,
        source: &ProviderSource,
        page: &str,
        policy: Option<&PolicySource>,
    ) {
        let empty = ProviderSource::new(&source.provider);
        report.changes = compare::changes(last.source.as_ref().unwrap_or(&empty), source);
        if let Some(policy) = policy {
            report.changes.extend(compare::policy_changes(&last.policy, &policy.write()));
        }
        let Some(before) = &last.page else { return };
        match (fact_page::parse(before), fact_page::parse(page)) {
            (Ok(before), Ok(page)) if before.form == page.form => {
                report.page_changes = page_diff::compare(&before, &page);
            }
            (Ok(before), Ok(page)) => report.warning(format!(
                "the form of the page is {}, formerly {}: only its limits are compared, not its blocks",
                page.form.word(),
                before.form.word()
            )),
            (Err(error), _) => report.warning(format!("the last fact page: {error}")),
            (_, Err(_)) => {}
        }
    }

    /// Writes the files that differ, unless `check` is set. A new day of the last check alone is not a change.
    fn finish(
        &self,
        mut report: ProviderReport,
        target: &Path,
        files: Vec<(String, String)>,
    ) -> Result<ProviderReport, FilesError> {
        let files = files::differing(target, files)?;
        let is_change =
            |(name, text): &(String, String)| name != "limits.tsv" || !files::is_checked_only(&target.join(name), text);
        let is_changed = files.iter().any(is_change);
        if is_changed {
            report.state = State::Changed;
        }
        let listed = files.iter().filter(|file| !self.options.check || is_change(file));
        report.files = listed.map(|(name, _)| format!("{}/{name}", report.provider)).collect();
        if !self.options.check && !files.is_empty() {
            self.progress.step(&report.provider, "write");
            files::write(target, &files)?;
        }
        Ok(report)
    }

    fn without_page(&self, error: &OriginError, last: &Last) -> ProviderReport {
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

    fn describe(&self, reading: &Reading) -> ProviderReport {
        let mut report = ProviderReport::new(self.provider.name(), State::Unchanged);
        report.page_date = reading.source.main_page().and_then(|page| page.date).map(|date| date.to_string());
        report.tables = reading.tables;
        report.numbers_found = reading.numbers.found;
        report.numbers_used = reading.numbers.used;
        report.numbers_skipped = reading.numbers.skipped.clone();
        report.entries = loss::entries(&reading.source);
        for diagnostic in &reading.diagnostics {
            let note = Note { line: diagnostic.line, message: diagnostic.message.clone() };
            match diagnostic.severity {
                Severity::Warning => report.warnings.push(note),
                Severity::Error => report.errors.push(note),
            }
        }
        report
    }

    /// Returns the last reading of a withdrawn page, with the day of withdrawal.
    fn withdrawn(&self, report: &mut ProviderReport, last: &Last) -> Option<(String, ProviderSource)> {
        let (Some(source), Some(page)) = (&last.source, &last.page) else {
            report.error("the page no longer states limits, and the catalog has no last reading of it");
            report.state = State::Failed;
            return None;
        };
        let mut source = source.clone();
        let main = source.main_page_mut();
        let since = *main.withdrawn_on.get_or_insert(self.options.today);
        if self.options.origin.is_vendor() {
            main.checked = Some(self.options.today);
        }
        source.state = ProviderState::Withdrawn;
        report.state = State::Withdrawn;
        report.entries = loss::entries(&source);
        report.warning(format!("the page no longer states limits: the last reading is kept, withdrawn on {since}"));
        Some((page.clone(), source))
    }

    fn dated(&self, mut source: ProviderSource, last: &Last, page: &str) -> ProviderSource {
        let same_page = last.page.as_deref() == Some(page);
        let last = last.source.as_ref();
        if matches!(self.options.origin, Origin::Offline) {
            // A fact page has the limits of the last reading, and not the day of withdrawal.
            let page = last.and_then(ProviderSource::main_page);
            source.main_page_mut().withdrawn_on = page.and_then(|page| page.withdrawn_on);
            source.state = last.map_or(source.state, |last| last.state);
        }
        if let Some(last) = last {
            source.families.clone_from(&last.families);
            source.renamings.clone_from(&last.renamings);
        }
        dates::set(&mut source, last, same_page, self.options.origin.is_vendor(), self.options.today);
        source
    }
}

fn failed(mut report: ProviderReport, messages: impl IntoIterator<Item = String>) -> ProviderReport {
    messages.into_iter().for_each(|message| report.error(message));
    report.state = State::Failed;
    report
}
