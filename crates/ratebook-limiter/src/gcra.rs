//! The even pace: a leaky bucket as a meter, the generic cell rate algorithm in its other form (ITU-T I.371).
//!
//! With a burst of b and a rate of (L − b)/W, any interval of length τ admits at most b + τ(L − b)/W, so an interval of
//! length W at most L. A server that estimates by a sliding counter (the last fixed window in part, the present one in
//! full) never counts more than L either: let p be in its last window and q in the present one, a share f of it over.
//! Then p + q ≤ b + (1 + f)(L − b), and its estimate p(1 − f) + q is at most L both where q is largest and where p is.
//!
//! *Refunds* leave the bucket as it would be if the call had been charged what it really cost. Where the bucket has run
//! dry since, the call no longer counts, and nothing is left to refund. The bucket therefore remembers how low it has been
//! since recent charges: a refund is at most that.
//!
//! *A larger burst or another limit* leaves the headroom of the moment as it is: what was admitted at the old rate and
//! what will be at the new one are together within the larger of both limits. A bucket of which nothing was charged for two
//! windows has all of its new burst.

use std::collections::VecDeque;

use crate::nanos::Nanos;

/// So many low levels are remembered; older ones are merged, towards smaller refunds.
const MAX_LOWS: usize = 128;

/// A burst and a rate.
#[derive(Clone, Debug)]
pub(crate) struct Gcra {
    limit: u64,
    width: Nanos,
    /// What may be charged at once: a 256th of the limit, or its largest call.
    burst: u64,
    /// The largest amount that was asked for.
    largest: u64,
    /// What has not leaked out at `at`, in units times nanoseconds of the width, so that no leak is rounded.
    level: u128,
    at: Nanos,
    /// When something was last charged.
    charged_at: Option<Nanos>,
    /// The lowest level since a tick, before the charges of it: from front to back later and higher.
    lows: VecDeque<(Nanos, u128)>,
}

/// The burst under a limit, with room for a call: at most half of the limit.
fn burst_of(limit: u64, largest: u64) -> u64 {
    largest.min(limit / 2).max(limit / 256).max(1)
}

impl Gcra {
    /// A pace under a limit of so many units within so many nanoseconds: bursts of a 256th, or of the largest call.
    pub(crate) fn new(limit: u64, width: Nanos) -> Self {
        let burst = burst_of(limit, 0);
        Self { limit, width, burst, largest: 0, level: 0, at: Nanos::ZERO, charged_at: None, lows: VecDeque::new() }
    }

    fn scaled(&self, amount: u64) -> u128 {
        u128::from(amount) * u128::from(self.width.get().max(1))
    }

    /// What leaks out in each nanosecond, scaled.
    fn rate(&self) -> u128 {
        u128::from(self.limit.saturating_sub(self.burst).max(1))
    }

    /// The level at a moment, if nothing more is charged.
    fn level_at(&self, time: Nanos) -> u128 {
        self.level.saturating_sub(self.rate() * u128::from((time - self.at).get()))
    }

    /// Lets the bucket leak up to a moment.
    fn leak(&mut self, now: Nanos) {
        self.level = self.level_at(now);
        self.at = self.at.max(now);
    }

    /// Sets the limit and the window, with a burst that fits them.
    pub(crate) fn set_shape(&mut self, limit: u64, width: Nanos, now: Nanos) {
        self.leak(now);
        if width != self.width {
            let (from, to) = (u128::from(self.width.get().max(1)), u128::from(width.get().max(1)));
            self.level = self.level.div_ceil(from) * to;
            self.lows.iter_mut().for_each(|(_, low)| *low = *low / from * to);
            self.width = width;
        }
        self.limit = limit;
        self.set_burst(burst_of(limit, self.largest));
    }

    /// Changes the burst; the headroom stays, as far as it is within the new one.
    fn set_burst(&mut self, burst: u64) {
        let (before, after) = (self.scaled(self.burst), self.scaled(burst));
        self.level = match before.checked_sub(self.level) {
            Some(headroom) => after.saturating_sub(headroom),
            None => after + (self.level - before),
        };
        self.burst = burst;
    }

    /// A larger call than all before makes the burst larger, and the rate lower, for good; up to half of the limit.
    pub(crate) fn make_room(&mut self, amount: u64, now: Nanos) {
        self.largest = self.largest.max(amount);
        let burst = burst_of(self.limit, self.largest);
        if burst > self.burst {
            self.leak(now);
            self.set_burst(burst);
            // What was charged two windows ago is in nobody's count.
            if self.charged_at.is_none_or(|at| at + self.width + self.width <= now) {
                self.level = 0;
            }
        }
    }

    /// The headroom that an amount needs: its own size, or a whole burst where it is larger than that.
    pub(crate) fn needed(&self, amount: u64) -> u64 {
        amount.min(self.burst)
    }

    /// What may be charged at a moment.
    pub(crate) fn headroom(&self, now: Nanos) -> u64 {
        let room = self.scaled(self.burst).saturating_sub(self.level_at(now)) / u128::from(self.width.get().max(1));
        u64::try_from(room).unwrap_or(u64::MAX)
    }

    pub(crate) fn charge(&mut self, tick: Nanos, at: Nanos, amount: u64) {
        self.leak(at);
        while self.lows.back().is_some_and(|(_, low)| *low >= self.level) {
            self.lows.pop_back();
        }
        if self.lows.len() == MAX_LOWS
            && let Some((_, lowest)) = self.lows.pop_front()
            && let Some((_, low)) = self.lows.front_mut()
        {
            *low = lowest;
        }
        self.charged_at = Some(self.at);
        self.lows.push_back((tick, self.level));
        self.level = self.level.saturating_add(self.scaled(amount));
    }

