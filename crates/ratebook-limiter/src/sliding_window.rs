//! The sliding window: what was charged within the last period, at any moment.
//!
//! Charges stand in a ring of slots, oldest first. A slot leaves when its youngest charge is a period old. Each tick of the
//! clock has its own slot while the ring is no more than half full, and always under a limit of no more units than the ring
//! has slots: such charges are kept exactly. In a fuller ring, charges made within one slot_width of time share a slot: never
//! early, so the promise holds, and late by at max_slots one slot_width. Under steady pressure nothing is lost even so, since charges
//! come to be made when slots leave. What is owed beyond a small limit may need more slots than it has units: then the ring
//! grows, to twice its resolution at max_slots.
//!
//! A call above the limit of a vendor's shorter window passes when the window is empty, and its slot is held for the call's
//! share of time: for as many periods as the limit fits into its amount. How long is worked out from what the slot holds
//! now, so a settlement below the estimate shortens the hold.

use crate::nanos::Nanos;

/// Charges of the last period.
#[derive(Clone, Debug)]
pub(crate) struct SlidingWindow {
    width: Nanos,
    limit: u64,
    /// The span of time of which charges share a slot when the ring is half full: half the slots cover a window of such
    /// spans.
    slot_width: Nanos,
    slots: Box<[Slot]>,
    /// How many slots there may come to be.
    max_slots: usize,
    head: usize,
    len: usize,
    /// The sum of all slots.
    used: u64,
    /// Whether a slot of more than the limit is held for its share of time.
    holds: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// The tick of its oldest charge, by which refunds find it.
    first: Nanos,
    /// When its youngest charge was made, at the latest.
    last: Nanos,
    amount: u64,
}

impl SlidingWindow {
    /// A window of so many nanoseconds, with a ring of at least two slots.
    pub(crate) fn new(width: Nanos, limit: u64, resolution: usize) -> Self {
        let resolution = resolution.max(2);
        let slots = usize::try_from(limit).unwrap_or(usize::MAX).clamp(2, resolution);
        let slots = vec![Slot::default(); slots].into();
        let max_slots = resolution.saturating_mul(2);
        let mut log =
            Self { width, limit, slot_width: Nanos::ZERO, slots, max_slots, head: 0, len: 0, used: 0, holds: false };
        log.set_shape(limit, width);
        log
    }

    /// The same window, in which a slot of more than the limit is held for its share of time.
    pub(crate) fn holding(self) -> Self {
        Self { holds: true, ..self }
    }

