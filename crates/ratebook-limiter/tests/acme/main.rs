//! Every kind of limit of the made-up provider `acme`, rule by rule, on simulated time. Each test names the vendor's
//! page that states such a limit.

mod after;
mod amounts;
mod counted;
mod keys;
mod weights;

use std::time::Duration;

use ratebook::Provider;
use ratebook_limiter::{Account, AccountBuilder, Cost, ManualClock, Model, Refused};

/// Returns a builder of an account without jitter and slow start.
fn acme(clock: &ManualClock) -> AccountBuilder {
    Account::builder(Provider::Acme).clock(clock.clock())
}

/// Returns a model of an account without plan.
fn model(name: &str) -> (ManualClock, Model) {
    let clock = ManualClock::new();
    let model = acme(&clock).build().unwrap().model(name).unwrap();
    (clock, model)
}

/// Returns the number of calls that are admitted now, at most 1,000. They end at once.
fn admitted(model: &Model, cost: Cost) -> usize {
    (0..1_000).take_while(|_| model.try_acquire(cost).is_ok()).count()
}

/// Returns the wait of a call, and the limit that it waits for, in words without its page.
fn waits(model: &Model, cost: Cost) -> (Option<Duration>, String) {
    match model.try_acquire(cost) {
        Err(Refused::Wait(wait)) => (wait.foreseen(), limit(&wait.limit.to_string())),
        other => panic!("expected a wait, found {other:?}"),
    }
}

/// Returns the limit above which a call can never be admitted, in words without its page.
fn never(model: &Model, cost: Cost) -> String {
    match model.try_acquire(cost) {
        Err(Refused::Never(never)) => limit(&never.limit.to_string()),
        other => panic!("expected a refusal for good, found {other:?}"),
    }
}

fn limit(words: &str) -> String {
    words.split(" (").next().unwrap_or_default().to_owned()
}

const fn seconds(count: u64) -> Option<Duration> {
    Some(Duration::from_secs(count))
}
