//! How an account parses responses, and how long it backs off.

use std::time::Duration;

use fastrand::Rng;

use super::Dialect;
use crate::account_provider::AccountProvider;
use crate::nanos::Nanos;

/// How an account parses and applies responses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeedbackSettings {
    pub(crate) dialect: Dialect,
    /// Whether a call that was served over a limit slows the account down. Default: false.
    pub(crate) slows_down_over_limit: bool,
    /// The seed of random backoffs. Default: random.
    pub(crate) seed: Option<u64>,
    /// The longest backoff after refusals that state neither a time nor a window. Default: 60 s, or as the provider's
    /// policy states.
    longest_backoff: Nanos,
}

impl FeedbackSettings {
    /// Returns the default settings of a provider. One that is not in the catalog has the plain dialect.
    pub(crate) fn of(provider: &AccountProvider) -> Self {
        let dialect = provider.catalog().map_or(Dialect::PLAIN, Dialect::of);
        let mut feedback = Self { dialect, slows_down_over_limit: false, seed: None, longest_backoff: Nanos::ZERO };
        feedback.recover_as(provider);
        feedback
    }

    /// Caps backoffs at the time that a provider's refusals typically last. Default: 60 s.
    pub(crate) fn recover_as(&mut self, provider: &AccountProvider) {
        let recovery = provider.policy().recovery_seconds.unwrap_or(60);
        self.longest_backoff = Nanos::SECOND.times(recovery.into());
    }

    /// Returns the generator of random backoffs.
    pub(crate) fn rng(&self) -> Rng {
        self.seed.map_or_else(Rng::new, Rng::with_seed)
    }

    /// Returns a backoff after a number of consecutive refusals: capped, exponential, with full jitter (Brooker, 2015).
    ///
    /// A window of more than an hour needs more than a short wait. Its backoff begins with a sixtieth of the window, is
    /// capped at the window, and has jitter in the upper half only.
    pub(super) fn backoff(&self, refusals: u32, window: Option<Duration>, rng: &mut Rng) -> Nanos {
        let long = window.map(Nanos::from).filter(|window| *window > Nanos::HOUR);
        let (first, longest) =
            long.map_or((Nanos::SECOND, self.longest_backoff), |window| (window.scaled(1, 60), window));
        let max = first.times(1 << refusals.saturating_sub(1).min(32)).min(longest).get();
        Nanos::new(rng.u64(if long.is_some() { max / 2 } else { 0 }..=max))
    }
}
