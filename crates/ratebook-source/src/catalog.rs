//! Whole catalogs in the line format, and their comparison: a folder, a file, or either in a git revision.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::{Difference, ProviderSource, SourceError, compare, compare_policies};

/// The file of a provider's limits.
const LIMITS: &str = "limits.tsv";
/// The folder of the catalog in a revision that names no path.
const DEFAULT_PATH: &str = "catalog-src";

/// A provider without a limit, which stands for one that a catalog does not have.
static NO_LIMITS: LazyLock<ProviderSource> = LazyLock::new(|| ProviderSource::new(""));

/// The error of a catalog that cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum CatalogError {
    /// The text is neither a path nor a git revision.
    Unknown(String),
    /// The folder has no `limits.tsv`, and none of its folders has one.
    NoProvider(String),
    /// A file or folder cannot be read.
    Io {
        /// The path.
        file: String,
        /// The error of the operating system.
        error: io::Error,
    },
    /// A file is not in the line format.
    Content {
        /// The path, or `commit:path`.
        file: String,
        /// The line, and what was expected there.
        error: SourceError,
    },
    /// Two folders state limits of one provider.
    Twice {
        /// The second folder.
        file: String,
        /// The provider.
        provider: String,
    },
    /// Git failed, with this message.
    Git(String),
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(text) => write!(f, "`{text}`: expected a folder, a file or a git revision"),
            Self::NoProvider(text) => {
                write!(f, "`{text}`: expected a file `limits.tsv`, or folders with one, found none")
            }
            Self::Io { file, error } => write!(f, "{file}: {error}"),
            Self::Content { file, error } => write!(f, "{file}: {error}"),
            Self::Twice { file, provider } => write!(f, "{file}: two files state limits of the provider `{provider}`"),
            Self::Git(message) => write!(f, "git: {message}"),
        }
    }
}

impl Error for CatalogError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::Content { error, .. } => Some(error),
            Self::Unknown(_) | Self::NoProvider(_) | Self::Twice { .. } | Self::Git(_) => None,
        }
    }
}

/// One provider of a [`Catalog`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CatalogProvider {
    /// The limits, sorted, with the names if there is a `names.tsv`.
    pub source: ProviderSource,
    /// The text of `policy.tsv`, if there is one.
    pub policy: Option<String>,
}

/// The providers of one side of a comparison.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Catalog {
    /// The providers, by name.
    pub providers: BTreeMap<String, CatalogProvider>,
    /// How much of a catalog it is.
    pub extent: Extent,
}

/// How much of a catalog one side of a comparison is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// A folder of providers.
    Catalog,
    /// The folder of one provider.
    Provider,
    /// A file of limits alone: names and policy are unknown.
    Limits,
}

impl Catalog {
    /// Reads a folder of providers, the folder of one provider, a file of limits, or one of them in a git revision:
    /// `HEAD~3`, `v0.1.0:catalog-src/groq`. What exists as a path is not looked up as a revision. `root` is the folder that
    /// relative paths begin at, and a folder of the git repository. Without it, that is the current folder.
    ///
    /// # Errors
    /// Returns an error if nothing of that name exists, or a file is not in the line format.
    pub fn read(text: &str, root: Option<&Path>) -> Result<Self, CatalogError> {
        let path = root.map_or_else(|| PathBuf::from(text), |root| root.join(text));
        if path.is_dir() {
            // The path of errors is the one that the caller wrote.
            return Self::of_tree(text, &Tree::Folder { path, shown: text.to_owned() });
        }
        if path.is_file() {
            let file = |error| CatalogError::Io { file: text.to_owned(), error };
            return Self::of_limits(text, &std::fs::read_to_string(path).map_err(file)?);
        }
        let git = |arguments: &[&str]| git(root, arguments);
        let (revision, path) = text.split_once(':').unwrap_or((text, DEFAULT_PATH));
        let commit = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")]);
        let Ok(commit) = commit else { return Err(CatalogError::Unknown(text.to_owned())) };
        let object = format!("{}:{}", commit.trim(), path.trim_end_matches('/'));
        match git(&["cat-file", "-t", &object])?.trim() {
            "blob" => Self::of_limits(text, &git(&["cat-file", "blob", &object])?),
            _ => Self::of_tree(text, &Tree::revision(object, root)?),
        }
    }

