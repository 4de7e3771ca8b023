//! The limiter's API as issue 11 has it.

use std::time::Duration;

use ratebook::{Metric, Period, Provider as Catalog};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, AccountBuilder, Clock, Cost, Model, Permit, Quota, Refused};

use crate::scenario::{GRACE, Provider, Setup};

pub(crate) fn builder(setup: &Setup, clock: Clock) -> AccountBuilder {
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

pub(crate) async fn acquire(model: &Model, cost: Cost) -> Result<Permit<&Model>, Refused> {
    model.acquire(cost).await
}

pub(crate) fn reset_limit(account: &Account, metric: Metric, per: Option<Period>, _published: u64) -> usize {
    account.reset_limit(metric, per)
}

pub(crate) fn limit_model(model: &Model, metric: Metric, per: Option<Period>, amount: u64) -> usize {
    model.set_limit(metric, per, amount)
}

pub(crate) fn reset_model(model: &Model, metric: Metric, per: Option<Period>, _published: u64) -> usize {
    model.reset_limit(metric, per)
}

pub(crate) fn resume(account: &Account) {
    account.resume();
}

pub(crate) fn forget(account: &Account) {
    account.forget();
}
