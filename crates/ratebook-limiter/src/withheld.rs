//! What of a limit is withheld, since the vendor has said that less of it is left than was believed.
#![cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "only replies change it"))]

/// An amount withheld in full until a moment, and then set free at an even rate.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Withheld {
    /// Until then, everything is.
    until: u64,
    /// From then on, so much, less what has been set free.
    amount: u64,
    /// What is set free within so many nanoseconds.
    rate: (u64, u64),
}

impl Withheld {
    /// Everything until a moment, and an amount from then on that is set free by so much within so long.
    pub(crate) fn new(until: u64, amount: u64, (limit, over): (u64, u64)) -> Self {
        Self { until, amount, rate: (limit.max(1), over) }
    }

    /// How much, at a moment; all ones while it is everything.
    pub(crate) fn at(&self, time: u64) -> u64 {
        if time < self.until {
            return u64::MAX;
        }
        let (limit, over) = self.rate;
        let freed = u128::from(limit) * u128::from(time - self.until) / u128::from(over.max(1));
        self.amount.saturating_sub(u64::try_from(freed).unwrap_or(u64::MAX))
    }

    pub(crate) fn until(&self) -> u64 {
        self.until
    }

    /// The slower one of its rate and another.
    pub(crate) fn slower(&self, (limit, over): (u64, u64)) -> (u64, u64) {
        let (own_limit, own_over) = self.rate;
        let is_slower = u128::from(own_limit) * u128::from(over) < u128::from(limit) * u128::from(own_over);
        if is_slower { self.rate } else { (limit, over) }
    }

    /// Within how many nanoseconds its rate sets its limit free.
    pub(crate) fn over(&self) -> u64 {
        self.rate.1
    }

    /// When nothing is withheld any more.
    pub(crate) fn ends(&self) -> u64 {
        let (limit, over) = self.rate;
        let time = (u128::from(self.amount) * u128::from(over)).div_ceil(u128::from(limit.max(1)));
        self.until.saturating_add(u64::try_from(time).unwrap_or(u64::MAX))
    }

    /// Whether nothing is withheld from a moment on.
    pub(crate) fn is_over(&self, now: u64) -> bool {
        now >= self.until && self.at(now) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_withheld_until_the_moment_and_then_set_free_evenly() {
        let withheld = Withheld::new(100, 30, (60, 600));
        assert_eq!([99, 100, 200, 390, 400].map(|time| withheld.at(time)), [u64::MAX, 30, 20, 1, 0]);
        assert_eq!(withheld.ends(), 400);
        assert_eq!([99, 399, 400].map(|time| withheld.is_over(time)), [false, false, true]);
        assert_eq!(Withheld::new(u64::MAX, u64::MAX, (1, u64::MAX)).ends(), u64::MAX);
        assert!(Withheld::default().is_over(0));
    }
}
