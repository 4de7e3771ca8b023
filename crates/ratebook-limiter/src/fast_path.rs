//! The fast path of an admission: a spin lock and one cell of headroom for each limit.
//!
//! The authoritative count of a limit is its meter, behind the account's mutex. Meters expire charges only between
//! ticks of the clock, so a meter can lend its headroom to a cell for one tick. While no call waits, an admission locks
//! the cells, subtracts its cost from the cells of all its limits, and unlocks; a settlement within the tick adds to
//! them. Everything else (the next tick, a cell that is short, a waiting call) goes to the schedule, which first takes
//! the headroom back and charges the meters with what is missing.
//!
//! *Atomicity.* All cells of an account are behind one lock, and a call is charged to all of its cells or to none
//! before the lock is released. No thread sees a partial charge.
//!
//! *Memory order.* Locking is an acquiring compare-exchange and unlocking a releasing store, so everything done under
//! the lock happens before the next holder's accesses. Accesses under the lock are therefore relaxed. Only
//! [`RefusalCache::get`] reads without the lock; see there.
//!
//! *Spinning.* The lock is held for a few instructions and never across a call into other code. Its holder may still be
//! descheduled, so a waiter spins 64 times at most and then yields.
//!
//! *Layout.* The lock, its tick, and the headrooms of the first [`INLINE_SLOTS`] meters share one cache line of 64
//! bytes. A route with at most four limits, all of them inline, is admitted without a loop over `Arc`s
//! ([`InlineCells`]).

mod refusal_cache;

#[cfg(ratebook_loom)]
use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::Arc;
#[cfg(not(ratebook_loom))]
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use crate::cost::{Common, CommonAmounts, Cost, Measure};
pub(crate) use refusal_cache::{CachedRefusal, RefusalCache};

/// The number of headrooms stored inside the lock, so that lock and headrooms fit one cache line.
const INLINE_SLOTS: usize = 5;

/// The headroom that a meter has lent for the current tick; 0 while nothing is lent.
#[derive(Debug)]
pub(crate) struct Cell {
    /// Index of the headroom inside the lock. [`INLINE_SLOTS`] for a cell that stores its own.
    slot: u8,
    headroom: AtomicU64,
    /// Whether refunds may be added: the headroom is lent, and the meter owes nothing. Unused by inline cells, which
    /// have a bit in the lock.
    is_refundable: AtomicBool,
}

/// A cell, and what a call takes of it.
#[derive(Clone, Debug)]
pub(crate) struct CellRef {
    slot: u8,
    measure: Measure,
    pub(crate) cell: Arc<Cell>,
}

impl CellRef {
    pub(crate) fn new(cell: &Arc<Cell>, measure: Measure) -> Self {
        Self { slot: cell.slot, measure, cell: Arc::clone(cell) }
    }
}

impl Cell {
    /// Returns the cell of the meter with this number, counted from 0 within its account.
    pub(crate) fn new(number: usize) -> Self {
        Self {
            slot: number.min(INLINE_SLOTS) as u8,
            headroom: AtomicU64::new(0),
            is_refundable: AtomicBool::new(false),
        }
    }
}

/// Index of an inline headroom. An enum rather than an integer, so that no access needs a bounds check.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
enum InlineSlot {
    S0,
    S1,
    S2,
    S3,
    S4,
}

impl InlineSlot {
    fn of(slot: u8) -> Option<Self> {
        [Self::S0, Self::S1, Self::S2, Self::S3, Self::S4].get(usize::from(slot)).copied()
    }
}

/// The cells of a call with one to four limits, all of them inline, on common dimensions and at weight one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InlineCells {
    len: u8,
    /// Entries at `len` and above repeat the first.
    slots: [InlineSlot; 4],
    dimensions: [Common; 4],
}

impl InlineCells {
    /// Returns the inline form of `cells`, or `None` if there are more than four, none, or one that is not inline, has a
    /// weight, or counts a rare dimension.
    pub(crate) fn of(cells: &[CellRef]) -> Option<Self> {
        if !(1..=4).contains(&cells.len()) {
            return None;
        }
        let (slots, dimensions) = ([InlineSlot::of(cells[0].slot)?; 4], [cells[0].measure.common()?; 4]);
        let mut inline = Self { len: cells.len() as u8, slots, dimensions };
        for (at, cell_ref) in cells.iter().enumerate() {
            (inline.slots[at], inline.dimensions[at]) = (InlineSlot::of(cell_ref.slot)?, cell_ref.measure.common()?);
        }
        Some(inline)
    }
}

