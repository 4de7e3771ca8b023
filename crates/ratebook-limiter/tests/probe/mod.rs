//! Probes a model without using anything.

use std::time::Duration;

use ratebook_limiter::{Cost, Model, Refused};

/// Returns how long a call would wait; zero if it is admitted, which is undone.
pub(crate) fn wait(model: &Model, cost: Cost) -> Duration {
    match model.try_acquire(cost) {
        Ok(permit) => {
            permit.cancel_unsent();
            Duration::ZERO
        }
        Err(Refused::Wait(wait)) => wait.delay().unwrap(),
        Err(Refused::Never(never)) => panic!("{never}"),
    }
}
