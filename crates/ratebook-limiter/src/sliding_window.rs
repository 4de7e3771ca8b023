//! The sliding window: a ring of slots, each a time and the units charged then.
//!
//! *Invariant.* The sum of the slots is never less than what was charged within the last window: a slot expires when
//! its *youngest* charge is one width old. So no charge is forgotten early, and the promise holds.
//!
//! *Slots.* A ring has as many slots as the limit has units, up to the resolution. A limit of at most as many units is
//! exact: each tick has its own slot. For a larger limit, a ring that is less than half full also gives each tick its
//! own slot; a fuller one merges charges within one `slot_width` into a slot, which then expires at most one
//! `slot_width` late. Under steady pressure this costs nothing, since new charges are made at the times at which slots
//! expire. Debts can need more slots than a small limit has units, so the ring may grow to twice the resolution.
//!
//! *Oversized slots.* In a vendor's sub-window, a call above the limit is admitted into an empty window, and its slot
//! is kept for the call's share of time: the width times amount/limit. The time is computed from the slot's present
//! amount, so a settlement below the estimate shortens it.

use crate::nanos::Nanos;

/// Charges within the last `width`.
#[derive(Clone, Debug)]
pub(crate) struct SlidingWindow {
    width: Nanos,
    limit: u64,
    /// Charges within this time share a slot once the ring is half full. Zero where each tick has its own slot. Half of
    /// the slots, at this width, cover the window.
    slot_width: Nanos,
    slots: Box<[Slot]>,
    /// The largest number of slots: twice the resolution.
    max_slots: usize,
    front: usize,
    len: usize,
    /// The sum of all slots, in units.
    used: u64,
    /// Whether a slot above the limit is kept for its share of time.
    keeps_oversized: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// The tick of the oldest charge. Refunds find the slot by it.
    first: Nanos,
    /// The latest time at which the youngest charge was made.
    last: Nanos,
    amount: u64,
}

impl SlidingWindow {
    /// Returns an empty window of `limit` units per `width`. `resolution` is the largest number of slots for the limit,
    /// at least 2.
    pub(crate) fn new(width: Nanos, limit: u64, resolution: usize) -> Self {
        let resolution = resolution.max(2);
        let slots = usize::try_from(limit).unwrap_or(usize::MAX).clamp(2, resolution);
        let slots = vec![Slot::default(); slots].into();
        let max_slots = resolution.saturating_mul(2);
        let mut window = Self {
            width,
            limit,
            slot_width: Nanos::ZERO,
            slots,
            max_slots,
            front: 0,
            len: 0,
            used: 0,
            keeps_oversized: false,
        };
        window.set_shape(limit, width);
        window
    }

    /// Returns the window with slots above the limit kept for their share of time.
    pub(crate) fn keeping_oversized(self) -> Self {
        Self { keeps_oversized: true, ..self }
    }

