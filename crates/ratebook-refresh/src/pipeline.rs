//! From a vendor's page to the catalog's source, provider by provider.

use std::path::{Path, PathBuf};

use ratebook_ingest::interpret::{INTERPRETERS, Interpreter};
use ratebook_ingest::{Reading, Severity, distilled};
use ratebook_source::{Date, PolicySource, ProviderSource};

use crate::files::{self, ByHand, FilesError, Last};
use crate::origin::{Origin, OriginError};
use crate::report::{Note, ProviderReport, Report, State};
use crate::{check, compare, dates, loss, page_diff};

/// What a refresh is asked to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// The catalog's source: `catalog-src`.
    pub catalog: PathBuf,
    /// Where pages come from.
    pub origin: Origin,
    /// Which providers; every known one where empty.
    pub providers: Vec<String>,
    /// Where to write instead of the catalog's source.
    pub out: Option<PathBuf>,
    /// Whether nothing is written.
    pub check: bool,
    /// Whether large losses are taken.
    pub accept: bool,
    /// The day of the refresh.
    pub today: Date,
}

/// Why a refresh could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// No provider of that name is known.
    #[error("no provider `{name}`: known are {}", .known.join(", "))]
    UnknownProvider {
        /// The name asked for.
        name: String,
        /// The names that are known.
        known: Vec<&'static str>,
    },
    /// The folder of saved pages is not there.
    #[error("{}: no folder of saved pages", .0.display())]
    NoFolder(PathBuf),
    /// The catalog's source is not there.
    #[error("{}: no such folder: expected the catalog's source, with a folder for each provider", .0.display())]
    NoCatalog(PathBuf),
}

/// Who is told how a refresh goes on.
pub trait Progress {
    /// A provider's refresh has come to a step: `find`, `read`, `compare`, `write`.
    fn step(&self, provider: &str, step: &str);
    /// A provider's refresh has ended.
    fn done(&self, report: &ProviderReport);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: &str, _: &str) {}
    fn done(&self, _: &ProviderReport) {}
}

/// Refreshes the catalog's source.
///
/// # Errors
/// When a provider is not known, or the folder of saved pages or of the catalog is not there. What goes wrong with one
/// provider stands in its report, and the others go on.
pub fn refresh(options: &Options, progress: &dyn Progress) -> Result<Report, RefreshError> {
    if let Origin::From(folder) = &options.origin
        && !folder.is_dir()
    {
        return Err(RefreshError::NoFolder(folder.clone()));
    }
    if !options.catalog.is_dir() {
        return Err(RefreshError::NoCatalog(options.catalog.clone()));
    }
    for name in &options.providers {
        if !INTERPRETERS.iter().any(|known| known.provider == name) {
            let known = INTERPRETERS.iter().map(|known| known.provider).collect();
            return Err(RefreshError::UnknownProvider { name: name.clone(), known });
        }
    }
    let asked = |known: &&Interpreter| {
        options.providers.is_empty() || options.providers.iter().any(|name| name == known.provider)
    };
    let mut report = Report::default();
    for interpreter in INTERPRETERS.iter().filter(asked) {
        let provider = Provider { options, interpreter, progress };
        let one = provider.refresh().unwrap_or_else(|error| {
            let mut report = ProviderReport::new(interpreter.provider, State::Failed);
            report.error(error.to_string());
            report
        });
        progress.done(&one);
        report.providers.push(one);
    }
    Ok(report)
}

struct Provider<'a> {
    options: &'a Options,
    interpreter: &'a Interpreter,
    progress: &'a dyn Progress,
}

