//! Penalties: times in which a vendor refuses every call of an account, after too many refused or failed ones.
//!
//! The vendor counts a call when it answers, and the account when it observes the response, which is later. A pause of
//! the penalty's length from the observation on therefore ends after the penalty. The time within which calls are
//! counted, and the pause, are both lengthened by the spread of the network's delay.
//!
//! A longer time may count more calls than the vendor does, and pause where there is no penalty. Counted calls are
//! therefore kept as long as the vendor may count them, also after a penalty and those observed during one. At most, an
//! account pauses once too often. Where calls count whenever they were made, the number is exact: a penalty uses them
//! up, and responses observed during it, to calls sent before, do not count.
//!
//! Where a call during a penalty starts it anew, each response during it that is an error does.

use std::collections::VecDeque;

use ratebook::{Penalty, PenaltyTrigger};

use crate::clock::ClockReading;
use crate::nanos::Nanos;
use crate::pause::{AccountPause, PauseReason};
use crate::settings::Settings;

/// How a vendor answered a call that it did not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotServed {
    /// It refused the call because of a limit.
    Refused,
    /// It answered with another error.
    Failed,
}

impl NotServed {
    /// Whether a penalty after calls of a kind counts the call.
    fn counts_for(self, after: PenaltyTrigger) -> bool {
        match after {
            PenaltyTrigger::Refused => self == Self::Refused,
            PenaltyTrigger::Failed => true,
        }
    }
}

/// The penalties of an account's vendor.
#[derive(Debug)]
pub(crate) struct Penalties(Box<[PenaltyState]>);

#[derive(Debug)]
struct PenaltyState {
    penalty: Penalty,
    /// The time within which calls count together; `None` if they count whenever they were made.
    within: Option<Nanos>,
    /// The length of the pause.
    lasts: Nanos,
    /// The calls that count, oldest first.
    counted: VecDeque<Nanos>,
    /// The end of the last pause.
    until: Nanos,
}

impl Penalties {
    pub(crate) fn new(settings: &Settings) -> Self {
        let lengthened = |seconds: u32| {
            let span = Nanos::SECOND.times(seconds.into());
            span + settings.jitter_of(span, span)
        };
        let penalties = settings.penalties.iter().map(|penalty| PenaltyState {
            penalty: *penalty,
            within: penalty.within_seconds.map(lengthened),
            lasts: lengthened(penalty.lasts_seconds),
            counted: VecDeque::new(),
            until: Nanos::ZERO,
        });
        Self(penalties.collect())
    }

    /// Counts a call whose response is observed now. Returns the longest pause that it causes or lengthens.
    pub(crate) fn count(&mut self, call: NotServed, now: ClockReading) -> Option<AccountPause> {
        let pauses = self.0.iter_mut().filter_map(|penalty| penalty.count(call, now));
        pauses.reduce(AccountPause::or_longer)
    }

    /// Ends the pauses. Calls that were counted still count.
    pub(crate) fn resume(&mut self) {
        self.0.iter_mut().for_each(|penalty| penalty.until = Nanos::ZERO);
    }

    /// Ends the pauses, and discards what was counted.
    pub(crate) fn forget(&mut self) {
        self.resume();
        self.0.iter_mut().for_each(|penalty| penalty.counted.clear());
    }

    /// Whether no call counts any more.
    pub(crate) fn is_idle(&self, now: Nanos) -> bool {
        self.0.iter().all(|penalty| {
            let counts = penalty.counted.back().is_some_and(|last| penalty.still_counts(*last, now));
            penalty.until <= now && !counts
        })
    }
}

impl PenaltyState {
    fn still_counts(&self, call: Nanos, now: Nanos) -> bool {
        self.within.is_none_or(|within| now < call + within)
    }

    /// Counts a call. Returns the pause that it causes or starts anew.
    fn count(&mut self, call: NotServed, now: ClockReading) -> Option<AccountPause> {
        let Penalty { after, calls, extends, .. } = self.penalty;
        let is_paused = now.earliest < self.until;
        if call.counts_for(after) && !(is_paused && self.within.is_none()) {
            while self.counted.front().is_some_and(|first| !self.still_counts(*first, now.earliest)) {
                self.counted.pop_front();
            }
            if self.counted.len() >= calls as usize {
                self.counted.pop_front();
            }
            self.counted.push_back(now.latest);
        }
        let begins = !is_paused && call.counts_for(after) && self.counted.len() >= calls as usize;
        if !(begins || is_paused && extends) {
            return None;
        }
        if self.within.is_none() {
            self.counted.clear();
        }
        self.until = now.latest + self.lasts;
        Some(AccountPause { until: self.until, reason: PauseReason::Penalty(after) })
    }
}