    /// Charges what is owed, up to what leaks out in a window beyond the burst; what is beyond that is returned.
    pub(crate) fn owe(&mut self, tick: Nanos, at: Nanos, amount: u64) -> u64 {
        self.leak(at);
        let most = self.scaled(self.limit.max(self.burst));
        let room = most.saturating_sub(self.level) / u128::from(self.width.get().max(1));
        let owed = amount.min(u64::try_from(room).unwrap_or(u64::MAX));
        self.charge(tick, at, owed);
        amount - owed
    }

    /// Refunds an amount charged in a tick, as far as it still counts; whether it did in full.
    pub(crate) fn refund(&mut self, tick: Nanos, now: Nanos, amount: u64) -> bool {
        self.leak(now);
        let since = self.lows.partition_point(|(at, _)| *at <= tick);
        let lowest = self.lows.get(since).map_or(self.level, |(_, low)| *low);
        let wanted = self.scaled(amount);
        let refund = wanted.min(lowest).min(self.level);
        self.level -= refund;
        self.lows.iter_mut().skip(since).for_each(|(_, low)| *low = low.saturating_sub(refund));
        if let Some(&(_, low)) = self.lows.get(since) {
            // An earlier level that was no lower is none of the lowest any more.
            let kept = self.lows.iter().take(since).take_while(|(_, earlier)| *earlier < low).count();
            self.lows.drain(kept..since);
        }
        refund == wanted
    }

    /// When there is headroom for a needed amount.
    pub(crate) fn when(&self, needed: u64) -> Nanos {
        let over = (self.level + self.scaled(needed.min(self.burst))).saturating_sub(self.scaled(self.burst));
        self.at + Nanos::new(u64::try_from(over.div_ceil(self.rate())).unwrap_or(u64::MAX))
    }

    /// The time after which what is charged now no longer counts.
    pub(crate) fn width(&self) -> Nanos {
        self.width
    }

    /// Whether everything has leaked out.
    pub(crate) fn is_empty(&self, now: Nanos) -> bool {
        self.level_at(now) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDTH: Nanos = Nanos::MINUTE;

    /// The most that a sliding counter estimates, whose fixed windows begin at a phase, of charges by what they cost.
    fn counted(events: &[(u64, u64)], phase: u64) -> u128 {
        let width = u128::from(WIDTH.get());
        let window = |at: u64| u128::from(at + phase) / width;
        let most = events.iter().map(|(now, _)| {
            let over = u128::from(now + phase) % width;
            let of = |wanted: u128| -> u128 {
                let counted = events.iter().filter(|(at, _)| at <= now && window(*at) == wanted);
                counted.map(|(_, amount)| u128::from(*amount)).sum()
            };
            // A window before the first is empty.
            let before = window(*now).checked_sub(1).map_or(0, of);
            (before * (width - over) + of(window(*now)) * width).div_ceil(width)
        });
        most.max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn an_amount_fits_when_it_is_said_to_and_no_window_holds_more_than_the_limit(
            limit in 2u64..5_000,
            share in 1u64..50,
            count in 1usize..200,
        ) {
            let amount = (limit * share / 100).max(1);
            prop_assume!(amount <= limit / 2);
            let mut pace = Gcra::new(limit, WIDTH);
            let (mut now, mut events) = (Nanos::new(1_000), Vec::new());
            for _ in 0..count {
                pace.make_room(amount, now);
                let needed = pace.needed(amount);
                now = pace.when(needed).max(now);
                prop_assert!(pace.headroom(now) >= needed, "{pace:?} at {now:?}");
                pace.charge(now, now, amount);
                events.push(now);
                let within = events.iter().filter(|at| **at + WIDTH > now).count() as u64 * amount;
                prop_assert!(within <= limit, "{within} of {limit}");
            }
        }

        /// Calls of any length and size, settled below their estimates: a sliding counter of what they really cost never
        /// counts more than the limit, whenever its windows begin.
        #[test]
        fn a_sliding_counter_of_settled_costs_never_counts_more_than_the_limit(
            calls in prop::collection::vec((0u64..3_000, 1u64..400, 0u64..100, 0u64..90_000), 1..150),
        ) {
            let limit = 1_000;
            let mut pace = Gcra::new(limit, WIDTH);
            let (mut now, mut events, mut open) = (0u64, Vec::new(), Vec::new());
            for (step, amount, percent, lasts) in calls {
                now += step * 1_000_000;
                open.retain(|(due, tick, number, estimate, real): &(u64, u64, usize, u64, u64)| {
                    if *due > now {
                        return true;
                    }
                    pace.refund(Nanos::new(*tick), Nanos::new(now), estimate - real);
                    events[*number] = (*tick, *real);
                    false
                });
                pace.make_room(amount, Nanos::new(now));
                if pace.headroom(Nanos::new(now)) < pace.needed(amount) {
                    continue;
                }
                pace.charge(Nanos::new(now), Nanos::new(now), amount);
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
        let mut pace = Gcra::new(256, WIDTH);
        pace.charge(Nanos::ZERO, Nanos::ZERO, 1);
        assert!(!pace.refund(Nanos::ZERO, WIDTH, 1));
        assert_eq!(pace.headroom(WIDTH), 1, "no more than a burst");
    }

    #[test]
    fn what_is_owed_is_at_most_a_window() {
        let mut pace = Gcra::new(256, WIDTH);
        assert_eq!(pace.owe(Nanos::ZERO, Nanos::ZERO, u64::MAX), u64::MAX - 256);
        assert!(pace.when(1) <= WIDTH + WIDTH);
    }
}
