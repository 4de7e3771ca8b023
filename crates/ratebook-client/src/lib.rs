//! The limiter where calls are made: what a call will cost, holding it until it is admitted, and what its reply says.
//!
//! Nothing is compiled unless asked for, by features:
//!
//! | feature | gives |
//! |---|---|
//! | `tower` | `tower::LimitLayer`, a layer that holds requests, hears replies and settles them |
//! | `reqwest` | the same layer around a `reqwest::Client`, whose replies stay what they are |
//! | `reqwest-middleware` | the same as a middleware |
//! | `http` | what these share: a `Call`, and a `Watch` over its reply for any client that speaks of the `http` crate's types |
//! | `usage` | the usage out of a reply's body, whole or as a stream: OpenAI's form, Anthropic's, DashScope's, Cloudflare's |
//! | `estimate` | how many tokens a text has, roughly and rather too many |
//! | `body` | what a request's JSON body asks for: the input estimated, the output it allows |
//! | `tiktoken` | tokens counted by OpenAI's own tables |
//!
//! A call through any of them goes the same way. A closure reads from the request which [`Model`](ratebook_limiter::Model)
//! it is of and what it will cost; the request waits for its turn; the reply's status and headers are
//! observed, and what they say of limits obeyed; and at the end of its body the call is settled with the usage that it says:
//!
//! ```
//! # #[cfg(all(feature = "body", feature = "reqwest", feature = "tower"))]
//! # fn main() -> Result<(), ratebook_limiter::Error> {
//! use ratebook::Provider;
//! use ratebook_client::Call;
//! use ratebook_client::estimate::{Rough, asked_by};
//! use ratebook_client::tower::LimitLayer;
//! use ratebook_limiter::Account;
//! use tower::Layer;
//!
//! let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
//! let plan = move |request: &reqwest::Request| {
//!     let asked = asked_by(&Rough::QWEN, request.body()?.as_bytes()?)?;
//!     Some(Call::new(qwen.clone(), asked.or_output(800).cost()))
//! };
//! let client = LimitLayer::new(plan).layer(reqwest::Client::new());
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "body", feature = "reqwest", feature = "tower")))]
//! # fn main() {}
//! ```
//!
//! `examples/async_openai.rs` puts that beneath an unchanged `async-openai`.
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
