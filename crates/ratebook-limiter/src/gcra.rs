//! GCRA (ITU-T I.371) in its form as a continuous-state leaky bucket, for [`Burst::Smooth`](crate::Burst::Smooth).
//!
//! With a burst of b and a rate of (L − b)/W, an interval of length τ admits at most b + τ(L − b)/W, and an interval of
//! length W at most L. A server that estimates by a sliding counter (the last fixed window in proportion, and the
//! present one in full) never counts more than L either. Let p be in the last window and q in the present one, of which
//! a share f is over. Then p + q ≤ b + (1 + f)(L − b) and q ≤ b + f(L − b), so the estimate p(1 − f) + q is at most L.
//!
//! *Refunds* leave the bucket as if the call had cost its real usage from the beginning. If the bucket has run empty
//! since the charge, the charge no longer counts, and there is nothing to refund. The bucket therefore keeps low-water
//! marks, the lowest level since each recent charge, and a refund is at most that.
//!
//! *Changes of the burst or the limit* keep the headroom of the moment: what was admitted at the old rate and what will
//! be admitted at the new one are together within the larger limit. A bucket that was not charged for two windows gets
//! the whole new burst.

use std::collections::VecDeque;

use crate::nanos::Nanos;

/// The number of low-water marks kept. Older ones are merged, which can only reduce a refund.
const MAX_LOW_MARKS: usize = 128;

/// A leaky bucket: a burst, a rate, and the level at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Gcra {
    limit: u64,
    width: Nanos,
    /// The capacity, in units: the largest call so far, at least a 256th and at most half of the limit.
    burst: u64,
    /// The largest amount requested so far, in units.
    largest: u64,
    /// The level at `at`, in units times nanoseconds of the width. In this scale the leak of a nanosecond is an
    /// integer, so no rounding accumulates.
    level: u128,
    at: Nanos,
    /// The time of the last charge.
    charged_at: Option<Nanos>,
    /// Low-water marks: for a tick, the lowest level since the charges of that tick, which it does not include. Times
    /// and levels increase from front to back.
    low_marks: VecDeque<(Nanos, u128)>,
}

/// Returns the burst for a limit and its largest call.
fn burst_of(limit: u64, largest: u64) -> u64 {
    largest.min(limit / 2).max(limit / 256).max(1)
}

impl Gcra {
    /// Returns an empty bucket for `limit` units per `width`, with a burst of a 256th of the limit.
    pub(crate) fn new(limit: u64, width: Nanos) -> Self {
        let burst = burst_of(limit, 0);
        Self {
            limit,
            width,
            burst,
            largest: 0,
            level: 0,
            at: Nanos::ZERO,
            charged_at: None,
            low_marks: VecDeque::new(),
        }
    }

    fn scaled(&self, amount: u64) -> u128 {
        u128::from(amount) * u128::from(self.width.get().max(1))
    }

    /// The leak per nanosecond, scaled like `level`.
    fn rate(&self) -> u128 {
        u128::from(self.limit.saturating_sub(self.burst).max(1))
    }

    /// Returns the level at `time` if nothing more is charged.
    fn level_at(&self, time: Nanos) -> u128 {
        self.level.saturating_sub(self.rate() * u128::from((time - self.at).get()))
    }

    /// Advances the bucket to `now`.
    fn leak(&mut self, now: Nanos) {
        self.level = self.level_at(now);
        self.at = self.at.max(now);
    }

    /// Sets the limit and the window, and a burst that fits them. The headroom stays the same, as far as the new burst
    /// allows.
    pub(crate) fn set_shape(&mut self, limit: u64, width: Nanos, now: Nanos) {
        self.leak(now);
        if width != self.width {
            let (from, to) = (u128::from(self.width.get().max(1)), u128::from(width.get().max(1)));
            self.level = self.level.div_ceil(from) * to;
            self.low_marks.iter_mut().for_each(|(_, low)| *low = *low / from * to);
            self.width = width;
        }
        self.limit = limit;
        self.set_burst(burst_of(limit, self.largest));
    }

