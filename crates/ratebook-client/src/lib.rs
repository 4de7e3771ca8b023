//! The limiter where calls are made: what a call will cost, holding it until it is admitted, and what its reply says.
//!
//! Nothing is compiled unless asked for, by features:
//!
//! | feature | gives |
//! |---|---|
//! | `reqwest-middleware` | `reqwest::LimitMiddleware`, which holds requests, observes replies and settles them |
//! | `tower` | `tower::LimitLayer`, the same as a layer |
//! | `reqwest` | replies of `reqwest` for that layer around a `reqwest::Client`, which stay what they are |
//! | `http` | what these share: a `Call`, and a `Watch` over its reply for any client that speaks of the `http` crate's types |
//! | `usage` | the usage out of a reply's body, whole or as a stream, and errors inside it: OpenAI's form, Anthropic's, DashScope's, Cloudflare's |
//! | `estimate` | how many tokens a text has, roughly and rather too many |
//! | `body` | what a request's JSON body asks for: the input estimated, the output it allows |
//! | `tiktoken` | tokens counted by OpenAI's own tables |
//! | `tracing` | an event `absurd_usage` (warn, with the `count` and the `most`) where the usage of a reply is not believed |
//!
//! A call through any of them goes the same way. A closure reads from the request which [`Model`](ratebook_limiter::Model)
//! it is of and what it will cost; the request waits for its turn; the reply's status and headers are observed, and what
//! they say of limits is followed; and at the end of its body the call is settled with the usage that it says:
//!
//! ```
//! # #[cfg(all(feature = "body", feature = "reqwest-middleware"))]
//! # fn main() -> Result<(), ratebook_limiter::Error> {
//! use ratebook::Provider;
//! use ratebook_client::Call;
//! use ratebook_client::estimate::{Rough, asked_by};
//! use ratebook_client::reqwest::LimitMiddleware;
//! use ratebook_limiter::Account;
//! use reqwest_middleware::ClientBuilder;
//!
//! let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
//! let plan = move |request: &reqwest::Request| {
//!     let asked = asked_by(&Rough::QWEN, request.body()?.as_bytes()?)?;
//!     Some(Call::asked(qwen.clone(), asked.or_output(800)))
//! };
//! let client = ClientBuilder::new(reqwest::Client::new()).with(LimitMiddleware::new(plan)).build();
//! # let _ = client;
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "body", feature = "reqwest-middleware")))]
//! # fn main() {}
//! ```
//!
//! The README has the whole program, and one with `tower`; `examples/async_openai.rs` puts the layer beneath an unchanged
//! `async-openai`.
#![forbid(unsafe_code)]

#[cfg(feature = "http")]
mod call;
#[cfg(feature = "estimate")]
pub mod estimate;
#[cfg(feature = "http")]
mod incurable;
#[cfg(any(feature = "body", feature = "usage"))]
mod json;
#[cfg(feature = "http")]
mod late;
#[cfg(feature = "http")]
mod metered;
#[cfg(feature = "http")]
mod reply;
#[cfg(feature = "reqwest-middleware")]
pub mod reqwest;
#[cfg(feature = "tower")]
mod room;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "http")]
mod unsettled;
#[cfg(feature = "usage")]
pub mod usage;
#[cfg(feature = "http")]
mod watch;

#[cfg(feature = "http")]
pub use {call::Call, incurable::Incurable, late::LateSignals, metered::Metered, reply::Reply, watch::Watch};

/// The programs of the README.
#[cfg(all(doctest, feature = "body", feature = "reqwest-middleware", feature = "tower"))]
#[doc = include_str!("../README.md")]
struct Readme;
