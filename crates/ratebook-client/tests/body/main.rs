//! Estimates of request bodies.
#![cfg(feature = "body")]

mod malformed;
mod media;
mod prompts;
mod stored;

use ratebook_client::estimate::{Bytes, RequestEstimate, estimate_request};

/// An estimate with these fields, of one completion and nothing else.
macro_rules! estimate {
    ($($field:ident: $value:expr),*) => {{
        let mut estimate = ratebook_client::estimate::RequestEstimate::new(0);
        $(estimate.$field = $value;)*
        estimate
    }};
}
pub(crate) use estimate;

/// Estimates a body with one token per byte of text.
fn estimated(body: &str) -> RequestEstimate {
    estimate_request(&Bytes, body.as_bytes()).unwrap()
}
