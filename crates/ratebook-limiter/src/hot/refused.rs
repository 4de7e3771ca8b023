//! What a route's last refused call was told, so that the next such call is told without asking the schedule.

use super::{AtomicU64, Cost, Latch, Latched, NONE, Ordering, Quick};

/// A refusal of a route's call, as it was told: for such a call the answer while the tick, all headrooms and the meters
/// are the same. Read without the latch, for that changes nothing.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The changes of the meters until then, and below them the number of the refusal: who reads the same twice has read
    /// what belongs together in between.
    version: AtomicU64,
    amounts: [AtomicU64; 4],
    headrooms: [AtomicU64; 4],
    position: AtomicU64,
    delay: AtomicU64,
    /// The amount and the window of the limit in the way.
    limit: [AtomicU64; 2],
}

/// What a refused call was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// The limit in the way, by its position among those of the route, with its amount and its window in nanoseconds.
    pub(crate) position: usize,
    pub(crate) amount: u64,
    pub(crate) window: u64,
    /// How long it lasts, in nanoseconds.
    pub(crate) delay: u64,
}

impl Refused {
    pub(crate) fn new() -> Self {
        let zeros = || std::array::from_fn(|_| AtomicU64::new(0));
        let (version, position, delay) = (AtomicU64::new(NONE), AtomicU64::new(0), AtomicU64::new(0));
        let limit = std::array::from_fn(|_| AtomicU64::new(0));
        Self { version, amounts: zeros(), headrooms: zeros(), position, delay, limit }
    }

    /// What was told of a call that was refused before in this tick.
    #[inline(always)]
    pub(crate) fn tell(&self, latch: &Latch, tick: u64, quick: &Quick, cost: &Cost) -> Option<Told> {
        let version = self.version.load(Ordering::Acquire);
        if version >> 32 != latch.changes.load(Ordering::Acquire) || latch.tick.load(Ordering::Acquire) != tick {
            return None;
        }
        let is_same = |at: usize| {
            let headroom = &latch.headrooms[quick.slots[at] as usize];
            self.amounts[at].load(Ordering::Acquire) == cost.of(quick.dimensions[at])
                && self.headrooms[at].load(Ordering::Acquire) == headroom.load(Ordering::Acquire)
        };
        if !(is_same(0) && is_same(1) && is_same(2) && is_same(3)) {
            return None;
        }
        let told = Told {
            position: self.position.load(Ordering::Acquire) as usize,
            amount: self.limit[0].load(Ordering::Acquire),
            window: self.limit[1].load(Ordering::Acquire),
            delay: self.delay.load(Ordering::Acquire),
        };
        (self.version.load(Ordering::Relaxed) == version).then_some(told)
    }

    /// Notes what a call was told, while its meters are lent.
    pub(crate) fn note(&self, latched: &Latched<'_>, quick: &Quick, cost: &Cost, told: Told) {
        let number = self.version.load(Ordering::Relaxed).wrapping_add(1) & u64::from(u32::MAX);
        self.version.store(NONE, Ordering::Relaxed);
        for at in 0..4 {
            let headroom = latched.0.headrooms[quick.slots[at] as usize].load(Ordering::Relaxed);
            self.amounts[at].store(cost.of(quick.dimensions[at]), Ordering::Release);
            self.headrooms[at].store(headroom, Ordering::Release);
        }
        self.position.store(told.position as u64, Ordering::Release);
        self.delay.store(told.delay, Ordering::Release);
        self.limit[0].store(told.amount, Ordering::Release);
        self.limit[1].store(told.window, Ordering::Release);
        self.version.store(latched.0.changes.load(Ordering::Relaxed) << 32 | number, Ordering::Release);
    }
}

#[cfg(all(test, not(ratebook_loom)))]
mod tests {
    use std::sync::Arc;

    use super::super::{Cell, Tap};
    use super::*;
    use crate::cost::Dimension;

    #[test]
    fn what_was_refused_in_a_tick_is_known_for_as_long_as_nothing_changes() {
        let (latch, cell) = (Latch::new(), Arc::new(Cell::new(3)));
        let quick = Quick::of(&[Tap::new(&cell, Dimension::Tokens)]).unwrap();
        let (large, refused) = (Cost::tokens(11), Refused::new());
        let told =
            |tick: u64, cost: &Cost| refused.tell(&latch, tick, &quick, cost).map(|told| (told.position, told.delay));
        let wait = Told { position: 0, amount: 10, window: 1_000, delay: 99 };
        let latched = latch.hold();
        latched.open(7);
        latched.lend(&cell, 10, false);
        assert!(!latched.take_quick(7, &quick, &large));
        assert_eq!(told(7, &large), None, "not noted");
        refused.note(&latched, &quick, &large, wait);
        assert_eq!(told(7, &large), Some((0, 99)));
        assert_eq!(told(7, &Cost::tokens(12)), None, "another amount");
        assert_eq!(told(8, &large), None, "another tick");
        assert!(latched.take_quick(7, &quick, &Cost::tokens(1)));
        assert_eq!(told(7, &large), None, "another headroom");
        assert!(latched.give_quick(7, &quick, |_| 1));
        assert_eq!(told(7, &large), Some((0, 99)));
        latched.change();
        assert_eq!(told(7, &large), None, "a meter has changed");
    }
}

#[cfg(all(test, ratebook_loom))]
mod loom_tests {
    use std::sync::Arc;

    use super::super::{Cell, Tap};
    use super::*;
    use crate::cost::Dimension;

    /// While one refusal is noted after another, a reader is told of its own call or of none.
    #[test]
    fn no_call_is_told_of_the_wait_of_another() {
        loom::model(|| {
            let latch = Latch::new();
            let quick = Quick::of(&[Tap::new(&Arc::new(Cell::new(0)), Dimension::Tokens)]).unwrap();
            latch.hold().open(1);
            let shared = loom::sync::Arc::new((latch, quick, Refused::new()));
            let noting = {
                let shared = loom::sync::Arc::clone(&shared);
                loom::thread::spawn(move || {
                    let (latch, quick, refused) = &*shared;
                    let told = |call: u64| Told { position: 0, amount: call, window: call, delay: call * 10 };
                    (1..=2).for_each(|call| refused.note(&latch.hold(), quick, &Cost::tokens(call), told(call)));
                })
            };
            let (latch, quick, refused) = &*shared;
            let second = Told { position: 0, amount: 2, window: 2, delay: 20 };
            let told = refused.tell(latch, 1, quick, &Cost::tokens(2));
            assert!(told.is_none_or(|told| told == second), "{told:?}");
            noting.join().unwrap();
            assert_eq!(refused.tell(latch, 1, quick, &Cost::tokens(2)), Some(second));
        });
    }
}
