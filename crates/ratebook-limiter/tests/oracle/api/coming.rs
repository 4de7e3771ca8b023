//! The limiter's API as issue 11 has it.

use std::time::Duration;

use ratebook::{Metric, Period, Provider as Catalog};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, AccountBuilder, Clock, Cost, Model, Permit, Refused};

use crate::scenario::{GRACE, Provider, Setup};

pub(crate) fn builder(setup: &Setup, clock: Clock) -> AccountBuilder {
    let builder = match &setup.provider {
        // Once there is `Account::custom("oracle").limit(Quota)`, it belongs here.
        Provider::Own(limits) => {
            let builder = Account::builder(Catalog::Cloudflare).dialect(Dialect::OPENAI);
            let builder = ["a", "b"]
                .into_iter()
                .fold(builder, |builder, model| builder.negotiated(model, Metric::AudioMinutes, Some(Period::Day), 1));
            limits.iter().fold(builder, |builder, own| builder.negotiated(own.model, own.metric, own.per, own.amount))
        }
        // `slow_start` has to be off here: its rise is a limit of its own, which the log does not know.
        Provider::Alibaba => Account::builder(Catalog::Alibaba).region("international"),
        Provider::Fireworks => Account::builder(Catalog::Fireworks).plan("tier-2"),
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
