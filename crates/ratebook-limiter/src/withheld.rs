//! What is withheld of a limit because a response stated that less is left than was counted.
#![cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "used with `feedback` only"))]

use crate::nanos::Nanos;

/// A pause, and an amount that is released at an even rate afterwards.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Withheld {
    /// The end of the pause, in which everything is withheld.
    until: Nanos,
    /// Units withheld at the end of the pause.
    amount: u64,
    /// Units released per time.
    rate: (u64, Nanos),
}

impl Withheld {
    /// Returns a pause until `until`, and `amount` from then on, released at `limit` units per `over`.
    pub(crate) fn new(until: Nanos, amount: u64, (limit, over): (u64, Nanos)) -> Self {
        Self { until, amount, rate: (limit.max(1), over) }
    }

    /// The units withheld at `time`; `None` during the pause, when everything is.
    pub(crate) fn at(&self, time: Nanos) -> Option<u64> {
        if time < self.until {
            return None;
        }
        let (limit, over) = self.rate;
        let released = u128::from(limit) * u128::from((time - self.until).get()) / u128::from(over.get().max(1));
        Some(self.amount.saturating_sub(u64::try_from(released).unwrap_or(u64::MAX)))
    }

    pub(crate) fn until(&self) -> Nanos {
        self.until
    }

    /// Returns the slower of its rate and another.
    pub(crate) fn slower(&self, (limit, over): (u64, Nanos)) -> (u64, Nanos) {
        let (own_limit, own_over) = self.rate;
        let is_slower = u128::from(own_limit) * u128::from(over.get()) < u128::from(limit) * u128::from(own_over.get());
        if is_slower { self.rate } else { (limit, over) }
    }

    /// The time within which its rate releases the limit it was made with.
    pub(crate) fn over(&self) -> Nanos {
        self.rate.1
    }

    /// When nothing is withheld any more.
    pub(crate) fn ends(&self) -> Nanos {
        let (limit, over) = self.rate;
        self.until + over.scaled(self.amount, limit)
    }

    /// Whether nothing is withheld from `now` on.
    pub(crate) fn is_over(&self, now: Nanos) -> bool {
        self.at(now) == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_withheld_until_the_end_of_the_pause_and_then_released_evenly() {
        let at = Nanos::new;
        let withheld = Withheld::new(at(100), 30, (60, at(600)));
        assert_eq!(
            [99, 100, 200, 390, 400].map(|time| withheld.at(at(time))),
            [None, Some(30), Some(20), Some(1), Some(0)]
        );
        assert_eq!(withheld.ends(), at(400));
        assert_eq!([99, 399, 400].map(|time| withheld.is_over(at(time))), [false, false, true]);
        assert_eq!(Withheld::new(Nanos::MAX, u64::MAX, (1, Nanos::MAX)).ends(), Nanos::MAX);
        assert!(Withheld::default().is_over(Nanos::ZERO));
    }
}
