//! The policies that a vendor states as rules: growth by use, and penalties. Replayed event by event.

use std::cell::RefCell;

use ratebook::{Growth, Penalty, PenaltyTrigger};

use crate::scenario::SECOND;

/// The number of times at which the vendor's intervals may begin, evenly spaced over one. The lowest limit counts.
const BEGINNINGS: u64 = 32;

/// A limit's rule of growth, with all use of the limit.
#[derive(Clone, Debug)]
pub(crate) struct Grows {
    growth: Growth,
    /// The window of the limit, in nanoseconds.
    window: u64,
    /// When units were used, or refunded where the amount is negative, in order of time.
    uses: Vec<(u64, i128)>,
    /// The replays of the uses up to the last question, from which the next one continues.
    replays: RefCell<Replays>,
}

impl Grows {
    pub(crate) fn new(growth: Growth, window: u64) -> Self {
        Self { growth, window, uses: Vec::new(), replays: RefCell::new(Replays::new(0)) }
    }

    pub(crate) fn record(&mut self, at: u64, units: i128) {
        assert!(self.uses.last().is_none_or(|(last, _)| *last <= at), "uses are recorded in order of time");
        self.uses.push((at, units));
    }

    /// Returns the amount in force at `now` of a limit that is published with `published`.
    pub(crate) fn in_force(&self, published: u64, now: u64) -> u64 {
        let uses = self.uses.partition_point(|(at, _)| *at <= now);
        let mut replays = self.replays.borrow_mut();
        if replays.published != published || replays.uses > uses {
            *replays = Replays::new(published);
        }
        let Replays { uses: replayed, first_use, each, .. } = &mut *replays;
        for (at, units) in &self.uses[*replayed..uses] {
            each.iter_mut().for_each(|replay| self.replay_until(replay, published, *at));
            if each.iter().all(|replay| replay.interval.is_none()) {
                *first_use = *at;
            }
            for (replay, nth) in each.iter_mut().zip(1..) {
                if replay.interval.is_none() && *units > 0 {
                    let ends = (*first_use + self.every() * nth / BEGINNINGS..).step_by(self.every() as usize);
                    replay.interval = ends.into_iter().find(|ends| ends > at).map(|ends| (ends, 0));
                }
                if let Some((_, used)) = &mut replay.interval {
                    *used = (*used + units).max(0);
                }
            }
        }
        *replayed = uses;
        let at_now = each.clone().map(|mut replay| {
            self.replay_until(&mut replay, published, now);
            replay.limit
        });
        at_now.into_iter().min().unwrap_or(published)
    }

    fn every(&self) -> u64 {
        u64::from(self.growth.every_seconds) * SECOND
    }

    fn replay_until(&self, replay: &mut Replay, published: u64, now: u64) {
        let Growth { raise_percent, above_percent, lower_percent, lower_after_seconds, most_percent, .. } = self.growth;
        let percent = |amount: u64, percent: u64| u128::from(amount) * u128::from(percent);
        while let Some((ends, used)) = replay.interval {
            let falls = lower_after_seconds.filter(|_| replay.limit > published);
            let falls = falls.map(|after| replay.less_since + u64::from(after) * SECOND);
            if let Some(at) = falls.filter(|at| *at <= ends) {
                if at > now {
                    return;
                }
                let by = percent(replay.limit, lower_percent.unwrap_or(0).into()).div_ceil(100) as u64;
                replay.limit = replay.limit.saturating_sub(by.max(1)).max(published);
                (replay.less_since, replay.interval) = (at, Some((ends, 0)));
                continue;
            }
            if ends > now {
                return;
            }
            // The share of what the windows within the interval allow.
            let allowed = percent(replay.limit, above_percent.into()) * u128::from(self.every());
            let is_enough = used > 0 && used as u128 * 100 * u128::from(self.window) >= allowed;
            if is_enough {
                let by = u64::try_from(percent(replay.limit, raise_percent.into()) / 100).unwrap_or(u64::MAX);
                let raised = replay.limit.saturating_add(by);
                let most = most_percent.map_or(u64::MAX, |most| (percent(published, most.into()) / 100) as u64);
                replay.limit = raised.min(most).max(replay.limit);
                replay.less_since = ends;
            } else if used == 0 && lower_after_seconds.is_none() {
                let before = percent(replay.limit, 100) / (100 + u128::from(raise_percent));
                replay.limit = (before as u64).min(replay.limit - 1).max(published);
            }
            let is_over = used == 0 && replay.limit == published;
            replay.interval = (!is_over).then(|| (ends + self.every(), 0));
        }
    }
}

/// The replays of a limit's first uses, one for each beginning.
#[derive(Clone, Debug)]
struct Replays {
    published: u64,
    /// The number of uses that were replayed.
    uses: usize,
    first_use: u64,
    each: [Replay; BEGINNINGS as usize],
}

impl Replays {
    fn new(published: u64) -> Self {
        let each = [const { Replay { limit: 0, interval: None, less_since: 0 } }; BEGINNINGS as usize];
        Self { published, uses: 0, first_use: 0, each: each.map(|replay| Replay { limit: published, ..replay }) }
    }
}

#[derive(Clone, Debug)]
struct Replay {
    limit: u64,
    /// The end of the current interval, and the units used in it.
    interval: Option<(u64, i128)>,
    less_since: u64,
}

/// A vendor's penalty, with the responses that were observed.
#[derive(Clone, Debug)]
pub(crate) struct Penalized {
    penalty: Penalty,
    /// When calls that count were observed.
    counted: Vec<u64>,
    /// The end of the last penalty.
    until: u64,
}

impl Penalized {
    pub(crate) fn new(penalty: Penalty) -> Self {
        Self { penalty, counted: Vec::new(), until: 0 }
    }

    /// Records a response to a call that was not served.
    pub(crate) fn record(&mut self, at: u64, is_refusal: bool) {
        let Penalty { after, calls, within_seconds, lasts_seconds, extends, .. } = self.penalty;
        let counts = is_refusal || after == PenaltyTrigger::Failed;
        let is_in_force = at < self.until;
        if counts && !(is_in_force && within_seconds.is_none()) {
            self.counted.push(at);
        }
        let within = within_seconds.map_or(u64::MAX, |seconds| u64::from(seconds) * SECOND);
        let recent = self.counted.iter().filter(|counted| at - **counted < within).count();
        let begins = counts && !is_in_force && recent >= calls as usize;
        if begins && within_seconds.is_none() {
            self.counted.clear();
        }
        if begins || is_in_force && extends {
            self.until = at + u64::from(lasts_seconds) * SECOND;
        }
    }

    pub(crate) fn resume(&mut self) {
        self.until = 0;
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::new(self.penalty);
    }

    pub(crate) fn is_in_force(&self, at: u64) -> bool {
        at < self.until
    }
}
