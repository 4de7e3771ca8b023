//! An oracle that shares no code with the limiter: it keeps every event to the nanosecond, and uses the public API
//! only.
//!
//! - `log` is the vendor's view: what was handed out, when, and whether that exceeded a limit;
//! - `scheduler` is the order in which an exact limiter admits waiting calls;
//! - `driver` runs a `scenario` against the limiter on its own clock, with callers that poll late, leave, settle and
//!   cancel, and passes each event to the log;
//! - `rules` replays growth by a rule and penalties;
//! - `cases` draws random scenarios and states what must hold of them.
//!
//! Each test prints how many runs, events and windows it checked:
//!
//! ```sh
//! cargo test -p ratebook-limiter --all-features --test oracle -- --nocapture
//! RATEBOOK_ORACLE_RUNS=20000 cargo test -p ratebook-limiter --all-features --test oracle -- --nocapture
//! RATEBOOK_ORACLE_SEED=17 cargo test -p ratebook-limiter --all-features --test oracle promise
//! ```
//!
//! The first command is what the test suite runs, in a few seconds; the second explores further; the third repeats one
//! run, with the seed that a failure prints.
#![cfg(all(feature = "feedback", feature = "tokio"))]

mod api;
mod cases;
mod draw;
mod driver;
mod log;
mod rules;
mod runs;
mod scenario;
mod scheduler;
mod watch;
mod zones;
