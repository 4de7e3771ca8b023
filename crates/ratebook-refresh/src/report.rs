//! What a refresh found.

use std::collections::BTreeMap;

use serde::Serialize;

/// What a refresh found, provider by provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// One for each provider that was asked for, in the order of their names.
    pub providers: Vec<ProviderReport>,
}

/// How the refresh of one provider ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The page states what it stated before.
    Unchanged,
    /// Something changed, and was written unless only checked.
    Changed,
    /// The page could not be had: the last reading stays.
    Unavailable,
    /// The page no longer states limits: the last reading stays, dated.
    Withdrawn,
    /// The page could not be read without error: the last reading stays.
    Failed,
    /// Too much would be lost: the last reading stays.
    Refused,
}

/// What the refresh of one provider found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderReport {
    /// The provider.
    pub provider: String,
    /// The file or address of the page; empty where none was had.
    pub from: String,
    /// How it ended.
    pub state: State,
    /// The date that the page gives itself.
    pub page_date: Option<String>,
    /// Tables on the page.
    pub tables: u64,
    /// Numbers in the page's tables and lists.
    pub numbers_found: u64,
    /// Numbers that became part of a limit, a class or a plan.
    pub numbers_used: u64,
    /// Numbers that are no limits, by reason.
    pub numbers_skipped: BTreeMap<String, u64>,
    /// Entries: selectors with their limits.
    pub entries: usize,
    /// Limits, plans and classes that came, went or changed.
    pub changes: Vec<Change>,
    /// Headings, items, statements and rows of the distilled page that came (`+`) or went (`-`), each with its line.
    pub page_changes: Vec<String>,
    /// What a person should look at.
    pub warnings: Vec<Note>,
    /// What kept the reading from being used.
    pub errors: Vec<Note>,
    /// The files that were written, or under a check would be, as `provider/file`.
    pub files: Vec<String>,
}

/// Whether a fact came, changed or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It differs from the last reading.
    Changed,
    /// It is gone.
    Removed,
}

/// One fact that came, changed or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which of the three.
    pub kind: ChangeKind,
    /// The limit, plan or class.
    pub subject: String,
    /// As the last reading has it.
    pub before: Option<String>,
    /// As this reading has it.
    pub after: Option<String>,
    /// The line of the vendor's page.
    pub line: Option<u32>,
}

/// A warning or an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The line of the vendor's page, where one is meant.
    pub line: Option<u32>,
    /// What was found.
    pub message: String,
}

impl Report {
    /// Whether every provider ended well; a page that could not be had counts only where `strict`.
    pub fn is_success(&self, strict: bool) -> bool {
        self.providers.iter().all(|provider| match provider.state {
            State::Unchanged | State::Changed | State::Withdrawn => true,
            State::Unavailable => !strict,
            State::Failed | State::Refused => false,
        })
    }

    /// Whether files would differ from what stands there.
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

    /// How many facts came, changed or went.
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
