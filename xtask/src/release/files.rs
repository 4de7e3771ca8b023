//! Files that are written together: all beside their places first, then all renamed.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use tempfile::NamedTempFile;

/// A file to write: its path, relative to the root, and its text.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Writes files. Each is written beside its place, and all are renamed after the last one is written, so a full disk leaves
/// the old files.
///
/// # Errors
/// Returns an error if a folder cannot be created, or a file not written or renamed.
pub(crate) fn write(root: &Path, files: &[File]) -> miette::Result<()> {
    let mut written = Vec::new();
    for File { path, text } in files {
        let place = root.join(path);
        let write = || {
            let folder = place.parent().ok_or_else(|| std::io::Error::other("expected a path in a folder"))?;
            fs::create_dir_all(folder)?;
            let mut file = NamedTempFile::new_in(folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            // Temporary files are private; sources are not.
            let permissions = fs::metadata(&place).or_else(|_| fs::metadata(root.join("Cargo.toml")))?.permissions();
            fs::set_permissions(file.path(), permissions)?;
            Ok::<_, std::io::Error>(file)
        };
        written.push((place.clone(), write().into_diagnostic().wrap_err_with(|| path.clone())?));
    }
    for (place, file) in written {
        file.persist(&place).map_err(|error| miette!("{}: {}", place.display(), error.error))?;
    }
    Ok(())
}
