//! What an admission touches while nothing waits: a fast_lock and a headroom for each limit.
//!
//! The truth about a limit is its meter, behind the account's mutex. For the present tick of the clock, in which nothing
//! can expire, the meter lends its headroom to a cell; admissions take from the cells of all their limits at once, under
//! a fast_lock that is held for a few instructions, and a settlement within the tick gives back. The next tick, and all that
//! is not so simple, goes to the meters, which first take back what they lent. No partial charge is ever seen: who holds
//! the fast_lock sees all cells before a call's charge or after it.

mod refusal_cache;

#[cfg(ratebook_loom)]
use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::Arc;
#[cfg(not(ratebook_loom))]
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use crate::cost::{Cost, Dimension};
pub(crate) use refusal_cache::{CachedRefusal, RefusalCache};

/// No tick: the schedule decides alone.
const NONE: u64 = u64::MAX;

/// So many headrooms stand beside the fast_lock, in one line of the processor's cache.
const INLINE_SLOTS: usize = 5;

/// The headroom that a meter has lent for the account's present tick; nothing where it has lent none.
#[derive(Debug)]
pub(crate) struct Cell {
    /// Which of the headrooms beside the fast_lock it is; from [`INLINE_SLOTS`] on, the one here.
    slot: u8,
    headroom: AtomicU64,
    /// Whether something can be given back here: it is lent, and nothing is owed. Beside the fast_lock, a bit there.
    is_open: AtomicBool,
}

/// A cell, and what of a call's cost it counts.
#[derive(Clone, Debug)]
pub(crate) struct CellRef {
    slot: u8,
    pub(crate) dimension: Dimension,
    pub(crate) cell: Arc<Cell>,
}

impl CellRef {
    pub(crate) fn new(cell: &Arc<Cell>, dimension: Dimension) -> Self {
        Self { slot: cell.slot, dimension, cell: Arc::clone(cell) }
    }
}

impl Cell {
    /// The cell of the meter with a number, counted within its account.
    pub(crate) fn new(number: usize) -> Self {
        Self { slot: number.min(INLINE_SLOTS) as u8, headroom: AtomicU64::new(0), is_open: AtomicBool::new(false) }
    }
}

/// One of the headrooms beside the fast_lock: a number that the compiler knows to be one, so that no access checks it.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
enum Slot {
    S0,
    S1,
    S2,
    S3,
    S4,
}

impl Slot {
    fn of(slot: u8) -> Option<Self> {
        [Self::S0, Self::S1, Self::S2, Self::S3, Self::S4].get(usize::from(slot)).copied()
    }
}

/// The cells of a call with at most four limits, all of them beside the fast_lock: which headrooms, and what they count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InlineCells {
    len: u8,
    /// Those behind the last are the first again.
    slots: [Slot; 4],
    dimensions: [Dimension; 4],
}

impl InlineCells {
    /// The same cells, where they are few and beside the fast_lock.
    pub(crate) fn of(cells: &[CellRef]) -> Option<Self> {
        if !(1..=4).contains(&cells.len()) {
            return None;
        }
        let (slots, dimensions) = ([Slot::of(cells[0].slot)?; 4], [cells[0].dimension; 4]);
        let mut inline = Self { len: cells.len() as u8, slots, dimensions };
        for (at, cell_ref) in cells.iter().enumerate() {
            (inline.slots[at], inline.dimensions[at]) = (Slot::of(cell_ref.slot)?, cell_ref.dimension);
        }
        Some(inline)
    }
}

/// Guards the cells of one account; held for a few instructions, never across a call of anything else.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct FastLock {
    held: AtomicBool,
    /// One bit for each headroom beside the fast_lock: whether something can be given back there.
    open: AtomicU8,
    /// The tick for which the cells are lent.
    tick: AtomicU64,
    headrooms: [AtomicU64; INLINE_SLOTS],
    /// Counts ticks, and the times that a meter has changed within one by more than what callers took and gave here.
    changes: AtomicU64,
}

/// The fast_lock, held.
pub(crate) struct FastGuard<'a>(&'a FastLock);

