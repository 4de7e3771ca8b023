//! Responses that vendors have sent, by kind: how each is parsed, and how the account changes.
#![cfg(feature = "feedback")]

mod busy;
mod inside;
mod lasting;
#[path = "../probe/mod.rs"]
mod probe;
mod statuses;
mod windowless;
mod wordings;

use std::time::Duration;

use ratebook::{Metric, Period, Provider};
use ratebook_limiter::feedback::{Dialect, Refusal, Signal};
use ratebook_limiter::{Account, AccountBuilder, ManualClock, Model, PoolSnapshot, Quota};

use probe::wait;

const MINUTE: Option<Period> = Some(Period::Minute);
const DAY: Option<Period> = Some(Period::Day);

/// No headers.
const NONE: [(&str, &str); 0] = [];

/// 2026-02-05T15:02:41Z.
const NOW: u64 = 1_770_303_761;

/// A limit on a metric over a period.
type Limit = (Metric, Option<Period>, u64);

/// 50 requests and 30,000 tokens per minute, and 1,000 requests per day.
const USUAL: [Limit; 3] =
    [(Metric::Requests, MINUTE, 50), (Metric::Tokens, MINUTE, 30_000), (Metric::Requests, DAY, 1_000)];

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Returns a clock that is set to [`NOW`].
fn clock() -> ManualClock {
    ManualClock::beginning_at(NOW)
}

/// Returns the builder of an account at a vendor with a dialect, and with limits on one model.
fn vendor(clock: &ManualClock, dialect: Dialect, limits: &[Limit]) -> AccountBuilder {
    let account = Account::custom("vendor").clock(clock.clock()).dialect(dialect).backoff_seed(7);
    limits.iter().fold(account, |account, (metric, per, amount)| {
        let quota = Quota::new(*metric, *amount).of_model("ours");
        account.limit(per.map_or(quota.at_once(), |per| quota.per_period(per)))
    })
}

fn model(clock: &ManualClock, dialect: Dialect, limits: &[Limit]) -> Model {
    vendor(clock, dialect, limits).build().unwrap().model("ours").unwrap()
}

/// Returns the pool of a metric with a window in seconds.
fn pool(model: &Model, metric: Metric, window: u64) -> PoolSnapshot {
    let pools = model.account().snapshot();
    let is_match = |pool: &PoolSnapshot| pool.limit.metric == metric && pool.limit.window() == Some(seconds(window));
    pools.into_iter().find(is_match).expect("the model has such a pool")
}

/// Returns the metric, the window in seconds, and the remaining pause of each paused pool.
fn paused(model: &Model) -> Vec<(Metric, u64, Duration)> {
    let pools = model.account().snapshot().into_iter();
    let pause = |pool: PoolSnapshot| Some((pool.limit.metric, pool.limit.window()?.as_secs(), pool.paused?));
    pools.filter_map(pause).collect()
}

/// Parses a refusal.
fn refusal(dialect: Dialect, status: u16, headers: &[(&str, &str)], body: &str) -> Refusal {
    let signals = dialect.read(status, headers, body.as_bytes(), i128::from(NOW) * 1_000_000_000);
    signals.refusal().unwrap_or_else(|| panic!("no refusal: {status} {body}"))
}

/// Returns the limits that a response states: metric, window in seconds, and amount.
fn limits(dialect: Dialect, status: u16, headers: &[(&str, &str)], body: &str) -> Vec<(Metric, Option<u64>, u64)> {
    let signals = dialect.read(status, headers, body.as_bytes(), i128::from(NOW) * 1_000_000_000);
    let limit = |signal| match signal {
        Signal::Limit { counted, amount } => {
            Some((counted.metric?, counted.window.map(|window| window.as_secs()), amount))
        }
        _ => None,
    };
    signals.iter().filter_map(limit).collect()
}

/// Returns every dialect: those of the crate, and those of the catalog.
fn all() -> Vec<Dialect> {
    let catalog = Provider::ALL.iter().map(|provider| Dialect::of(*provider));
    Dialect::NAMED.iter().map(|(_, dialect)| *dialect).chain(catalog).collect()
}
