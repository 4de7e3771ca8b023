//! The oracle's use of the limiter's public API.

use std::time::Duration;

use ratebook::{Metric, Provider as Catalog};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, AccountBuilder, Clock, Cost, Model, Quota, Refused, Wait};

use crate::scenario::{GRACE, Provider, Setup};

/// Returns the account of a setup, on the given clock.
pub(crate) fn account(setup: &Setup, clock: Clock) -> Account {
    let builder = builder(setup, clock).burst(setup.burst).resolution(setup.resolution).backoff_seed(7);
    let builder = builder.calendar(setup.calendar);
    let builder = setup.growth.into_iter().fold(builder, AccountBuilder::growth);
    let builder = setup.penalties.iter().copied().fold(builder, AccountBuilder::penalty);
    let builder = setup.class.into_iter().fold(builder, |builder, percent| builder.class("c", percent));
    builder.build().expect("a setup of the oracle can be built")
}

/// Returns the forecast of a new call's wait.
pub(crate) fn forecast(model: &Model, cost: Cost) -> Result<Duration, String> {
    match model.estimate_wait(cost) {
        Ok(()) => Ok(Duration::ZERO),
        Err(Refused::Wait(wait)) => stated(&wait),
        Err(Refused::Never(never)) => Err(never.to_string()),
    }
}

/// Returns the length of a wait, or an error if none is stated.
pub(crate) fn stated(wait: &Wait) -> Result<Duration, String> {
    wait.foreseen().ok_or_else(|| "no time is stated".to_owned())
}

fn builder(setup: &Setup, clock: Clock) -> AccountBuilder {
    let builder = match &setup.provider {
        Provider::Own(limits) => {
            let builder = Account::custom("oracle").dialect(Dialect::of(ratebook::Provider::Openai));
            // Each model needs a limit, so that it is known. No call of the oracle counts in this one.
            let known = ["a", "b"].map(|model| Quota::new(Metric::SpendUsd, 1).per_day().of_model(model));
            let builder = known.into_iter().fold(builder, |builder, quota| builder.limit(quota));
            limits.iter().fold(builder, |builder, own| {
                let quota = Quota::new(own.metric, own.amount);
                let quota = own.per.map_or(quota.at_once(), |per| quota.per_period(per));
                builder.limit(if own.model == "*" { quota } else { quota.of_model(own.model) })
            })
        }
        // A slow start is a further limit, which the log does not keep.
        Provider::Alibaba => Account::builder(Catalog::Alibaba).region("international").slow_start(100, Duration::ZERO),
        Provider::Acme => Account::builder(Catalog::Acme).slow_start(100, Duration::ZERO),
        Provider::Fireworks => Account::builder(Catalog::Fireworks).plan("tier-2").slow_start(100, Duration::ZERO),
    };
    builder.clock(clock).grace(Duration::from_nanos(GRACE))
}
