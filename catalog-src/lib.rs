//! The source of Ratebook's catalog: one folder per provider, with one limit per line in `limits.tsv`.
//!
//! The build script of `ratebook` generates its tables from these files. Programs depend on `ratebook`.
#![no_std]
#![forbid(unsafe_code)]

/// The path of the catalog's source: the folder of this crate.
pub const FOLDER: &str = env!("CARGO_MANIFEST_DIR");