/// The tick for which headroom is lent, or none while the schedule alone decides.
#[derive(Debug)]
struct OpenTick(AtomicU64);

impl OpenTick {
    /// Stored while no tick is open. A tick is a time in nanoseconds, so a system's clock reads it after 584 years. A
    /// [manual clock](crate::ManualClock) can be set to it, but while no tick is open all cells are empty and none is
    /// refundable, so that the fast path then decides as the schedule would.
    const NONE: u64 = u64::MAX;

    fn none() -> Self {
        Self(AtomicU64::new(Self::NONE))
    }

    /// Whether `tick` is open.
    #[inline(always)]
    fn is(&self, tick: u64, order: Ordering) -> bool {
        self.0.load(order) == tick
    }

    /// Opens a tick, or none. Returns whether another one was open. Only for the holder of the lock.
    fn set(&self, tick: Option<u64>) -> bool {
        let (before, after) = (self.0.load(Ordering::Relaxed), tick.unwrap_or(Self::NONE));
        self.0.store(after, Ordering::Relaxed);
        before != after
    }
}

/// The spin lock of an account's cells, with the inline headrooms.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct FastLock {
    is_locked: AtomicBool,
    /// One bit for each inline headroom: whether refunds may be added.
    refundable: AtomicU8,
    tick: OpenTick,
    headrooms: [AtomicU64; INLINE_SLOTS],
    /// Incremented, modulo 2³² − 1, when cached refusals become stale: at each new tick, and when a meter changes other than
    /// through its cell.
    epoch: AtomicU64,
}

/// The held lock.
pub(crate) struct FastGuard<'a>(&'a FastLock);

impl FastLock {
    pub(crate) fn new() -> Self {
        Self {
            is_locked: AtomicBool::new(false),
            refundable: AtomicU8::new(0),
            tick: OpenTick::none(),
            headrooms: std::array::from_fn(|_| AtomicU64::new(0)),
            epoch: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(crate) fn hold(&self) -> FastGuard<'_> {
        let mut tries = 0u32;
        while self.is_locked.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait(&mut tries);
        }
        FastGuard(self)
    }

    /// Waits until the lock looks free. Yields after 64 attempts, since the holder may be descheduled.
    #[cold]
    #[cfg(not(ratebook_loom))]
    fn wait(&self, tries: &mut u32) {
        while self.is_locked.load(Ordering::Relaxed) {
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
        self.0.is_locked.store(false, Ordering::Release);
    }
}

impl FastGuard<'_> {
    /// Returns the headroom of a cell: the one inside the lock at `slot`, or the cell's own.
    #[inline(always)]
    fn headroom<'c>(&'c self, slot: u8, cell: &'c Cell) -> &'c AtomicU64 {
        self.0.headrooms.get(usize::from(slot)).unwrap_or(&cell.headroom)
    }