impl Provider<'_> {
    fn refresh(&self) -> Result<ProviderReport, FilesError> {
        let options = self.options;
        let name = self.interpreter.provider;
        let home = options.catalog.join(name);
        let target = options.out.as_ref().map_or_else(|| home.clone(), |out| out.join(name));
        let by_hand = ByHand::read(&home)?;
        let mut last = Last::read(&target)?;
        if last.source.is_none() && target != home {
            last = Last::read(&home)?;
        }

        self.progress.step(name, "find");
        let found = match options.origin.find(self.interpreter, &options.catalog) {
            Ok(found) => found,
            Err(error) => return Ok(self.without_page(&error, &last)),
        };
        self.progress.step(name, "read");
        let reading = found.interpret(self.interpreter, &by_hand.decisions);
        let mut report = self.describe(&reading);
        report.from = found.place.clone();
        found.moved.iter().chain(&last.mended).for_each(|message| report.warning(message));
        if by_hand.policy.is_none() {
            report.warning("no policy.toml: how the vendor enforces is unstated");
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
            match check::page_text(&reading, self.interpreter, &by_hand.decisions) {
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
        self.tell_changes(&mut report, &last, &source, &page, policy);
        if let Some(last) = last.source.as_ref().filter(|_| !options.accept)
            && let Some(doubt) = loss::doubt(last, &source)
        {
            report.error(doubt);
            report.state = State::Refused;
            return Ok(report);
        }
        self.finish(report, &target, files::machine_written(page, &source, policy))
    }

    fn tell_changes(
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
        match (distilled::parse(before), distilled::parse(page)) {
            (Ok(before), Ok(page)) if before.form == page.form => {
                report.page_changes = page_diff::compare(&before, &page);
            }
            (Ok(before), Ok(page)) => report.warning(format!(
                "the page came as {}, last time as {}: its blocks are not compared, its limits are",
                page.form.word(),
                before.form.word()
            )),
            (Err(error), _) => report.warning(format!("page.md as it stands: {error}")),
            (_, Err(_)) => {}
        }
    }

    /// Writes what differs, unless only checking; a new day of checking alone is no change.
    fn finish(
        &self,
        mut report: ProviderReport,
        target: &Path,
        files: Vec<(&'static str, String)>,
    ) -> Result<ProviderReport, FilesError> {
        let files = files::differing(target, files)?;
        let is_change = |(name, text): &(&'static str, String)| {
            *name != "limits.tsv" || !files::is_checked_only(&target.join(name), text)
        };
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
        let name = self.interpreter.provider;
        let asked = self.options.providers.iter().any(|asked| asked == name);
        let is_missing = matches!(error, OriginError::Missing { .. });
        let unavailable = error.is_unavailable() && !(asked && is_missing);
        let mut report = ProviderReport::new(name, if unavailable { State::Unavailable } else { State::Failed });
        if !unavailable {
            report.error(error.to_string());
        } else if last.source.is_some() {
            report.warning(format!("{error}: the last reading stays"));
        } else if is_missing {
            report.warning(format!("{error}: skipped"));
        } else {
            report.state = State::Failed;
            report.error(format!("{error}, and there is no last reading to keep"));
        }
        report
    }

    fn describe(&self, reading: &Reading) -> ProviderReport {
        let mut report = ProviderReport::new(self.interpreter.provider, State::Unchanged);
        report.page_date = reading.source.page_date.map(|date| date.to_string());
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

    /// What stands for a page that states no limits any more: its last reading, and since when.
    fn withdrawn(&self, report: &mut ProviderReport, last: &Last) -> Option<(String, ProviderSource)> {
        let (Some(source), Some(page)) = (&last.source, &last.page) else {
            report.error("the page states no limits any more, and no reading of it stands in the catalog");
            report.state = State::Failed;
            return None;
        };
        let mut source = source.clone();
        let since = *source.withdrawn_on.get_or_insert(self.options.today);
        if self.options.origin.is_vendor() {
            source.checked = Some(self.options.today);
        }
        report.state = State::Withdrawn;
        report.entries = loss::entries(&source);
        report.warning(format!("the page no longer states limits; the last reading stays, withdrawn on {since}"));
        Some((page.clone(), source))
    }

    fn dated(&self, mut source: ProviderSource, last: &Last, page: &str) -> ProviderSource {
        let same_page = last.page.as_deref() == Some(page);
        let last = last.source.as_ref();
        if matches!(self.options.origin, Origin::Offline) {
            // page.md is the last reading, limits and all: that its page was withdrawn, only the page can tell.
            source.withdrawn_on = last.and_then(|last| last.withdrawn_on);
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
