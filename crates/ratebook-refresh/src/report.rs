//! The report of a refresh.

use std::collections::BTreeMap;

use serde::Serialize;

/// The report of a refresh.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The reports of the requested providers, sorted by name.
    pub providers: Vec<ProviderReport>,
}

/// The outcome of the refresh of one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The page is unchanged.
    Unchanged,
    /// The page or the policy changed. The files are written, unless `check` is set.
    Changed,
    /// The page is unavailable. The last reading is kept.
    Unavailable,
    /// The page no longer states limits. The last reading is kept, with the day of withdrawal.
    Withdrawn,
    /// The page could not be read without errors. The last reading is kept.
    Failed,
    /// Too many entries would be lost. The last reading is kept.
    Refused,
}

/// The report of one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderReport {
    /// The provider.
    pub provider: String,
    /// The file or URL of the page. Empty if it is unavailable.
    pub from: String,
    /// The outcome.
    pub state: State,
    /// The date on the page.
    pub page_date: Option<String>,
    /// The number of tables on the page.
    pub tables: u64,
    /// The number of numbers in the page's tables and lists.
    pub numbers_found: u64,
    /// The number of numbers that are part of a limit, a class or a plan.
    pub numbers_used: u64,
    /// The number of skipped numbers, by reason.
    pub numbers_skipped: BTreeMap<String, u64>,
    /// The number of entries.
    pub entries: usize,
    /// The limits, plans and classes that were added, removed or changed.
    pub changes: Vec<Change>,
    /// The headings, items, statements and rows of the fact page that were added (`+`) or removed (`-`), with their lines.
    pub page_changes: Vec<String>,
    /// Warnings, which a person should check.
    pub warnings: Vec<Note>,
    /// The errors that prevent the use of the reading.
    pub errors: Vec<Note>,
    /// The files that were written, or would be without `check`, as `provider/file`.
    pub files: Vec<String>,
}

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// The fact is new.
    Added,
    /// The fact differs from the last reading.
    Changed,
    /// The fact is gone.
    Removed,
}

/// One fact that was added, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The kind of the change.
    pub kind: ChangeKind,
    /// The limit, plan or class.
    pub subject: String,
    /// The value in the last reading.
    pub before: Option<String>,
    /// The value in this reading.
    pub after: Option<String>,
    /// The line of the vendor's page.
    pub line: Option<u32>,
}

/// A warning or an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The line of the vendor's page, or `None` if the note is about the whole page.
    pub line: Option<u32>,
    /// The message.
    pub message: String,
}

impl Report {
    /// Returns whether every provider succeeded. An unavailable page is a failure only if `strict` is set.
    pub fn is_success(&self, strict: bool) -> bool {
        self.providers.iter().all(|provider| match provider.state {
            State::Unchanged | State::Changed | State::Withdrawn => true,
            State::Unavailable => !strict,
            State::Failed | State::Refused => false,
        })
    }

    /// Returns whether a provider has changes.
    pub fn has_changes(&self) -> bool {
        self.providers.iter().any(|provider| provider.state == State::Changed)
    }
}

impl ProviderReport {
    pub(crate) fn new(provider: &str, state: State) -> Self {
        Self {
            provider: provider.to_owned(),
            from: String::new(),
            state,
            page_date: None,
            tables: 0,
            numbers_found: 0,
            numbers_used: 0,
            numbers_skipped: BTreeMap::new(),
            entries: 0,
            changes: Vec::new(),
            page_changes: Vec::new(),
            warnings: Vec::new(),
            errors: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Returns the number of changes of a kind.
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.changes.iter().filter(|change| change.kind == kind).count()
    }

    pub(crate) fn error(&mut self, message: impl Into<String>) {
        self.errors.push(Note { line: None, message: message.into() });
    }

    pub(crate) fn warning(&mut self, message: impl Into<String>) {
        self.warnings.push(Note { line: None, message: message.into() });
    }
}
