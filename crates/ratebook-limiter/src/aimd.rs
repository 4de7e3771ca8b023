//! AIMD for a limit that clients outside this process also draw from. The usable share is found by probing: additive
//! increase, and multiplicative decrease at a refusal (Chiu and Jain 1989). The increase doubles with the time since
//! the last refusal (Leith and Shorten 2004), so it is slow near the level of that refusal, and capacity that others
//! leave is found soon.
#![cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "used with `feedback` only"))]

use crate::nanos::Nanos;

/// The whole limit, in the fixed point of `share`.
const WHOLE: u64 = 1 << 20;

/// The decrease at a refusal: a 16th of what was in use.
const DECREASE: u64 = 16;

/// The initial increase: a 24th of the whole limit per window.
const INCREASE: u64 = 24;

/// Steps of the increase per window.
const STEPS: u64 = 16;

/// The increase doubles after each of these numbers of steps: once per window.
const STEPS_PER_DOUBLING: u64 = STEPS;

/// The share of a limit that may be used, between a floor and the whole limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AimdShare {
    floor: u64,
    share: u64,
    /// The time of the last refusal.
    decreased_at: Nanos,
    /// Steps of increase since then.
    steps: u64,
    /// The time between two steps.
    step: Nanos,
}

impl AimdShare {
    /// Returns a share of the whole limit, for a window of `width`. It never decreases below `floor_percent` percent.
    pub(crate) fn new(floor_percent: u8, width: Nanos) -> Self {
        let floor = WHOLE * u64::from(floor_percent.min(100)) / 100;
        Self {
            floor,
            share: WHOLE,
            decreased_at: Nanos::ZERO,
            steps: 0,
            step: width.scaled(1, STEPS).max(Nanos::new(1)),
        }
    }

    /// Returns the share at the whole limit.
    pub(crate) fn reset(mut self) -> Self {
        self.share = WHOLE;
        self
    }

    /// Returns the usable part of a limit: at least 1, unless the limit is 0.
    pub(crate) fn of(&self, limit: u64) -> u64 {
        let share = u128::from(limit) * u128::from(self.share) / u128::from(WHOLE);
        (share as u64).max(limit.min(1))
    }

    /// Applies the steps of increase that are due at `now`.
    pub(crate) fn advance(&mut self, now: Nanos) {
        let due = (now - self.decreased_at).get() / self.step.get();
        while self.steps < due && self.share < WHOLE {
            let doublings = (self.steps / STEPS_PER_DOUBLING).min(8);
            self.share = (self.share + ((WHOLE / (INCREASE * STEPS)) << doublings)).min(WHOLE);
            self.steps += 1;
        }
    }

    /// Returns the share after a refusal: below what was in use when the call was refused.
    pub(crate) fn after_refusal(mut self, now: Nanos, used: u64, limit: u64) -> Self {
        let used = u128::from(used.min(limit)) * u128::from(WHOLE) / u128::from(limit.max(1));
        let share = (used as u64).min(self.share);
        self.share = (share - share / DECREASE).max(self.floor);
        (self.decreased_at, self.steps) = (now, 0);
        self
    }

    /// The time of the next step, or `None` at the whole limit.
    pub(crate) fn next_change(&self) -> Option<Nanos> {
        (self.share < WHOLE).then(|| self.decreased_at + self.step.times(self.steps.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_decreases_the_share_and_it_rises_slowly_and_then_steeply() {
        let mut share = AimdShare::new(10, Nanos::new(1_600));
        assert_eq!((share.of(1_000), share.next_change()), (1_000, None));
        share = share.after_refusal(Nanos::ZERO, 640, 1_000);
        assert_eq!((share.of(1_000), share.next_change()), (599, Some(Nanos::new(100))));
        let mut at = |now: u64| {
            share.advance(Nanos::new(now));
            share.of(1_000)
        };
        assert_eq!([99, 100, 1_600, 3_200, 4_800, 6_400].map(&mut at), [599, 602, 641, 724, 891, 1_000]);
        assert_eq!(at(u64::MAX), 1_000);
        assert_eq!(share.after_refusal(Nanos::ZERO, 20, 1_000).of(1_000), 99, "the floor");
    }
}
