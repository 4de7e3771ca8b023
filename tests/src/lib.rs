//! What the tests that cross Ratebook's crates share.
//!
//! [`compare`] runs clients against simulated providers. [`corrupt`] damages a vendor's page the way vendors do, at random, so that tests can ask whether a refresh notices.
#![forbid(unsafe_code)]

pub mod compare;
pub mod corrupt;

/// The programs of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
