//! What an admission touches while nothing waits: a latch and a headroom for each limit.
//!
//! The truth about a limit is its meter, behind the account's mutex. For the present tick of the clock, in which nothing
//! can expire, the meter lends its headroom to a cell; admissions take from the cells of all their limits at once, under
//! a latch that is held for a few instructions, and a settlement within the tick gives back. The next tick, and all that
//! is not so simple, goes to the meters, which first take back what they lent. No partial charge is ever seen: who
//! holds the latch sees all cells before a call's charge or after it.

#[cfg(loom)]
use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A cell whose headroom the meter has taken back.
const TAKEN_BACK: u64 = u64::MAX;
/// A cell of a limit that time does not change: places held.
const ALWAYS: u64 = u64::MAX - 1;

/// The headroom that a meter has lent for one tick.
#[derive(Debug)]
#[repr(align(32))]
pub(crate) struct Cell {
    tick: AtomicU64,
    headroom: AtomicU64,
    /// An amount that does not fit while the cell is lent, and until when.
    blocked: AtomicU64,
    blocked_until: AtomicU64,
}

/// What the cells say to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    All,
    /// Nothing: it is known that the amount of the limit at this position does not fit until a moment.
    Blocked { position: usize, until: u64 },
    /// Nothing: the schedule has to decide.
    Ask,
}

impl Cell {
    pub(crate) fn new() -> Self {
        Self { tick: AtomicU64::new(TAKEN_BACK),
            headroom: AtomicU64::new(0),
            blocked: AtomicU64::new(0),
            blocked_until: AtomicU64::new(0),
        }
    }

    #[inline]
    fn is_lent_at(&self, tick: u64) -> bool {
        let at = self.tick.load(Ordering::Relaxed);
        at == tick || at == ALWAYS
    }

    /// The headroom; [`Latched`] says that the latch is held.
    #[inline]
    fn headroom(&self) -> u64 {
        self.headroom.load(Ordering::Relaxed)
    }

    #[inline]
    fn set_headroom(&self, headroom: u64) {
        self.headroom.store(headroom, Ordering::Relaxed);
    }
}

/// How long a lent headroom is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lease {
    /// Until the clock moves on from this tick.
    Tick(u64),
    /// Until it is taken back.
    Always,
}

/// Guards the cells of one account; held for a few instructions, never across a call of anything else.
#[derive(Debug)]
pub(crate) struct Latch {
    held: AtomicBool,
    /// Whether calls are waiting: then only the schedule admits, in order.
    queued: AtomicBool,
}

/// The latch, held.
pub(crate) struct Latched<'a>(&'a Latch);

impl Latch {
    pub(crate) fn new() -> Self {
        Self { held: AtomicBool::new(false), queued: AtomicBool::new(false) }
    }

    #[inline]
    pub(crate) fn hold(&self) -> Latched<'_> {
        let mut tries = 0u32;
        while self.held.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait(&mut tries);
        }
        Latched(self)
    }

    #[cold]
    fn wait(&self, tries: &mut u32) {
        while self.held.load(Ordering::Relaxed) {
            *tries += 1;
            // Whoever holds it may have lost its processor.
            if cfg!(loom) || *tries > 64 {
                #[cfg(loom)]
                loom::thread::yield_now();
                #[cfg(not(loom))]
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
    }
}

impl Drop for Latched<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.held.store(false, Ordering::Release);
    }
}

