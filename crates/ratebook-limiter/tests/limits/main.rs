//! Limits of the catalog: which are enforced, and what an account changes about them.

mod account;
mod kinds;

use ratebook::Provider;
use ratebook_limiter::{Account, AccountBuilder, Cost, ManualClock, Model, Refused};

pub(crate) fn builder(provider: Provider, clock: &ManualClock) -> AccountBuilder {
    Account::builder(provider).clock(clock.clock())
}

/// The number of calls that are admitted now.
pub(crate) fn admitted(model: &Model, cost: Cost) -> u64 {
    (0..1_000_000).take_while(|_| model.try_acquire(cost).is_ok()).count() as u64
}

pub(crate) fn wait(model: &Model, cost: Cost) -> ratebook_limiter::Wait {
    match model.try_acquire(cost) {
        Err(Refused::Wait(wait)) => wait,
        other => panic!("{other:?}"),
    }
}