    #[inline(always)]
    fn load(&self, cell_ref: &CellRef) -> u64 {
        self.headroom(cell_ref.slot, &cell_ref.cell).load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn store(&self, cell_ref: &CellRef, headroom: u64) {
        self.headroom(cell_ref.slot, &cell_ref.cell).store(headroom, Ordering::Relaxed);
    }

    #[inline]
    fn is_at(&self, tick: u64) -> bool {
        self.0.tick.is(tick, Ordering::Relaxed)
    }

    /// Subtracts a call's cost from all cells. Returns `false`, and changes nothing, if a cell is short or the tick is
    /// not open.
    pub(crate) fn take(&self, tick: u64, cells: &[CellRef], cost: &Cost) -> bool {
        let fits =
            self.is_at(tick) && cells.iter().all(|cell_ref| cell_ref.measure.needed(cost) <= self.load(cell_ref));
        if fits {
            for cell_ref in cells {
                self.store(cell_ref, self.load(cell_ref) - cell_ref.measure.of(cost));
            }
        }
        fits
    }

    /// Like [`take`](Self::take), but unrolled for inline cells.
    #[inline(always)]
    pub(crate) fn take_inline(&self, tick: u64, inline: &InlineCells, amounts: &CommonAmounts) -> bool {
        self.is_at(tick)
            && match inline.len {
                1 => self.take_n::<1>(inline, amounts),
                2 => self.take_n::<2>(inline, amounts),
                3 => self.take_n::<3>(inline, amounts),
                _ => self.take_n::<4>(inline, amounts),
            }
    }

    #[inline(always)]
    fn take_n<const N: usize>(&self, inline: &InlineCells, amounts: &CommonAmounts) -> bool {
        let beside = |at: usize| &self.0.headrooms[inline.slots[at] as usize];
        let left: [(u64, bool); N] = std::array::from_fn(|at| {
            beside(at).load(Ordering::Relaxed).overflowing_sub(amounts.of(inline.dimensions[at]))
        });
        if left.iter().fold(false, |any, (_, is_short)| any | is_short) {
            return false;
        }
        for (at, (left, _)) in left.into_iter().enumerate() {
            beside(at).store(left, Ordering::Relaxed);
        }
        true
    }

    /// Starts a new epoch: cached refusals become invalid. No epoch is `u32::MAX`, which [`RefusalCache`] uses for an
    /// invalid version.
    pub(crate) fn bump_epoch(&self) {
        let epoch = (self.0.epoch.load(Ordering::Relaxed) + 1) % u64::from(u32::MAX);
        self.0.epoch.store(epoch, Ordering::Release);
    }

    /// Lowers the charge of a call from one cost to another in all cells. Returns `false`, and changes nothing, if an
    /// amount rises, a cell takes no refunds, or the tick is not open.
    pub(crate) fn give(&self, tick: u64, cells: &[CellRef], from: &Cost, to: &Cost) -> bool {
        let refund = |cell_ref: &CellRef| cell_ref.measure.of(from).checked_sub(cell_ref.measure.of(to));
        let takes = |cell_ref: &CellRef| {
            refund(cell_ref).is_some_and(|refund| refund == 0 || self.is_refundable(&cell_ref.cell))
        };
        let is_refundable = self.is_at(tick) && cells.iter().all(takes);
        if is_refundable {
            for cell_ref in cells {
                self.store(cell_ref, self.load(cell_ref) + refund(cell_ref).unwrap_or(0));
            }
        }
        is_refundable
    }

    /// Like [`give`](Self::give), but unrolled for inline cells.
    #[inline(always)]
    pub(crate) fn give_inline(
        &self,
        tick: u64,
        inline: &InlineCells,
        from: &CommonAmounts,
        to: &CommonAmounts,
    ) -> bool {
        self.is_at(tick)
            && match inline.len {
                1 => self.give_n::<1>(inline, from, to),
                2 => self.give_n::<2>(inline, from, to),
                3 => self.give_n::<3>(inline, from, to),
                _ => self.give_n::<4>(inline, from, to),
            }
    }

    #[inline(always)]
    fn give_n<const N: usize>(&self, inline: &InlineCells, from: &CommonAmounts, to: &CommonAmounts) -> bool {
        let refundable = self.0.refundable.load(Ordering::Relaxed);
        let back: [(u64, bool); N] = std::array::from_fn(|at| {
            let dimension = inline.dimensions[at];
            from.of(dimension).overflowing_sub(to.of(dimension))
        });
        let is_closed = |at: usize| back[at].0 > 0 && refundable & (1 << inline.slots[at] as u8) == 0;
        if (0..N).fold(false, |any, at| any | back[at].1 | is_closed(at)) {
            return false;
        }
        for (at, (back, _)) in back.into_iter().enumerate() {
            let headroom = &self.0.headrooms[inline.slots[at] as usize];
            headroom.store(headroom.load(Ordering::Relaxed) + back, Ordering::Relaxed);
        }
        true
    }

    fn is_refundable(&self, cell: &Cell) -> bool {
        match usize::from(cell.slot) < INLINE_SLOTS {
            true => self.0.refundable.load(Ordering::Relaxed) & (1 << cell.slot) != 0,
            false => cell.is_refundable.load(Ordering::Relaxed),
        }
    }

    fn set_refundable(&self, cell: &Cell, is_refundable: bool) {
        if usize::from(cell.slot) < INLINE_SLOTS {
            let (refundable, bit) = (self.0.refundable.load(Ordering::Relaxed), 1 << cell.slot);
            self.0
                .refundable
                .store(if is_refundable { refundable | bit } else { refundable & !bit }, Ordering::Relaxed);
        } else {
            cell.is_refundable.store(is_refundable, Ordering::Relaxed);
        }
    }

    /// Lends a meter's headroom to its cell. A meter that `owes` has no headroom, and its cell takes no refunds.
    pub(crate) fn lend(&self, cell: &Cell, headroom: u64, owes: bool) {
        self.headroom(cell.slot, cell).store(headroom, Ordering::Relaxed);
        self.set_refundable(cell, !owes);
    }

    /// Takes back the lent headroom and returns what is left of it. The cell is empty afterwards.
    pub(crate) fn take_back(&self, cell: &Cell) -> u64 {
        let headroom = self.headroom(cell.slot, cell);
        let left = headroom.load(Ordering::Relaxed);
        headroom.store(0, Ordering::Relaxed);
        self.set_refundable(cell, false);
        left
    }

    /// Opens a tick, for which meters may lend.
    pub(crate) fn open(&self, tick: u64) {
        self.set_tick(Some(tick));
    }

    /// Closes the tick: the schedule alone decides.
    pub(crate) fn close(&self) {
        self.set_tick(None);
    }

    fn set_tick(&self, tick: Option<u64>) {
        if self.0.tick.set(tick) {
            // A refusal of another tick states another wait.
            self.bump_epoch();
        }
    }
}

#[cfg(test)]
use crate::cost::Dimension;
#[cfg(test)]
use ratebook::Weight;

#[cfg(test)]
fn cells() -> [CellRef; 2] {
    // One inline cell, and one that stores its own headroom.
    [(Common::Requests, 0), (Common::Tokens, INLINE_SLOTS)].map(|(dimension, number)| {
        let measure = Measure::new(Dimension::Common(dimension), Weight::ONE);
        CellRef::new(&Arc::new(Cell::new(number)), measure)
    })
}

#[cfg(all(test, not(ratebook_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_charged_to_all_its_cells_or_to_none() {
        let (fast_lock, cells) = (FastLock::new(), cells());
        let guard = fast_lock.hold();
        guard.open(7);
        guard.lend(&cells[0].cell, 2, false);
        guard.lend(&cells[1].cell, 100, false);
        let large = Cost::tokens(90);
        assert!(guard.take(7, &cells, &large));
        assert!(!guard.take(7, &cells, &Cost::tokens(11)));
        assert!(!guard.take(8, &cells, &Cost::tokens(1)), "wrong tick");
        assert!(guard.give(7, &cells, &large, &Cost::nothing()));
        assert_eq!(cells.each_ref().map(|cell_ref| guard.take_back(&cell_ref.cell)), [2, 100]);
        assert!(!guard.take(7, &cells, &Cost::tokens(1)), "taken back");
        assert!(!guard.give(7, &cells, &Cost::tokens(1), &Cost::nothing()), "taken back");
    }

    #[test]
    fn a_closed_tick_admits_and_refunds_nothing() {
        let (fast_lock, cells) = (FastLock::new(), cells());
        let guard = fast_lock.hold();
        guard.open(7);
        cells.iter().for_each(|cell_ref| guard.lend(&cell_ref.cell, 9, false));
        guard.close();
        assert!(!guard.take(7, &cells, &Cost::tokens(1)));
        assert!(!guard.give(7, &cells, &Cost::tokens(1), &Cost::nothing()));
    }
}

