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
}

impl Refused {
    pub(crate) fn new() -> Self {
        let zeros = || std::array::from_fn(|_| AtomicU64::new(0));
        let (version, position, delay) = (AtomicU64::new(NONE), AtomicU64::new(0), AtomicU64::new(0));
        Self { version, amounts: zeros(), headrooms: zeros(), position, delay }
    }

    /// Of a call that was refused before in this tick, the limit with the longest wait, by its position, and how long.
    #[inline(always)]
    pub(crate) fn tell(&self, latch: &Latch, tick: u64, quick: &Quick, cost: &Cost) -> Option<(usize, u64)> {
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
        let told = (self.position.load(Ordering::Acquire) as usize, self.delay.load(Ordering::Acquire));
        (self.version.load(Ordering::Relaxed) == version).then_some(told)
    }

    /// Notes that a call waits for the limit at a position, so long; while its meters are lent.
    pub(crate) fn note(&self, latched: &Latched<'_>, quick: &Quick, cost: &Cost, position: usize, delay: u64) {
        let number = self.version.load(Ordering::Relaxed).wrapping_add(1) & u64::from(u32::MAX);
        self.version.store(NONE, Ordering::Relaxed);
        for at in 0..4 {
            let headroom = latched.0.headrooms[quick.slots[at] as usize].load(Ordering::Relaxed);
            self.amounts[at].store(cost.of(quick.dimensions[at]), Ordering::Release);
            self.headrooms[at].store(headroom, Ordering::Release);
        }
        self.position.store(position as u64, Ordering::Release);
        self.delay.store(delay, Ordering::Release);
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
        let told = |tick: u64, cost: &Cost| refused.tell(&latch, tick, &quick, cost);
        let latched = latch.hold();
        latched.open(7);
        latched.lend(&cell, 10, false);
        assert!(!latched.take_quick(7, &quick, &large));
        assert_eq!(told(7, &large), None, "not noted");
        refused.note(&latched, &quick, &large, 0, 99);
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
                    (1..=2).for_each(|call| refused.note(&latch.hold(), quick, &Cost::tokens(call), 0, call * 10));
                })
            };
            let (latch, quick, refused) = &*shared;
            let told = refused.tell(latch, 1, quick, &Cost::tokens(2));
            assert!(matches!(told, None | Some((0, 20))), "{told:?}");
            noting.join().unwrap();
            assert_eq!(refused.tell(latch, 1, quick, &Cost::tokens(2)), Some((0, 20)));
        });
    }
}
