//! What is owed of a limit: usage above estimates, which is charged as of when it is reported. At one time no more is owed
//! than a window allows, whatever is reported: a reply with an absurd count holds up nobody for longer than that. What is
//! owed is paid off at the limit's own rate, as a leaky bucket is, so an account that estimates too little for long owes all
//! of it.

use crate::nanos::Nanos;

/// What is owed, and not paid off.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Debts {
    owed: u64,
    /// As of when.
    at: Nanos,
}

impl Debts {
    /// Takes on a debt under a limit over a window; what of it is taken on, with all that is owed now.
    pub(crate) fn owe(&mut self, amount: u64, (limit, window): (u64, Nanos), now: Nanos) -> u64 {
        let paid = u128::from(limit) * u128::from((now - self.at).get()) / u128::from(window.get().max(1));
        self.owed = self.owed.saturating_sub(u64::try_from(paid).unwrap_or(u64::MAX));
        self.at = self.at.max(now);
        let amount = amount.min(limit.saturating_sub(self.owed));
        self.owed += amount;
        amount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_owed_than_a_window_allows() {
        let mut debts = Debts::default();
        let mut owe = |amount, now| debts.owe(amount, (100, Nanos::new(60)), Nanos::new(now));
        assert_eq!(
            [owe(70, 0), owe(u64::MAX, 0), owe(u64::MAX, 30), owe(40, 90), owe(u64::MAX, 10_000)],
            [70, 30, 50, 40, 100]
        );
    }
}
