//! The error of a catalog that cannot be loaded.

use core::fmt;
use std::path::{Path, PathBuf};
use std::string::{String, ToString as _};

/// The kind of a [`LoadError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoadErrorKind {
    /// A file or folder could not be read.
    Unreadable,
    /// A file is not in the line format, or contradicts itself.
    Invalid,
    /// The catalog has more items than the tables can number, or two entries with the same name.
    Unpackable,
}

/// The error of a catalog that cannot be loaded. No loaded catalog is changed by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    kind: LoadErrorKind,
    path: Option<PathBuf>,
    line: Option<usize>,
    message: String,
}

impl LoadError {
    /// Returns the kind.
    pub fn kind(&self) -> LoadErrorKind {
        self.kind
    }

    /// Returns the file or folder. `None` if the catalog as a whole cannot be packed.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Returns the line of the file, from 1, if the error is in one line.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// Returns what was expected, and what was found.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<ratebook_codegen::LoadError> for LoadError {
    fn from(error: ratebook_codegen::LoadError) -> Self {
        let kind = if error.is_io { LoadErrorKind::Unreadable } else { LoadErrorKind::Invalid };
        Self { kind, path: Some(error.path), line: error.line, message: error.message }
    }
}

impl From<ratebook_codegen::Error> for LoadError {
    fn from(error: ratebook_codegen::Error) -> Self {
        match error {
            ratebook_codegen::Error::Load(error) => error.into(),
            error => Self { kind: LoadErrorKind::Unpackable, path: None, line: None, message: error.to_string() },
        }
    }
}

/// Writes the file, the line and the message: `limits.tsv:7: expected a number, found …`.
impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}:", path.display())?;
            match self.line {
                Some(line) => write!(f, "{line}: ")?,
                None => f.write_str(" ")?,
            }
        }
        f.write_str(&self.message)
    }
}

impl core::error::Error for LoadError {}