impl FastLock {
    pub(crate) fn new() -> Self {
        Self {
            held: AtomicBool::new(false),
            open: AtomicU8::new(0),
            tick: AtomicU64::new(NONE),
            headrooms: std::array::from_fn(|_| AtomicU64::new(0)),
            changes: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(crate) fn hold(&self) -> FastGuard<'_> {
        let mut tries = 0u32;
        while self.held.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait(&mut tries);
        }
        FastGuard(self)
    }

    /// Waits until the fast_lock looks free. Whoever holds it may have lost its processor, so not by spinning alone.
    #[cold]
    #[cfg(not(ratebook_loom))]
    fn wait(&self, tries: &mut u32) {
        while self.held.load(Ordering::Relaxed) {
            *tries += 1;
            if *tries > 64 {
                std::thread::yield_now();
            } else {
                (0..1 << (*tries).min(4)).for_each(|_| std::hint::spin_loop());
            }
        }
    }

    #[cfg(ratebook_loom)]
    fn wait(&self, _: &mut u32) {
        loom::thread::yield_now();
    }
}

impl Drop for FastGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.held.store(false, Ordering::Release);
    }
}

impl FastGuard<'_> {
    /// The headroom of a cell in a slot.
    #[inline(always)]
    fn headroom<'c>(&'c self, slot: u8, cell: &'c Cell) -> &'c AtomicU64 {
        self.0.headrooms.get(usize::from(slot)).unwrap_or(&cell.headroom)
    }

    #[inline(always)]
    fn of(&self, cell_ref: &CellRef) -> u64 {
        self.headroom(cell_ref.slot, &cell_ref.cell).load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn set(&self, cell_ref: &CellRef, headroom: u64) {
        self.headroom(cell_ref.slot, &cell_ref.cell).store(headroom, Ordering::Relaxed);
    }

    #[inline]
    fn is_at(&self, tick: u64) -> bool {
        self.0.tick.load(Ordering::Relaxed) == tick
    }

    /// Takes a call's cost from every cell, or from none; `false` where it does not fit or the schedule has to decide.
    pub(crate) fn take(&self, tick: u64, cells: &[CellRef], cost: &Cost) -> bool {
        let fits = self.is_at(tick) && cells.iter().all(|cell_ref| cost.of(cell_ref.dimension) <= self.of(cell_ref));
        if fits {
            cells.iter().for_each(|cell_ref| self.set(cell_ref, self.of(cell_ref) - cost.of(cell_ref.dimension)));
        }
        fits
    }

    /// The same, for few limits beside the fast_lock: without a loop.
    #[inline(always)]
    pub(crate) fn take_inline(&self, tick: u64, inline: &InlineCells, cost: &Cost) -> bool {
        self.is_at(tick)
            && match inline.len {
                1 => self.take_some::<1>(inline, cost),
                2 => self.take_some::<2>(inline, cost),
                3 => self.take_some::<3>(inline, cost),
                _ => self.take_some::<4>(inline, cost),
            }
    }

    #[inline(always)]
    fn take_some<const N: usize>(&self, inline: &InlineCells, cost: &Cost) -> bool {
        let beside = |at: usize| &self.0.headrooms[inline.slots[at] as usize];
        let left: [(u64, bool); N] = std::array::from_fn(|at| {
            beside(at).load(Ordering::Relaxed).overflowing_sub(cost.of(inline.dimensions[at]))
        });
        if left.iter().fold(false, |any, (_, is_short)| any | is_short) {
            return false;
        }
        for (at, (left, _)) in left.into_iter().enumerate() {
            beside(at).store(left, Ordering::Relaxed);
        }
        true
    }

    /// Notes that a meter has changed.
    pub(crate) fn change(&self) {
        let changes = self.0.changes.load(Ordering::Relaxed).wrapping_add(1) & u64::from(u32::MAX);
        self.0.changes.store(changes, Ordering::Release);
    }

    /// Gives back to every cell, or to none; `false` where the schedule has to do it.
    pub(crate) fn give(&self, tick: u64, cells: &[CellRef], amounts: impl Fn(Dimension) -> u64) -> bool {
        let takes = self.is_at(tick)
            && cells.iter().all(|cell_ref| amounts(cell_ref.dimension) == 0 || self.is_open(&cell_ref.cell));
        if takes {
            cells.iter().for_each(|cell_ref| self.set(cell_ref, self.of(cell_ref) + amounts(cell_ref.dimension)));
        }
        takes
    }

    /// The same, for few limits beside the fast_lock: without a loop.
    #[inline(always)]
    pub(crate) fn give_inline(&self, tick: u64, inline: &InlineCells, amounts: impl Fn(Dimension) -> u64) -> bool {
        self.is_at(tick)
            && match inline.len {
                1 => self.give_some::<1>(inline, amounts),
                2 => self.give_some::<2>(inline, amounts),
                3 => self.give_some::<3>(inline, amounts),
                _ => self.give_some::<4>(inline, amounts),
            }
    }

    #[inline(always)]
    fn give_some<const N: usize>(&self, inline: &InlineCells, amounts: impl Fn(Dimension) -> u64) -> bool {
        let open = self.0.open.load(Ordering::Relaxed);
        let back: [u64; N] = std::array::from_fn(|at| amounts(inline.dimensions[at]));
        let is_closed = |at: usize| back[at] > 0 && open & (1 << inline.slots[at] as u8) == 0;
        if (0..N).fold(false, |any, at| any | is_closed(at)) {
            return false;
        }
        for (at, back) in back.into_iter().enumerate() {
            let headroom = &self.0.headrooms[inline.slots[at] as usize];
            headroom.store(headroom.load(Ordering::Relaxed) + back, Ordering::Relaxed);
        }
        true
    }

    fn is_open(&self, cell: &Cell) -> bool {
        match usize::from(cell.slot) < INLINE_SLOTS {
            true => self.0.open.load(Ordering::Relaxed) & (1 << cell.slot) != 0,
            false => cell.is_open.load(Ordering::Relaxed),
        }
    }

    fn set_open(&self, cell: &Cell, is_open: bool) {
        if usize::from(cell.slot) < INLINE_SLOTS {
            let (open, bit) = (self.0.open.load(Ordering::Relaxed), 1 << cell.slot);
            self.0.open.store(if is_open { open | bit } else { open & !bit }, Ordering::Relaxed);
        } else {
            cell.is_open.store(is_open, Ordering::Relaxed);
        }
    }

    /// Lends a meter's headroom; of one that owes, the knowledge that there is none.
    pub(crate) fn lend(&self, cell: &Cell, headroom: u64, owes: bool) {
        self.headroom(cell.slot, cell).store(headroom, Ordering::Relaxed);
        self.set_open(cell, !owes);
    }

    /// Takes back what a cell was lent: what is left of it.
    pub(crate) fn take_back(&self, cell: &Cell) -> u64 {
        let headroom = self.headroom(cell.slot, cell);
        let left = headroom.load(Ordering::Relaxed);
        headroom.store(0, Ordering::Relaxed);
        self.set_open(cell, false);
        left
    }

    /// Opens a tick, for which meters then lend.
    pub(crate) fn open(&self, tick: u64) {
        if self.0.tick.load(Ordering::Relaxed) != tick {
            // What was told in another tick is no answer in this one.
            self.change();
        }
        self.0.tick.store(tick, Ordering::Relaxed);
    }

    /// Closes the tick: the schedule decides alone.
    pub(crate) fn close(&self) {
        self.open(NONE);
    }
}

