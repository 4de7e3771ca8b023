//! Spans and events of a route's calls. [`super`] documents them.

use std::sync::Arc;
use std::time::Duration;

use ::tracing::{Span, debug_span};

use super::names::{name_of_calls, name_of_pool};
use super::reason::Reason;
#[cfg(feature = "feedback")]
use crate::feedback::{InvalidValue, Refusal};
use crate::limit::LimitInForce;
#[cfg(feature = "feedback")]
use crate::nanos::Nanos;
use crate::pool::PoolKey;
use crate::refusal::Wait;
use crate::settings::Settings;

/// The target of all spans and events.
pub const TARGET: &str = "ratebook_limiter";

/// Sends the events of a route's calls.
#[derive(Clone, Debug)]
pub(super) struct Events(Arc<Fields>);

/// The fields that all events of a route have.
#[derive(Debug)]
struct Fields {
    provider: &'static str,
    account: Option<Arc<str>>,
    model: String,
    /// The names of the pools, in the order of the route's draws.
    pools: Box<[String]>,
}

/// Sends an event with the common fields and its own.
macro_rules! event {
    ($level:ident, $name:literal, $events:expr, { $($fields:tt)* }, $message:literal) => {
        ::tracing::$level!(
            name: $name,
            target: TARGET,
            {
                provider = $events.0.provider,
                account = $events.0.account.as_deref(),
                model = $events.0.model,
                $($fields)*
            },
            $message
        )
    };
}
impl Events {
    pub(super) fn new(settings: &Settings, limits: &[&PoolKey]) -> Self {
        Self(Arc::new(Fields {
            provider: settings.provider.name(),
            account: settings.label.name.clone(),
            model: name_of_calls(limits),
            pools: limits.iter().map(|key| name_of_pool(key).to_owned()).collect(),
        }))
    }

    fn pool(&self, position: Option<usize>) -> Option<&str> {
        position.and_then(|position| self.0.pools.get(position)).map(String::as_str)
    }

    /// Opens the span of a wait. Returns a disabled span for `None`.
    pub(super) fn wait(&self, wait: Option<&Wait>) -> WaitSpan {
        WaitSpan(wait.map_or_else(Span::none, |wait| {
            debug_span!(
                target: TARGET,
                "wait",
                provider = self.0.provider,
                account = self.0.account.as_deref(),
                model = self.0.model,
                limit = %wait.limit,
                expected_seconds = wait.foreseen().map(|delay| delay.as_secs_f64()),
            )
        }))
    }

    pub(super) fn admitted(&self, waited_seconds: f64) {
        event!(debug, "admitted", self, { waited_seconds }, "a call is admitted after a wait");
    }

    pub(super) fn left(&self, waited_seconds: f64) {
        event!(debug, "left", self, { waited_seconds }, "a waiting call is dropped");
    }

    pub(super) fn dropped(&self, position: Option<usize>, limit: &LimitInForce, amount: u64) {
        let pool = self.pool(position);
        event!(warn, "usage_dropped", self, { pool, %limit, amount }, "usage above the maximum debt is not charged");
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
                event!(debug, "would_have_waited", self, { pool, %limit }, "a call would have been held back");
            }
            // A caller may ask often, and what a vendor refuses has an event of its own.
            Reason::Wait => {}
            #[cfg(feature = "feedback")]
            Reason::Vendor => {}
        }
    }
}

#[cfg(feature = "feedback")]
impl Events {
    pub(super) fn vendor_refused(
        &self,
        refusal: &Refusal,
        position: Option<usize>,
        limit: Option<&LimitInForce>,
        pause: Option<Nanos>,
    ) {
        let (pool, limit) = (self.pool(position), limit.map(::tracing::field::display));
        let (metric, remedy) = (refusal.metric.map(ratebook::Metric::name), refusal.remedy.name());
        let pause_seconds = pause.map(|pause| pause.get() as f64 / 1e9);
        event!(
            warn,
            "vendor_refused",
            self,
            { pool, limit, metric, remedy, pause_seconds },
            "the vendor refused a call"
        );
    }

    pub(super) fn penalized(&self, after: ratebook::PenaltyTrigger, pause: Nanos) {
        let (after, pause_seconds) = (after.name(), pause.get() as f64 / 1e9);
        event!(warn, "penalized", self, { after, pause_seconds }, "the vendor refuses every call for a time");
    }

    pub(super) fn limit_changed(&self, position: Option<usize>, before: &LimitInForce, now: &LimitInForce) {
        let (pool, before) = (self.pool(position), before.amount);
        event!(info, "limit_changed", self, { pool, limit = %now, before }, "a response states another limit");
    }

    pub(super) fn shrunk(&self, position: Option<usize>, limit: &LimitInForce, remaining: u64) {
        let pool = self.pool(position);
        event!(debug, "shrunk", self, { pool, %limit, remaining }, "a response states less remaining");
    }

    pub(super) fn invalid_value(&self, at: &str, why: InvalidValue) {
        event!(warn, "invalid_value", self, { at, %why }, "a response has a value that cannot be used");
    }
}

/// The span of a wait.
#[derive(Debug)]
pub(super) struct WaitSpan(Span);

impl WaitSpan {
    /// Runs a closure within the span.
    pub(super) fn in_scope<R>(&self, run: impl FnOnce() -> R) -> R {
        self.0.in_scope(run)
    }

    /// Closes the span.
    pub(super) fn end(&mut self) {
        self.0 = Span::none();
    }
}
