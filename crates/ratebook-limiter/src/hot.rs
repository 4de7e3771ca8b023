//! What an admission touches while nothing waits: a latch and a headroom for each limit.
//!
//! The truth about a limit is its meter, behind the account's mutex. For the present tick of the clock, in which nothing
//! can expire, the meter lends its headroom to a cell; admissions take from the cells of all their limits at once, under
//! a latch that is held for a few instructions, and a settlement within the tick gives back. The next tick, and all that
//! is not so simple, goes to the meters, which first take back what they lent. No partial charge is ever seen: who holds
//! the latch sees all cells before a call's charge or after it.

#[cfg(ratebook_loom)]
use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
#[cfg(not(ratebook_loom))]
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;

use crate::cost::{Cost, Dimension};

/// No tick: the schedule decides alone.
const NONE: u64 = u64::MAX;

/// So many headrooms stand beside the latch, in one line of the processor's cache.
const BESIDE: usize = 6;

/// The headroom that a meter has lent for the account's present tick; nothing where it has lent none.
#[derive(Debug)]
pub(crate) struct Cell {
    /// Which of the headrooms beside the latch it is; from [`BESIDE`] on, the one here.
    slot: u8,
    headroom: AtomicU64,
    /// An amount that does not fit in this tick, while there is so much headroom, and until when.
    blocked: AtomicU64,
    blocked_headroom: AtomicU64,
    blocked_until: AtomicU64,
    /// Whether something can be given back here: it is lent, and nothing is owed.
    is_open: AtomicBool,
}

/// A cell, and what of a call's cost it counts.
#[derive(Clone, Debug)]
pub(crate) struct Tap {
    slot: u8,
    pub(crate) dimension: Dimension,
    pub(crate) cell: Arc<Cell>,
}

impl Tap {
    pub(crate) fn new(cell: &Arc<Cell>, dimension: Dimension) -> Self {
        Self { slot: cell.slot, dimension, cell: Arc::clone(cell) }
    }
}

impl Cell {
    /// The cell of the meter with a number, counted within its account.
    pub(crate) fn new(number: usize) -> Self {
        Self {
            slot: number.min(BESIDE) as u8,
            headroom: AtomicU64::new(0),
            blocked: AtomicU64::new(0),
            blocked_headroom: AtomicU64::new(0),
            blocked_until: AtomicU64::new(0),
            is_open: AtomicBool::new(false),
        }
    }
}

/// Guards the cells of one account; held for a few instructions, never across a call of anything else.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Latch {
    held: AtomicBool,
    /// The tick for which the cells are lent.
    tick: AtomicU64,
    headrooms: [AtomicU64; BESIDE],
}

/// The latch, held.
pub(crate) struct Latched<'a>(&'a Latch);

impl Latch {
    pub(crate) fn new() -> Self {
        Self { held: AtomicBool::new(false), tick: AtomicU64::new(NONE), headrooms: std::array::from_fn(|_| AtomicU64::new(0)) }
    }

    #[inline]
    pub(crate) fn hold(&self) -> Latched<'_> {
        let mut tries = 0u32;
        while self.held.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait(&mut tries);
        }
        Latched(self)
    }

    /// Waits until the latch looks free. Whoever holds it may have lost its processor, so not by spinning alone.
    #[cold]
    #[cfg(not(ratebook_loom))]
    fn wait(&self, tries: &mut u32) {
        while self.held.load(Ordering::Relaxed) {
            *tries += 1;
            if *tries > 256 {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
    }

    #[cfg(ratebook_loom)]
    fn wait(&self, _: &mut u32) {
        loom::thread::yield_now();
    }
}

impl Drop for Latched<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.held.store(false, Ordering::Release);
    }
}