    /// Returns the differences of one provider from an older catalog to this one: of its limits, names and policy. A provider
    /// that one of them does not have is compared with one without limits. If one of them is [`Extent::Limits`], names and
    /// policies are not compared: call [`forget_names`](Self::forget_names) on both first.
    pub fn differences_from<'a>(&'a self, older: &'a Self, provider: &str) -> Vec<Difference<'a>> {
        let sides = [older, self].map(|catalog| catalog.providers.get(provider));
        let [before, after] = sides.map(|side| side.map_or(&*NO_LIMITS, |stated| &stated.source));
        let mut differences = compare(before, after);
        if ![older.extent, self.extent].contains(&Extent::Limits) {
            let [before, after] =
                sides.map(|side| side.and_then(|stated| stated.policy.as_deref()).unwrap_or_default());
            differences.extend(compare_policies(before, after));
        }
        differences
    }

    /// Removes what `names.tsv` states, which a file of limits does not have.
    pub fn forget_names(&mut self) {
        for CatalogProvider { source, .. } in self.providers.values_mut() {
            source.regions.clear();
            source.families.clear();
            source.renamings.clear();
            for limit in &mut source.limits {
                limit.aliases.clear();
            }
        }
    }

    fn of_limits(file: &str, text: &str) -> Result<Self, CatalogError> {
        let mut source = parse(file, text)?;
        source.sort();
        let providers = BTreeMap::from([(source.provider.clone(), CatalogProvider { source, policy: None })]);
        Ok(Self { providers, extent: Extent::Limits })
    }

    fn of_tree(text: &str, tree: &Tree<'_>) -> Result<Self, CatalogError> {
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
enum Tree<'a> {
    Folder {
        path: PathBuf,
        /// The path as the caller wrote it.
        shown: String,
    },
    /// `commit:path`, and the files below it.
    Revision {
        object: String,
        files: BTreeSet<String>,
        /// A folder of the repository. Default: the current folder.
        root: Option<&'a Path>,
    },
}

impl fmt::Display for Tree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder { shown, .. } => f.write_str(shown),
            Self::Revision { object, .. } => f.write_str(object),
        }
    }
}

impl<'a> Tree<'a> {
    fn revision(object: String, root: Option<&'a Path>) -> Result<Self, CatalogError> {
        let names = git(root, &["ls-tree", "-r", "--name-only", "-z", &object])?;
        let files = names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Ok(Self::Revision { object, files, root })
    }

    /// Returns the names of the folders directly below, sorted.
    fn folders(&self) -> Result<BTreeSet<String>, CatalogError> {
        match self {
            Self::Folder { path, shown } => {
                let io = |error| CatalogError::Io { file: shown.clone(), error };
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
            Self::Folder { path, .. } => match std::fs::read_to_string(path.join(name)) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(CatalogError::Io { file: format!("{self}/{name}"), error }),
            },
            Self::Revision { object, files, root } if files.contains(name) => {
                git(*root, &["cat-file", "blob", &format!("{object}/{name}")]).map(Some)
            }
            Self::Revision { .. } => Ok(None),
        }
    }

    /// Returns the provider in a folder below, or in this folder itself. `None` if there is no `limits.tsv`.
    fn provider(&self, folder: Option<&str>) -> Result<Option<CatalogProvider>, CatalogError> {
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
        Ok(Some(CatalogProvider { source, policy }))
    }
}

/// Runs git in a folder, and returns its output.
fn git(root: Option<&Path>, arguments: &[&str]) -> Result<String, CatalogError> {
    let mut command = Command::new("git");
    if let Some(root) = root {
        command.current_dir(root);
    }
    let output = command.args(arguments).output().map_err(|error| CatalogError::Git(error.to_string()))?;
    if !output.status.success() {
        return Err(CatalogError::Git(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    String::from_utf8(output.stdout).map_err(|error| CatalogError::Git(error.to_string()))
}
