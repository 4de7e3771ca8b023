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
    /// The file or URL of the only page, or the number of pages that were read. Empty if none is available.
    pub from: String,
    /// The outcome.
    pub state: State,
    /// The pages, in the order of the recipe.
    pub pages: Vec<PageReport>,
    /// The date of the main page.
    pub page_date: Option<String>,
    /// The number of tables on the pages.
    pub tables: u64,
    /// The number of numbers in the pages' tables and lists.
    pub numbers_found: u64,
    /// The number of numbers that are part of a limit, a class or a plan.
    pub numbers_used: u64,
    /// The number of numbers set aside, by reason.
    pub numbers_set_aside: BTreeMap<String, u64>,
    /// The number of entries.
    pub entries: usize,
    /// The limits, plans and classes that were added, removed or changed, and prose beside limits that is new. If a page has
    /// an error, those of the other pages, which are not written.
    pub changes: Vec<Change>,
    /// The headings, items, statements and rows of the fact pages that were added (`+`) or removed (`-`), with their lines.
    /// Those of pages other than `main` begin with the page's id.
    pub page_changes: Vec<String>,
    /// Warnings, which a person should check.
    pub warnings: Vec<Note>,
    /// The errors that prevent the use of the reading.
    pub errors: Vec<Note>,
    /// The files that were written or removed, or would be without `check`, as `provider/file`.
    pub files: Vec<String>,
    /// Older copies of pages, which were not read.
    pub older: Vec<String>,
    /// Saved files of the provider that no page names.
    pub unnamed: Vec<String>,
}

/// The report of one page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageReport {
    /// The page's id.
    pub page: String,
    /// The file or URL. Empty if the page is unavailable.
    pub from: String,
    /// The outcome.
    pub state: State,
    /// The date of the page.
    pub date: Option<String>,
    /// The number of numbers in its tables and lists.
    pub numbers_found: u64,
    /// The number of its limits.
    pub limits: usize,
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
    /// A passage beside limits that no rule reads, and that is not set aside. `after` is its text.
    NewProse,
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
    /// The id of the vendor's page, or `None` if the change is about no page in particular.
    pub page: Option<String>,
    /// The line of the vendor's page.
    pub line: Option<u32>,
}

/// A warning or an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The id of the vendor's page, or `None` if the note is about no page in particular.
    pub page: Option<String>,
    /// The line of the vendor's page, or `None` if the note is about the whole page.
    pub line: Option<u32>,
    /// The message.
    pub message: String,
    /// Errors about the whole page that may follow from this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<String>,
}

impl Report {
    /// Returns whether every provider succeeded. An unavailable page is a failure only if `strict` is set.
    pub fn is_success(&self, strict: bool) -> bool {
        let is_success = |state: State| match state {
            State::Unchanged | State::Changed | State::Withdrawn => true,
            State::Unavailable => !strict,
            State::Failed | State::Refused => false,
        };
        let mut states = self.providers.iter().map(|provider| provider.state);
        let mut pages = self.providers.iter().flat_map(|provider| &provider.pages).map(|page| page.state);
        states.all(is_success) && pages.all(is_success)
    }

    /// Returns whether a provider has changes: of its files, or prose beside limits that is not set aside.
    pub fn has_changes(&self) -> bool {
        self.providers.iter().any(|provider| provider.state == State::Changed || provider.has_new_prose())
    }
}

impl ProviderReport {
    pub(crate) fn new(provider: &str, state: State) -> Self {
        Self {
            provider: provider.to_owned(),
            from: String::new(),
            state,
            pages: Vec::new(),
            page_date: None,
            tables: 0,
            numbers_found: 0,
            numbers_used: 0,
            numbers_set_aside: BTreeMap::new(),
            entries: 0,
            changes: Vec::new(),
            page_changes: Vec::new(),
            warnings: Vec::new(),
            errors: Vec::new(),
            files: Vec::new(),
            older: Vec::new(),
            unnamed: Vec::new(),
        }
    }

    /// Returns the number of changes of a kind.
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.changes.iter().filter(|change| change.kind == kind).count()
    }

    /// Returns whether a page has prose beside limits that is not set aside.
    pub fn has_new_prose(&self) -> bool {
        self.changes.iter().any(|change| change.kind == ChangeKind::NewProse)
    }

    /// Returns the report of a page.
    pub(crate) fn page_mut(&mut self, id: &str) -> Option<&mut PageReport> {
        self.pages.iter_mut().find(|page| page.page == id)
    }

    pub(crate) fn error(&mut self, message: impl Into<String>) {
        self.errors.push(Note::about(None, message));
    }

    pub(crate) fn warning(&mut self, message: impl Into<String>) {
        self.warnings.push(Note::about(None, message));
    }
}

impl PageReport {
    pub(crate) fn new(page: &str, state: State) -> Self {
        let from = String::new();
        Self { page: page.to_owned(), from, state, date: None, numbers_found: 0, limits: 0 }
    }
}

impl Note {
    /// Returns a note about a whole page, or about no page in particular.
    pub(crate) fn about(page: Option<&str>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { page: page.map(str::to_owned), line: None, message, consequences: Vec::new() }
    }
}
