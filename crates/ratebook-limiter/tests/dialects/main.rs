//! The dialects: what each header and body of a vendor's responses states.
#![cfg(feature = "feedback")]

mod any;
mod bodies;
mod header_table;
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

/// Returns the signals of a served call's headers, each as a line of text.
fn signals(dialect: Dialect, headers: &[(&str, &str)]) -> Vec<String> {
    signals_of(dialect, 200, headers, "")
}

/// Returns the signals of a response, each as a line of text: the kind, the metric, the window in seconds, and the
/// value.
fn signals_of(dialect: Dialect, status: u16, headers: &[(&str, &str)], body: &str) -> Vec<String> {
    let line = |signal: Signal| {
        let limit = |counted: Counted| {
            let metric = counted.metric.map_or("-", Metric::name);
            format!("{metric}/{}", counted.window.map_or("-".to_owned(), |window| window.as_secs().to_string()))
        };
        match signal {
            Signal::Limit { counted, amount } => format!("limit {} {amount}", limit(counted)),
            Signal::Remaining { counted, amount } => format!("remaining {} {amount}", limit(counted)),
            Signal::UntilFull { counted, after } => format!("full {} {after:?}", limit(counted)),
            Signal::UntilRoom { counted, after } => format!("room {} {after:?}", limit(counted)),
            Signal::Cost { counted, amount } => format!("cost {} {amount}", limit(counted)),
            Signal::Invalid { at, why } => format!("invalid {at} {why:?}"),
            other => format!("{other:?}"),
        }
    };
    read(dialect, status, headers, body).iter().map(line).collect()
}

fn refusal(dialect: Dialect, status: u16, headers: &[(&str, &str)], body: &str) -> Refusal {
    read(dialect, status, headers, body).refusal().expect("the response is a refusal")
}

const fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}
