//! From the catalog's normalized source to Rust: a pure function, run by `ratebook`'s build script.
//!
//! The tables are packed bytes, since rustc takes 100,000 struct literals badly: entries and limits are records of fixed
//! width, names stand in one text, and a perfect hash leads from a name to its entry. Around them stands generated
//! source: the providers, regions and plans as enums, and a documented constant for each entry.
//!
//! 1. [`load`] reads `catalog-src`, and lays a user's own folder over it.
//! 2. [`generate`] makes the tables and the source of them.
//! 3. [`build`] does both, and writes the files that `ratebook` includes.
#![forbid(unsafe_code)]

#[macro_use]
mod literal;

mod docs;
mod hash;
#[allow(dead_code, reason = "the generator writes by it, the catalog reads")]
mod layout;
mod load;
mod names;
mod pack;
mod place;
#[rustfmt::skip] // generated
mod policy;
mod source;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use load::{LoadError, Provider, load};

/// What a catalog becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The Rust source of the tables.
    pub code: String,
    /// The packed files that the source includes, by name.
    pub files: Vec<(&'static str, Vec<u8>)>,
}

/// Why no tables can be made of a catalog.
#[derive(Debug)]
pub enum Error {
    /// Its source could not be read.
    Load(LoadError),
    /// It has more of something than the tables can number.
    TooMany {
        /// What it has too many of.
        what: &'static str,
        /// How many are too many.
        most: usize,
    },
    /// Two entries of one provider, region, plan and kind have the same name: `validate` says which.
    SameName,
    /// A file could not be written.
    Write(PathBuf, io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => error.fmt(f),
            Self::TooMany { what, most } => write!(f, "the catalog has more than {most} {what}"),
            Self::SameName => f.write_str("two entries of one provider, region, plan and kind have the same name"),
            Self::Write(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for Error {}

/// Makes the tables of a catalog. The same providers give the same bytes.
///
/// # Errors
/// When the catalog has more than 255 providers, regions or plans, more than 64 MiB of names, or a name twice.
pub fn generate(providers: &[Provider]) -> Result<Generated, Error> {
    let packed = pack::pack(providers)?;
    Ok(Generated { code: source::write(providers, &packed), files: packed.files() })
}

/// The sources that the catalog reads its tables by, which the generator writes them by.
const SHARED: [(&str, &str); 2] = [("hash.rs", include_str!("hash.rs")), ("layout.rs", include_str!("layout.rs"))];

/// Reads a catalog, lays `overlay` over it, and writes its tables to `out`.
///
/// # Errors
/// When the source cannot be read or makes no sense, or a file cannot be written.
pub fn build(catalog: &Path, overlay: Option<&Path>, out: &Path) -> Result<(), Error> {
    let providers = load(catalog, overlay).map_err(Error::Load)?;
    let generated = generate(&providers)?;
    let write = |name: &str, bytes: &[u8]| {
        let path = out.join(name);
        fs::write(&path, bytes).map_err(|error| Error::Write(path, error))
    };
    write("catalog.rs", generated.code.as_bytes())?;
    SHARED.iter().try_for_each(|(name, text)| write(name, text.as_bytes()))?;
    generated.files.iter().try_for_each(|(name, bytes)| write(name, bytes))
}
