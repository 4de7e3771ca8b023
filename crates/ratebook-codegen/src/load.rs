//! Reading `catalog-src`, and laying a user's own folder over it.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ratebook_source::{PolicySource, ProviderSource, validate};

/// A provider's limits, and how it enforces them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// What its page states.
    pub source: ProviderSource,
    /// How it enforces.
    pub policy: PolicySource,
}

/// Why a catalog's source cannot be used.
#[derive(Debug)]
pub struct LoadError {
    /// The file or folder, with the line where one is meant.
    pub place: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for LoadError {}

/// Reads every provider of a catalog: a folder each, with `limits.tsv` and perhaps `lines.tsv` and `policy.tsv`.
///
/// A provider of `overlay` is laid over the catalog's of the same name: its limits replace those of the same region,
/// plan, kind, name, metric and period, and are added otherwise; its plans and size classes likewise; its policy
/// replaces the whole policy.
///
/// # Errors
/// When a file is not in the line format, or a provider makes no sense by [`ratebook_source::validate`].
pub fn load(catalog: &Path, overlay: Option<&Path>) -> Result<Vec<Provider>, LoadError> {
    let mut providers = read_folder(catalog)?;
    if let Some(folder) = overlay
        && folder.is_relative()
    {
        let message = "a build script has no folder that this could be relative to: name the overlay's whole path, \
                       or set it in .cargo/config.toml with `relative = true`";
        return Err(LoadError { place: folder.display().to_string(), message: message.to_owned() });
    }
    for over in overlay.map(read_folder).transpose()?.unwrap_or_default() {
        match providers.iter_mut().find(|below| below.source.provider == over.source.provider) {
            Some(provider) => lay_over(provider, over),
            None => providers.push(over),
        }
    }
    providers.sort_by(|a, b| a.source.provider.cmp(&b.source.provider));
    let mut loaded = Vec::with_capacity(providers.len());
    for Read { place, mut source, policy } in providers {
        source.limits.sort_by(|a, b| a.key().cmp(&b.key()));
        if let Some(problem) = validate(&source).first() {
            return Err(LoadError { place, message: problem.to_string() });
        }
        loaded.push(Provider { source, policy: policy.unwrap_or_default() });
    }
    Ok(loaded)
}

/// A provider as its folder has it.
struct Read {
    /// Its `limits.tsv`, the topmost where one is laid over another.
    place: String,
    source: ProviderSource,
    policy: Option<PolicySource>,
}

fn read_folder(folder: &Path) -> Result<Vec<Read>, LoadError> {
    let place = |path: &Path| path.display().to_string();
    let io = |path: &Path, error: io::Error| LoadError { place: place(path), message: error.to_string() };
    let mut providers = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| io(folder, error))? {
        let path = entry.map_err(|error| io(folder, error))?.path();
        let limits = path.join("limits.tsv");
        let policy_path = path.join("policy.tsv");
        if !limits.is_file() {
            if policy_path.is_file() {
                let message = "no limits.tsv beside it: expected one, with a `@provider` line at least".to_owned();
                return Err(LoadError { place: place(&policy_path), message });
            }
            continue;
        }
        let source = read_provider(&path, &limits)?;
        if path.file_name().is_none_or(|name| name != source.provider.as_str()) {
            let message = format!("its folder is not named after its provider `{}`", source.provider);
            return Err(LoadError { place: place(&limits), message });
        }
        let policy = match fs::read_to_string(&policy_path) {
            Ok(text) => Some(PolicySource::parse(&text).map_err(|error| located(&policy_path, error))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(io(&policy_path, error)),
        };
        providers.push(Read { place: place(&limits), source, policy });
    }
    if providers.is_empty() {
        let message = "no folder in it holds a limits.tsv: expected one for each provider".to_owned();
        return Err(LoadError { place: place(folder), message });
    }
    Ok(providers)
}

fn read_provider(folder: &Path, limits: &PathBuf) -> Result<ProviderSource, LoadError> {
    let io =
        |path: &Path, error: io::Error| LoadError { place: path.display().to_string(), message: error.to_string() };
    let text = fs::read_to_string(limits).map_err(|error| io(limits, error))?;
    let mut source = ProviderSource::parse(&text).map_err(|error| located(limits, error))?;
    let lines = folder.join("lines.tsv");
    match fs::read_to_string(&lines) {
        Ok(text) => source.parse_lines(&text).map_err(|error| located(&lines, error))?,
        // Limits written by hand are stated where they stand.
        Err(error) if error.kind() == io::ErrorKind::NotFound => source.state_own_lines(&text),
        Err(error) => return Err(io(&lines, error)),
    }
    Ok(source)
}

fn located(path: &Path, error: ratebook_source::SourceError) -> LoadError {
    LoadError { place: format!("{}:{}", path.display(), error.line.max(1)), message: error.message }
}

fn lay_over(below: &mut Read, Read { place, source: over, policy }: Read) {
    let source = &mut below.source;
    source.limits.retain(|below| over.limits.iter().all(|limit| limit.key() != below.key()));
    source.limits.extend(over.limits);
    for plan in over.plans {
        source.plans.retain(|below| below.name != plan.name);
        source.plans.push(plan);
    }
    for class in over.classes {
        source.classes.retain(|below| below.name != class.name);
        let at = source.classes.iter().position(|above| above.from > class.from).unwrap_or(source.classes.len());
        source.classes.insert(at, class);
    }
    below.place = place;
    below.policy = policy.or_else(|| below.policy.take());
}
