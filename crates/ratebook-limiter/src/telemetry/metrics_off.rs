//! Replaces `metrics.rs` without the feature `metrics`. All functions do nothing.

use super::WaitOutcome;
use super::reason::Reason;
use crate::pool::PoolKey;
use crate::settings::Settings;

#[derive(Clone, Debug)]
pub(super) struct Counts;

impl Counts {
    pub(super) fn new(_settings: &Settings, _limits: &[&PoolKey]) -> Self {
        Self
    }

    #[inline(always)]
    pub(super) fn admitted(&self) {}

    #[inline(always)]
    pub(super) fn refused(&self, _reason: Reason, _position: Option<usize>) {}

    pub(super) fn dropped(&self, _position: Option<usize>, _amount: u64) {}

    pub(super) fn wait_begins(&self) {}

    pub(super) fn wait_ends(&self, _outcome: WaitOutcome, _seconds: f64) {}
}

#[derive(Debug)]
pub(crate) struct Gauges;

impl Gauges {
    pub(crate) fn new(_settings: &Settings, _limit: &PoolKey) -> Self {
        Self
    }

    pub(crate) fn update_gauges(&self, _used: u64, _withheld: u64, _limit: u64) {}
}
