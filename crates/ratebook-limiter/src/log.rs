//! The sliding window: what was charged within the last period, at any moment.
//!
//! Charges stand in a ring, oldest first, each with the moment at which its period is over. A limit of no more units
//! than the ring has slots is kept exactly. Above that, charges made within one grain of time share a slot and leave
//! together, when the youngest of them is a period old: never early, so the promise holds, and late by at most one
//! grain. Under steady pressure nothing is lost even so, since charges come to be made when slots leave. What is owed
//! beyond a small limit may need more slots than it has units: then the ring grows, to twice its resolution at most.

/// Charges of the last period.
#[derive(Debug)]
pub(crate) struct Log {
    width: u64,
    grain: u64,
    slots: Box<[Slot]>,
    /// How many slots there may come to be.
    most: usize,
    head: usize,
    len: usize,
    used: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// When the slot's oldest charge was made.
    first: u64,
    /// When its youngest charge is a period old.
    expires: u64,
    amount: u64,
}

impl Log {
    /// A window of so many nanoseconds, with a ring of at least two slots.
    pub(crate) fn new(width: u64, limit: u64, resolution: usize) -> Self {
        let resolution = resolution.max(2);
        let slots = usize::try_from(limit).unwrap_or(usize::MAX).clamp(2, resolution);
        let slots = vec![Slot::default(); slots].into();
        let mut log = Self { width, grain: 0, slots, most: resolution.saturating_mul(2), head: 0, len: 0, used: 0 };
        log.set_limit(limit);
        log
    }

