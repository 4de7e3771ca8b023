//! Catalogs in the line format, for a comparison: a folder, a file, or either in a git revision.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use ratebook_source::{ProviderSource, SourceError};

/// The file of a provider's limits.
const LIMITS: &str = "limits.tsv";
/// The folder of the catalog in a revision that names no path.
const DEFAULT_PATH: &str = "catalog-src";

/// The error of a catalog that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogError {
    #[error("`{0}`: expected a folder, a file or a git revision")]
    Unknown(String),
    #[error("`{0}`: expected a file `limits.tsv`, or folders with one, found none")]
    NoProvider(String),
    #[error("{file}: {error}")]
    Io { file: String, error: io::Error },
    #[error("{file}: {error}")]
    Content { file: String, error: SourceError },
    #[error("{file}: two files state limits of the provider `{provider}`")]
    Twice { file: String, provider: String },
    #[error("git: {0}")]
    Git(String),
}

/// One provider of a catalog.
pub(crate) struct Stated {
    /// The limits, sorted, with the names if there is a `names.tsv`.
    pub(crate) source: ProviderSource,
    /// The text of `policy.tsv`, if there is one.
    pub(crate) policy: Option<String>,
}

/// The providers of one side of a comparison.
pub(crate) struct Catalog {
    /// The providers, by name.
    pub(crate) providers: BTreeMap<String, Stated>,
    /// How much of a catalog it is.
    pub(crate) extent: Extent,
}

/// How much of a catalog one side of a comparison is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// A folder of providers.
    Catalog,
    /// The folder of one provider.
    Provider,
    /// A file of limits alone: names and policy are unknown.
    Limits,
}

impl Catalog {
    /// Reads a folder of providers, the folder of one provider, a file of limits, or one of them in a git revision:
    /// `HEAD~3`, `v0.1.0:catalog-src/groq`. What exists as a path is not looked up as a revision.
    ///
    /// # Errors
    /// Returns an error if nothing of that name exists, or a file is not in the line format.
    pub(crate) fn read(text: &str) -> Result<Self, CatalogError> {
        let path = Path::new(text);
        if path.is_dir() {
            return Self::of_tree(text, &Tree::Folder(path.to_owned()));
        }
        if path.is_file() {
            let file = |error| CatalogError::Io { file: text.to_owned(), error };
            return Self::of_limits(text, &std::fs::read_to_string(path).map_err(file)?);
        }
        let (revision, path) = text.split_once(':').unwrap_or((text, DEFAULT_PATH));
        let commit = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")]);
        let Ok(commit) = commit else { return Err(CatalogError::Unknown(text.to_owned())) };
        let object = format!("{}:{}", commit.trim(), path.trim_end_matches('/'));
        match git(&["cat-file", "-t", &object])?.trim() {
            "blob" => Self::of_limits(text, &git(&["cat-file", "blob", &object])?),
            _ => Self::of_tree(text, &Tree::revision(object)?),
        }
    }

    fn of_limits(file: &str, text: &str) -> Result<Self, CatalogError> {
        let mut source = parse(file, text)?;
        source.sort();
        let providers = BTreeMap::from([(source.provider.clone(), Stated { source, policy: None })]);
        Ok(Self { providers, extent: Extent::Limits })
    }

    fn of_tree(text: &str, tree: &Tree) -> Result<Self, CatalogError> {
        if let Some(stated) = tree.provider(None)? {
            let providers = BTreeMap::from([(stated.source.provider.clone(), stated)]);
            return Ok(Self { providers, extent: Extent::Provider });
        }
        let mut providers = BTreeMap::new();
        for folder in tree.folders()? {
            let Some(stated) = tree.provider(Some(&folder))? else { continue };
            let provider = stated.source.provider.clone();
            if providers.insert(provider.clone(), stated).is_some() {
                return Err(CatalogError::Twice { file: format!("{tree}/{folder}"), provider });
            }
        }
        if providers.is_empty() {
            return Err(CatalogError::NoProvider(text.to_owned()));
        }
        Ok(Self { providers, extent: Extent::Catalog })
    }
}

/// Parses `limits.tsv` of any version.
fn parse(file: &str, text: &str) -> Result<ProviderSource, CatalogError> {
    ProviderSource::parse(text).map_err(|error| CatalogError::Content { file: file.to_owned(), error })
}

/// A folder, on disk or in a git revision.
enum Tree {
    Folder(PathBuf),
    /// `commit:path`, and the files below it.
    Revision {
        object: String,
        files: BTreeSet<String>,
    },
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Revision { object, .. } => f.write_str(object),
        }
    }
}

impl Tree {
    fn revision(object: String) -> Result<Self, CatalogError> {
        let names = git(&["ls-tree", "-r", "--name-only", "-z", &object])?;
        let files = names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Ok(Self::Revision { object, files })
    }

    /// Returns the names of the folders directly below, sorted.
    fn folders(&self) -> Result<BTreeSet<String>, CatalogError> {
        match self {
            Self::Folder(path) => {
                let io = |error| CatalogError::Io { file: path.display().to_string(), error };
                let mut folders = BTreeSet::new();
                for entry in std::fs::read_dir(path).map_err(io)? {
                    let entry = entry.map_err(io)?;
                    if entry.path().is_dir() {
                        folders.extend(entry.file_name().to_str().map(str::to_owned));
                    }
                }
                Ok(folders)
            }
            Self::Revision { files, .. } => {
                Ok(files.iter().filter_map(|file| file.split_once('/')).map(|(folder, _)| folder.to_owned()).collect())
            }
        }
    }

    /// Returns the text of a file, or `None` if there is none.
    fn file(&self, name: &str) -> Result<Option<String>, CatalogError> {
        match self {
            Self::Folder(path) => match std::fs::read_to_string(path.join(name)) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(CatalogError::Io { file: format!("{self}/{name}"), error }),
            },
            Self::Revision { object, files } if files.contains(name) => {
                git(&["cat-file", "blob", &format!("{object}/{name}")]).map(Some)
            }
            Self::Revision { .. } => Ok(None),
        }
    }

    /// Returns the provider in a folder below, or in this folder itself. `None` if there is no `limits.tsv`.
    fn provider(&self, folder: Option<&str>) -> Result<Option<Stated>, CatalogError> {
        let within = |name: &str| folder.map_or_else(|| name.to_owned(), |folder| format!("{folder}/{name}"));
        let Some(limits) = self.file(&within(LIMITS))? else { return Ok(None) };
        let mut source = parse(&format!("{self}/{}", within(LIMITS)), &limits)?;
        let names = within("names.tsv");
        if let Some(text) = self.file(&names)? {
            let content = |error| CatalogError::Content { file: format!("{self}/{names}"), error };
            source.parse_names(&text).map_err(content)?;
        }
        source.sort();
        let policy = self.file(&within("policy.tsv"))?;
        Ok(Some(Stated { source, policy }))
    }
}

/// Runs git in the current folder, and returns its output.
fn git(arguments: &[&str]) -> Result<String, CatalogError> {
    let output = Command::new("git").args(arguments).output();
    let output = output.map_err(|error| CatalogError::Git(error.to_string()))?;
    if !output.status.success() {
        return Err(CatalogError::Git(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    String::from_utf8(output.stdout).map_err(|error| CatalogError::Git(error.to_string()))
}
