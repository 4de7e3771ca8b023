//! The spin lock around the credits of an account, and what is done under it: charges, refunds, lending.

use super::credit::{Credit, CreditRef, INLINE_SLOTS, InlineCredits};
use super::sync::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use crate::cost::{CommonAmounts, Cost};

/// The tick for which headroom is lent, or none while the schedule alone decides.
#[derive(Debug)]
pub(super) struct OpenTick(AtomicU64);

impl OpenTick {
    /// Stored while no tick is open. A tick is a time in nanoseconds, so a system's clock reads it after 584 years. A
    /// [manual clock](crate::ManualClock) can be set to it, but while no tick is open all credits are empty and none is
    /// refundable, so that the fast path then decides as the schedule would.
    const NONE: u64 = u64::MAX;

    fn none() -> Self {
        Self(AtomicU64::new(Self::NONE))
    }

    /// Whether `tick` is open.
    #[inline(always)]
    pub(super) fn is(&self, tick: u64, order: Ordering) -> bool {
        self.0.load(order) == tick
    }

    /// Sets the open tick, or none. Returns whether it changed. Only for the holder of the lock.
    fn set(&self, tick: Option<u64>) -> bool {
        let (before, after) = (self.0.load(Ordering::Relaxed), tick.unwrap_or(Self::NONE));
        self.0.store(after, Ordering::Relaxed);
        before != after
    }
}

/// The spin lock of an account's credits, with the inline headrooms.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct FastLock {
    is_locked: AtomicBool,
    /// One bit for each inline headroom: whether refunds may be added.
    refundable: AtomicU8,
    pub(super) tick: OpenTick,
    pub(super) headrooms: [AtomicU64; INLINE_SLOTS],
    /// Incremented, modulo 2³² − 1, when cached refusals become stale: at each new tick, and when a meter changes other
    /// than through its credit.
    pub(super) epoch: AtomicU64,
}

