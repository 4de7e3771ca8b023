//! Estimates of request bodies.
#![cfg(feature = "body")]

mod malformed;
mod media;
mod prompts;
mod stored;

use ratebook_client::estimate::{Bytes, RequestEstimate, estimate_request};

/// Estimates a body with one token per byte of text.
fn estimated(body: &str) -> RequestEstimate {
    estimate_request(&Bytes, body.as_bytes()).unwrap()
}