    /// Sets the limit and the length of the window; charges are a period old by the new length.
    pub(crate) fn set_shape(&mut self, limit: u64, width: Nanos) {
        (self.limit, self.width) = (limit, width);
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX).min(self.max_slots / 2);
        if wanted > self.slots.len() {
            self.grow(wanted);
        }
        let slots = self.slots.len() as u64;
        self.slot_width = if limit <= slots { Nanos::ZERO } else { width.scaled(2, slots.saturating_sub(4).max(1)) };
    }

    /// What is charged and not yet a period old.
    #[inline]
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    pub(crate) fn width(&self) -> Nanos {
        self.width
    }

    /// When a slot leaves.
    fn expires(&self, slot: &Slot) -> Nanos {
        let is_held = self.holds && slot.amount > self.limit;
        slot.last + if is_held { self.width.scaled(slot.amount, self.limit) } else { self.width }
    }

    /// Drops what is a period old.
    #[inline]
    pub(crate) fn expire(&mut self, now: Nanos) {
        while self.len > 0 {
            let front = self.slots[self.head];
            if front.amount > 0 && self.expires(&front) > now {
                return;
            }
            self.used -= front.amount;
            self.head = self.wrapped(self.head + 1);
            self.len -= 1;
        }
    }

    /// Charges an amount, in a tick and at the latest at a moment. The sum saturates: what does not fit into it is not
    /// charged.
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
            let back = self.wrapped(self.head + self.len - 1);
            let back = &mut self.slots[back];
            if back.amount == 0 {
                *back = Slot { first: tick.max(back.first), last: at.max(back.last), amount };
                return;
            }
            // A full ring merges into its youngest slot, which leaves later for it.
            if full || tick <= back.first + slot_width {
                back.amount += amount;
                back.last = back.last.max(at);
                return;
            }
        }
        let next = self.wrapped(self.head + self.len);
        self.slots[next] = Slot { first: tick, last: at, amount };
        self.len += 1;
    }

    /// Drops slots of which all was refunded.
    fn drop_empty(&mut self) {
        let mut kept = 0;
        for position in 0..self.len {
            let slot = self.slots[self.wrapped(self.head + position)];
            if slot.amount > 0 {
                let to = self.wrapped(self.head + kept);
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
        (self.slots, self.head) = (slots.into(), 0);
    }

    /// Refunds an amount charged in a tick, as far as it is still there.
    pub(crate) fn refund(&mut self, tick: Nanos, amount: u64) {
        for position in (0..self.len).rev() {
            let at = self.wrapped(self.head + position);
            let slot = &mut self.slots[at];
            if slot.first <= tick {
                let back = amount.min(slot.amount);
                slot.amount -= back;
                self.used -= back;
                return;
            }
        }
    }

    /// The slots, oldest first, each with the moment by which it and all before it have left.
    fn leaving(&self) -> impl Iterator<Item = (Nanos, u64)> {
        self.iter().scan(Nanos::ZERO, |latest, slot| {
            *latest = (*latest).max(self.expires(slot));
            Some((*latest, slot.amount))
        })
    }

    /// When so much of what is used will be free, or `None` where it never holds so much.
    pub(crate) fn when_freed(&self, amount: u64) -> Option<Nanos> {
        let mut freed = 0u64;
        self.leaving().find_map(|(leaves, slot)| {
            freed = freed.saturating_add(slot);
            (freed >= amount).then_some(leaves)
        })
    }

    /// How much of what is used will be free at a moment.
    pub(crate) fn freed_by(&self, time: Nanos) -> u64 {
        self.leaving().take_while(|(leaves, _)| *leaves <= time).fold(0, |sum, (_, amount)| sum + amount)
    }

    /// What was charged after a moment; what shares a slot with an earlier charge is not included.
    #[cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "only replies ask"))]
    pub(crate) fn charged_since(&self, time: Nanos) -> u64 {
        self.iter().filter(|slot| slot.first > time).map(|slot| slot.amount).sum()
    }

    fn iter(&self) -> impl Iterator<Item = &Slot> {
        (0..self.len).map(|position| &self.slots[self.wrapped(self.head + position)])
    }

    #[inline]
    fn wrapped(&self, at: usize) -> usize {
        if at >= self.slots.len() { at - self.slots.len() } else { at }
    }

    /// Bytes on the heap.
    pub(crate) fn memory(&self) -> usize {
        size_of_val(&*self.slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDTH: Nanos = Nanos::new(1_000);

    fn log(limit: u64, resolution: usize) -> SlidingWindow {
        SlidingWindow::new(WIDTH, limit, resolution)
    }

    fn charge(log: &mut SlidingWindow, at: u64, amount: u64) {
        log.charge(Nanos::new(at), Nanos::new(at), amount);
    }

    fn freed(log: &SlidingWindow, amount: u64) -> Option<u64> {
        log.when_freed(amount).map(Nanos::get)
    }

    proptest! {
        /// Never early, and never later than one slot_width.
        #[test]
        fn a_charge_leaves_when_it_is_a_period_old(
            steps in prop::collection::vec((0u64..40, 1u64..50), 1..300),
            slots in 2usize..12,
        ) {
            let mut log = log(u64::MAX, slots);
            let (mut now, mut events) = (0, Vec::new());
            for (step, amount) in steps {
                now += step;
                log.expire(Nanos::new(now));
                charge(&mut log, now, amount);
                events.push((now, amount));
                let within = |span: u64| -> u64 {
                    events.iter().filter(|(at, _)| at + span > now).map(|(_, amount)| amount).sum()
                };
                prop_assert!(log.used() >= within(WIDTH.get()));
                prop_assert!(log.used() <= within(WIDTH.get() + log.slot_width.get() + 1));
            }
        }

        /// What is refunded is refunded once, and an expired charge not at all, whatever the amounts.
        #[test]
        fn a_refund_never_frees_more_than_was_charged(
            steps in prop::collection::vec((0u64..400, any::<u64>(), any::<u64>(), 0u64..1_500), 1..100),
        ) {
            let mut log = log(u64::MAX, 8);
            let mut now = 0;
            for (step, amount, back, ago) in steps {
                now += step;
                log.expire(Nanos::new(now));
                charge(&mut log, now, amount);
                log.refund(Nanos::new(now.saturating_sub(ago)), back);
                prop_assert_eq!(u128::from(log.used()), log.iter().map(|slot| u128::from(slot.amount)).sum::<u128>());
            }
        }
    }

    #[test]
    fn a_small_limit_is_kept_to_the_nanosecond() {
        let mut log = log(3, 64);
        [0, 10, 20].into_iter().for_each(|at| charge(&mut log, at, 1));
        assert_eq!([1, 2, 3].map(|amount| freed(&log, amount)), [Some(1_000), Some(1_010), Some(1_020)]);
        log.expire(Nanos::new(1_009));
        assert_eq!(log.used(), 2);
    }

    #[test]
    fn what_is_owed_beyond_a_small_limit_is_kept_to_the_nanosecond_too() {
        let mut log = log(2, 64);
        (0..128).for_each(|at| charge(&mut log, at, 1));
        assert!((1..=128).all(|count| freed(&log, count) == Some(999 + count)));
        charge(&mut log, 128, 1);
        assert_eq!((log.slots.len(), freed(&log, 128)), (128, Some(1_128)), "no further");
    }

    #[test]
    fn a_refunded_charge_leaves_its_slot_to_another() {
        let mut log = log(2, 64);
        charge(&mut log, 0, 1);
        charge(&mut log, 10, 1);
        log.refund(Nanos::ZERO, 1);
        charge(&mut log, 20, 1);
        assert_eq!([1, 2].map(|amount| freed(&log, amount)), [Some(1_010), Some(1_020)]);
    }

    #[test]
    fn a_call_above_the_limit_is_held_for_its_share_of_time_until_it_is_settled() {
        let mut log = log(100, 64).holding();
        charge(&mut log, 0, 500);
        assert_eq!(freed(&log, 500), Some(5_000));
        log.refund(Nanos::ZERO, 350);
        assert_eq!(freed(&log, 150), Some(1_500));
        log.refund(Nanos::ZERO, 140);
        assert_eq!(freed(&log, 10), Some(1_000));
        charge(&mut log, 700, 90);
        assert_eq!(freed(&log, 100), Some(1_700), "later charges do not inherit the hold");
    }

    #[test]
    fn a_window_that_becomes_shorter_or_longer_counts_what_it_holds_by_its_new_length() {
        let mut log = log(3, 64);
        charge(&mut log, 0, 1);
        log.set_shape(3, Nanos::new(2_000));
        assert_eq!(freed(&log, 1), Some(2_000));
        log.set_shape(3, Nanos::new(500));
        assert_eq!(freed(&log, 1), Some(500));
    }
}
