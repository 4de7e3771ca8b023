//! Catalogs at run time.
//!
//! A loaded [`Catalog`] has the same checks, names, dialects and lookups as the compiled one. Its providers, and the regions
//! and plans that no compiled catalog has, are values of the same types: [`Provider::Loaded`], [`Plan::Loaded`](crate::Plan).
//! A word that the compiled catalog has is that word: the `tier-2` of a loaded catalog is `Plan::Tier2`.
//!
//! ```
//! use ratebook::load::Catalog;
//! use ratebook::{Amount, Call, Metric, Period};
//!
//! # let folder = std::env::temp_dir().join("ratebook-doc-load");
//! # std::fs::create_dir_all(&folder)?;
//! let file = folder.join("limits.tsv");
//! let lines = ["@provider\trocketry", "kind\tname\tmetric\tper\tamount\tpool", "model\trocket-1\trequests\tminute\t60\tmodel"];
//! std::fs::write(&file, lines.join("\n"))?;
//!
//! let catalog = Catalog::open(&file)?;
//! let rocketry = catalog.provider("rocketry").expect("the provider of the file");
//! let found = Call::new(rocketry, "rocket-1").resolve()?;
//! assert_eq!(found.limits().next().map(|limit| limit.to_string()), Some("60 requests per minute".to_owned()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Memory
//!
//! Handles into a catalog are `Copy` and borrow nothing, so a loaded catalog stays in memory for the life of the process:
//! [`Catalog::memory_bytes`], about 400 KiB for the catalog that is shipped. Loading equal content again returns the same
//! catalog, and takes no more.

mod current;
mod error;
#[rustfmt::skip] // generated
mod policy;
mod restore;
mod store;
mod tables;
mod word;

use core::fmt;
use std::path::Path;
use std::vec::Vec;

use ratebook_codegen::{ProviderFiles, merge};

use crate::packed::{COMPILED, CatalogRef};
use crate::{CATALOG_VERSION, Provider};

pub use current::CurrentCatalog;
pub use error::{LoadError, LoadErrorKind};
pub use word::{LoadedProvider, LoadedWord};

/// A catalog: the compiled one, or one that was loaded at run time. Two are equal if they are the same catalog.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Catalog {
    catalog: CatalogRef,
}

impl Catalog {
    /// The compiled catalog.
    pub const COMPILED: Self = Self { catalog: COMPILED };

    /// Loads a catalog: a folder with a folder for each provider, as in `catalog-src`; the folder of one provider; or one
    /// file of limits in the line format, of any version of it. Of such a file, nothing beside it is read, and the provider
    /// has the default policy.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, is not in the line format, or contradicts itself, with the line if there
    /// is one. No catalog is changed then.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::of(Vec::new(), ProviderFiles::read(path.as_ref())?)
    }

    /// Loads files like [`open`](Self::open), as an overlay over this catalog. The overlay need not repeat what it does not
    /// change: its header names only the columns that it uses.
    ///
    /// The limits of the overlay replace those of the same key, and are added otherwise. So are its plans, size classes,
    /// regions and families, by name. Its policy replaces the whole policy of the provider.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn overlay(self, path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::of(restore::files(self), ProviderFiles::read(path.as_ref())?)
    }

    fn of(base: Vec<ProviderFiles>, over: Vec<ProviderFiles>) -> Result<Self, LoadError> {
        let providers = merge(base, over)?;
        Ok(Self { catalog: CatalogRef::loaded(tables::of(&providers)?) })
    }

    /// Returns the providers, sorted by name.
    pub fn providers(self) -> impl ExactSizeIterator<Item = Provider> + Clone {
        (0..self.catalog.providers().len()).map(move |number| Provider::of(self.catalog, number as u8))
    }

    /// Returns the provider of a name, or `None` if the catalog does not have it.
    pub fn provider(self, name: &str) -> Option<Provider> {
        self.providers().find(|provider| provider.name() == name)
    }

    /// Returns the version of the data: see [`CATALOG_VERSION`]. Catalogs with the same limits, names and policies have
    /// the same version, whether compiled or loaded.
    pub fn version(self) -> &'static str {
        match self.catalog.tables() {
            None => CATALOG_VERSION,
            Some(tables) => tables.version,
        }
    }

    /// Returns the memory that the tables of the catalog take, in bytes, without policies and pages. They stay for the life
    /// of the process.
    pub fn memory_bytes(self) -> usize {
        let Self { catalog } = self;
        let tables = [
            size_of_val(catalog.names()),
            size_of_val(catalog.entries()),
            size_of_val(catalog.aliases()),
            size_of_val(catalog.limits()),
            size_of_val(catalog.rares()),
            size_of_val(catalog.ramps()),
            size_of_val(catalog.ranges()),
            size_of_val(catalog.pilots()),
            size_of_val(catalog.slots()),
            size_of_val(catalog.providers()),
        ];
        tables.into_iter().sum()
    }
}

/// Writes the version.
impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Catalog").field(&self.version()).finish()
    }
}

impl Provider {
    /// Returns the catalog of the provider.
    #[cfg_attr(docsrs, doc(cfg(feature = "load")))]
    pub fn catalog(self) -> Catalog {
        Catalog { catalog: self.catalog_ref() }
    }
}
