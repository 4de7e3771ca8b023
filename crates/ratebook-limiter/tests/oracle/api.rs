//! The calls of the public API that are about to change or to come, in one place.

// The one line to edit: `coming` instead of `today`, once the limiter has what that calls; `today` can go then.
#[path = "api/coming.rs"]
mod calls;

pub(crate) use calls::{acquire, builder, forget, limit_model, reset_limit, reset_model, resume};

use std::time::Duration;

use ratebook_limiter::{Account, Cost, Model, Refused, Wait};

use crate::scenario::Setup;

/// The account of a setup, on a clock of the caller's.
pub(crate) fn account(setup: &Setup, clock: ratebook_limiter::Clock) -> Account {
    let builder = builder(setup, clock).burst(setup.burst).resolution(setup.resolution).backoff_seed(7);
    let builder = if setup.utc { builder.calendar(ratebook::Calendar::Utc) } else { builder };
    let builder = setup.class.into_iter().fold(builder, |builder, percent| builder.class("c", percent));
    builder.build().expect("a setup of the oracle can be built")
}

/// How long a new call would wait, as far as is known.
pub(crate) fn foreseen(model: &Model, cost: Cost) -> Result<Duration, String> {
    match model.foresee(cost) {
        Ok(()) => Ok(Duration::ZERO),
        Err(Refused::Wait(wait)) => told(&wait),
        Err(Refused::Never(never)) => Err(never.to_string()),
    }
}

/// The length of a wait, where one is told.
pub(crate) fn told(wait: &Wait) -> Result<Duration, String> {
    wait.foreseen().ok_or_else(|| "no time is told".to_owned())
}
