//! What there is today. Where a call is absent, what comes nearest to it.

use ratebook::{Metric, Period, Provider as Catalog};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, AccountBuilder, Clock, Cost, Model, Never, Permit};

use crate::scenario::{Provider, Setup};

pub(crate) fn builder(setup: &Setup, clock: Clock) -> AccountBuilder {
    match &setup.provider {
        Provider::Own(limits) => {
            // A model's name is known once it has a limit, which counts nothing here.
            let builder = Account::builder(Catalog::Cloudflare).clock(clock).dialect(Dialect::OPENAI);
            let builder = ["a", "b"]
                .into_iter()
                .fold(builder, |builder, model| builder.negotiated(model, Metric::AudioMinutes, Some(Period::Day), 1));
            limits.iter().fold(builder, |builder, own| builder.negotiated(own.model, own.metric, own.per, own.amount))
        }
        Provider::Alibaba => Account::builder(Catalog::Alibaba).region("international").clock(clock),
        Provider::Fireworks => Account::builder(Catalog::Fireworks).plan("tier-2").clock(clock),
    }
}

pub(crate) async fn acquire(model: &Model, cost: Cost) -> Result<Permit<&Model>, Never> {
    model.acquire(cost).await
}

/// Absent: the published amount is set instead.
pub(crate) fn reset_limit(account: &Account, metric: Metric, per: Option<Period>, published: u64) -> usize {
    account.set_limit(metric, per, published)
}

/// Absent: changes the limits of all models.
pub(crate) fn limit_model(model: &Model, metric: Metric, per: Option<Period>, amount: u64) -> usize {
    model.account().set_limit(metric, per, amount)
}

/// Absent, as [`reset_limit`].
pub(crate) fn reset_model(model: &Model, metric: Metric, per: Option<Period>, published: u64) -> usize {
    model.account().set_limit(metric, per, published)
}

/// Absent.
pub(crate) fn resume(_: &Account) {}

/// Absent.
pub(crate) fn forget(_: &Account) {}
