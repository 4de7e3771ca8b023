//! Events of a route's calls; what each means is told in [`super`].

use std::sync::Arc;
use std::time::Duration;

use ::tracing::{Span, debug_span};

use super::{Reason, name_of_calls};
use crate::builder::Settings;
use crate::limit::LimitInForce;
use crate::refusal::Wait;
use crate::rules::PoolKey;

/// The target of all spans and events.
pub const TARGET: &str = "ratebook_limiter";

/// Whose calls are told of.
#[derive(Debug)]
pub(super) struct About {
    provider: &'static str,
    account: Option<Arc<str>>,
    model: String,
    /// The pools of the limits, in their order.
    pools: Box<[String]>,
}

/// An event with the fields that all have.
macro_rules! event {
    ($level:ident, $name:literal, $about:expr, { $($fields:tt)* }, $message:literal) => {
        ::tracing::$level!(
            name: $name,
            target: $crate::telemetry::TARGET,
            {
                provider = $about.provider(),
                account = $about.account(),
                model = $about.model(),
                $($fields)*
            },
            $message
        )
    };
}
#[cfg(feature = "feedback")]
pub(super) use event;

impl About {
    pub(super) fn new(settings: &Settings, limits: &[&PoolKey]) -> Self {
        Self {
            provider: settings.provider.name(),
            account: settings.telemetry.name.clone(),
            model: name_of_calls(limits),
            pools: limits.iter().map(|key| key.name().to_owned()).collect(),
        }
    }

    pub(super) fn provider(&self) -> &'static str {
        self.provider
    }

    pub(super) fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    pub(super) fn model(&self) -> &str {
        &self.model
    }

    pub(super) fn pool(&self, position: Option<usize>) -> Option<&str> {
        position.and_then(|position| self.pools.get(position)).map(String::as_str)
    }

    pub(super) fn wait(&self, wait: &Wait) -> Span {
        debug_span!(
            target: TARGET,
            "wait",
            provider = self.provider(),
            account = self.account(),
            model = self.model(),
            limit = %wait.limit,
            expected_seconds = wait.foreseen().map(|delay| delay.as_secs_f64()),
        )
    }

    pub(super) fn admitted(&self, waited_seconds: f64) {
        event!(debug, "admitted", self, { waited_seconds }, "a call is admitted after a wait");
    }

    pub(super) fn left(&self, waited_seconds: f64) {
        event!(debug, "left", self, { waited_seconds }, "a call that waited is given up");
    }

    pub(super) fn dropped(&self, position: Option<usize>, limit: &LimitInForce, amount: u64) {
        let pool = self.pool(position);
        event!(warn, "usage_dropped", self, { pool, %limit, amount }, "usage above what may be owed is not charged");
    }

    pub(super) fn refused(
        &self,
        reason: Reason,
        position: Option<usize>,
        limit: &LimitInForce,
        wait: Option<Duration>,
    ) {
        let pool = self.pool(position);
        match reason {
            Reason::Deadline | Reason::Never => {
                let (reason, wait_seconds) = (reason.name(), wait.map(|wait| wait.as_secs_f64()));
                event!(debug, "refused", self, { reason, pool, %limit, wait_seconds }, "a call is refused");
            }
            Reason::Shadow => {
                event!(debug, "held_back", self, { pool, %limit }, "a call would have been held back");
            }
            _ => {}
        }
    }
}
