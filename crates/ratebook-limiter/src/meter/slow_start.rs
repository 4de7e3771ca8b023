//! Slow start: how a rate rises from a cold start, for vendors that refuse steep rises.

use super::Meter;
use crate::limit_state::share;
use crate::nanos::Nanos;
use crate::withheld::Withheld;

/// How a rate rises from a cold start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlowStart {
    /// Percent of the limit available at once, and at least [`SlowStart::LEAST`] calls.
    pub(crate) from_percent: u8,
    /// The time within which the rest is released, evenly.
    pub(crate) over: Nanos,
}

impl SlowStart {
    /// The number of calls that are never too steep a rise, whatever the limit.
    const LEAST: u64 = 10;

    /// The amount of a limit that is available at once.
    pub(super) fn from(self, limit: u64) -> u64 {
        share(limit, self.from_percent).max(Self::LEAST).min(limit)
    }
}

/// The idle time after which a start is cold: five minutes.
const COLD: Nanos = Nanos::new(300_000_000_000);

/// A slow start and its state.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlowStarting {
    pub(super) config: SlowStart,
    /// The time of the last charge.
    pub(super) charged_at: Option<Nanos>,
    /// Whether the slow start withholds what is withheld, rather than a response.
    pub(super) withholds: bool,
}

impl SlowStarting {
    pub(super) fn is_cold(&self, now: Nanos) -> bool {
        self.charged_at.is_none_or(|at| now - at >= COLD)
    }
}

impl Meter {
    /// After a long idle time, withholds all but what a slow start begins with. The first call starts the release. What
    /// a response has asked to withhold stays.
    pub(super) fn cool_down(&mut self, now: Nanos) {
        let limit = self.limit;
        let Some(slow_start) = &mut self.slow_start else { return };
        if !slow_start.is_cold(now) {
            return;
        }
        let vendor_state = self.vendor_state.get_or_insert_default();
        if slow_start.withholds || vendor_state.withheld.is_over(now) {
            let from = slow_start.config.from(limit);
            vendor_state.withheld = Withheld::new(now, limit - from, (limit - from, slow_start.config.over));
            vendor_state.floor = Some(from.max(1));
            slow_start.withholds = true;
        }
    }
}
