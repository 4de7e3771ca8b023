//! The source of Ratebook's catalog: a folder for each provider, with its limits, one per line, in `limits.tsv`.
//!
//! The build script of `ratebook` makes its tables of these files. Programs use `ratebook`.
#![no_std]
#![forbid(unsafe_code)]

/// The folder of the catalog's source: where cargo unpacked this crate, or `catalog-src` of a checkout.
pub const FOLDER: &str = env!("CARGO_MANIFEST_DIR");