    /// Sets the burst. The headroom stays the same, as far as the new burst allows.
    fn set_burst(&mut self, burst: u64) {
        let (before, after) = (self.scaled(self.burst), self.scaled(burst));
        self.level = match before.checked_sub(self.level) {
            Some(headroom) => after.saturating_sub(headroom),
            None => after + (self.level - before),
        };
        self.burst = burst;
    }

    /// Makes the burst large enough for a call of `amount`, up to half of the limit. The rate decreases accordingly,
    /// for good.
    pub(crate) fn make_room(&mut self, amount: u64, now: Nanos) {
        self.largest = self.largest.max(amount);
        let burst = burst_of(self.limit, self.largest);
        if burst > self.burst {
            self.leak(now);
            self.set_burst(burst);
            // A charge of two windows ago is in no server's estimate.
            if self.charged_at.is_none_or(|at| at + self.width + self.width <= now) {
                self.level = 0;
            }
        }
    }

    /// The headroom that an amount needs: the amount, or a full burst if it is larger.
    pub(crate) fn needed(&self, amount: u64) -> u64 {
        amount.min(self.burst)
    }

    /// The headroom at `now`, in units.
    pub(crate) fn headroom(&self, now: Nanos) -> u64 {
        let room = self.scaled(self.burst).saturating_sub(self.level_at(now)) / u128::from(self.width.get().max(1));
        u64::try_from(room).unwrap_or(u64::MAX)
    }

    /// Charges an amount, in `tick` and no later than `at`. The level may exceed the burst: the caller has checked the
    /// headroom.
    pub(crate) fn charge(&mut self, tick: Nanos, at: Nanos, amount: u64) {
        self.leak(at);
        while self.low_marks.back().is_some_and(|(_, low)| *low >= self.level) {
            self.low_marks.pop_back();
        }
        if self.low_marks.len() == MAX_LOW_MARKS
            && let Some((_, lowest)) = self.low_marks.pop_front()
            && let Some((_, low)) = self.low_marks.front_mut()
        {
            *low = lowest;
        }
        self.charged_at = Some(self.at);
        self.low_marks.push_back((tick, self.level));
        self.level = self.level.saturating_add(self.scaled(amount));
    }

    /// Charges a debt, up to one window's limit. Returns the rest, which is dropped.
    pub(crate) fn owe(&mut self, tick: Nanos, at: Nanos, amount: u64) -> u64 {
        self.leak(at);
        let most = self.scaled(self.limit.max(self.burst));
        let room = most.saturating_sub(self.level) / u128::from(self.width.get().max(1));
        let owed = amount.min(u64::try_from(room).unwrap_or(u64::MAX));
        self.charge(tick, at, owed);
        amount - owed
    }

    /// Refunds an amount that was charged in `tick`, as far as it still counts. Returns whether all of it did.
    pub(crate) fn refund(&mut self, tick: Nanos, now: Nanos, amount: u64) -> bool {
        self.leak(now);
        let since = self.low_marks.partition_point(|(at, _)| *at <= tick);
        let lowest = self.low_marks.get(since).map_or(self.level, |(_, low)| *low);
        let wanted = self.scaled(amount);
        let refund = wanted.min(lowest).min(self.level);
        self.level -= refund;
        self.low_marks.iter_mut().skip(since).for_each(|(_, low)| *low = low.saturating_sub(refund));
        if let Some(&(_, low)) = self.low_marks.get(since) {
            // A mark of an earlier tick must not be above a later one.
            let kept = self.low_marks.iter().take(since).take_while(|(_, earlier)| *earlier < low).count();
            self.low_marks.drain(kept..since);
        }
        refund == wanted
    }

    /// Returns the earliest time at which the headroom is `needed`.
    pub(crate) fn when(&self, needed: u64) -> Nanos {
        let over = (self.level + self.scaled(needed.min(self.burst))).saturating_sub(self.scaled(self.burst));
        self.at + Nanos::new(u64::try_from(over.div_ceil(self.rate())).unwrap_or(u64::MAX))
    }

    /// The window, jitter included: a charge no longer counts after it.
    pub(crate) fn width(&self) -> Nanos {
        self.width
    }