impl Latched<'_> {
    /// The headroom of a cell in a slot.
    #[inline(always)]
    fn headroom<'c>(&'c self, slot: u8, cell: &'c Cell) -> &'c AtomicU64 {
        self.0.headrooms.get(usize::from(slot)).unwrap_or(&cell.headroom)
    }

    #[inline(always)]
    fn of(&self, tap: &Tap) -> u64 {
        self.headroom(tap.slot, &tap.cell).load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn set(&self, tap: &Tap, headroom: u64) {
        self.headroom(tap.slot, &tap.cell).store(headroom, Ordering::Relaxed);
    }

    #[inline]
    fn is_at(&self, tick: u64) -> bool {
        self.0.tick.load(Ordering::Relaxed) == tick
    }

    /// Takes a call's cost from every cell, or from none; `false` where it does not fit or the schedule has to decide.
    #[inline(always)]
    pub(crate) fn take(&self, tick: u64, taps: &[Tap], cost: &Cost) -> bool {
        if !self.is_at(tick) {
            return false;
        }
        // So many limits as most calls have, without a loop.
        match taps {
            [a] => self.take_from([a], cost),
            [a, b] => self.take_from([a, b], cost),
            [a, b, c, d] => self.take_from([a, b, c, d], cost),
            taps => {
                let fits = taps.iter().all(|tap| cost.of(tap.dimension) <= self.of(tap));
                if fits {
                    taps.iter().for_each(|tap| self.set(tap, self.of(tap) - cost.of(tap.dimension)));
                }
                fits
            }
        }
    }

    #[inline(always)]
    fn take_from<const N: usize>(&self, taps: [&Tap; N], cost: &Cost) -> bool {
        let left = taps.map(|tap| self.of(tap).overflowing_sub(cost.of(tap.dimension)));
        if left.iter().fold(false, |any, (_, short)| any | short) {
            return false;
        }
        for (tap, (left, _)) in taps.iter().zip(left) {
            self.set(tap, left);
        }
        true
    }

    /// Of the limits that a call does not fit into, the one with the longest wait, by its position, and until when: where
    /// every such amount was asked for before in this tick.
    pub(crate) fn blocked(&self, tick: u64, taps: &[Tap], cost: &Cost) -> Option<(usize, u64)> {
        if !self.is_at(tick) {
            return None;
        }
        let mut longest: Option<(usize, u64)> = None;
        for (position, tap) in taps.iter().enumerate() {
            let (amount, headroom) = (cost.of(tap.dimension), self.of(tap));
            if amount <= headroom {
                continue;
            }
            let (blocked, at) = (&tap.cell.blocked, &tap.cell.blocked_headroom);
            if blocked.load(Ordering::Relaxed) != amount || at.load(Ordering::Relaxed) != headroom {
                return None;
            }
            let until = tap.cell.blocked_until.load(Ordering::Relaxed);
            if longest.is_none_or(|(_, other)| until > other) {
                longest = Some((position, until));
            }
        }
        longest
    }

    /// Notes that an amount does not fit until a moment.
    pub(crate) fn block(&self, cell: &Cell, amount: u64, until: u64) {
        cell.blocked.store(amount, Ordering::Relaxed);
        cell.blocked_headroom.store(self.headroom(cell.slot, cell).load(Ordering::Relaxed), Ordering::Relaxed);
        cell.blocked_until.store(until, Ordering::Relaxed);
    }

    /// Gives back to every cell, or to none; `false` where the schedule has to do it.
    #[inline(always)]
    pub(crate) fn give(&self, tick: u64, taps: &[Tap], amounts: impl Fn(Dimension) -> u64) -> bool {
        if !self.is_at(tick) {
            return false;
        }
        match taps {
            [a] => self.give_to([a], amounts),
            [a, b] => self.give_to([a, b], amounts),
            [a, b, c, d] => self.give_to([a, b, c, d], amounts),
            taps => {
                let takes = |tap: &Tap| amounts(tap.dimension) == 0 || tap.cell.is_open.load(Ordering::Relaxed);
                let all = taps.iter().all(takes);
                if all {
                    taps.iter().for_each(|tap| self.add(tap, amounts(tap.dimension)));
                }
                all
            }
        }
    }

    #[inline(always)]
    fn give_to<const N: usize>(&self, taps: [&Tap; N], amounts: impl Fn(Dimension) -> u64) -> bool {
        let amounts = taps.map(|tap| amounts(tap.dimension));
        let is_closed = |(tap, amount): (&&Tap, u64)| amount > 0 && !tap.cell.is_open.load(Ordering::Relaxed);
        if taps.iter().zip(amounts).any(is_closed) {
            return false;
        }
        taps.iter().zip(amounts).for_each(|(tap, amount)| self.add(tap, amount));
        true
    }

    #[inline(always)]
    fn add(&self, tap: &Tap, amount: u64) {
        if amount > 0 {
            self.set(tap, self.of(tap) + amount);
        }
    }

    /// Lends a meter's headroom; of one that owes, the knowledge that there is none.
    pub(crate) fn lend(&self, cell: &Cell, headroom: u64, owes: bool) {
        self.headroom(cell.slot, cell).store(headroom, Ordering::Relaxed);
        cell.is_open.store(!owes, Ordering::Relaxed);
    }

    /// Takes back what a cell was lent: what is left of it.
    pub(crate) fn take_back(&self, cell: &Cell) -> u64 {
        let headroom = self.headroom(cell.slot, cell);
        let left = headroom.load(Ordering::Relaxed);
        headroom.store(0, Ordering::Relaxed);
        cell.is_open.store(false, Ordering::Relaxed);
        cell.blocked.store(0, Ordering::Relaxed);
        left
    }

    /// Opens a tick, for which meters then lend.
    pub(crate) fn open(&self, tick: u64) {
        self.0.tick.store(tick, Ordering::Relaxed);
    }

    /// Closes the tick: the schedule decides alone.
    pub(crate) fn close(&self) {
        self.open(NONE);
    }
}

