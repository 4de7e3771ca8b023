//! The even pace: an arrival time per limit, after the generic cell rate algorithm (ITU-T I.371).
//!
//! With a burst of b and a rate of (L − b)/W, any interval of length τ admits at most b + τ(L − b)/W, so an interval of
//! length W at most L. A server that estimates by a sliding counter (the last fixed window in part, the present one in
//! full) never counts more than L either: let p be in its last window and q in the present one, a share f of it over.
//! Then p + q ≤ b + (1 + f)(L − b), and its estimate p(1 − f) + q is at most L both where q is largest and where p is.

/// A burst and a rate.
#[derive(Debug)]
pub(crate) struct Pace {
    limit: u64,
    width: u64,
    /// What may be charged at once.
    burst: u64,
    /// When everything charged so far is paid by the rate.
    paid_at: u64,
}

impl Pace {
    /// A pace under a limit of so many units within so many nanoseconds: bursts of a 256th, or of the largest call.
    pub(crate) fn new(limit: u64, width: u64) -> Self {
        Self { limit, width, burst: (limit / 256).max(1), paid_at: 0 }
    }

    pub(crate) fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
        self.burst = self.burst.min(limit / 2).max(limit / 256).max(1);
    }

    fn rate(&self) -> u128 {
        u128::from(self.limit.saturating_sub(self.burst).max(1))
    }

    /// How long the rate takes to pay for an amount, in nanoseconds, rounded up.
    pub(crate) fn price(&self, amount: u64) -> u64 {
        let price = (u128::from(amount) * u128::from(self.width)).div_ceil(self.rate());
        u64::try_from(price).unwrap_or(u64::MAX)
    }

    /// A larger call than all before makes the burst larger, and the rate lower, for good; up to half of the limit.
    pub(crate) fn make_room(&mut self, amount: u64) {
        self.burst = self.burst.max(amount.min(self.limit / 2));
    }

    /// The headroom that an amount needs: its own size, or a whole burst where it is larger than that.
    pub(crate) fn needed(&self, amount: u64) -> u64 {
        amount.min(self.burst)
    }

    /// What may be charged at a moment.
    pub(crate) fn headroom(&self, now: u64) -> u64 {
        let left = u128::from(self.price(self.burst).saturating_sub(self.paid_at.saturating_sub(now)));
        let room = left * self.rate() / u128::from(self.width.max(1));
        u64::try_from(room).unwrap_or(u64::MAX).min(self.burst)
    }

    pub(crate) fn charge(&mut self, at: u64, amount: u64) {
        self.paid_at = self.paid_at.max(at).saturating_add(self.price(amount));
    }

    /// Gives an amount back, rounded down.
    pub(crate) fn refund(&mut self, amount: u64) {
        self.paid_at = self.paid_at.saturating_sub(self.price(amount).saturating_sub(1));
    }

    /// When there is headroom for a needed amount.
    pub(crate) fn when(&self, needed: u64) -> u64 {
        self.paid_at.saturating_sub(self.price(self.burst) - self.price(needed.min(self.burst)))
    }

    /// The time after which what is charged now no longer counts.
    pub(crate) fn width(&self) -> u64 {
        self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_amount_fits_when_it_is_said_to_and_no_window_holds_more_than_the_limit(
            limit in 2u64..5_000,
            share in 1u64..50,
            count in 1usize..200,
        ) {
            let width = 60_000_000_000;
            let amount = (limit * share / 100).max(1);
            prop_assume!(amount <= limit / 2);
            let mut pace = Pace::new(limit, width);
            pace.make_room(amount);
            let needed = pace.needed(amount);
            let (mut now, mut events) = (1_000, Vec::new());
            for _ in 0..count {
                now = pace.when(needed).max(now);
                prop_assert!(pace.headroom(now) >= needed, "{pace:?} at {now}");
                pace.charge(now, amount);
                events.push(now);
                let within = events.iter().filter(|at| **at + width > now).count() as u64 * amount;
                prop_assert!(within <= limit, "{within} of {limit}");
            }
        }
    }
}
