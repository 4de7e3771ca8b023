//! The generator of `ratebook`'s tables from the catalog's normalized source. The tables of the shipped catalog are
//! committed; the build script of `ratebook` generates them anew for a user's overlay.
//!
//! The tables are packed bytes, because rustc compiles 100,000 struct literals slowly: entries and limits are records of
//! fixed width, all names are in one text, and a perfect hash maps a name to its entry. The generated source has the
//! providers, regions and plans as enums, and a documented constant for each entry.
//!
//! A program with an overlay compiles this crate and `ratebook-source`, unoptimized. Loops compile faster than iterator
//! adapters, which are instantiated for each type.
//!
//! 1. [`load`] reads `catalog-src`, and applies a user's overlay.
//! 2. [`generate`] returns the tables and their source. It is a pure function.
//! 3. [`Generated::into_files`] returns the files that `ratebook` includes. [`build`] does all of this, and writes them.
//!
//! A catalog that is loaded at run time needs only the bytes of the tables: [`pack`] returns them. The rest is behind the
//! feature `rust`.
#![forbid(unsafe_code)]

#[cfg(feature = "rust")]
#[macro_use]
mod literal;

#[cfg(feature = "rust")]
mod docs;
mod hash;
#[allow(dead_code, reason = "the generator uses its writing half, the catalog its reading half")]
mod layout;
mod load;
#[cfg(feature = "rust")]
mod names;
mod pack;
mod packed;
mod place;
#[cfg(feature = "rust")]
#[rustfmt::skip] // generated
mod policy;
#[cfg(feature = "rust")]
mod source;
mod strings;

use std::fmt;
#[cfg(feature = "rust")]
use std::fs;
use std::io;
#[cfg(feature = "rust")]
use std::path::Path;
use std::path::PathBuf;

pub use load::{LoadError, ProviderFiles, ProviderInput, load, merge};
pub use pack::pack;
pub use packed::Packed;

/// The output of [`generate`].
#[cfg(feature = "rust")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Generated {
    /// The Rust source of the tables.
    pub code: String,
    /// The packed files that the source includes, by name.
    pub files: Vec<(&'static str, Vec<u8>)>,
}

/// The error of a catalog that cannot be generated.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The source could not be loaded.
    Load(LoadError),
    /// The catalog has more items than the tables can number.
    TooMany {
        /// The items, such as `plans`.
        what: &'static str,
        /// The largest number that fits.
        most: usize,
    },
    /// Two entries have the same key: provider, region, plan, deployment, mode, context, kind and name. `validate` names them.
    SameKey,
    /// A file could not be written.
    Write(PathBuf, io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => error.fmt(f),
            Self::TooMany { what, most } => write!(f, "the catalog has more than {most} {what}"),
            Self::SameKey => f.write_str(
                "two entries have the same provider, region, plan, deployment, mode, context, kind and name",
            ),
            Self::Write(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for Error {}

/// Generates the tables of a catalog. The same providers give the same bytes.
///
/// # Errors
/// - [`Error::TooMany`] if the catalog has more than the tables can number: 255 providers, regions, plans, deployments, modes
///   or contexts; 255 pages of a provider; 65,535 limits or aliases of an entry, points of a ramp, or bytes of a name, pool or
///   section; 2^28 entries; 64 MiB of names.
/// - [`Error::SameKey`] if two entries have the same key.
#[cfg(feature = "rust")]
pub fn generate(providers: &[ProviderInput]) -> Result<Generated, Error> {
    let packed = pack::pack(providers)?;
    Ok(Generated { code: source::write(providers, &packed), files: packed.files() })
}

/// The source files that the generator and the catalog share, besides those of `ratebook-source`.
#[cfg(feature = "rust")]
const SHARED: [(&str, &str); 2] = [("hash.rs", include_str!("hash.rs")), ("layout.rs", include_str!("layout.rs"))];

#[cfg(feature = "rust")]
impl Generated {
    /// Returns all files that `ratebook` includes: their names, and their bytes.
    pub fn into_files(self) -> Vec<(&'static str, Vec<u8>)> {
        let mut files = vec![("catalog.rs", self.code.into_bytes())];
        for (name, text) in SHARED.into_iter().chain(ratebook_source::SHARED) {
            files.push((name, text.as_bytes().to_vec()));
        }
        files.extend(self.files);
        files
    }
}

/// Reads a catalog, applies `overlay`, and writes the tables to the folder `out`.
///
/// # Errors
/// Returns an error if the source cannot be read or is invalid, or if a file cannot be written.
#[cfg(feature = "rust")]
pub fn build(catalog: &Path, overlay: Option<&Path>, out: &Path) -> Result<(), Error> {
    let providers = load(catalog, overlay).map_err(Error::Load)?;
    for (name, bytes) in generate(&providers)?.into_files() {
        let path = out.join(name);
        fs::write(&path, bytes).map_err(|error| Error::Write(path, error))?;
    }
    Ok(())
}