    /// Fits the grain to a limit that has changed.
    pub(crate) fn set_limit(&mut self, limit: u64) {
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX).min(self.most / 2);
        if wanted > self.slots.len() {
            self.grow(wanted);
        }
        let slots = self.slots.len() as u64;
        self.grain = if limit <= slots { 0 } else { self.width.div_ceil(slots.saturating_sub(2).max(1)) };
    }

    /// What is charged and not yet a period old.
    #[inline]
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    pub(crate) fn width(&self) -> u64 {
        self.width
    }

    /// Lets go of what is a period old.
    #[inline]
    pub(crate) fn expire(&mut self, now: u64) {
        while self.len > 0 {
            let front = &self.slots[self.head];
            if front.expires > now {
                return;
            }
            self.used -= front.amount;
            self.head = self.wrapped(self.head + 1);
            self.len -= 1;
        }
    }

    /// Charges an amount that is held for so many nanoseconds, the window's width as a rule.
    pub(crate) fn charge(&mut self, at: u64, amount: u64, hold: u64) {
        self.used = self.used.saturating_add(amount);
        let expires = at.saturating_add(hold);
        if self.len == self.slots.len() {
            self.drop_empty();
        }
        if self.len == self.slots.len() && self.grain == 0 && self.len < self.most {
            self.grow((2 * self.len).min(self.most));
        }
        let full = self.len == self.slots.len();
        if self.len > 0 {
            let back = self.wrapped(self.head + self.len - 1);
            let back = &mut self.slots[back];
            // A full ring merges into its youngest slot, which leaves later for it.
            if full || back.amount == 0 || at <= back.first.saturating_add(self.grain) {
                if back.amount == 0 {
                    back.first = at.max(back.first);
                }
                back.amount = back.amount.saturating_add(amount);
                back.expires = back.expires.max(expires);
                return;
            }
        }
        let next = self.wrapped(self.head + self.len);
        // Expiry is in order even where a charge was held longer than the window.
        let expires = self.back().map_or(expires, |back| expires.max(back.expires));
        self.slots[next] = Slot { first: at, expires, amount };
        self.len += 1;
    }

    /// Lets go of slots of which all was given back.
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

    /// Gives back an amount charged at a moment, as far as it is still there.
    pub(crate) fn refund(&mut self, charged_at: u64, amount: u64) {
        for position in (0..self.len).rev() {
            let at = self.wrapped(self.head + position);
            let slot = &mut self.slots[at];
            if slot.first <= charged_at {
                let back = amount.min(slot.amount);
                slot.amount -= back;
                self.used -= back;
                return;
            }
        }
    }

    /// When so much of what is used will be free, or `None` where it never holds so much.
    pub(crate) fn when_freed(&self, amount: u64) -> Option<u64> {
        let mut freed = 0u64;
        for slot in self.iter() {
            freed = freed.saturating_add(slot.amount);
            if freed >= amount {
                return Some(slot.expires);
            }
        }
        None
    }

    /// How much of what is used will be free at a moment.
    pub(crate) fn freed_by(&self, time: u64) -> u64 {
        self.iter().take_while(|slot| slot.expires <= time).fold(0, |sum, slot| sum.saturating_add(slot.amount))
    }

    fn iter(&self) -> impl Iterator<Item = &Slot> {
        (0..self.len).map(|position| &self.slots[self.wrapped(self.head + position)])
    }

    fn back(&self) -> Option<&Slot> {
        self.len.checked_sub(1).map(|last| &self.slots[self.wrapped(self.head + last)])
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

    proptest! {
        /// Never frees early, and never later than one grain.
        #[test]
        fn a_charge_leaves_when_it_is_a_period_old(
            steps in prop::collection::vec((0u64..40, 1u64..50), 1..300),
            slots in 2usize..12,
        ) {
            let width = 1_000;
            let mut log = Log::new(width, u64::MAX, slots);
            let (mut now, mut events) = (0, Vec::new());
            for (step, amount) in steps {
                now += step;
                log.expire(now);
                log.charge(now, amount, width);
                events.push((now, amount));
                let within = |span: u64| -> u64 {
                    events.iter().filter(|(at, _)| at + span > now).map(|(_, amount)| amount).sum()
                };
                prop_assert!(log.used() >= within(width));
                prop_assert!(log.used() <= within(width + 2 * log.grain + 1));
            }
        }

        /// What is given back is given back once, and an expired charge not at all.
        #[test]
        fn a_refund_never_frees_more_than_was_charged(
            steps in prop::collection::vec((0u64..400, 1u64..50, 0u64..60, 0u64..1_500), 1..100),
        ) {
            let mut log = Log::new(1_000, u64::MAX, 8);
            let mut now = 0;
            for (step, amount, back, ago) in steps {
                now += step;
                log.expire(now);
                log.charge(now, amount, 1_000);
                log.refund(now.saturating_sub(ago), back);
                prop_assert_eq!(log.used(), log.iter().map(|slot| slot.amount).sum::<u64>());
            }
        }
    }

    #[test]
    fn a_small_limit_is_kept_to_the_nanosecond() {
        let mut log = Log::new(1_000, 3, 64);
        for at in [0, 10, 20] {
            log.charge(at, 1, 1_000);
        }
        assert_eq!((log.when_freed(1), log.when_freed(2), log.when_freed(3)), (Some(1_000), Some(1_010), Some(1_020)));
        log.expire(1_009);
        assert_eq!(log.used(), 2);
    }

    #[test]
    fn what_is_owed_beyond_a_small_limit_is_kept_to_the_nanosecond_too() {
        let mut log = Log::new(1_000, 2, 64);
        (0..128).for_each(|at| log.charge(at, 1, 1_000));
        assert!((1..=128).all(|count| log.when_freed(count) == Some(999 + count)));
        log.charge(128, 1, 1_000);
        assert_eq!((log.slots.len(), log.when_freed(128)), (128, Some(1_128)), "no further");
    }

    #[test]
    fn what_was_given_back_leaves_its_slot_to_another() {
        let mut log = Log::new(1_000, 2, 64);
        log.charge(0, 1, 1_000);
        log.charge(10, 1, 1_000);
        log.refund(0, 1);
        log.charge(20, 1, 1_000);
        assert_eq!((log.when_freed(1), log.when_freed(2)), (Some(1_010), Some(1_020)));
    }
}