#[cfg(test)]
fn cells() -> [CellRef; 2] {
    // One headroom beside the fast_lock, one in its cell.
    [(Dimension::Requests, 0), (Dimension::Tokens, INLINE_SLOTS)]
        .map(|(dimension, number)| CellRef::new(&Arc::new(Cell::new(number)), dimension))
}

#[cfg(all(test, not(ratebook_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_call_takes_from_all_its_limits_or_from_none() {
        let (fast_lock, cells) = (FastLock::new(), cells());
        let guard = fast_lock.hold();
        guard.open(7);
        guard.lend(&cells[0].cell, 2, false);
        guard.lend(&cells[1].cell, 100, false);
        let large = Cost::tokens(90);
        assert!(guard.take(7, &cells, &large));
        assert!(!guard.take(7, &cells, &Cost::tokens(11)));
        assert!(!guard.take(8, &cells, &Cost::tokens(1)), "another tick");
        assert!(guard.give(7, &cells, |dimension| large.of(dimension)));
        assert_eq!(cells.each_ref().map(|cell_ref| guard.take_back(&cell_ref.cell)), [2, 100]);
        assert!(!guard.take(7, &cells, &Cost::tokens(1)), "taken back");
        assert!(!guard.give(7, &cells, |_| 1), "taken back");
    }

    #[test]
    fn nothing_passes_when_the_schedule_decides_alone() {
        let (fast_lock, cells) = (FastLock::new(), cells());
        let guard = fast_lock.hold();
        guard.open(7);
        cells.iter().for_each(|cell_ref| guard.lend(&cell_ref.cell, 9, false));
        guard.close();
        assert!(!guard.take(7, &cells, &Cost::tokens(1)));
        assert!(!guard.give(7, &cells, |_| 1));
    }
}

