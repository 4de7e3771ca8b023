//! Simulated LLM providers on a virtual clock: servers that count by fixed windows, sliding logs, sliding counters or
//! buckets, callers, and a network between them. A simulated day takes seconds, and the same seed gives the same run.
//!
//! A [`Server`] has the limits that it is given. A [`SimAccount`] has those of the catalog. Configurations have a
//! constructor for what they need, and a setter `with_…` with a documented default for everything else.
//!
//! | feature | provides |
//! |---|---|
//! | `http` | `http::LocalProvider`, a local HTTP server with OpenAI's and Anthropic's API and rate limits |
//!
//! ```
//! use ratebook::Metric;
//! use ratebook_sim::{
//!     Algorithm, Client, Network, SECOND, Server, SimCall, SimResponse, SimRule, Simulation, Workload,
//! };
//!
//! /// Sends every call at once, and retries refused calls at once.
//! #[derive(Default)]
//! struct Eager(Vec<usize>);
//!
//! impl Client for Eager {
//!     fn submit(&mut self, _: u64, number: usize, _: &SimCall) {
//!         self.0.push(number);
//!     }
//!     fn poll(&mut self, _: u64, send: &mut Vec<usize>) -> Option<u64> {
//!         send.append(&mut self.0);
//!         None
//!     }
//!     fn on_response(&mut self, _: u64, number: usize, response: &SimResponse, _: &SimCall) {
//!         if !response.is_served() {
//!             self.0.push(number);
//!         }
//!     }
//! }
//!
//! let rule = SimRule::new(Metric::Requests, 60, 60 * SECOND, Algorithm::SlidingLog);
//! let workload = Workload::new().with_callers(2);
//! let simulation = Simulation::new(Server::new(vec![rule]), workload, 600 * SECOND)
//!     .with_network(Network::new(SECOND / 20))
//!     .with_warm_up(60 * SECOND);
//! let report = simulation.run(&mut [&mut Eager::default()]);
//! assert!(report.refused > 1_000 && report.goodput().unwrap() <= 1.0);
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod account;
mod algorithm;
mod calendar;
mod call;
#[cfg(feature = "http")]
pub mod http;
mod penalty;
mod report;
mod response;
mod rule;
mod server;
mod simulation;
mod workload;

pub use account::{ModelKey, SimAccount};
pub use algorithm::Algorithm;
pub use calendar::{CalendarUnit, LocalTime};
pub use call::{Amounts, SimCall};
pub use report::Report;
pub use response::{ResponseStyle, SimResponse};
pub use rule::{SimRule, nanos_of};
pub use server::Server;
pub use simulation::{Client, Network, Others, Simulation};
pub use workload::{Arrivals, Estimates, Tokens, Workload};

/// One second in nanoseconds, the unit of simulated time.
pub const SECOND: u64 = 1_000_000_000;

const _: () = {
    const fn assert_send_sync<T: Send + Sync>() {}
    assert_send_sync::<Server>();
    assert_send_sync::<Simulation>();
    assert_send_sync::<Report>();
    #[cfg(feature = "http")]
    assert_send_sync::<http::LocalServer>();
};