    /// Sets the limit and the width. The new width also applies to charges already made.
    pub(crate) fn set_shape(&mut self, limit: u64, width: Nanos) {
        (self.limit, self.width) = (limit, width);
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX).min(self.max_slots / 2);
        if wanted > self.slots.len() {
            self.grow(wanted);
        }
        let slots = self.slots.len() as u64;
        self.slot_width = if limit <= slots { Nanos::ZERO } else { width.scaled(2, slots.saturating_sub(4).max(1)) };
    }

    /// The units charged and not yet expired.
    #[inline]
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    pub(crate) fn width(&self) -> Nanos {
        self.width
    }

    /// The time at which a slot expires.
    fn expires(&self, slot: &Slot) -> Nanos {
        let is_oversized = self.keeps_oversized && slot.amount > self.limit;
        slot.last + if is_oversized { self.width.scaled(slot.amount, self.limit) } else { self.width }
    }

    /// Drops expired slots.
    #[inline]
    pub(crate) fn expire(&mut self, now: Nanos) {
        while self.len > 0 {
            let front = self.slots[self.front];
            if front.amount > 0 && self.expires(&front) > now {
                return;
            }
            self.used -= front.amount;
            self.front = self.wrapped(self.front + 1);
            self.len -= 1;
        }
    }

    /// Charges an amount, in `tick` and no later than `at`. The sum saturates: units beyond `u64::MAX` are not charged.
    pub(crate) fn charge(&mut self, tick: Nanos, at: Nanos, amount: u64) {
        let amount = amount.min(u64::MAX - self.used);
        self.used += amount;
        if self.len == self.slots.len() {
            self.drop_empty();
        }
        if self.len == self.slots.len() && self.slot_width.is_zero() && self.len < self.max_slots {
            self.grow((2 * self.len).min(self.max_slots));
        }
        let full = self.len == self.slots.len();
        let slot_width = if self.len < self.slots.len() / 2 { Nanos::ZERO } else { self.slot_width };
        if self.len > 0 {
            let back = self.wrapped(self.front + self.len - 1);
            let back = &mut self.slots[back];
            if back.amount == 0 {
                *back = Slot { first: tick.max(back.first), last: at.max(back.last), amount };
                return;
            }
            // A full ring merges into its youngest slot, which then expires later.
            if full || tick <= back.first + slot_width {
                back.amount += amount;
                back.last = back.last.max(at);
                return;
            }
        }
        let next = self.wrapped(self.front + self.len);
        self.slots[next] = Slot { first: tick, last: at, amount };
        self.len += 1;
    }

    /// Drops slots that were refunded in full.
    fn drop_empty(&mut self) {
        let mut kept = 0;
        for position in 0..self.len {
            let slot = self.slots[self.wrapped(self.front + position)];
            if slot.amount > 0 {
                let to = self.wrapped(self.front + kept);
                self.slots[to] = slot;
                kept += 1;
            }
        }
        self.len = kept;
    }

    #[cold]
    fn grow(&mut self, to: usize) {
        let mut slots: Vec<Slot> = self.iter().copied().collect();
        slots.resize(to, Slot::default());
        (self.slots, self.front) = (slots.into(), 0);
    }

    /// Refunds an amount charged in `tick`, as far as it has not expired.
    pub(crate) fn refund(&mut self, tick: Nanos, amount: u64) {
        for position in (0..self.len).rev() {
            let at = self.wrapped(self.front + position);
            let slot = &mut self.slots[at];
            if slot.first <= tick {
                let back = amount.min(slot.amount);
                slot.amount -= back;
                self.used -= back;
                return;
            }
        }
    }

    /// The slots from the oldest on, each with the time by which it and all before it have expired.
    fn leaving(&self) -> impl Iterator<Item = (Nanos, u64)> {
        self.iter().scan(Nanos::ZERO, |latest, slot| {
            *latest = (*latest).max(self.expires(slot));
            Some((*latest, slot.amount))
        })
    }

    /// Returns the time by which `amount` of the used units have expired, or `None` if fewer are used.
    pub(crate) fn when_freed(&self, amount: u64) -> Option<Nanos> {
        let mut freed = 0u64;
        self.leaving().find_map(|(leaves, slot)| {
            freed = freed.saturating_add(slot);
            (freed >= amount).then_some(leaves)
        })
    }

    /// Returns how many of the used units will have expired at `time`.
    pub(crate) fn freed_by(&self, time: Nanos) -> u64 {
        self.leaving().take_while(|(leaves, _)| *leaves <= time).fold(0, |sum, (_, amount)| sum + amount)
    }

    /// The units charged after `time`, except those that share a slot with an earlier charge.
    #[cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "used with `feedback` only"))]
    pub(crate) fn charged_since(&self, time: Nanos) -> u64 {
        self.iter().filter(|slot| slot.first > time).map(|slot| slot.amount).sum()
    }

    fn iter(&self) -> impl Iterator<Item = &Slot> {
        (0..self.len).map(|position| &self.slots[self.wrapped(self.front + position)])
    }

    #[inline]
    fn wrapped(&self, at: usize) -> usize {
        if at >= self.slots.len() { at - self.slots.len() } else { at }
    }

    /// Heap memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        size_of_val(&*self.slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDTH: Nanos = Nanos::new(1_000);

    fn window(limit: u64, resolution: usize) -> SlidingWindow {
        SlidingWindow::new(WIDTH, limit, resolution)
    }

    fn charge(window: &mut SlidingWindow, at: u64, amount: u64) {
        window.charge(Nanos::new(at), Nanos::new(at), amount);
    }

    fn freed(window: &SlidingWindow, amount: u64) -> Option<u64> {
        window.when_freed(amount).map(Nanos::get)
    }

    proptest! {
        /// Never early, and at most one `slot_width` late.
        #[test]
        fn a_charge_expires_when_it_is_one_window_old(
            steps in prop::collection::vec((0u64..40, 1u64..50), 1..300),
            slots in 2usize..12,
        ) {
            let mut window = window(u64::MAX, slots);
            let (mut now, mut events) = (0, Vec::new());
            for (step, amount) in steps {
                now += step;
                window.expire(Nanos::new(now));
                charge(&mut window, now, amount);
                events.push((now, amount));
                let within = |span: u64| -> u64 {
                    events.iter().filter(|(at, _)| at + span > now).map(|(_, amount)| amount).sum()
                };
                prop_assert!(window.used() >= within(WIDTH.get()));
                prop_assert!(window.used() <= within(WIDTH.get() + window.slot_width.get() + 1));
            }
        }

        /// A charge is refunded once, and not at all after it has expired, whatever the amounts.
        #[test]
        fn a_refund_never_frees_more_than_was_charged(
            steps in prop::collection::vec((0u64..400, any::<u64>(), any::<u64>(), 0u64..1_500), 1..100),
        ) {
            let mut window = window(u64::MAX, 8);
            let mut now = 0;
            for (step, amount, back, ago) in steps {
                now += step;
                window.expire(Nanos::new(now));
                charge(&mut window, now, amount);
                window.refund(Nanos::new(now.saturating_sub(ago)), back);
                let sum: u128 = window.iter().map(|slot| u128::from(slot.amount)).sum();
                prop_assert_eq!(u128::from(window.used()), sum);
            }
        }
    }

    #[test]
    fn a_small_limit_is_exact_to_the_nanosecond() {
        let mut window = window(3, 64);
        [0, 10, 20].into_iter().for_each(|at| charge(&mut window, at, 1));
        assert_eq!([1, 2, 3].map(|amount| freed(&window, amount)), [Some(1_000), Some(1_010), Some(1_020)]);
        window.expire(Nanos::new(1_009));
        assert_eq!(window.used(), 2);
    }

    #[test]
    fn a_debt_beyond_a_small_limit_is_exact_to_the_nanosecond() {
        let mut window = window(2, 64);
        (0..128).for_each(|at| charge(&mut window, at, 1));
        assert!((1..=128).all(|count| freed(&window, count) == Some(999 + count)));
        charge(&mut window, 128, 1);
        assert_eq!((window.slots.len(), freed(&window, 128)), (128, Some(1_128)), "the ring grows no further");
    }

    #[test]
    fn the_slot_of_a_refunded_charge_is_reused() {
        let mut window = window(2, 64);
        charge(&mut window, 0, 1);
        charge(&mut window, 10, 1);
        window.refund(Nanos::ZERO, 1);
        charge(&mut window, 20, 1);
        assert_eq!([1, 2].map(|amount| freed(&window, amount)), [Some(1_010), Some(1_020)]);
    }

    #[test]
    fn a_call_above_the_limit_holds_its_slot_for_its_share_of_time_until_it_is_settled() {
        let mut window = window(100, 64).keeping_oversized();
        charge(&mut window, 0, 500);
        assert_eq!(freed(&window, 500), Some(5_000));
        window.refund(Nanos::ZERO, 350);
        assert_eq!(freed(&window, 150), Some(1_500));
        window.refund(Nanos::ZERO, 140);
        assert_eq!(freed(&window, 10), Some(1_000));
        charge(&mut window, 700, 90);
        assert_eq!(freed(&window, 100), Some(1_700), "later charges are not kept longer");
    }

    #[test]
    fn a_change_of_width_applies_to_charges_already_made() {
        let mut window = window(3, 64);
        charge(&mut window, 0, 1);
        window.set_shape(3, Nanos::new(2_000));
        assert_eq!(freed(&window, 1), Some(2_000));
        window.set_shape(3, Nanos::new(500));
        assert_eq!(freed(&window, 1), Some(500));
    }
}
