//! A limit that others draw from too, unseen: what of it may be used is found by trying, with additive increase and
//! multiplicative decrease (Chiu and Jain 1989), where the increase gets steeper the longer nothing was refused (Leith and
//! Shorten 2004): near to where the last refusal was it is slow, and what others leave free is soon found.
#![cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "only replies change it"))]

use crate::nanos::Nanos;

/// All of the limit.
const WHOLE: u64 = 1 << 20;

/// Of what was used when a call was refused, so much less.
const DECREASE: u64 = 16;

/// At first, the share rises by so much of the whole in a window.
const INCREASE: u64 = 24;

/// Steps of the rise within a window.
const STEPS: u64 = 16;

/// So many steps it rises at first, and in each so many more twice as steeply.
const SLOW_STEPS: u64 = STEPS;

/// The share of a limit that may be used, between a floor and all of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AimdShare {
    floor: u64,
    share: u64,
    /// When a call was last refused.
    fell_at: Nanos,
    /// How many steps it has risen since.
    risen: u64,
    /// Nanoseconds from one step of the rise to the next.
    step: Nanos,
}

impl AimdShare {
    /// A share that never falls below so many percent of a limit over so many nanoseconds.
    pub(crate) fn new(floor_percent: u8, width: Nanos) -> Self {
        let floor = WHOLE * u64::from(floor_percent.min(100)) / 100;
        Self { floor, share: WHOLE, fell_at: Nanos::ZERO, risen: 0, step: width.scaled(1, STEPS).max(Nanos::new(1)) }
    }

    /// All of the limit again.
    pub(crate) fn whole(mut self) -> Self {
        self.share = WHOLE;
        self
    }

    /// What of a limit may be used.
    pub(crate) fn of(&self, limit: u64) -> u64 {
        let share = u128::from(limit) * u128::from(self.share) / u128::from(WHOLE);
        (share as u64).max(limit.min(1))
    }

    /// Rises by the steps that are due.
    pub(crate) fn advance(&mut self, now: Nanos) {
        let due = (now - self.fell_at).get() / self.step.get();
        while self.risen < due && self.share < WHOLE {
            let doublings = (self.risen / SLOW_STEPS).min(8);
            self.share = (self.share + ((WHOLE / (INCREASE * STEPS)) << doublings)).min(WHOLE);
            self.risen += 1;
        }
    }

    /// The share after a call was refused: less than what was then used of a limit.
    pub(crate) fn after_refusal(mut self, now: Nanos, used: u64, limit: u64) -> Self {
        let used = u128::from(used.min(limit)) * u128::from(WHOLE) / u128::from(limit.max(1));
        let share = (used as u64).min(self.share);
        self.share = (share - share / DECREASE).max(self.floor);
        (self.fell_at, self.risen) = (now, 0);
        self
    }

    /// When it next rises; `None` where it is the whole.
    pub(crate) fn next_change(&self) -> Option<Nanos> {
        (self.share < WHOLE).then(|| self.fell_at + self.step.times(self.risen.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_falls_below_what_was_used_and_rises_evenly_and_then_steeply_to_the_whole() {
        let mut sharing = AimdShare::new(10, Nanos::new(1_600));
        assert_eq!((sharing.of(1_000), sharing.next_change()), (1_000, None));
        sharing = sharing.after_refusal(Nanos::ZERO, 640, 1_000);
        assert_eq!((sharing.of(1_000), sharing.next_change()), (599, Some(Nanos::new(100))));
        let mut at = |now: u64| {
            sharing.advance(Nanos::new(now));
            sharing.of(1_000)
        };
        assert_eq!([99, 100, 1_600, 3_200, 4_800, 6_400].map(&mut at), [599, 602, 641, 724, 891, 1_000]);
        assert_eq!(at(u64::MAX), 1_000);
        assert_eq!(sharing.after_refusal(Nanos::ZERO, 20, 1_000).of(1_000), 99, "the floor");
    }
}
