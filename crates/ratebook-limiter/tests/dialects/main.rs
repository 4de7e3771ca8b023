//! How vendors answer, each by its own dialect: what each row of their headers says, and the traps.
#![cfg(feature = "feedback")]

mod any;
mod bodies;
mod ietf;
mod rows;
mod table;
mod traps;

use std::time::Duration;

use ratebook::Metric;
use ratebook_limiter::feedback::{Counted, Dialect, Refusal, Signal, Signals};

/// 2026-02-05T15:02:41Z.
const NOW: i128 = 1_770_303_761_000_000_000;

fn read(dialect: Dialect, status: u16, headers: &[(&str, &str)], body: &str) -> Signals {
    dialect.read(status, headers, body.as_bytes(), NOW)
}

/// What a served call's headers say, a word for each.
fn said(dialect: Dialect, headers: &[(&str, &str)]) -> Vec<String> {
    said_by(dialect, 200, headers, "")
}

fn said_by(dialect: Dialect, status: u16, headers: &[(&str, &str)], body: &str) -> Vec<String> {
    let word = |signal: Signal| {
        let of = |of: Counted| {
            let metric = of.metric.map_or("-", Metric::name);
            format!("{metric}/{}", of.window.map_or("-".to_owned(), |window| window.as_secs().to_string()))
        };
        match signal {
            Signal::Limit { of: what, amount } => format!("limit {} {amount}", of(what)),
            Signal::Remaining { of: what, amount } => format!("remaining {} {amount}", of(what)),
            Signal::UntilFull { of: what, after } => format!("full {} {after:?}", of(what)),
            Signal::UntilRoom { of: what, after } => format!("room {} {after:?}", of(what)),
            Signal::Cost { of: what, amount } => format!("cost {} {amount}", of(what)),
            Signal::Invalid { at, why } => format!("nonsense {at} {why:?}"),
            other => format!("{other:?}"),
        }
    };
    read(dialect, status, headers, body).iter().map(word).collect()
}

fn refusal(dialect: Dialect, status: u16, headers: &[(&str, &str)], body: &str) -> Refusal {
    read(dialect, status, headers, body).refusal().expect("it refuses")
}

const fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}
