//! The limiter where calls are made: what a call will cost, and what its reply says it has cost.
#![forbid(unsafe_code)]

#[cfg(feature = "estimate")]
pub mod estimate;
#[cfg(feature = "usage")]
pub mod usage;
