//! Debts of a limit: usage above estimates, charged as of when it is reported. A limit owes at most one full window at
//! a time, so a response with an absurd count blocks calls for at most that long. The rest is dropped.

use std::collections::VecDeque;

use crate::nanos::Nanos;

/// The number of debts kept apart. Beyond it, a new debt is merged with the youngest and expires with it.
const MAX_DEBTS: usize = 64;

/// Debts that have not expired, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Debts {
    debts: VecDeque<Debt>,
}

#[derive(Clone, Copy, Debug)]
struct Debt {
    amount: u64,
    /// When it no longer counts.
    expires_at: Nanos,
}

impl Debts {
    /// Adds a debt that counts until `expires_at`. The sum of all debts is at most `limit`: what exceeds it is dropped.
    /// Returns the amount added.
    pub(crate) fn owe(&mut self, amount: u64, limit: u64, now: Nanos, expires_at: Nanos) -> u64 {
        while self.debts.front().is_some_and(|debt| debt.expires_at <= now) {
            self.debts.pop_front();
        }
        let owed = self.debts.iter().fold(0u64, |sum, debt| sum.saturating_add(debt.amount));
        let amount = amount.min(limit.saturating_sub(owed));
        let is_full = self.debts.len() == MAX_DEBTS;
        match self.debts.back_mut() {
            Some(last) if last.expires_at == expires_at || is_full => {
                last.amount = last.amount.saturating_add(amount);
                last.expires_at = last.expires_at.max(expires_at);
            }
            _ if amount > 0 => {
                self.debts.reserve(MAX_DEBTS - self.debts.len());
                self.debts.push_back(Debt { amount, expires_at });
            }
            _ => {}
        }
        amount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_one_window_is_owed_at_a_time() {
        let mut debts = Debts::default();
        let mut owe = |amount, now| debts.owe(amount, 100, Nanos::new(now), Nanos::new(now + 60));
        let calls = [(70, 0), (70, 10), (u64::MAX, 20), (u64::MAX, 60), (1, 69), (u64::MAX, 200)];
        assert_eq!(calls.map(|(amount, now)| owe(amount, now)), [70, 30, 0, 70, 0, 100]);
    }
}
