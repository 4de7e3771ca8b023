//! An oracle of the limiter that shares no code with it: it keeps every event to the nanosecond, and knows the limiter by
//! its public API alone.
//!
//! - `log` is the vendor's view: what was handed out, when, and whether a limit was exceeded by it;
//! - `scheduler` is the order in which an exact limiter admits waiting calls;
//! - `driver` plays a `scenario` against the limiter on a clock of its own, with callers that poll late, leave, settle
//!   and cancel, and shows each event to the log;
//! - `cases` draws scenarios at random and says what must hold of them.
//!
//! Each test prints how many runs, events and windows it checked:
//!
//! ```sh
//! cargo test -p ratebook-limiter --all-features --test oracle -- --nocapture
//! RATEBOOK_ORACLE_RUNS=20000 cargo test -p ratebook-limiter --all-features --test oracle -- --nocapture
//! RATEBOOK_ORACLE_SEED=17 cargo test -p ratebook-limiter --all-features --test oracle promise
//! ```
//!
//! The first is what the test suite runs, in a few seconds; the second explores further; the third repeats one run, by
//! the seed that a failure names.
#![cfg(all(feature = "feedback", feature = "tokio"))]

mod api;
mod cases;
mod draw;
mod driver;
mod log;
mod runs;
mod scenario;
mod scheduler;
mod utc;
mod watch;