/// The lock, while it is locked.
pub(crate) struct FastGuard<'a>(pub(super) &'a FastLock);

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
    pub(crate) fn lock(&self) -> FastGuard<'_> {
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
    /// Returns the headroom of a credit: the one inside the lock at `slot`, or the credit's own.
    #[inline(always)]
    fn headroom<'c>(&'c self, slot: u8, credit: &'c Credit) -> &'c AtomicU64 {
        self.0.headrooms.get(usize::from(slot)).unwrap_or(&credit.headroom)
    }

    #[inline(always)]
    fn load(&self, credit_ref: &CreditRef) -> u64 {
        self.headroom(credit_ref.slot, &credit_ref.credit).load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn store(&self, credit_ref: &CreditRef, headroom: u64) {
        self.headroom(credit_ref.slot, &credit_ref.credit).store(headroom, Ordering::Relaxed);
    }

    #[inline]
    fn is_at(&self, tick: u64) -> bool {
        self.0.tick.is(tick, Ordering::Relaxed)
    }

    /// Subtracts a call's cost from all credits. Returns `false`, and changes nothing, if a credit is short or the tick
    /// is not open.
    pub(crate) fn try_charge(&self, tick: u64, credits: &[CreditRef], cost: &Cost) -> bool {
        let fits = self.is_at(tick)
            && credits.iter().all(|credit_ref| credit_ref.measure.needed(cost) <= self.load(credit_ref));
        if fits {
            for credit_ref in credits {
                self.store(credit_ref, self.load(credit_ref) - credit_ref.measure.of(cost));
            }
        }
        fits
    }

    /// Like [`try_charge`](Self::try_charge), but unrolled for inline credits.
    #[inline(always)]
    pub(crate) fn try_charge_inline(&self, tick: u64, inline: &InlineCredits, amounts: &CommonAmounts) -> bool {
        self.is_at(tick)
            && match inline.len {
                1 => self.try_charge_n::<1>(inline, amounts),
                2 => self.try_charge_n::<2>(inline, amounts),
                3 => self.try_charge_n::<3>(inline, amounts),
                _ => self.try_charge_n::<4>(inline, amounts),
            }
    }

    #[inline(always)]
    fn try_charge_n<const N: usize>(&self, inline: &InlineCredits, amounts: &CommonAmounts) -> bool {
        let headroom_at = |at: usize| &self.0.headrooms[inline.slots[at] as usize];
        let left: [(u64, bool); N] = std::array::from_fn(|at| {
            headroom_at(at).load(Ordering::Relaxed).overflowing_sub(amounts.of(inline.dimensions[at]))
        });
        if left.iter().fold(false, |any, (_, is_short)| any | is_short) {
            return false;
        }
        for (at, (left, _)) in left.into_iter().enumerate() {
            headroom_at(at).store(left, Ordering::Relaxed);
        }
        true
    }

    /// Starts a new epoch: cached refusals become invalid. No epoch is `u32::MAX`, which is the mark of an invalid
    /// [`RefusalCache`](super::RefusalCache).
    pub(crate) fn bump_epoch(&self) {
        let epoch = (self.0.epoch.load(Ordering::Relaxed) + 1) % u64::from(u32::MAX);
        self.0.epoch.store(epoch, Ordering::Release);
    }

    /// Lowers the charge of a call from one cost to another in all credits. Returns `false`, and changes nothing, if an
    /// amount rises, a credit takes no refunds, or the tick is not open.
    pub(crate) fn refund(&self, tick: u64, credits: &[CreditRef], from: &Cost, to: &Cost) -> bool {
        let refund = |credit_ref: &CreditRef| credit_ref.measure.of(from).checked_sub(credit_ref.measure.of(to));
        let takes = |credit_ref: &CreditRef| {
            refund(credit_ref).is_some_and(|refund| refund == 0 || self.is_refundable(&credit_ref.credit))
        };
        let is_refundable = self.is_at(tick) && credits.iter().all(takes);
        if is_refundable {
            for credit_ref in credits {
                self.store(credit_ref, self.load(credit_ref) + refund(credit_ref).unwrap_or(0));
            }
        }
        is_refundable
    }

    /// Like [`refund`](Self::refund), but unrolled for inline credits.
    #[inline(always)]
    pub(crate) fn refund_inline(
        &self,
        tick: u64,
        inline: &InlineCredits,
        from: &CommonAmounts,
        to: &CommonAmounts,
    ) -> bool {
        self.is_at(tick)
            && match inline.len {
                1 => self.refund_n::<1>(inline, from, to),
                2 => self.refund_n::<2>(inline, from, to),
                3 => self.refund_n::<3>(inline, from, to),
                _ => self.refund_n::<4>(inline, from, to),
            }
    }

    #[inline(always)]
    fn refund_n<const N: usize>(&self, inline: &InlineCredits, from: &CommonAmounts, to: &CommonAmounts) -> bool {
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

    fn is_refundable(&self, credit: &Credit) -> bool {
        match usize::from(credit.slot) < INLINE_SLOTS {
            true => self.0.refundable.load(Ordering::Relaxed) & (1 << credit.slot) != 0,
            false => credit.is_refundable.load(Ordering::Relaxed),
        }
    }

    fn set_refundable(&self, credit: &Credit, is_refundable: bool) {
        if usize::from(credit.slot) < INLINE_SLOTS {
            let (refundable, bit) = (self.0.refundable.load(Ordering::Relaxed), 1 << credit.slot);
            self.0
                .refundable
                .store(if is_refundable { refundable | bit } else { refundable & !bit }, Ordering::Relaxed);
        } else {
            credit.is_refundable.store(is_refundable, Ordering::Relaxed);
        }
    }

    /// Lends a meter's headroom to its credit. A meter that `owes` has no headroom, and its credit takes no refunds.
    pub(crate) fn lend(&self, credit: &Credit, headroom: u64, owes: bool) {
        self.headroom(credit.slot, credit).store(headroom, Ordering::Relaxed);
        self.set_refundable(credit, !owes);
    }

    /// Takes back the lent headroom and returns what is left of it. The credit is empty afterwards.
    pub(crate) fn take_back(&self, credit: &Credit) -> u64 {
        let headroom = self.headroom(credit.slot, credit);
        let left = headroom.load(Ordering::Relaxed);
        headroom.store(0, Ordering::Relaxed);
        self.set_refundable(credit, false);
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
