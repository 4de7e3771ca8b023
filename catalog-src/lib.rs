//! The source of Ratebook's catalog: one folder per provider, with one limit per line in `limits.tsv`.
//!
//! The tables of `ratebook` are generated from these files. Programs depend on `ratebook`.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

/// The generator of the tables.
#[cfg(feature = "codegen")]
#[cfg_attr(docsrs, doc(cfg(feature = "codegen")))]
pub use ratebook_codegen as codegen;

/// The path of the catalog's source: the folder of this crate.
pub const FOLDER: &str = env!("CARGO_MANIFEST_DIR");
