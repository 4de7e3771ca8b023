//! What is owed of a limit: usage above estimates, which is charged as of when it is reported. At one time no more is owed
//! than a window allows, whatever is reported: a reply with an absurd count holds up nobody for longer than that.

use std::collections::VecDeque;

use crate::nanos::Nanos;

/// So many debts are told apart; beyond that, they are over when the youngest of them is.
const MOST: usize = 64;

/// Debts that are not over, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Debts {
    owed: VecDeque<Debt>,
}

#[derive(Clone, Copy, Debug)]
struct Debt {
    amount: u64,
    /// When it no longer counts.
    over: Nanos,
}

impl Debts {
    /// Takes on a debt that counts until a moment, up to a limit on all that is owed now; what of it is taken on.
    pub(crate) fn owe(&mut self, amount: u64, limit: u64, now: Nanos, over: Nanos) -> u64 {
        while self.owed.front().is_some_and(|debt| debt.over <= now) {
            self.owed.pop_front();
        }
        let owed = self.owed.iter().fold(0u64, |sum, debt| sum.saturating_add(debt.amount));
        let amount = amount.min(limit.saturating_sub(owed));
        let is_full = self.owed.len() == MOST;
        match self.owed.back_mut() {
            Some(last) if last.over == over || is_full => {
                last.amount = last.amount.saturating_add(amount);
                last.over = last.over.max(over);
            }
            _ if amount > 0 => {
                self.owed.reserve(MOST - self.owed.len());
                self.owed.push_back(Debt { amount, over });
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
    fn no_more_is_owed_than_a_window_allows() {
        let mut debts = Debts::default();
        let mut owe = |amount, now| debts.owe(amount, 100, Nanos::new(now), Nanos::new(now + 60));
        let calls = [(70, 0), (70, 10), (u64::MAX, 20), (u64::MAX, 60), (1, 69), (u64::MAX, 200)];
        assert_eq!(calls.map(|(amount, now)| owe(amount, now)), [70, 30, 0, 70, 0, 100]);
    }
}
