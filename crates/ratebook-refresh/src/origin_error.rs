//! Why a page is unavailable, or could not be read from its origin.

use std::path::PathBuf;

use ratebook_ingest::{fact_page, read};

use crate::fetch::FetchError;

/// The error of a provider's page that is unavailable or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// The folder has no page of the provider.
    #[error("expected a page of this provider in {}, found none", .folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// Two files may be the page.
    #[error("expected one page, found {} and {}: remove one", .first.display(), .second.display())]
    TwoCandidates {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// Two pages name one file.
    #[error("{}: the pages `{first}` and `{second}` name this file: correct their `files`", .path.display())]
    TwoPages {
        /// The file.
        path: PathBuf,
        /// The id of one of them.
        first: String,
        /// The id of the other.
        second: String,
    },
    /// A glob of a page is invalid.
    #[error("the glob `{glob}`: {message}")]
    Glob {
        /// The glob.
        glob: String,
        /// What is wrong.
        message: String,
    },
    /// The manifest of saved pages is damaged.
    #[error("{}: {message}", .path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A file could not be read.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The bytes are not a page.
    #[error("{place}: {source}")]
    Read {
        /// The file or URL.
        place: String,
        /// The error of the reader.
        source: read::ReadError,
    },
    /// A fact page is damaged.
    #[error("{}: {source}", .path.display())]
    FactPage {
        /// The file.
        path: PathBuf,
        /// The error of the parser.
        source: fact_page::FactPageError,
    },
    /// The page could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

impl OriginError {
    /// Returns whether the page is unavailable, so that its last reading may stay. `false` if it could not be read.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Fetch(_))
    }
}
