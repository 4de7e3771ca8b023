//! Usage and errors read from response bodies.
#![cfg(feature = "usage")]

mod counts;
mod errors;
mod event_stream;
mod reading;
mod responses;
