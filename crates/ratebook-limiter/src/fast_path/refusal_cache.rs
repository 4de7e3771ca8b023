//! The last refusal of a route, so that an equal call in the same state is refused without the account's mutex.
//!
//! The cache is a seqlock. Writers hold the [`FastLock`], so there is one at a time; readers take no lock. A writer
//! invalidates `version`, stores the fields, and publishes a new `version`. A reader loads `version`, the fields, and
//! `version` again, and uses the fields only if both versions are equal.
//!
//! *Why the fields are consistent.* The first load of `version` acquires the store that published it, so the reader
//! sees the fields of that refusal or newer ones. Each field is stored with release and loaded with acquire. A reader
//! that sees a newer field therefore also sees the invalidation before it, and its second load of `version` differs
//! (short of 2³² refusals during one read). These orderings replace the two fences of the usual seqlock, and the second
//! load of `version` can be relaxed.
//!
//! *Why a mixed state is harmless.* The tick, the epoch and the headrooms belong to the lock, and a reader may see them
//! at slightly different times. It can then repeat a refusal that is some instructions old. It can never admit a call,
//! so the promise does not depend on the cache.

use super::credit::InlineCredits;
use super::lock::{FastGuard, FastLock};
use super::sync::{AtomicU64, Ordering};
use crate::cost::CommonAmounts;

/// A refusal of one call of a route. It is valid for a call of equal cost while the tick, the epoch and all headrooms
/// of the route are the same.
#[derive(Debug)]
pub(crate) struct RefusalCache {
    /// The [`FastLock`]'s epoch in the upper 32 bits, a sequence number of refusals in the lower 32. [`Self::INVALID`]
    /// while a writer stores, and before the first refusal.
    version: AtomicU64,
    amounts: [AtomicU64; 4],
    headrooms: [AtomicU64; 4],
    position: AtomicU64,
    delay: AtomicU64,
    /// The amount and the window, in nanoseconds, of the limit that has no room.
    limit: [AtomicU64; 2],
}

/// The part of a refusal that depends on the state of the meters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CachedRefusal {
    /// The position of the limit that has no room among the route's limits; its amount in units of the metric, and its
    /// window in nanoseconds.
    pub(crate) position: usize,
    pub(crate) amount: u64,
    pub(crate) window: u64,
    /// The wait in nanoseconds.
    pub(crate) delay: u64,
}

impl RefusalCache {
    /// The version of no refusal. Its epoch, `u32::MAX`, is none of the lock's: see [`FastGuard::bump_epoch`].
    const INVALID: u64 = u64::MAX;

    pub(crate) fn new() -> Self {
        let zeros = || std::array::from_fn(|_| AtomicU64::new(0));
        let (version, position, delay) = (AtomicU64::new(Self::INVALID), AtomicU64::new(0), AtomicU64::new(0));
        let limit = std::array::from_fn(|_| AtomicU64::new(0));
        Self { version, amounts: zeros(), headrooms: zeros(), position, delay, limit }
    }