    /// Whether the bucket has leaked empty at `now`.
    pub(crate) fn is_empty(&self, now: Nanos) -> bool {
        self.level_at(now) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDTH: Nanos = Nanos::MINUTE;

    /// Returns the largest estimate of a sliding counter whose fixed windows are shifted by `phase`.
    fn counted(events: &[(u64, u64)], phase: u64) -> u128 {
        let width = u128::from(WIDTH.get());
        let window = |at: u64| u128::from(at + phase) / width;
        let most = events.iter().map(|(now, _)| {
            let over = u128::from(now + phase) % width;
            let counted_in = |wanted: u128| -> u128 {
                let counted = events.iter().filter(|(at, _)| at <= now && window(*at) == wanted);
                counted.map(|(_, amount)| u128::from(*amount)).sum()
            };
            // The window before the first is empty.
            let before = window(*now).checked_sub(1).map_or(0, counted_in);
            (before * (width - over) + counted_in(window(*now)) * width).div_ceil(width)
        });
        most.max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn an_amount_fits_at_the_stated_time_and_no_window_exceeds_the_limit(
            limit in 2u64..5_000,
            share in 1u64..50,
            count in 1usize..200,
        ) {
            let amount = (limit * share / 100).max(1);
            prop_assume!(amount <= limit / 2);
            let mut gcra = Gcra::new(limit, WIDTH);
            let (mut now, mut events) = (Nanos::new(1_000), Vec::new());
            for _ in 0..count {
                gcra.make_room(amount, now);
                let needed = gcra.needed(amount);
                now = gcra.when(needed).max(now);
                prop_assert!(gcra.headroom(now) >= needed, "{gcra:?} at {now:?}");
                gcra.charge(now, now, amount);
                events.push(now);
                let within = events.iter().filter(|at| **at + WIDTH > now).count() as u64 * amount;
                prop_assert!(within <= limit, "{within} of {limit}");
            }
        }

        /// Calls of any length and size, settled below their estimates. The counter sees what they really cost.
        #[test]
        fn a_sliding_counter_of_settled_costs_never_exceeds_the_limit(
            calls in prop::collection::vec((0u64..3_000, 1u64..400, 0u64..100, 0u64..90_000), 1..150),
        ) {
            let limit = 1_000;
            let mut gcra = Gcra::new(limit, WIDTH);
            let (mut now, mut events, mut open) = (0u64, Vec::new(), Vec::new());
            for (step, amount, percent, lasts) in calls {
                now += step * 1_000_000;
                open.retain(|(due, tick, number, estimate, real): &(u64, u64, usize, u64, u64)| {
                    if *due > now {
                        return true;
                    }
                    gcra.refund(Nanos::new(*tick), Nanos::new(now), estimate - real);
                    events[*number] = (*tick, *real);
                    false
                });
                gcra.make_room(amount, Nanos::new(now));
                if gcra.headroom(Nanos::new(now)) < gcra.needed(amount) {
                    continue;
                }
                gcra.charge(Nanos::new(now), Nanos::new(now), amount);
                open.push((now + lasts * 1_000_000, now, events.len(), amount, amount * percent / 100));
                events.push((now, amount));
            }
            for (_, tick, number, _, real) in open {
                events[number] = (tick, real);
            }
            for phase in 0..8 {
                let most = counted(&events, phase * WIDTH.get() / 8);
                prop_assert!(most <= u128::from(limit), "{most} of {limit}");
            }
        }
    }

    #[test]
    fn a_charge_that_has_leaked_out_is_not_refunded() {
        let mut gcra = Gcra::new(256, WIDTH);
        gcra.charge(Nanos::ZERO, Nanos::ZERO, 1);
        assert!(!gcra.refund(Nanos::ZERO, WIDTH, 1));
        assert_eq!(gcra.headroom(WIDTH), 1, "no more than a burst");
    }

    #[test]
    fn a_debt_is_at_most_one_window() {
        let mut gcra = Gcra::new(256, WIDTH);
        assert_eq!(gcra.owe(Nanos::ZERO, Nanos::ZERO, u64::MAX), u64::MAX - 256);
        assert!(gcra.when(1) <= WIDTH + WIDTH);
    }
}
