//! Estimates of request bodies.
#![cfg(feature = "body")]

mod malformed;
mod media;
mod prompts;
mod stored;

use ratebook_client::estimate::{Bytes, RequestEstimate, estimate_request};

/// An estimate of nothing.
const NOTHING: RequestEstimate = RequestEstimate {
    input: 0,
    output: None,
    completions: 1,
    media: 0,
    stored_inputs: 0,
    inputs: 0,
    images: 0,
    characters: 0,
};

/// Estimates a body with one token per byte of text.
fn estimated(body: &str) -> RequestEstimate {
    estimate_request(&Bytes, body.as_bytes()).unwrap()
}
