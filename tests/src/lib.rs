//! Helpers of the tests that cross Ratebook's crates.
//!
//! [`corrupt`] applies random edits to a vendor's page, so that tests can check whether a refresh detects them.
#![forbid(unsafe_code)]

pub mod corrupt;

/// Runs the examples of the README as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
