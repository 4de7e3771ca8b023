//! The files of one provider: what stands there, and what is written, each file whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ratebook_ingest::Decisions;
use ratebook_source::{PolicySource, ProviderSource};

/// Why a provider's files could not be read or written.
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

/// What people wrote about a provider.
pub(crate) struct ByHand {
    pub(crate) decisions: Decisions,
    pub(crate) policy: Option<PolicySource>,
}

impl ByHand {
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
        Ok(Self { decisions, policy })
    }
}

/// The last reading of a provider.
#[derive(Default)]
pub(crate) struct Last {
    pub(crate) source: Option<ProviderSource>,
    pub(crate) page: Option<String>,
    pub(crate) policy: String,
    /// What was wrong with files that are written anew all the same.
    pub(crate) mended: Vec<String>,
}

impl Last {
    pub(crate) fn read(folder: &Path) -> Result<Self, FilesError> {
        let limits = folder.join("limits.tsv");
        let lines = folder.join("lines.tsv");
        let mut mended = Vec::new();
        let source = match read_if_there(&limits)? {
            None => None,
            Some(text) => {
                let mut source = ProviderSource::parse(&text)
                    .map_err(|error| content(&limits, format!("{error}; restore the file, or remove it")))?;
                let text = read_if_there(&lines)?.unwrap_or_default();
                if let Err(error) = source.parse_lines(&text) {
                    mended.push(format!("{}: {error}; it is written anew", lines.display()));
                }
                source.sort();
                Some(source)
            }
        };
        let page = read_if_there(&folder.join("page.md"))?;
        let policy = read_if_there(&folder.join("policy.tsv"))?.unwrap_or_default();
        Ok(Self { source, page, policy, mended })
    }
}

/// The files that a refresh makes of a provider, in the order in which they are renamed into place.
pub(crate) fn machine_written(
    page: String,
    source: &ProviderSource,
    policy: Option<&PolicySource>,
) -> Vec<(&'static str, String)> {
    let mut files = vec![("page.md", page), ("lines.tsv", source.write_lines())];
    files.extend(policy.map(|policy| ("policy.tsv", policy.write())));
    // The reading that the next refresh compares with comes last: an interrupted one is done again.
    files.push(("limits.tsv", source.write()));
    files
}

/// The files whose text differs from what stands in the folder.
pub(crate) fn differing(
    folder: &Path,
    files: Vec<(&'static str, String)>,
) -> Result<Vec<(&'static str, String)>, FilesError> {
    let mut differing = Vec::new();
    for (name, text) in files {
        if read_if_there(&folder.join(name))?.as_ref() != Some(&text) {
            differing.push((name, text));
        }
    }
    Ok(differing)
}

/// Whether nothing but the day of the last check tells the text from what stands in the file.
pub(crate) fn is_checked_only(path: &Path, text: &str) -> bool {
    let undated = |text: &str| -> Vec<String> {
        text.split_inclusive('\n').filter(|line| !line.starts_with("@checked\t")).map(str::to_owned).collect()
    };
    fs::read_to_string(path).is_ok_and(|before| undated(&before) == undated(text))
}

/// Writes each file beside its place, and renames them when all are written.
pub(crate) fn write(folder: &Path, files: &[(&'static str, String)]) -> Result<(), FilesError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| FilesError::Io { path, source }
    };
    fs::create_dir_all(folder).map_err(io(folder))?;
    clear_unfinished(folder).map_err(io(folder))?;
    let mut prepared = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        let mut beside = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder).map_err(io(folder))?;
        beside.write_all(text.as_bytes()).and_then(|()| beside.as_file().sync_all()).map_err(io(&path))?;
        set_readable(beside.as_file()).map_err(io(&path))?;
        prepared.push((beside, path));
    }
    for (beside, path) in prepared {
        beside.persist(&path).map_err(|error| FilesError::Io { path: path.clone(), source: error.error })?;
    }
    Ok(())
}

/// How the name of a file begins until it is whole.
const UNFINISHED: &str = ".refresh-";

/// Removes what a refresh left that was stopped while it wrote.
fn clear_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Temporary files are their owner's alone; these are everybody's to read.
#[cfg(unix)]
fn set_readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}
