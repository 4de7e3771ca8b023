//! Usage and errors read from response bodies.
#![cfg(feature = "usage")]

mod counts;
mod errors;
mod reading;
mod responses;
