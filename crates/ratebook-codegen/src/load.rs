//! Loading of `catalog-src`, and of a user's overlay.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ratebook_source::{Date, PolicySource, ProviderSource, ProviderState, validate};

/// The limits and the policy of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderInput {
    /// The limits.
    pub source: ProviderSource,
    /// The policy.
    pub policy: PolicySource,
}

/// The error of a catalog's source that cannot be loaded.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoadError {
    /// The file or folder.
    pub path: PathBuf,
    /// The line of the file, from 1, if the error is in one.
    pub line: Option<usize>,
    /// What was expected, and what was found.
    pub message: String,
    /// Whether the file could not be read at all.
    pub is_io: bool,
}

impl LoadError {
    fn new(path: &Path, message: String) -> Self {
        Self { path: path.to_owned(), line: None, message, is_io: false }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.line {
            Some(line) => write!(f, "{path}:{line}: {}", self.message),
            None => write!(f, "{path}: {}", self.message),
        }
    }
}

impl std::error::Error for LoadError {}

/// The files of a provider as read, before an overlay is applied and the whole is validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderFiles {
    /// The path of `limits.tsv`, of the overlay if it has one.
    pub path: PathBuf,
    /// The limits and names.
    pub source: ProviderSource,
    /// The policy, if there is a `policy.tsv`.
    pub policy: Option<PolicySource>,
}

impl ProviderFiles {
    /// Reads a catalog: a folder with a folder for each provider, the folder of one provider, or one file in the format of
    /// `limits.tsv`. Other files beside such a file are not read.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, or is not in the line format.
    pub fn read(path: &Path) -> Result<Vec<Self>, LoadError> {
        let limits = path.join("limits.tsv");
        if path.is_file() {
            let text = fs::read_to_string(path).map_err(|error| io(path, error))?;
            let source = ProviderSource::parse_own(&text).map_err(|error| located(path, error))?;
            Ok(vec![Self { path: path.to_owned(), source, policy: None }])
        } else if limits.is_file() {
            Ok(vec![read_provider(path, limits)?])
        } else {
            read_folder(path)
        }
    }
}

/// Loads every provider of a catalog. A provider is a folder with `limits.tsv`, and
/// optionally `lines.tsv`, `names.tsv` and `policy.tsv`.
///
/// The providers of `overlay` are merged into the catalog's: see [`merge`].
///
/// # Errors
/// Returns an error if a file is not in the line format, if [`ratebook_source::validate`] finds a problem, or if `overlay`
/// is a relative path.
pub fn load(catalog: &Path, overlay: Option<&Path>) -> Result<Vec<ProviderInput>, LoadError> {
    let providers = read_folder(catalog)?;
    let Some(folder) = overlay else { return merge(providers, Vec::new()) };
    if folder.is_relative() {
        let message = "expected an absolute path of the overlay: set the whole path, or set it in .cargo/config.toml with \
                       `relative = true`";
        return Err(LoadError::new(folder, message.to_owned()));
    }
    merge(providers, read_folder(folder)?)
}

/// Merges an overlay into a catalog, and validates the result. Both are sorted by the names of the providers.
///
/// A provider of `overlay` is merged into the catalog's provider of the same name. Its limits replace those with the same
/// [`key`](ratebook_source::Limit::key) and are added otherwise, and so do its plans, size classes, regions, families and
/// replacements by name. Its removed entries and its pages are added unless the catalog has them, and its renamings come
/// before the catalog's. Its policy replaces the whole policy.
///
/// # Errors
/// Returns an error if [`ratebook_source::validate`] finds a problem.
pub fn merge(mut providers: Vec<ProviderFiles>, overlay: Vec<ProviderFiles>) -> Result<Vec<ProviderInput>, LoadError> {
    for over in overlay {
        match position(&providers, &over.source.provider) {
            Ok(below) => merge_provider(&mut providers[below], over),
            Err(at) => providers.insert(at, over),
        }
    }
    let mut loaded = Vec::with_capacity(providers.len());
    for ProviderFiles { path, mut source, policy } in providers {
        source.limits.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        if let Some(problem) = validate(&source).first() {
            let line = line_of(&path, &problem.subject);
            return Err(LoadError { line, ..LoadError::new(&path, problem.to_string()) });
        }
        if source.limits.is_empty() && source.state == ProviderState::Published {
            let message = "expected limits, or a line `@state` that says why there are none, found neither".to_owned();
            return Err(LoadError::new(&path, message));
        }
        loaded.push(ProviderInput { source, policy: policy.unwrap_or_default() });
    }
    Ok(loaded)
}

/// Returns the line of `limits.tsv` with the limit that a [problem](ratebook_source::Problem) names: the last one, because
/// a limit that is stated twice is the second one. `None` if there is none.
fn line_of(path: &Path, subject: &str) -> Option<usize> {
    let source = ProviderSource::parse_own(&fs::read_to_string(path).ok()?).ok()?;
    let limit = source.limits.iter().rev().find(|limit| ratebook_source::describe(limit) == subject)?;
    limit.line.map(|line| line as usize)
}

/// Returns the index of a provider in a list sorted by name, or the index at which to insert it.
fn position(providers: &[ProviderFiles], name: &str) -> Result<usize, usize> {
    providers.binary_search_by(|known| known.source.provider.as_str().cmp(name))
}