#[cfg(all(test, ratebook_loom))]
mod loom_tests {
    use super::*;
    use loom::thread;

    /// Two threads: a caller, and the schedule between its calls. More threads would need a fair scheduler, which
    /// loom's model of a spin lock does not have.
    #[test]
    fn no_interleaving_admits_more_than_was_lent_or_shows_a_partial_charge() {
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
                    if taken == 2 && shared.0.hold().give(1, &shared.1, &call, &Cost::nothing()) { 1 } else { taken }
                })
            };
            let (fast_lock, cells) = &*shared;
            let mut taken = u64::from(fast_lock.hold().take(1, cells, &call));
            let left = {
                let guard = fast_lock.hold();
                cells.each_ref().map(|cell_ref| guard.take_back(&cell_ref.cell))
            };
            assert_eq!(left[1], left[0] * 10, "a partial charge was visible");
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

    /// A refund of one thread may be taken by another, and the sum stays the same.
    #[test]
    fn a_refund_is_available_once() {
        loom::model(|| {
            let shared = loom::sync::Arc::new((FastLock::new(), cells()));
            shared.0.hold().open(1);
            shared.1.iter().for_each(|cell_ref| shared.0.hold().lend(&cell_ref.cell, 0, false));
            let giver = {
                let shared = loom::sync::Arc::clone(&shared);
                thread::spawn(move || assert!(shared.0.hold().give(1, &shared.1, &Cost::tokens(1), &Cost::nothing())))
            };
            let taken = u64::from(shared.0.hold().take(1, &shared.1, &Cost::tokens(1)));
            giver.join().unwrap();
            assert_eq!(shared.1.each_ref().map(|cell_ref| shared.0.hold().take_back(&cell_ref.cell)), [1 - taken; 2]);
        });
    }
}
