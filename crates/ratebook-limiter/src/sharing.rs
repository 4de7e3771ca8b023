//! A limit that others draw from too, unseen: what of it may be used is found by trying, with additive increase and
//! multiplicative decrease (Chiu and Jain 1989).
#![cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "only replies change it"))]

/// All of the limit.
const WHOLE: u64 = 1 << 16;

/// Windows in which the share rises from nothing to the whole.
const WINDOWS: u64 = 12;

/// Steps of the rise within a window.
const STEPS: u64 = 8;

/// The share of a limit that may be used, between a floor and all of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sharing {
    floor: u64,
    share: u64,
    /// Since when the present share has not risen.
    since: u64,
    /// Nanoseconds from one step of the rise to the next.
    step: u64,
}

impl Sharing {
    /// A share that never falls below so many percent of a limit over so many nanoseconds.
    pub(crate) fn new(floor_percent: u8, width: u64) -> Self {
        let floor = WHOLE * u64::from(floor_percent.min(100)) / 100;
        Self { floor, share: WHOLE, since: 0, step: (width / STEPS).max(1) }
    }

    /// What of a limit may be used.
    pub(crate) fn of(&self, limit: u64) -> u64 {
        let share = u128::from(limit) * u128::from(self.share) / u128::from(WHOLE);
        (share as u64).max(limit.min(1))
    }

    /// Rises by the steps that are due.
    pub(crate) fn advance(&mut self, now: u64) {
        let steps = now.saturating_sub(self.since) / self.step;
        if steps > 0 {
            self.share = self.share.saturating_add(steps.saturating_mul(WHOLE / (WINDOWS * STEPS))).min(WHOLE);
            self.since = self.since.saturating_add(steps.saturating_mul(self.step));
        }
    }

    /// Falls to an eighth less than what was used of a limit when a call was refused.
    pub(crate) fn fall(&mut self, now: u64, used: u64, limit: u64) {
        let used = u128::from(used.min(limit)) * u128::from(WHOLE) / u128::from(limit.max(1));
        let share = (used as u64).min(self.share);
        self.share = (share - share / 8).max(self.floor);
        self.since = now;
    }

    /// When it next rises; `None` where it is the whole.
    pub(crate) fn next_change(&self) -> Option<u64> {
        (self.share < WHOLE).then(|| self.since.saturating_add(self.step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_falls_below_what_was_used_and_rises_evenly_to_the_whole() {
        let mut sharing = Sharing::new(10, 800);
        assert_eq!((sharing.of(1_000), sharing.next_change()), (1_000, None));
        sharing.fall(0, 640, 1_000);
        assert_eq!((sharing.of(1_000), sharing.next_change()), (560, Some(100)));
        sharing.advance(99);
        assert_eq!(sharing.of(1_000), 560);
        sharing.advance(800);
        assert_eq!(sharing.of(1_000), 643);
        sharing.advance(u64::MAX);
        assert_eq!(sharing.of(1_000), 1_000);
        sharing.fall(0, 20, 1_000);
        assert_eq!(sharing.of(1_000), 99, "the floor");
    }
}
