//! The options of a refresh.

use std::path::PathBuf;

use ratebook_source::Date;

use crate::origin::Origin;

/// The options of a refresh.
#[derive(Clone, Debug)]
pub struct Options {
    /// The catalog's source: `catalog-src`.
    pub catalog: PathBuf,
    /// The origin of the pages.
    pub origin: Origin,
    /// The providers to refresh. All known ones if empty.
    pub providers: Vec<String>,
    /// The folder to write to. Default: the catalog's source.
    pub out: Option<PathBuf>,
    /// Whether to write nothing.
    pub check: bool,
    /// Whether to accept large losses of entries.
    pub accept: bool,
    /// The day of the refresh.
    pub today: Date,
}
