//! Penalties: times for which a server refuses every call after too many refused or failed ones. All times are
//! nanoseconds.

use std::collections::VecDeque;

use ratebook::{Penalty, PenaltyTrigger};

use crate::SECOND;

/// How a call was answered with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallError {
    /// A limit refused it.
    Refused,
    /// A penalty refused it.
    LockedOut,
    /// It failed although it was within the limits, or was invalid.
    Failed,
}

/// A penalty of a policy, and the calls that have been counted for it.
#[derive(Clone, Debug)]
pub(crate) struct PenaltyState {
    penalty: Penalty,
    /// The times of the counted calls, since the last penalty.
    counted: VecDeque<u64>,
    /// The end of the last penalty.
    ends: Option<u64>,
}

impl PenaltyState {
    pub(crate) fn new(penalty: Penalty) -> Self {
        Self { penalty, counted: VecDeque::new(), ends: None }
    }

    /// Returns the end of the penalty, if it is in force.
    pub(crate) fn ends_after(&self, now: u64) -> Option<u64> {
        self.ends.filter(|ends| now < *ends)
    }

    /// Counts a call that is answered with an error. During the penalty, it starts the penalty anew if the provider
    /// says so, and counts for nothing else.
    pub(crate) fn note(&mut self, now: u64, error: CallError) {
        if self.ends_after(now).is_some() {
            if self.penalty.extends {
                self.start(now);
            }
            return;
        }
        let counts = match (self.penalty.after, error) {
            (PenaltyTrigger::Refused, CallError::Refused) | (PenaltyTrigger::Failed, _) => true,
            (PenaltyTrigger::Refused, CallError::LockedOut | CallError::Failed) => false,
        };
        if !counts {
            return;
        }
        if let Some(within) = self.penalty.within_seconds {
            let within = u64::from(within) * SECOND;
            while self.counted.front().is_some_and(|at| at.saturating_add(within) <= now) {
                self.counted.pop_front();
            }
        }
        self.counted.push_back(now);
        if self.counted.len() as u64 >= u64::from(self.penalty.calls) {
            self.start(now);
        }
    }

    fn start(&mut self, now: u64) {
        self.ends = Some(now.saturating_add(u64::from(self.penalty.lasts_seconds) * SECOND));
        self.counted.clear();
    }
}

#[cfg(test)]
mod tests {
    use ratebook::Provider;

    use super::*;

    #[test]
    fn each_refusal_starts_a_penalty_and_none_within_it_does() {
        let refused = PenaltyState::new(Provider::Acme.policy().penalties[0]);
        let mut penalty = refused.clone();
        penalty.note(0, CallError::Failed);
        penalty.note(0, CallError::LockedOut);
        assert_eq!(penalty.ends_after(0), None);
        penalty.note(0, CallError::Refused);
        penalty.note(30 * SECOND, CallError::Refused);
        assert_eq!((penalty.ends_after(59 * SECOND), penalty.ends_after(60 * SECOND)), (Some(60 * SECOND), None));
        // If calls prolong it, each starts it anew.
        let mut extended = refused;
        extended.penalty.extends = true;
        extended.note(0, CallError::Refused);
        extended.note(30 * SECOND, CallError::LockedOut);
        assert_eq!(extended.ends_after(30 * SECOND), Some(90 * SECOND));
    }

    #[test]
    fn enough_errors_within_a_time_start_a_penalty() {
        let mut penalty = PenaltyState::new(Provider::Acme.policy().penalties[1]);
        // 19 errors, which are forgotten after 30 seconds.
        (0..19).for_each(|_| penalty.note(0, CallError::Failed));
        penalty.note(30 * SECOND, CallError::Refused);
        assert_eq!(penalty.ends_after(30 * SECOND), None);
        (0..18).for_each(|_| penalty.note(59 * SECOND, CallError::LockedOut));
        assert_eq!(penalty.ends_after(59 * SECOND), None);
        penalty.note(59 * SECOND, CallError::Failed);
        assert_eq!(penalty.ends_after(59 * SECOND), Some(89 * SECOND));
    }
}
