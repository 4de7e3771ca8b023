//! The comparison of clients: the share of a limit that each uses, under every policy and enforcement algorithm.
//!
//! `cargo run --release -p ratebook-tests --example compare` prints it, and `tests/compare.rs` asserts what ours
//! promises.
#![allow(
    missing_docs,
    clippy::new_without_default,
    reason = "an example and a test share them, and nobody else sees them"
)]

pub mod chart;
pub mod clients;
pub mod feedback;
pub mod scenarios;
pub mod tables;
