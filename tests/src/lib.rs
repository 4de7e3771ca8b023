//! Helpers of the tests that cross Ratebook's crates.
//!
//! [`compare`] runs clients against simulated providers. [`corrupt`] applies random edits to a vendor's page, so that tests
//! can check whether a refresh detects them. [`outside`] runs cargo outside the workspace.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

pub mod compare;
pub mod corrupt;
pub mod outside;

/// Returns the root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs the examples of the README as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