#[cfg(test)]
fn taps() -> [Tap; 2] {
    // One headroom beside the latch, one in its cell.
    [(Dimension::Requests, 0), (Dimension::Tokens, BESIDE)].map(|(dimension, number)| Tap::new(&Arc::new(Cell::new(number)), dimension))
}

#[cfg(all(test, not(ratebook_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_call_takes_from_all_its_limits_or_from_none() {
        let (latch, taps) = (Latch::new(), taps());
        let latched = latch.hold();
        latched.open(7);
        latched.lend(&taps[0].cell, 2, false);
        latched.lend(&taps[1].cell, 100, false);
        let large = Cost::tokens(90);
        assert!(latched.take(7, &taps, &large));
        assert!(!latched.take(7, &taps, &Cost::tokens(11)));
        assert_eq!(latched.blocked(7, &taps, &Cost::tokens(11)), None);
        latched.block(&taps[1].cell, 11, 99);
        assert_eq!(latched.blocked(7, &taps, &Cost::tokens(11)), Some((1, 99)));
        assert!(!latched.take(8, &taps, &Cost::tokens(1)), "another tick");
        assert!(latched.give(7, &taps, |dimension| large.of(dimension)));
        assert_eq!(taps.each_ref().map(|tap| latched.take_back(&tap.cell)), [2, 100]);
        assert!(!latched.take(7, &taps, &Cost::tokens(1)), "taken back");
        assert!(!latched.give(7, &taps, |_| 1), "taken back");
    }

    #[test]
    fn nothing_passes_when_the_schedule_decides_alone() {
        let (latch, taps) = (Latch::new(), taps());
        let latched = latch.hold();
        latched.open(7);
        taps.iter().for_each(|tap| latched.lend(&tap.cell, 9, false));
        latched.close();
        assert!(!latched.take(7, &taps, &Cost::tokens(1)));
        assert!(!latched.give(7, &taps, |_| 1));
    }
}

#[cfg(all(test, ratebook_loom))]
mod loom_tests {
    use super::*;
    use loom::thread;

    /// A caller, and another that is the schedule between its own calls: no interleaving admits more than was lent, and
    /// both cells always tell the same number of calls. (Two threads: the model has no fair scheduler for more that
    /// wait for a latch.)
    #[test]
    fn no_interleaving_admits_more_than_was_lent_or_shows_half_a_charge() {
        loom::model(|| {
            let shared = loom::sync::Arc::new((Latch::new(), taps()));
            {
                let latched = shared.0.hold();
                latched.open(1);
                latched.lend(&shared.1[0].cell, 2, false);
                latched.lend(&shared.1[1].cell, 20, false);
            }
            let call = Cost::tokens(10);
            let caller = {
                let shared = loom::sync::Arc::clone(&shared);
                thread::spawn(move || {
                    let taken = (0..2).filter(|_| shared.0.hold().take(1, &shared.1, &call)).count() as u64;
                    if taken == 2 && shared.0.hold().give(1, &shared.1, |dimension| call.of(dimension)) { 1 } else { taken }
                })
            };
            let (latch, taps) = &*shared;
            let mut taken = u64::from(latch.hold().take(1, taps, &call));
            let left = {
                let latched = latch.hold();
                taps.each_ref().map(|tap| latched.take_back(&tap.cell))
            };
            assert_eq!(left[1], left[0] * 10, "half a charge was seen");
            {
                let latched = latch.hold();
                (0..2).for_each(|at| latched.lend(&taps[at].cell, left[at], false));
            }
            taken += caller.join().unwrap();
            let latched = latch.hold();
            assert!(taken <= 2);
            assert_eq!(taps.each_ref().map(|tap| latched.take_back(&tap.cell)), [2 - taken, 10 * (2 - taken)]);
        });
    }

    /// What one thread gives back another may take, and the sum is kept.
    #[test]
    fn what_is_given_back_is_there_once() {
        loom::model(|| {
            let shared = loom::sync::Arc::new((Latch::new(), taps()));
            shared.0.hold().open(1);
            shared.1.iter().for_each(|tap| shared.0.hold().lend(&tap.cell, 0, false));
            let giver = {
                let shared = loom::sync::Arc::clone(&shared);
                thread::spawn(move || assert!(shared.0.hold().give(1, &shared.1, |_| 1)))
            };
            let taken = u64::from(shared.0.hold().take(1, &shared.1, &Cost::tokens(1)));
            giver.join().unwrap();
            assert_eq!(shared.1.each_ref().map(|tap| shared.0.hold().take_back(&tap.cell)), [1 - taken; 2]);
        });
    }
}
