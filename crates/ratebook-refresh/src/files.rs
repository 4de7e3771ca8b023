//! The files of one provider. Files are replaced atomically.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ratebook_ingest::engine::Inputs;
use ratebook_ingest::ledger::Asides;
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{Decisions, ProviderReader};
use ratebook_source::{PolicySource, ProviderSource, VendorPage};

/// The error of a provider's files that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilesError {
    #[error("{}: {source}", .path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{}: {message}", .path.display())]
    Content { path: PathBuf, message: String },
}

fn read_if_there(path: &Path) -> Result<Option<String>, FilesError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FilesError::Io { path: path.to_owned(), source }),
    }
}

fn content(path: &Path, message: impl ToString) -> FilesError {
    FilesError::Content { path: path.to_owned(), message: message.to_string() }
}

/// Returns the path of a page's fact page, relative to the provider's folder.
pub(crate) fn fact_page(page_id: &str) -> String {
    format!("pages/{page_id}.md")
}

/// The folder of a provider in the catalog's source, with the reader of its recipe.
pub(crate) struct ProviderFolder {
    pub(crate) name: String,
    pub(crate) provider: Result<ProviderReader, FilesError>,
}

impl ProviderFolder {
    /// Returns the folders with recipes in a catalog, sorted by name.
    pub(crate) fn all(catalog: &Path) -> Result<Vec<Self>, FilesError> {
        let io = |source| FilesError::Io { path: catalog.to_owned(), source };
        let mut all: Vec<Self> = Vec::new();
        for entry in fs::read_dir(catalog).map_err(io)? {
            let folder = entry.map_err(io)?.path();
            let path = folder.join("recipe.toml");
            let Some(name) = folder.file_name().and_then(|name| name.to_str()).filter(|_| path.is_file()) else {
                continue;
            };
            all.push(Self { name: name.to_owned(), provider: recipe(&path, name) });
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }
}

/// Reads a provider's recipe.
fn recipe(path: &Path, name: &str) -> Result<ProviderReader, FilesError> {
    let text = fs::read_to_string(path).map_err(|source| FilesError::Io { path: path.to_owned(), source })?;
    let recipe = Recipe::parse(&text).map_err(|error| content(path, error))?;
    if recipe.provider != name {
        return Err(content(path, format!("expected `{name}`, the name of the folder, found `{}`", recipe.provider)));
    }
    Ok(ProviderReader::new(recipe))
}

/// The hand-written files of a provider.
pub(crate) struct HandWritten {
    pub(crate) decisions: Decisions,
    pub(crate) policy: Option<PolicySource>,
    pub(crate) asides: Asides,
}

impl HandWritten {
    pub(crate) fn read(folder: &Path) -> Result<Self, FilesError> {
        let reviewed = folder.join("reviewed.toml");
        let decisions = match read_if_there(&reviewed)? {
            Some(text) => Decisions::parse(&text).map_err(|error| content(&reviewed, error))?,
            None => Decisions::default(),
        };
        let toml = folder.join("policy.toml");
        let policy = match read_if_there(&toml)? {
            Some(text) => Some(ratebook_ingest::policy::parse(&text).map_err(|error| content(&toml, error))?),
            None => None,
        };
        let aside = folder.join("aside.tsv");
        let asides = match read_if_there(&aside)? {
            Some(text) => Asides::parse(&text).map_err(|error| content(&aside, error))?,
            None => Asides::default(),
        };
        Ok(Self { decisions, policy, asides })
    }

    /// Returns the files as inputs of a reading.
    pub(crate) fn inputs(&self) -> Inputs<'_> {
        Inputs { decisions: &self.decisions, policy: self.policy.as_ref(), asides: &self.asides }
    }
}

/// The last reading of a provider.
#[derive(Default)]
pub(crate) struct LastReading {
    pub(crate) source: Option<ProviderSource>,
    /// The fact pages, by page id.
    pub(crate) pages: BTreeMap<String, String>,
    pub(crate) policy: String,
    /// The errors of files that the refresh writes again.
    pub(crate) repaired: Vec<String>,
}

impl LastReading {
    pub(crate) fn read(folder: &Path) -> Result<Self, FilesError> {
        let limits = folder.join("limits.tsv");
        let (lines, names) = (folder.join("lines.tsv"), folder.join("names.tsv"));
        let mut repaired = Vec::new();
        let source = match read_if_there(&limits)? {
            None => None,
            Some(text) => {
                let mut source = ProviderSource::parse(&text)
                    .map_err(|error| content(&limits, format!("{error}: restore the file, or remove it")))?;
                let text = read_if_there(&lines)?.unwrap_or_default();
                if let Err(error) = source.parse_lines(&text) {
                    repaired.push(format!("{}: {error}: the file is written again", lines.display()));
                }
                // An interrupted refresh may leave the names of other limits.
                let text = read_if_there(&names)?.unwrap_or_default();
                if let Err(error) = source.parse_names(&text) {
                    repaired.push(format!("{}: {error}: the file is written again", names.display()));
                }
                source.sort();
                Some(source)
            }
        };
        let mut pages = BTreeMap::new();
        for id in fact_pages(folder)? {
            let text = read_if_there(&folder.join(fact_page(&id)))?;
            pages.extend(text.map(|text| (id, text)));
        }
        let policy = read_if_there(&folder.join("policy.tsv"))?.unwrap_or_default();
        Ok(Self { source, pages, policy, repaired })
    }

