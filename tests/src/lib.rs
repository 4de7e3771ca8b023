//! Helpers of the tests that cross Ratebook's crates.
//!
//! [`compare`] runs clients against simulated providers. [`corrupt`] applies random edits to a vendor's page, so that tests
//! can check whether a refresh detects them.
#![forbid(unsafe_code)]

pub mod compare;
pub mod corrupt;

/// Runs the examples of the README as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