impl Latched<'_> {
    /// Takes from every cell, or from none.
    #[inline]
    pub(crate) fn take<'c>(&self, tick: u64, amounts: impl Iterator<Item = (&'c Cell, u64)> + Clone) -> Taken {
        if self.0.queued.load(Ordering::Relaxed) {
            return Taken::Ask;
        }
        for (cell, amount) in amounts.clone() {
            if !cell.is_lent_at(tick) {
                return Taken::Ask;
            }
            if amount > cell.headroom() {
                return Self::blocked(tick, amounts);
            }
        }
        amounts.for_each(|(cell, amount)| cell.set_headroom(cell.headroom() - amount));
        Taken::All
    }

    /// The longest block, where each amount that does not fit was asked for before in this tick.
    fn blocked<'c>(tick: u64, amounts: impl Iterator<Item = (&'c Cell, u64)>) -> Taken {
        let mut longest = Taken::Ask;
        for (position, (cell, amount)) in amounts.enumerate() {
            if !cell.is_lent_at(tick) {
                return Taken::Ask;
            }
            if amount <= cell.headroom() {
                continue;
            }
            let until = cell.blocked_until.load(Ordering::Relaxed);
            if cell.blocked.load(Ordering::Relaxed) != amount || until == ALWAYS {
                return Taken::Ask;
            }
            if !matches!(longest, Taken::Blocked { until: other, .. } if other >= until) {
                longest = Taken::Blocked { position, until };
            }
        }
        longest
    }

    /// Notes that an amount does not fit until a moment, if nothing is given back.
    pub(crate) fn block(&self, cell: &Cell, amount: u64, until: u64) {
        cell.blocked.store(amount, Ordering::Relaxed);
        cell.blocked_until.store(until, Ordering::Relaxed);
    }

    /// Gives back to every cell, or to none; `false` where the schedule has to do it.
    #[inline]
    pub(crate) fn give<'c>(&self, tick: u64, amounts: impl Iterator<Item = (&'c Cell, u64)> + Clone) -> bool {
        let lent = |(cell, amount): (&Cell, u64)| amount == 0 || cell.is_lent_at(tick);
        if self.0.queued.load(Ordering::Relaxed) || !amounts.clone().all(lent) {
            return false;
        }
        amounts.filter(|(_, amount)| *amount > 0).for_each(|(cell, amount)| {
            cell.set_headroom(cell.headroom() + amount);
            cell.blocked.store(0, Ordering::Relaxed);
        });
        true
    }

    /// Lends a meter's headroom.
    pub(crate) fn lend(&self, cell: &Cell, lease: Lease, headroom: u64) {
        cell.set_headroom(headroom);
        cell.tick.store(if let Lease::Tick(tick) = lease { tick } else { ALWAYS }, Ordering::Relaxed);
    }

    /// Takes back what a cell was lent: what is left of it.
    pub(crate) fn take_back(&self, cell: &Cell) -> u64 {
        cell.tick.store(TAKEN_BACK, Ordering::Relaxed);
        cell.blocked.store(0, Ordering::Relaxed);
        cell.headroom()
    }

    /// Says whether calls are waiting.
    pub(crate) fn set_queued(&self, queued: bool) {
        self.0.queued.store(queued, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_call_takes_from_all_its_limits_or_from_none() {
        let (latch, requests, tokens) = (Latch::new(), Cell::new(), Cell::new());
        let latched = latch.hold();
        latched.lend(&requests, Lease::Tick(7), 2);
        latched.lend(&tokens, Lease::Always, 100);
        let call = |amount: u64| [(&requests, 1), (&tokens, amount)].into_iter();
        assert_eq!(latched.take(7, call(90)), Taken::All);
        assert_eq!(latched.take(7, call(11)), Taken::Ask);
        latched.block(&tokens, 11, 99);
        assert_eq!(latched.take(7, call(11)), Taken::Blocked { position: 1, until: 99 });
        assert_eq!(latched.take(8, call(1)), Taken::Ask, "another tick");
        assert!(latched.give(7, call(90)));
        assert_eq!((latched.take_back(&requests), latched.take_back(&tokens)), (2, 100));
        assert_eq!(latched.take(7, call(1)), Taken::Ask, "taken back");
    }

    #[test]
    fn nothing_overtakes_a_queue() {
        let (latch, cell) = (Latch::new(), Cell::new());
        let latched = latch.hold();
        latched.lend(&cell, Lease::Always, 9);
        latched.set_queued(true);
        assert_eq!(latched.take(0, [(&cell, 1)].into_iter()), Taken::Ask);
        assert!(!latched.give(0, [(&cell, 1)].into_iter()));
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    /// Two callers and the schedule, which takes back and lends anew: no interleaving admits more than was lent, and
    /// both cells always tell the same number of calls.
    #[test]
    fn no_interleaving_admits_more_than_was_lent_or_shows_half_a_charge() {
        loom::model(|| {
            let shared = Arc::new((Latch::new(), Cell::new(), Cell::new()));
            {
                let latched = shared.0.hold();
                latched.lend(&shared.1, Lease::Tick(1), 1);
                latched.lend(&shared.2, Lease::Tick(1), 10);
            }
            let callers: Vec<_> = (0..2)
                .map(|_| {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || {
                        let (latch, requests, tokens) = &*shared;
                        let call = [(requests, 1), (tokens, 10)].into_iter();
                        let taken = latch.hold().take(1, call.clone());
                        u64::from(taken == Taken::All)
                    })
                })
                .collect();
            let (latch, requests, tokens) = &*shared;
            let left = {
                let latched = latch.hold();
                (latched.take_back(requests), latched.take_back(tokens))
            };
            assert_eq!(left.1, left.0 * 10, "half a charge was seen");
            {
                let latched = latch.hold();
                latched.lend(requests, Lease::Tick(1), left.0);
                latched.lend(tokens, Lease::Tick(1), left.1);
            }
            let taken: u64 = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
            let latched = latch.hold();
            assert!(taken <= 1);
            assert_eq!(latched.take_back(requests), 1 - taken);
            assert_eq!(latched.take_back(tokens), 10 * (1 - taken));
        });
    }

    /// What one thread gives back another may take, and the sum is kept.
    #[test]
    fn what_is_given_back_is_there_once() {
        loom::model(|| {
            let shared = Arc::new((Latch::new(), Cell::new()));
            shared.0.hold().lend(&shared.1, Lease::Always, 0);
            let giver = {
                let shared = Arc::clone(&shared);
                thread::spawn(move || assert!(shared.0.hold().give(0, [(&shared.1, 1)].into_iter())))
            };
            let taken = shared.0.hold().take(0, [(&shared.1, 1)].into_iter());
            giver.join().unwrap();
            assert_eq!(shared.0.hold().take_back(&shared.1), 1 - u64::from(taken == Taken::All));
        });
    }
}
