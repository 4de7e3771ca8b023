//! A catalog that is loaded again while the program runs.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use super::{Catalog, LoadError};

/// The last good catalog of a path. Threads share it by reference.
///
/// ```
/// use ratebook::load::CurrentCatalog;
///
/// # let folder = std::env::temp_dir().join("ratebook-doc-current");
/// # std::fs::create_dir_all(&folder)?;
/// let file = folder.join("limits.tsv");
/// let write = |amount: &str| {
///     let header = "@provider\trocketry\nkind\tname\tmetric\tper\tamount\tpool\n";
///     std::fs::write(&file, format!("{header}model\trocket-1\trequests\tminute\t{amount}\tmodel\n"))
/// };
/// write("60")?;
/// let current = CurrentCatalog::open(&file)?;
/// let first = current.get();
///
/// write("many")?;
/// let error = current.reload().unwrap_err();
/// assert_eq!((error.line(), current.get()), (Some(3), first), "the catalog in force is the former");
///
/// write("90")?;
/// assert_ne!(current.reload()?, first);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CurrentCatalog {
    path: PathBuf,
    base: Option<Catalog>,
    catalog: RwLock<Catalog>,
}

impl CurrentCatalog {
    /// Loads a catalog from a path, as [`Catalog::open`] does.
    ///
    /// # Errors
    /// Those of [`Catalog::open`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, LoadError> {
        Self::load(path.into(), None)
    }

    /// Loads an overlay over a catalog from a path, as [`Catalog::overlay`] does.
    ///
    /// # Errors
    /// Those of [`Catalog::overlay`].
    pub fn overlay(base: Catalog, path: impl Into<PathBuf>) -> Result<Self, LoadError> {
        Self::load(path.into(), Some(base))
    }

    fn load(path: PathBuf, base: Option<Catalog>) -> Result<Self, LoadError> {
        let catalog = RwLock::new(read(&path, base)?);
        Ok(Self { path, base, catalog })
    }

    /// Returns the last catalog that was loaded without an error.
    pub fn get(&self) -> Catalog {
        *self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads the path again, and returns the catalog. It is the same as before if the content is.
    ///
    /// # Errors
    /// Those of [`Catalog::open`]. [`get`](Self::get) then returns the former catalog.
    pub fn reload(&self) -> Result<Catalog, LoadError> {
        let loaded = read(&self.path, self.base)?;
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(loaded)
    }
}

fn read(path: &Path, base: Option<Catalog>) -> Result<Catalog, LoadError> {
    match base {
        Some(base) => base.overlay(path),
        None => Catalog::open(path),
    }
}
