//! How responses change an account's limits.
#![cfg(feature = "feedback")]

mod amounts;
#[path = "../probe/mod.rs"]
mod probe;
mod refusals;
mod shared;

use std::time::Duration;

use ratebook::{Metric, Provider};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, AccountBuilder, Cost, ManualClock, Model, PoolSnapshot, Quota};

const SECOND: Duration = Duration::from_secs(1);

/// No headers.
const NONE: [(&str, &str); 0] = [];

/// Limits of the model `ours` (600 requests and 60,000 tokens per minute) and of `theirs` (600 requests per minute).
fn ours(clock: &ManualClock) -> AccountBuilder {
    Account::custom("ours")
        .clock(clock.clock())
        .dialect(Dialect::of(Provider::Openai))
        .backoff_seed(7)
        .limit(Quota::requests(600).per_minute().of_model("ours"))
        .limit(Quota::tokens(60_000).per_minute().of_model("ours"))
        .limit(Quota::requests(600).per_minute().of_model("theirs"))
}

fn model(builder: AccountBuilder) -> Model {
    builder.build().unwrap().model("ours").unwrap()
}

fn pool(model: &Model, metric: Metric) -> PoolSnapshot {
    let pools = model.account().snapshot();
    pools.into_iter().find(|pool| pool.limit.metric == metric).unwrap()
}

/// Returns the number of calls that are admitted now.
fn admitted(model: &Model, cost: Cost) -> usize {
    std::iter::from_fn(|| model.try_acquire(cost).ok().map(drop)).count()
}
