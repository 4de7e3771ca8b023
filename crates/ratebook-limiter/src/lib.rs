//! Admission for LLM APIs: everything the published quota allows, and nothing it does not.
#![forbid(unsafe_code)]

mod account;
mod builder;
mod calendar;
mod clock;
mod cost;
mod hot;
mod keyed;
mod learn;
mod log;
mod meter;
mod model;
mod pace;
mod permit;
mod ramp;
mod refusal;
mod rules;
mod schedule;
mod snapshot;
mod ticket;
#[cfg(feature = "tokio")]
mod wait;

pub use account::Account;
pub use builder::{AccountBuilder, Burst, StartLevel};
pub use clock::{Clock, ManualClock};
pub use cost::{Cost, Usage};
pub use keyed::Keyed;
pub use meter::{LimitInForce, Part};
pub use model::{Model, ModelBuilder, Priority};
pub use permit::{OwnedPermit, Permit};
pub use refusal::{Error, Never, Refused, Wait};
pub use snapshot::PoolSnapshot;
pub use ticket::{Admission, Ticket};
