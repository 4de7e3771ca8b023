//! The limiter in an HTTP client: estimates the cost of a request, delays it until it is admitted, and settles it with
//! the usage in the response.
//!
//! All features are off by default:
//!
//! | feature | provides |
//! |---|---|
//! | `reqwest-middleware` | `reqwest::LimitMiddleware`, a middleware for `reqwest-middleware` |
//! | `tower` | `tower::LimitLayer`, a layer for tower services |
//! | `reqwest` | support for `reqwest::Response` in the layer |
//! | `http` | `PendingCall` and `AdmittedCall`, for any other client that uses the types of the `http` crate |
//! | `usage` | `usage`: reads usage and errors from response bodies, complete or streamed; in the formats of OpenAI, Anthropic, Gemini, Bedrock, Cohere, Perplexity, DashScope and Cloudflare |
//! | `estimate` | `estimate`: token counts of texts, estimated on the high side |
//! | `body` | `estimate::estimate_request`: reads the cost of a request from its JSON body |
//! | `tiktoken` | `estimate::Tiktoken`: exact token counts for OpenAI models |
//! | `tracing` | an event `implausible_usage` (warn, with fields `count` and `max`) when the usage in a response is ignored |
//!
//! Each call goes through the same steps. A closure reads the [`Model`](ratebook_limiter::Model) and the estimated cost
//! from the request. The request waits until the limiter admits it. The limiter observes the status and the headers of
//! the response and adjusts its limits. The end of the response body settles the call with the usage it reports.
//!
//! ```
//! # #[cfg(all(feature = "body", feature = "reqwest-middleware"))]
//! # fn main() -> Result<(), ratebook_limiter::Error> {
//! use ratebook::Provider;
//! use ratebook_client::PendingCall;
//! use ratebook_client::estimate::{Rough, estimate_request};
//! use ratebook_client::reqwest::LimitMiddleware;
//! use ratebook_limiter::Account;
//! use reqwest_middleware::ClientBuilder;
//!
//! let gpt = Account::builder(Provider::Openai).plan("tier-1").build()?.model("gpt-4o")?;
//! let to_call = move |request: &reqwest::Request| {
//!     let estimate = estimate_request(&Rough::O200K, request.body()?.as_bytes()?)?;
//!     Some(PendingCall::estimated(gpt.clone(), estimate.or_output(800)))
//! };
//! let client = ClientBuilder::new(reqwest::Client::new()).with(LimitMiddleware::new(to_call)).build();
//! # let _ = client;
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "body", feature = "reqwest-middleware")))]
//! # fn main() {}
//! ```
//!
//! The README has the complete program, and one with `tower`. `examples/async_openai.rs` adds the layer to an
//! unmodified `async-openai` client.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "http")]
mod admitted;
#[cfg(feature = "http")]
mod body_signals;
#[cfg(feature = "http")]
mod call;
#[cfg(feature = "estimate")]
pub mod estimate;
#[cfg(any(feature = "body", feature = "usage"))]
mod json;
#[cfg(feature = "http")]
mod metered;
#[cfg(feature = "http")]
mod non_retryable;
#[cfg(feature = "http")]
mod pending;
#[cfg(feature = "reqwest-middleware")]
pub mod reqwest;
#[cfg(feature = "http")]
mod response;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "usage")]
pub mod usage;
#[cfg(feature = "tower")]
mod waiting_room;

#[cfg(feature = "http")]
pub use {
    admitted::AdmittedCall, body_signals::BodySignals, call::PendingCall, metered::Metered,
    non_retryable::NonRetryable, response::ObserveResponse,
};

/// The programs of the README.
#[cfg(all(doctest, feature = "body", feature = "reqwest-middleware", feature = "tower"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(any(
    feature = "http",
    feature = "usage",
    feature = "estimate",
    feature = "tower",
    feature = "reqwest-middleware"
))]
const fn assert_send_sync<T: Send + Sync>() {}

#[cfg(feature = "http")]
const _: () = {
    assert_send_sync::<PendingCall>();
    assert_send_sync::<AdmittedCall>();
    assert_send_sync::<BodySignals>();
    assert_send_sync::<NonRetryable>();
};
#[cfg(feature = "usage")]
const _: () = assert_send_sync::<usage::UsageReader>();
#[cfg(feature = "estimate")]
const _: () = assert_send_sync::<estimate::Rough>();
#[cfg(feature = "tower")]
const _: () = assert_send_sync::<tower::LimitService<(), ()>>();
#[cfg(feature = "reqwest-middleware")]
const _: () = assert_send_sync::<reqwest::LimitMiddleware<()>>();
