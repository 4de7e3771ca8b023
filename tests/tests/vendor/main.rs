//! The limiter and the simulator against each other over the made-up provider `acme`, which has every kind of limit.
//!
//! On simulated time, our client is refused no call, and uses at least 95 % of what the limits allow; 99 % where a
//! single limit applies and divides evenly. Servers count by a sliding log, or by fixed windows whose edges are not the
//! client's. One refused call locks the account out for a minute, so a mistake of the limiter shows in both numbers.

mod calendar;
mod catalog;
mod client;
mod growth;
mod held;
mod penalties;
mod pools;
mod scenario;
