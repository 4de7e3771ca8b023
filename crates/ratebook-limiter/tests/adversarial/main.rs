//! Regression tests for failures found by adversarial use or reported by users.

mod absurd;
mod calendar;
mod caller;
#[cfg(feature = "tokio")]
mod forecasts;
#[cfg(feature = "tokio")]
mod growing;
mod growth;
#[cfg(feature = "tokio")]
mod late;
mod low;
#[cfg(feature = "tokio")]
mod oversize;
mod pace;
mod passing;
#[cfg(feature = "feedback")]
mod penalties;
#[cfg(feature = "tokio")]
mod stalled;
#[cfg(feature = "feedback")]
mod start;
mod undone;
mod windows;

use std::time::Duration;

use ratebook::{Metric, Period, Provider};
use ratebook_limiter::{Account, AccountBuilder, Clock, Cost, ManualClock, Model, Quota};

const MINUTE: Option<Period> = Some(Period::Minute);

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn ours(clock: Clock, quota: Quota<'static>) -> Model {
    Account::custom("ours").clock(clock).limit(quota).build().unwrap().model("ours").unwrap()
}

/// Alibaba enforces by the second: 600 requests and 1,000,000 tokens per minute for `qwen-plus`.
fn alibaba(clock: &ManualClock) -> AccountBuilder {
    Account::builder(Provider::Alibaba).region("international").clock(clock.clock())
}

/// Returns how many calls are admitted one after the other, at most 10,000.
fn admitted(model: &Model, cost: Cost) -> usize {
    (0..10_000).take_while(|_| model.try_acquire(cost).is_ok()).count()
}

/// Returns a pseudo-random sequence of numbers below a bound, from a seed.
fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) % below
    }
}

/// Returns the amounts in force of a metric, for whole limits and their parts.
fn amounts(account: &Account, metric: Metric) -> Vec<(ratebook_limiter::Part, u64, Option<Duration>)> {
    let pools = account.snapshot();
    let of_metric = pools.iter().filter(|pool| pool.limit.metric == metric);
    of_metric.map(|pool| (pool.limit.part, pool.limit_units, pool.limit.window())).collect()
}
