//! What the oracle asks of the limiter, by its public API.

use std::time::Duration;

use ratebook::{Metric, Provider as Catalog};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, AccountBuilder, Clock, Cost, Model, Quota, Refused, Wait};

use crate::scenario::{GRACE, Provider, Setup};

/// The account of a setup, on a clock of the caller's.
pub(crate) fn account(setup: &Setup, clock: Clock) -> Account {
    let builder = builder(setup, clock).burst(setup.burst).resolution(setup.resolution).backoff_seed(7);
    let builder = if setup.utc { builder.calendar(ratebook::Calendar::Utc) } else { builder };
    let builder = setup.class.into_iter().fold(builder, |builder, percent| builder.class("c", percent));
    builder.build().expect("a setup of the oracle can be built")
}

/// How long a new call would wait, as far as is known.
pub(crate) fn foreseen(model: &Model, cost: Cost) -> Result<Duration, String> {
    match model.estimate_wait(cost) {
        Ok(()) => Ok(Duration::ZERO),
        Err(Refused::Wait(wait)) => told(&wait),
        Err(Refused::Never(never)) => Err(never.to_string()),
    }
}

/// The length of a wait, where one is told.
pub(crate) fn told(wait: &Wait) -> Result<Duration, String> {
    wait.foreseen().ok_or_else(|| "no time is told".to_owned())
}

fn builder(setup: &Setup, clock: Clock) -> AccountBuilder {
    let builder = match &setup.provider {
        Provider::Own(limits) => {
            let builder = Account::custom("oracle").dialect(Dialect::OPENAI);
            // Each model has a limit that no call of the oracle counts in, and so is known.
            let known = ["a", "b"].map(|model| Quota::new(Metric::SpendUsd, 1).per_day().of_model(model));
            let builder = known.into_iter().fold(builder, |builder, quota| builder.limit(quota));
            limits.iter().fold(builder, |builder, own| {
                let quota = Quota::new(own.metric, own.amount);
                let quota = own.per.map_or(quota.at_once(), |per| quota.per_period(per));
                builder.limit(if own.model == "*" { quota } else { quota.of_model(own.model) })
            })
        }
        // A slow start is a limit of its own, which the log does not know.
        Provider::Alibaba => Account::builder(Catalog::Alibaba).region("international").slow_start(100, Duration::ZERO),
        Provider::Fireworks => Account::builder(Catalog::Fireworks).plan("tier-2").slow_start(100, Duration::ZERO),
    };
    builder.clock(clock).grace(Duration::from_nanos(GRACE))
}
