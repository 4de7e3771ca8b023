//! What a route's last refused call was cached, so that the next such call is cached without asking the schedule.

use super::{AtomicU64, Cost, FastGuard, FastLock, InlineCells, NONE, Ordering};

/// A refusal of a route's call, as it was cached: for such a call the answer while the tick, all headrooms and the meters
/// are the same. Read without the fast_lock, for that changes nothing.
#[derive(Debug)]
pub(crate) struct RefusalCache {
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

/// What a refused call was cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CachedRefusal {
    /// The limit in the way, by its position among those of the route, with its amount and its window in nanoseconds.
    pub(crate) position: usize,
    pub(crate) amount: u64,
    pub(crate) window: u64,
    /// How long it lasts, in nanoseconds.
    pub(crate) delay: u64,
}

impl RefusalCache {
    pub(crate) fn new() -> Self {
        let zeros = || std::array::from_fn(|_| AtomicU64::new(0));
        let (version, position, delay) = (AtomicU64::new(NONE), AtomicU64::new(0), AtomicU64::new(0));
        let limit = std::array::from_fn(|_| AtomicU64::new(0));
        Self { version, amounts: zeros(), headrooms: zeros(), position, delay, limit }
    }

    /// What was cached of a call that was refused before in this tick.
    #[inline(always)]
    pub(crate) fn get(
        &self,
        fast_lock: &FastLock,
        tick: u64,
        inline: &InlineCells,
        cost: &Cost,
    ) -> Option<CachedRefusal> {
        let version = self.version.load(Ordering::Acquire);
        if version >> 32 != fast_lock.changes.load(Ordering::Acquire) || fast_lock.tick.load(Ordering::Acquire) != tick
        {
            return None;
        }
        let is_same = |at: usize| {
            let headroom = &fast_lock.headrooms[inline.slots[at] as usize];
            self.amounts[at].load(Ordering::Acquire) == cost.of(inline.dimensions[at])
                && self.headrooms[at].load(Ordering::Acquire) == headroom.load(Ordering::Acquire)
        };
        if !(is_same(0) && is_same(1) && is_same(2) && is_same(3)) {
            return None;
        }
        let cached = CachedRefusal {
            position: self.position.load(Ordering::Acquire) as usize,
            amount: self.limit[0].load(Ordering::Acquire),
            window: self.limit[1].load(Ordering::Acquire),
            delay: self.delay.load(Ordering::Acquire),
        };
        (self.version.load(Ordering::Relaxed) == version).then_some(cached)
    }

    /// Notes what a call was cached, while its meters are lent.
    pub(crate) fn put(&self, guard: &FastGuard<'_>, inline: &InlineCells, cost: &Cost, cached: CachedRefusal) {
        let number = self.version.load(Ordering::Relaxed).wrapping_add(1) & u64::from(u32::MAX);
        self.version.store(NONE, Ordering::Relaxed);
        for at in 0..4 {
            let headroom = guard.0.headrooms[inline.slots[at] as usize].load(Ordering::Relaxed);
            self.amounts[at].store(cost.of(inline.dimensions[at]), Ordering::Release);
            self.headrooms[at].store(headroom, Ordering::Release);
        }
        self.position.store(cached.position as u64, Ordering::Release);
        self.delay.store(cached.delay, Ordering::Release);
        self.limit[0].store(cached.amount, Ordering::Release);
        self.limit[1].store(cached.window, Ordering::Release);
        self.version.store(guard.0.changes.load(Ordering::Relaxed) << 32 | number, Ordering::Release);
    }
}

#[cfg(all(test, not(ratebook_loom)))]
mod tests {
    use std::sync::Arc;

    use super::super::{Cell, CellRef};
    use super::*;
    use crate::cost::Dimension;

    #[test]
    fn what_was_refused_in_a_tick_is_known_for_as_long_as_nothing_changes() {
        let (fast_lock, cell) = (FastLock::new(), Arc::new(Cell::new(3)));
        let inline = InlineCells::of(&[CellRef::new(&cell, Dimension::Tokens)]).unwrap();
        let (large, refused) = (Cost::tokens(11), RefusalCache::new());
        let cached = |tick: u64, cost: &Cost| {
            refused.get(&fast_lock, tick, &inline, cost).map(|cached| (cached.position, cached.delay))
        };
        let wait = CachedRefusal { position: 0, amount: 10, window: 1_000, delay: 99 };
        let guard = fast_lock.hold();
        guard.open(7);
        guard.lend(&cell, 10, false);
        assert!(!guard.take_inline(7, &inline, &large));
        assert_eq!(cached(7, &large), None, "not noted");
        refused.put(&guard, &inline, &large, wait);
        assert_eq!(cached(7, &large), Some((0, 99)));
        assert_eq!(cached(7, &Cost::tokens(12)), None, "another amount");
        assert_eq!(cached(8, &large), None, "another tick");
        assert!(guard.take_inline(7, &inline, &Cost::tokens(1)));
        assert_eq!(cached(7, &large), None, "another headroom");
        assert!(guard.give_inline(7, &inline, |_| 1));
        assert_eq!(cached(7, &large), Some((0, 99)));
        guard.change();
        assert_eq!(cached(7, &large), None, "a meter has changed");
    }
}

#[cfg(all(test, ratebook_loom))]
mod loom_tests {
    use std::sync::Arc;

    use super::super::{Cell, CellRef};
    use super::*;
    use crate::cost::Dimension;

    /// While one refusal is noted after another, a reader is cached of its own call or of none.
    #[test]
    fn no_call_is_told_of_the_wait_of_another() {
        loom::model(|| {
            let fast_lock = FastLock::new();
            let inline = InlineCells::of(&[CellRef::new(&Arc::new(Cell::new(0)), Dimension::Tokens)]).unwrap();
            fast_lock.hold().open(1);
            let shared = loom::sync::Arc::new((fast_lock, inline, RefusalCache::new()));
            let noting = {
                let shared = loom::sync::Arc::clone(&shared);
                loom::thread::spawn(move || {
                    let (fast_lock, inline, refused) = &*shared;
                    let cached =
                        |call: u64| CachedRefusal { position: 0, amount: call, window: call, delay: call * 10 };
                    (1..=2).for_each(|call| refused.put(&fast_lock.hold(), inline, &Cost::tokens(call), cached(call)));
                })
            };
            let (fast_lock, inline, refused) = &*shared;
            let second = CachedRefusal { position: 0, amount: 2, window: 2, delay: 20 };
            let cached = refused.get(fast_lock, 1, inline, &Cost::tokens(2));
            assert!(cached.is_none_or(|cached| cached == second), "{cached:?}");
            noting.join().unwrap();
            assert_eq!(refused.get(fast_lock, 1, inline, &Cost::tokens(2)), Some(second));
        });
    }
}
