//! The limiter where calls are made: what a call will cost, and what its reply says it has cost.
#![forbid(unsafe_code)]

#[cfg(feature = "http")]
mod call;
#[cfg(feature = "estimate")]
pub mod estimate;
#[cfg(feature = "http")]
mod metered;
#[cfg(feature = "http")]
mod reply;
#[cfg(feature = "reqwest-middleware")]
pub mod reqwest;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "usage")]
pub mod usage;
#[cfg(feature = "http")]
mod watch;

#[cfg(feature = "http")]
pub use {call::Call, metered::Metered, reply::Reply, watch::Watch};