    /// Returns what was last known of a page, or `None` if it was not read before.
    pub(crate) fn page(&self, id: &str) -> Option<&VendorPage> {
        self.source.as_ref()?.pages.iter().find(|page| page.id == id)
    }
}

/// Returns the ids of the fact pages in a provider's folder.
fn fact_pages(folder: &Path) -> Result<Vec<String>, FilesError> {
    let folder = folder.join("pages");
    let io = |source| FilesError::Io { path: folder.clone(), source };
    let mut ids = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(&folder).map_err(io)? {
            let name = entry.map_err(io)?.file_name();
            ids.extend(name.to_str().and_then(|name| name.strip_suffix(".md")).map(str::to_owned));
        }
    }
    Ok(ids)
}

/// Returns the fact pages in a provider's folder that belong to none of its pages.
pub(crate) fn stale(folder: &Path, pages: &[String]) -> Result<Vec<String>, FilesError> {
    let stale = fact_pages(folder)?.into_iter().filter(|id| !pages.contains(id));
    Ok(stale.map(|id| fact_page(&id)).collect())
}

/// Removes files of a provider.
pub(crate) fn remove(folder: &Path, names: &[String]) -> Result<(), FilesError> {
    for path in names.iter().map(|name| folder.join(name)) {
        fs::remove_file(&path).map_err(|source| FilesError::Io { path, source })?;
    }
    Ok(())
}

/// Returns the files that a refresh writes, in the order in which they are replaced. `pages` are fact pages, by page id.
pub(crate) fn generated(
    pages: Vec<(String, String)>,
    source: &ProviderSource,
    policy: Option<&PolicySource>,
) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = pages.into_iter().map(|(id, text)| (fact_page(&id), text)).collect();
    files.push(("lines.tsv".to_owned(), source.write_lines()));
    files.push(("names.tsv".to_owned(), source.write_names()));
    files.extend(policy.map(|policy| ("policy.tsv".to_owned(), policy.write())));
    // limits.tsv is last, because the next refresh compares with it: an interrupted refresh is then repeated.
    files.push(("limits.tsv".to_owned(), source.write()));
    files
}

/// Returns the files whose text differs from the files in the folder.
pub(crate) fn differing(folder: &Path, files: Vec<(String, String)>) -> Result<Vec<(String, String)>, FilesError> {
    let mut differing = Vec::new();
    for (name, text) in files {
        if read_if_there(&folder.join(&name))?.as_ref() != Some(&text) {
            differing.push((name, text));
        }
    }
    Ok(differing)
}

/// Returns whether the text and the file differ only in the day of the last check.
pub(crate) fn is_checked_only(path: &Path, text: &str) -> bool {
    let unchecked = |text: &str| {
        let mut source = ProviderSource::parse(text).ok()?;
        source.pages.iter_mut().for_each(|page| page.checked = None);
        Some(source.write())
    };
    fs::read_to_string(path)
        .is_ok_and(|before| unchecked(&before).is_some_and(|before| Some(before) == unchecked(text)))
}

/// Writes each file under a temporary name, and renames them after all are written.
pub(crate) fn write(folder: &Path, files: &[(String, String)]) -> Result<(), FilesError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| FilesError::Io { path, source }
    };
    fs::create_dir_all(folder).map_err(io(folder))?;
    remove_temporary_files(folder).map_err(io(folder))?;
    let mut prepared = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        let home = path.parent().unwrap_or(folder);
        fs::create_dir_all(home).map_err(io(home))?;
        let mut beside = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder).map_err(io(folder))?;
        beside.write_all(text.as_bytes()).and_then(|()| beside.as_file().sync_all()).map_err(io(&path))?;
        set_readable(beside.as_file()).map_err(io(&path))?;
        prepared.push((beside, path));
    }
    for (beside, path) in prepared {
        beside.persist(&path).map_err(|error| FilesError::Io { path: path.clone(), source: error.error })?;
    }
    Ok(())
}

/// The prefix of temporary files.
const TEMPORARY_PREFIX: &str = ".refresh-";

/// Removes the temporary files of an interrupted refresh.
fn remove_temporary_files(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Makes a file readable for everyone. Temporary files are readable only for their owner.
#[cfg(unix)]
fn set_readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}
