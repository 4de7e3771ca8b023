//! How a rate rises from a cold start, where a vendor refuses steep rises.

use super::Meter;
use crate::limit_state::share;
use crate::nanos::Nanos;
use crate::withheld::Withheld;

/// How a rate rises from a cold start, where a vendor refuses steep rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlowStart {
    /// What may be used at once, in percent of the limit: [`SlowStart::LEAST`] at least.
    pub(crate) from_percent: u8,
    /// The time within which the rest is set free, evenly.
    pub(crate) over: Nanos,
}

impl SlowStart {
    /// So many calls at once are no steep rise, whatever the limit.
    const LEAST: u64 = 10;

    /// What of a limit may be used at once.
    pub(super) fn from(self, limit: u64) -> u64 {
        share(limit, self.from_percent).max(Self::LEAST).min(limit)
    }
}

/// After so long without a call, a start is cold.
const COLD: Nanos = Nanos::new(300_000_000_000);

/// A slow start, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlowStarting {
    pub(super) rule: SlowStart,
    /// When a call was last charged.
    pub(super) charged_at: Option<Nanos>,
    /// Whether what is withheld is by the slow start, and not by the vendor's word.
    pub(super) withholds: bool,
}

impl SlowStarting {
    pub(super) fn is_cold(&self, now: Nanos) -> bool {
        self.charged_at.is_none_or(|at| now - at >= COLD)
    }
}

impl Meter {
    /// While no call has come for long, withholds all but what a slow start begins with: the first call sets the rest free
    /// by and by. What the vendor has asked to withhold stays.
    pub(super) fn cool_down(&mut self, now: Nanos) {
        let limit = self.limit;
        let Some(slow_start) = &mut self.slow_start else { return };
        if !slow_start.is_cold(now) {
            return;
        }
        let vendor_state = self.vendor_state.get_or_insert_default();
        if slow_start.withholds || vendor_state.withheld.is_over(now) {
            let from = slow_start.rule.from(limit);
            vendor_state.withheld = Withheld::new(now, limit - from, (limit - from, slow_start.rule.over));
            vendor_state.floor = Some(from.max(1));
            slow_start.withholds = true;
        }
    }
}