/// Returns the latest day on which a page was read with a change. `None` if no page has one.
pub(crate) fn latest_reading(providers: &[ProviderInput]) -> Option<Date> {
    let mut latest = None;
    for provider in providers {
        for page in &provider.source.pages {
            latest = latest.max(page.read);
        }
    }
    latest
}

/// Reads the providers of a folder, sorted by name.
fn read_folder(folder: &Path) -> Result<Vec<ProviderFiles>, LoadError> {
    let mut providers: Vec<ProviderFiles> = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| io(folder, error))? {
        let path = entry.map_err(|error| io(folder, error))?.path();
        let limits = path.join("limits.tsv");
        let policy = path.join("policy.tsv");
        if !limits.is_file() {
            if policy.is_file() {
                let message =
                    "expected a limits.tsv in the same folder, with at least a line `@provider`, found none".to_owned();
                return Err(LoadError::new(&policy, message));
            }
            continue;
        }
        let provider = read_provider(&path, limits)?;
        if path.file_name().is_none_or(|name| name != provider.source.provider.as_str()) {
            let message = format!("expected a folder with the name of the provider, `{}`", provider.source.provider);
            return Err(LoadError::new(&provider.path, message));
        }
        let at = match position(&providers, &provider.source.provider) {
            Ok(at) | Err(at) => at,
        };
        providers.insert(at, provider);
    }
    if providers.is_empty() {
        let message = "expected one folder with a limits.tsv for each provider, found none".to_owned();
        return Err(LoadError::new(folder, message));
    }
    Ok(providers)
}

/// Reads the folder of a provider, of which `limits` is the path of `limits.tsv`.
fn read_provider(folder: &Path, limits: PathBuf) -> Result<ProviderFiles, LoadError> {
    let text = fs::read_to_string(&limits).map_err(|error| io(&limits, error))?;
    let lines = folder.join("lines.tsv");
    let mut source = match read_if_there(&lines)? {
        Some(lines_text) => {
            let mut source = ProviderSource::parse(&text).map_err(|error| located(&limits, error))?;
            source.parse_lines(&lines_text).map_err(|error| located(&lines, error))?;
            source
        }
        // The source of limits written by hand is the file itself.
        None => ProviderSource::parse_own(&text).map_err(|error| located(&limits, error))?,
    };
    let names = folder.join("names.tsv");
    if let Some(text) = read_if_there(&names)? {
        source.parse_names(&text).map_err(|error| located(&names, error))?;
    }
    let path = folder.join("policy.tsv");
    let policy = match read_if_there(&path)? {
        Some(text) => Some(PolicySource::parse(&text).map_err(|error| located(&path, error))?),
        None => None,
    };
    Ok(ProviderFiles { path: limits, source, policy })
}

/// Returns the text of a file, or `None` if there is none.
fn read_if_there(path: &Path) -> Result<Option<String>, LoadError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io(path, error)),
    }
}

fn io(path: &Path, error: io::Error) -> LoadError {
    LoadError { is_io: true, ..LoadError::new(path, error.to_string()) }
}

fn located(path: &Path, error: ratebook_source::SourceError) -> LoadError {
    LoadError { line: Some(error.line.max(1)), ..LoadError::new(path, error.message) }
}

fn merge_provider(below: &mut ProviderFiles, ProviderFiles { path, source: mut over, policy }: ProviderFiles) {
    let source = &mut below.source;
    source.limits.retain(|below| over.limits.iter().all(|limit| limit.key() != below.key()));
    source.limits.extend(over.limits);
    for plan in over.plans {
        remove_named(&mut source.plans, &plan.name, |below| &below.name);
        source.plans.push(plan);
    }
    for class in over.classes {
        remove_named(&mut source.classes, &class.name, |below| &below.name);
        let at = source.classes.iter().position(|above| above.from > class.from).unwrap_or(source.classes.len());
        source.classes.insert(at, class);
    }
    for page in over.pages {
        if source.pages.iter().all(|below| below.id != page.id) {
            source.pages.push(page);
        }
    }
    for family in over.families {
        remove_named(&mut source.families, &family.name, |below| &below.name);
        source.families.push(family);
    }
    for region in over.regions {
        remove_named(&mut source.regions, &region.name, |below| &below.name);
        source.regions.push(region);
    }
    source.removed.extend(over.removed);
    source.removed.sort_by(|a, b| a.entry_key().cmp(&b.entry_key()));
    source.removed.dedup_by(|a, b| a.entry_key() == b.entry_key());
    source.removed.retain(|removed| source.limits.iter().all(|limit| limit.entry_key() != removed.entry_key()));
    for replacement in over.replacements {
        remove_named(&mut source.replacements, &replacement.name, |below| &below.name);
        source.replacements.push(replacement);
    }
    // The first renaming that matches applies.
    over.renamings.append(&mut source.renamings);
    source.renamings = over.renamings;
    below.path = path;
    below.policy = policy.or_else(|| below.policy.take());
}

/// Removes the item with a name. Names are unique.
fn remove_named<T>(items: &mut Vec<T>, name: &str, name_of: fn(&T) -> &str) {
    if let Some(at) = items.iter().position(|item| name_of(item) == name) {
        items.remove(at);
    }
}
