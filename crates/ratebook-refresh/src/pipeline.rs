//! From a vendor's page to the catalog's source, provider by provider.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ratebook_ingest::interpret::{INTERPRETERS, Interpreter};
use ratebook_ingest::{Reading, Severity, distilled};
use ratebook_source::{Date, LimitKey, ProviderSource};

use crate::compare;
use crate::files::{self, ByHand, FilesError, Last};
use crate::origin::{Origin, OriginError};
use crate::report::{Note, ProviderReport, Report, State};

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

/// A refresh that would leave less than this share of the former entries is refused, in percent.
const LEAST_KEPT_PERCENT: usize = 80;

/// Refreshes the catalog's source.
///
/// # Errors
/// When a provider is not known, or the folder of saved pages is not there. What goes wrong with one provider stands in its
/// report, and the others go on.
pub fn refresh(options: &Options, progress: &dyn Progress) -> Result<Report, RefreshError> {
    if let Origin::From(folder) = &options.origin
        && !folder.is_dir()
    {
        return Err(RefreshError::NoFolder(folder.clone()));
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
            Err(error) => return Ok(self.without_page(&error)),
        };
        self.progress.step(name, "read");
        let reading = found.interpret(self.interpreter, &by_hand.decisions);
        let mut report = self.describe(&reading);
        report.from = found.place.clone();
        if by_hand.policy.is_none() {
            report.warning("no policy.toml: how the vendor enforces is unstated");
        }
        if reading.has_errors() {
            report.state = State::Failed;
            return Ok(report);
        }
        if reading.withdrawn {
            return self.withdraw(report, last, &target);
        }

        self.progress.step(name, "compare");
        if let Some(refusal) = self.refusal(&reading.source, last.source.as_ref()) {
            report.error(refusal);
            report.state = State::Refused;
            return Ok(report);
        }
        let page = distilled::write(&reading.page);
        let empty = ProviderSource::new(name);
        report.changes = compare::changes(last.source.as_ref().unwrap_or(&empty), &reading.source);
        if let Some(before) = &last.page {
            if form(before) == form(&page) {
                report.page_changes = compare::page_changes(before, &page);
            } else {
                report.warning(
                    "the page reached us in another form than last time: pages are compared by their limits only",
                );
            }
        }
        let is_new = last.page.as_deref() != Some(page.as_str()) || !report.changes.is_empty();
        let source = self.dated(reading.source, last.source.as_ref(), is_new);
        self.finish(report, &target, page, &source, by_hand.policy.as_ref())
    }

    /// Writes what differs, unless only checking; a new day of checking alone is no change.
    fn finish(
        &self,
        mut report: ProviderReport,
        target: &Path,
        page: String,
        source: &ProviderSource,
        policy: Option<&ratebook_source::PolicySource>,
    ) -> Result<ProviderReport, FilesError> {
        let round_trip = ProviderSource::parse(&source.write()).and_then(|mut back| {
            back.parse_lines(&source.write_lines())?;
            Ok(back)
        });
        if round_trip.as_ref() != Ok(source) {
            report.error("what would be written does not read back the same: this is a defect of ratebook-source");
            report.state = State::Failed;
            return Ok(report);
        }
        let files = files::differing(target, files::machine_written(page, source, policy))?;
        let checked_only = files.iter().all(|(name, text)| *name == "limits.tsv" && self.is_checked_only(target, text));
        report.state = if checked_only { State::Unchanged } else { State::Changed };
        if !self.options.check && !files.is_empty() {
            self.progress.step(&report.provider, "write");
            files::write(target, &files)?;
        }
        Ok(report)
    }

    fn is_checked_only(&self, target: &Path, text: &str) -> bool {
        let undated = |text: &str| -> String {
            text.lines().filter(|line| !line.starts_with("@checked\t")).collect::<Vec<_>>().join("\n")
        };
        std::fs::read_to_string(target.join("limits.tsv")).is_ok_and(|before| undated(&before) == undated(text))
    }

    fn without_page(&self, error: &OriginError) -> ProviderReport {
        let name = self.interpreter.provider;
        let asked = self.options.providers.iter().any(|asked| asked == name);
        let unavailable = error.is_unavailable() && !(asked && matches!(error, OriginError::Missing { .. }));
        let mut report = ProviderReport::new(name, if unavailable { State::Unavailable } else { State::Failed });
        if unavailable {
            report.warning(format!("{error}: the last reading stays"));
        } else {
            report.error(error.to_string());
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
        report.entries = entries(&reading.source);
        for diagnostic in &reading.diagnostics {
            let note = Note { line: diagnostic.line, message: diagnostic.message.clone() };
            match diagnostic.severity {
                Severity::Warning => report.warnings.push(note),
                Severity::Error => report.errors.push(note),
            }
        }
        report
    }

    /// Why the new reading must not replace the last one.
    fn refusal(&self, new: &ProviderSource, last: Option<&ProviderSource>) -> Option<String> {
        let (now, before) = (entries(new), entries(last?));
        let is_loss = now * 100 < before * LEAST_KEPT_PERCENT;
        (is_loss && !self.options.accept)
            .then(|| format!("only {now} of {before} entries are left: look at the page, then run again with --accept"))
    }

    fn withdraw(&self, mut report: ProviderReport, last: Last, target: &Path) -> Result<ProviderReport, FilesError> {
        let Some(mut source) = last.source else {
            report.error("the page states no limits, and no reading of it stands in the catalog");
            report.state = State::Failed;
            return Ok(report);
        };
        let since = *source.withdrawn_on.get_or_insert(self.options.today);
        report.entries = entries(&source);
        report.warning(format!("the page no longer states limits; the last reading stays, withdrawn on {since}"));
        let files = files::differing(target, vec![("limits.tsv", source.write())])?;
        if !self.options.check && !files.is_empty() {
            files::write(target, &files)?;
        }
        report.state = if files.is_empty() { State::Withdrawn } else { State::Changed };
        Ok(report)
    }

    /// Sets the four dates: the page's own is its own, the rest follow from what changed.
    fn dated(&self, mut source: ProviderSource, last: Option<&ProviderSource>, is_new: bool) -> ProviderSource {
        let today = Some(self.options.today);
        let last_read = last.and_then(|last| last.read);
        source.read = if is_new { today } else { last_read.or(today) };
        let is_checked = is_new || self.options.origin.is_vendor();
        source.checked = if is_checked { today } else { last.and_then(|last| last.checked).or(source.read) };
        for limit in &mut source.limits {
            let before = last.and_then(|last| last.limits.iter().find(|before| before.key() == limit.key()));
            limit.changed =
                before.filter(|before| before.states_the_same(limit)).and_then(|before| before.changed).or(today);
        }
        source
    }
}

fn form(page: &str) -> Option<&str> {
    page.lines().nth(1)
}

/// How many selectors a source has limits for.
fn entries(source: &ProviderSource) -> usize {
    let entry =
        |key: LimitKey<'_>| (key.region.map(str::to_owned), key.plan.map(str::to_owned), key.kind, key.name.to_owned());
    source.limits.iter().map(|limit| entry(limit.key())).collect::<HashSet<_>>().len()
}
