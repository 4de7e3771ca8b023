//! Replaces `tracing.rs` without the feature `tracing`. All functions do nothing.

use std::time::Duration;

use super::reason::Reason;
#[cfg(feature = "feedback")]
use crate::feedback::{InvalidValue, Refusal};
use crate::limit::LimitInForce;
#[cfg(feature = "feedback")]
use crate::nanos::Nanos;
use crate::pool::PoolKey;
use crate::refusal::Wait;
use crate::settings::Settings;

#[derive(Clone, Debug)]
pub(super) struct Events;

impl Events {
    pub(super) fn new(_settings: &Settings, _limits: &[&PoolKey]) -> Self {
        Self
    }

    pub(super) fn wait(&self, _wait: Option<&Wait>) -> WaitSpan {
        WaitSpan
    }

    pub(super) fn admitted(&self, _waited_seconds: f64) {}

    pub(super) fn left(&self, _waited_seconds: f64) {}

    pub(super) fn dropped(&self, _position: Option<usize>, _limit: &LimitInForce, _amount: u64) {}

    pub(super) fn refused(
        &self,
        _reason: Reason,
        _position: Option<usize>,
        _limit: &LimitInForce,
        _wait: Option<Duration>,
    ) {
    }
}

#[cfg(feature = "feedback")]
impl Events {
    pub(super) fn vendor_refused(
        &self,
        _refusal: &Refusal,
        _position: Option<usize>,
        _limit: Option<&LimitInForce>,
        _pause: Option<Nanos>,
    ) {
    }

    pub(super) fn penalized(&self, _after: ratebook::PenaltyTrigger, _pause: Nanos) {}

    pub(super) fn limit_changed(&self, _position: Option<usize>, _before: &LimitInForce, _now: &LimitInForce) {}

    pub(super) fn shrunk(&self, _position: Option<usize>, _limit: &LimitInForce, _left: u64) {}

    pub(super) fn invalid_value(&self, _at: &str, _why: InvalidValue) {}
}

#[derive(Debug)]
pub(super) struct WaitSpan;

impl WaitSpan {
    pub(super) fn in_scope<R>(&self, run: impl FnOnce() -> R) -> R {
        run()
    }

    pub(super) fn end(&mut self) {}
}