#[cfg(all(test, ratebook_loom))]
mod loom_tests {
    use super::*;
    use loom::thread;

    /// A caller, and another that is the schedule between its own calls: no interleaving admits more than was lent, and
    /// both cells always tell the same number of calls. (Two threads: the model has no fair scheduler for more that
    /// wait for a fast_lock.)
    #[test]
    fn no_interleaving_admits_more_than_was_lent_or_shows_half_a_charge() {
        loom::model(|| {
            let shared = loom::sync::Arc::new((FastLock::new(), cells()));
            {
                let guard = shared.0.hold();
                guard.open(1);
                guard.lend(&shared.1[0].cell, 2, false);
                guard.lend(&shared.1[1].cell, 20, false);
            }
            let call = Cost::tokens(10);
            let caller = {
                let shared = loom::sync::Arc::clone(&shared);
                thread::spawn(move || {
                    let taken = (0..2).filter(|_| shared.0.hold().take(1, &shared.1, &call)).count() as u64;
                    if taken == 2 && shared.0.hold().give(1, &shared.1, |dimension| call.of(dimension)) {
                        1
                    } else {
                        taken
                    }
                })
            };
            let (fast_lock, cells) = &*shared;
            let mut taken = u64::from(fast_lock.hold().take(1, cells, &call));
            let left = {
                let guard = fast_lock.hold();
                cells.each_ref().map(|cell_ref| guard.take_back(&cell_ref.cell))
            };
            assert_eq!(left[1], left[0] * 10, "half a charge was seen");
            {
                let guard = fast_lock.hold();
                (0..2).for_each(|at| guard.lend(&cells[at].cell, left[at], false));
            }
            taken += caller.join().unwrap();
            let guard = fast_lock.hold();
            assert!(taken <= 2);
            assert_eq!(cells.each_ref().map(|cell_ref| guard.take_back(&cell_ref.cell)), [2 - taken, 10 * (2 - taken)]);
        });
    }

    /// What one thread gives back another may take, and the sum is kept.
    #[test]
    fn what_is_given_back_is_there_once() {
        loom::model(|| {
            let shared = loom::sync::Arc::new((FastLock::new(), cells()));
            shared.0.hold().open(1);
            shared.1.iter().for_each(|cell_ref| shared.0.hold().lend(&cell_ref.cell, 0, false));
            let giver = {
                let shared = loom::sync::Arc::clone(&shared);
                thread::spawn(move || assert!(shared.0.hold().give(1, &shared.1, |_| 1)))
            };
            let taken = u64::from(shared.0.hold().take(1, &shared.1, &Cost::tokens(1)));
            giver.join().unwrap();
            assert_eq!(shared.1.each_ref().map(|cell_ref| shared.0.hold().take_back(&cell_ref.cell)), [1 - taken; 2]);
        });
    }
}