    /// Returns the cached refusal, if it is of an equal call in this tick and nothing has changed since.
    #[inline(always)]
    pub(crate) fn get(
        &self,
        fast_lock: &FastLock,
        tick: u64,
        inline: &InlineCredits,
        amounts: &CommonAmounts,
    ) -> Option<CachedRefusal> {
        let version = self.version.load(Ordering::Acquire);
        if version >> 32 != fast_lock.epoch.load(Ordering::Acquire) || !fast_lock.tick.is(tick, Ordering::Acquire) {
            return None;
        }
        let is_same = |at: usize| {
            let headroom = &fast_lock.headrooms[inline.slots[at] as usize];
            self.amounts[at].load(Ordering::Acquire) == amounts.of(inline.dimensions[at])
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

    /// Stores a refusal. The meters of the call must be lent: the headrooms are read from the credits.
    pub(crate) fn put(
        &self,
        guard: &FastGuard<'_>,
        inline: &InlineCredits,
        amounts: &CommonAmounts,
        cached: CachedRefusal,
    ) {
        let number = self.version.load(Ordering::Relaxed).wrapping_add(1) & u64::from(u32::MAX);
        self.version.store(Self::INVALID, Ordering::Relaxed);
        for at in 0..4 {
            let headroom = guard.0.headrooms[inline.slots[at] as usize].load(Ordering::Relaxed);
            self.amounts[at].store(amounts.of(inline.dimensions[at]), Ordering::Release);
            self.headrooms[at].store(headroom, Ordering::Release);
        }
        self.position.store(cached.position as u64, Ordering::Release);
        self.delay.store(cached.delay, Ordering::Release);
        self.limit[0].store(cached.amount, Ordering::Release);
        self.limit[1].store(cached.window, Ordering::Release);
        self.version.store(guard.0.epoch.load(Ordering::Relaxed) << 32 | number, Ordering::Release);
    }
}

#[cfg(all(test, not(ratebook_loom)))]
mod tests {
    use std::sync::Arc;

    use super::super::credit::{Credit, CreditRef};
    use super::*;
    use crate::cost::{Common, Cost, Dimension, Measure};
    use ratebook::Weight;

    fn tokens() -> Measure {
        Measure::new(Dimension::Common(Common::Tokens), Weight::ONE)
    }

    #[test]
    fn a_cached_refusal_is_valid_until_a_headroom_a_meter_or_the_tick_changes() {
        let (fast_lock, credit) = (FastLock::new(), Arc::new(Credit::new(3)));
        let inline = InlineCredits::of(&[CreditRef::new(&credit, tokens())]).unwrap();
        let (large, refusal_cache) = (Cost::tokens(11), RefusalCache::new());
        let cached = |tick: u64, cost: &Cost| {
            refusal_cache.get(&fast_lock, tick, &inline, cost.common()).map(|cached| (cached.position, cached.delay))
        };
        let wait = CachedRefusal { position: 0, amount: 10, window: 1_000, delay: 99 };
        let guard = fast_lock.lock();
        guard.open(7);
        guard.lend(&credit, 10, false);
        assert!(!guard.try_charge_inline(7, &inline, large.common()));
        assert_eq!(cached(7, &large), None, "not cached yet");
        refusal_cache.put(&guard, &inline, large.common(), wait);
        assert_eq!(cached(7, &large), Some((0, 99)));
        assert_eq!(cached(7, &Cost::tokens(12)), None, "another amount");
        assert_eq!(cached(8, &large), None, "another tick");
        assert!(guard.try_charge_inline(7, &inline, Cost::tokens(1).common()));
        assert_eq!(cached(7, &large), None, "another headroom");
        assert!(guard.refund_inline(7, &inline, Cost::tokens(1).common(), Cost::nothing().common()));
        assert_eq!(cached(7, &large), Some((0, 99)));
        guard.bump_epoch();
        assert_eq!(cached(7, &large), None, "a new epoch");
    }
}

#[cfg(all(test, ratebook_loom))]
mod loom_tests {
    use std::sync::Arc;

    use super::super::credit::{Credit, CreditRef};
    use super::*;
    use crate::cost::{Common, Cost, Dimension, Measure};
    use ratebook::Weight;

    fn tokens() -> Measure {
        Measure::new(Dimension::Common(Common::Tokens), Weight::ONE)
    }

    /// While refusals are stored, a reader gets the refusal of its own call or none.
    #[test]
    fn a_reader_never_sees_a_mixture_of_two_refusals() {
        loom::model(|| {
            let fast_lock = FastLock::new();
            let inline = InlineCredits::of(&[CreditRef::new(&Arc::new(Credit::new(0)), tokens())]).unwrap();
            fast_lock.lock().open(1);
            let shared = loom::sync::Arc::new((fast_lock, inline, RefusalCache::new()));
            let writer = {
                let shared = loom::sync::Arc::clone(&shared);
                loom::thread::spawn(move || {
                    let (fast_lock, inline, refusal_cache) = &*shared;
                    let cached =
                        |call: u64| CachedRefusal { position: 0, amount: call, window: call, delay: call * 10 };
                    (1..=2).for_each(|call| {
                        refusal_cache.put(&fast_lock.lock(), inline, Cost::tokens(call).common(), cached(call))
                    });
                })
            };
            let (fast_lock, inline, refusal_cache) = &*shared;
            let second = CachedRefusal { position: 0, amount: 2, window: 2, delay: 20 };
            let cached = refusal_cache.get(fast_lock, 1, inline, Cost::tokens(2).common());
            assert!(cached.is_none_or(|cached| cached == second), "{cached:?}");
            writer.join().unwrap();
            assert_eq!(refusal_cache.get(fast_lock, 1, inline, Cost::tokens(2).common()), Some(second));
        });
    }
}
