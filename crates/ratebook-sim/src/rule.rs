//! A limit as a server enforces it, one way or another.

use std::collections::VecDeque;

use ratebook::{Amount, Limit, Metric, Period, Remedy};

use crate::SECOND;
use crate::call::units_of;

/// How a server measures what was used within a period.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Enforcement {
    /// Counters that start anew at fixed times, so many nanoseconds after the beginning of the simulation.
    FixedWindow {
        /// Nanoseconds.
        offset: u64,
    },
    /// Every call of the last period.
    SlidingLog,
    /// The present fixed window, and of the last one the share that is still within a period.
    SlidingCounter {
        /// Nanoseconds.
        offset: u64,
    },
    /// A bucket that holds the limit, or a share of it in percent, and is refilled at the limit's rate.
    TokenBucket {
        /// What the bucket holds, in percent of the limit.
        holds_percent: u64,
    },
}

/// A limit as a server enforces it.
#[derive(Clone, Debug)]
pub struct Rule {
    metric: Metric,
    /// In units of the metric; of audio in milliseconds, of spend in millionths of a dollar.
    limit: u64,
    width: u64,
    state: State,
    /// A call larger than the limit passes when nothing is used.
    passes_alone: bool,
    /// Calls over it are served all the same, and told so.
    is_soft: bool,
    ramp: Option<Ramp>,
}

#[derive(Clone, Debug)]
enum State {
    Fixed {
        offset: u64,
        window: u64,
        used: u64,
    },
    Log {
        entries: VecDeque<(u64, u64)>,
        used: u64,
    },
    Counter {
        offset: u64,
        window: u64,
        used: u64,
        last: u64,
    },
    Bucket {
        holds_percent: u64,
        level: u128,
        at: u64,
    },
    Places {
        used: u64,
    },
    /// The present window and the last ones before it, with what was used in each.
    Growth {
        windows: VecDeque<(u64, u64)>,
    },
}

/// How many windows a limit on growth looks back.
const GROWTH_WINDOWS: u64 = 10;

/// The longest pause after which use counts as sustained, in nanoseconds.
const PAUSE: u64 = 300 * SECOND;

/// Growth in proportion to the time for which the account is in use without a pause of five minutes.
#[derive(Clone, Debug)]
struct Ramp {
    first: u64,
    last: u64,
    last_after: u64,
    since: u64,
    used_at: u64,
}

impl Rule {
    /// Enforces a limit over a number of nanoseconds, one at least.
    pub fn new(metric: Metric, limit: u64, width: u64, by: Enforcement) -> Self {
        let width = width.max(1);
        let state = match by {
            Enforcement::FixedWindow { offset } => State::Fixed { offset, window: 0, used: 0 },
            Enforcement::SlidingLog => State::Log { entries: VecDeque::new(), used: 0 },
            Enforcement::SlidingCounter { offset } => State::Counter { offset, window: 0, used: 0, last: 0 },
            Enforcement::TokenBucket { holds_percent } => {
                State::Bucket { holds_percent, level: capacity(limit, holds_percent) * u128::from(width), at: 0 }
            }
        };
        Self::with_state(metric, limit, width, state)
    }

    /// At most so many calls at one time.
    pub fn concurrency(metric: Metric, limit: u64) -> Self {
        Self::with_state(metric, limit, 0, State::Places { used: 0 })
    }

    /// No steep rise, whatever the limits: in each window of so many nanoseconds at most an amount, or half more than in
    /// the fullest of the ten windows before.
    pub fn growth(metric: Metric, amount: u64, width: u64) -> Self {
        Self::with_state(metric, amount, width.max(1), State::Growth { windows: VecDeque::new() })
    }

    fn with_state(metric: Metric, limit: u64, width: u64, state: State) -> Self {
        Self { metric, limit, width, state, passes_alone: false, is_soft: false, ramp: None }
    }

    /// The same limit, over which calls are served all the same, and told that they are over it.
    pub fn soft(self) -> Self {
        Self { is_soft: true, ..self }
    }

    /// A limit of the catalog as a server enforces it; `None` where it has no amount, or counts what is no call.
    pub fn of(limit: &Limit, by: Enforcement) -> Option<Self> {
        let Amount::Count(amount) = limit.amount else { return None };
        let amount = amount.saturating_mul(units_of(limit.metric)?);
        let Some(per) = limit.per else { return Some(Self::concurrency(limit.metric, amount)) };
        let mut rule = Self::new(limit.metric, amount, nanos_of(per), by);
        if let Some(last) = limit.ramp.points().last() {
            let last_after = u64::from(last.after_minutes) * 60 * SECOND;
            rule.ramp = Some(Ramp { first: amount, last: last.amount, last_after, since: 0, used_at: 0 });
        }
        Some(rule)
    }

    /// A limit of the catalog as its provider enforces it, by its policy: over a shorter period, too, where that says so.
    /// None where the limit has no amount, or counts what is no call.
    pub fn every_of(limit: &Limit, by: Enforcement) -> Vec<Self> {
        let Some(rule) = Self::of(limit, by) else { return Vec::new() };
        let shorter = limit.entry.provider().policy().sub_window.filter(|_| limit.per == Some(Period::Minute));
        shorter.map(|per| rule.sub_window(per, by)).into_iter().chain([rule.clone()]).collect()
    }

    /// The same limit in proportion over a shorter period, as some vendors enforce it beside: calls that are larger pass
    /// alone. A share of less than one unit is one unit over more time.
    pub fn sub_window(&self, per: Period, by: Enforcement) -> Self {
        let parts = (self.width / nanos_of(per)).max(1);
        let limit = (self.limit / parts).max(1);
        let width = u128::from(self.width) * u128::from(limit) / u128::from(self.limit.max(1));
        let width = u64::try_from(width).unwrap_or(self.width).max(nanos_of(per));
        Self { passes_alone: true, ..Self::new(self.metric, limit, width, by) }
    }

    /// What is counted.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The limit at first, in the units that are counted.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The period, in nanoseconds; zero where there is none.
    pub fn width(&self) -> u64 {
        self.width
    }

    /// The limit at a moment, of one that grows if it is in use until then without a pause of five minutes.
    pub fn limit_at(&self, now: u64) -> u64 {
        let Some(ramp) = &self.ramp else { return self.limit };
        let age = u128::from(now.saturating_sub(ramp.since).min(ramp.last_after));
        let grown = u128::from(ramp.last) * age / u128::from(ramp.last_after.max(1));
        ramp.first.max(u64::try_from(grown).unwrap_or(u64::MAX))
    }

    /// Whether calls over it are served all the same.
    pub fn is_soft(&self) -> bool {
        self.is_soft
    }

    /// What cures a refusal by it.
    pub fn remedy(&self) -> Remedy {
        if matches!(self.state, State::Growth { .. }) { Remedy::Smooth } else { Remedy::Wait }
    }

    /// What is left of it at a moment, if nothing more is charged until then.
    pub fn left_at(&self, time: u64) -> u64 {
        u64::try_from(self.holds_at(time).saturating_sub(self.used_at(time))).unwrap_or(u64::MAX)
    }

    /// When an amount fits, if nothing more is charged; `None` where no time alone brings it.
    pub fn when(&self, now: u64, amount: u64) -> Option<u64> {
        self.first(now, |time| self.would_fit(time, amount))
    }

    /// When nothing of it is used, if nothing more is charged; `None` where no time alone brings that.
    pub fn when_full(&self, now: u64) -> Option<u64> {
        self.first(now, |time| self.used_at(time) == 0)
    }

    /// Whether it can let an amount pass at all: after some time, once calls have ended, or after more use.
    pub(crate) fn can_fit(&self, amount: u64) -> bool {
        let most = match &self.state {
            State::Growth { .. } => return true,
            State::Bucket { holds_percent, .. } => capacity(self.last_limit(), *holds_percent),
            _ => u128::from(self.last_limit()),
        };
        u128::from(amount) <= most || self.passes_alone
    }

    /// Whether calls have places in it, which their ends free and no time.
    pub(crate) fn has_places(&self) -> bool {
        matches!(self.state, State::Places { .. })
    }

    /// The first moment of which something is true, if nothing more is charged.
    fn first(&self, now: u64, is_true: impl Fn(u64) -> bool) -> Option<u64> {
        if is_true(now) {
            return Some(now);
        }
        let widths = match &self.state {
            // What fits the next window may not fit the one after: the fullest of those before is forgotten by then.
            State::Growth { .. } => {
                let present = window_at(now, self.width, 0);
                let mut edges = (0..=GROWTH_WINDOWS).map(|ahead| (present + ahead).saturating_mul(self.width));
                return edges.find(|edge| is_true(*edge));
            }
            State::Bucket { holds_percent, .. } => holds_percent.div_ceil(100).saturating_add(1),
            _ => 2,
        };
        // A limit that grows falls when it was left alone for long.
        let falls = self.ramp.as_ref().map(|ramp| ramp.used_at.saturating_add(PAUSE)).filter(|falls| *falls >= now);
        let from = falls.map_or(now, |falls| falls.saturating_add(1));
        let until = from.saturating_add(self.width.saturating_mul(widths));
        let stretches = falls.map(|falls| (now, falls)).into_iter().chain([(from, until)]);
        stretches.filter(|(_, until)| is_true(*until)).map(|(from, until)| earliest(from, until, &is_true)).next()
    }

    /// Whether an amount fits now.
    pub(crate) fn fits(&mut self, now: u64, amount: u64) -> bool {
        self.advance(now);
        self.would_fit(now, amount)
    }

    /// Lets go of what is over.
    pub(crate) fn advance(&mut self, now: u64) {
        if let Some(ramp) = &mut self.ramp
            && now > ramp.used_at.saturating_add(PAUSE)
        {
            ramp.since = now;
        }
        let (limit, width) = (self.limit_at(now), self.width);
        match &mut self.state {
            State::Fixed { offset, window, used } => {
                let present = window_at(now, width, *offset);
                if present != *window {
                    (*window, *used) = (present, 0);
                }
            }
            State::Log { entries, used } => {
                while let Some((_, gone)) = entries.pop_front_if(|(at, _)| *at + width <= now) {
                    *used -= gone;
                }
            }
            State::Counter { offset, window, used, last } => {
                let present = window_at(now, width, *offset);
                if present != *window {
                    *last = if present == *window + 1 { *used } else { 0 };
                    (*window, *used) = (present, 0);
                }
            }
            State::Bucket { holds_percent, level, at } => {
                *level = refilled(*level, now.saturating_sub(*at), limit, width, *holds_percent);
                *at = now;
            }
            State::Growth { windows } => {
                let oldest = window_at(now, width, 0).saturating_sub(GROWTH_WINDOWS);
                while windows.pop_front_if(|(window, _)| *window < oldest).is_some() {}
            }
            State::Places { .. } => {}
        }
    }

    /// Whether an amount fits at a moment, if nothing more is charged until then.
    pub(crate) fn would_fit(&self, time: u64, amount: u64) -> bool {
        let used = self.used_at(time);
        amount == 0 || used + u128::from(amount) <= self.holds_at(time) || (self.passes_alone && used == 0)
    }

    /// The limit at a moment, if nothing more is charged until then.
    fn limit_left_alone(&self, time: u64) -> u64 {
        let fallen = self.ramp.as_ref().filter(|ramp| time > ramp.used_at.saturating_add(PAUSE));
        fallen.map_or_else(|| self.limit_at(time), |ramp| ramp.first)
    }

    /// The limit when it has grown as far as it does.
    fn last_limit(&self) -> u64 {
        self.ramp.as_ref().map_or(self.limit, |ramp| ramp.first.max(ramp.last))
    }

    /// What fits at a moment when nothing is used, if nothing more is charged until then.
    fn holds_at(&self, time: u64) -> u128 {
        let limit = self.limit_left_alone(time);
        match &self.state {
            State::Bucket { holds_percent, .. } => capacity(limit, *holds_percent),
            State::Growth { windows } => {
                let present = window_at(time, self.width, 0);
                let before = windows
                    .iter()
                    .filter(|(window, _)| (1..=GROWTH_WINDOWS).contains(&present.saturating_sub(*window)));
                let fullest = before.map(|(_, used)| *used).max().unwrap_or(0);
                u128::from(limit.max(fullest.saturating_mul(3) / 2))
            }
            _ => u128::from(limit),
        }
    }

    /// What counts as used at a moment, if nothing more is charged until then.
    fn used_at(&self, time: u64) -> u128 {
        let width = self.width;
        match &self.state {
            State::Fixed { offset, window, used } => {
                let is_present = window_at(time, width, *offset) == *window;
                if is_present { u128::from(*used) } else { 0 }
            }
            State::Log { entries, used } => {
                let over = entries.iter().take_while(|(at, _)| *at + width <= time).map(|(_, amount)| *amount);
                u128::from(*used - over.sum::<u64>())
            }
            State::Counter { offset, window, used, last } => {
                let present = window_at(time, width, *offset);
                let (used, last) = match present.saturating_sub(*window) {
                    0 => (*used, *last),
                    1 => (0, *used),
                    _ => (0, 0),
                };
                let left = width - (time.saturating_add(width - *offset % width)) % width;
                u128::from(used) + (u128::from(last) * u128::from(left)).div_ceil(u128::from(width))
            }
            State::Bucket { holds_percent, level, at } => {
                let limit = self.limit_left_alone(time);
                let level = refilled(*level, time.saturating_sub(*at), limit, width, *holds_percent);
                capacity(limit, *holds_percent).saturating_sub(level / u128::from(width))
            }
            State::Places { used } => u128::from(*used),
            State::Growth { windows } => {
                let present = window_at(time, width, 0);
                let used = windows.iter().find(|(window, _)| *window == present);
                used.map_or(0, |(_, used)| u128::from(*used))
            }
        }
    }

    pub(crate) fn charge(&mut self, now: u64, amount: u64) {
        if let Some(ramp) = &mut self.ramp {
            ramp.used_at = now;
        }
        match &mut self.state {
            State::Fixed { used, .. } | State::Counter { used, .. } | State::Places { used } => *used += amount,
            State::Log { entries, used } => {
                entries.push_back((now, amount));
                *used += amount;
            }
            State::Bucket { level, .. } => {
                *level = level.saturating_sub(u128::from(amount) * u128::from(self.width));
            }
            State::Growth { windows } => {
                let present = window_at(now, self.width, 0);
                match windows.back_mut() {
                    Some((window, used)) if *window == present => *used += amount,
                    _ => windows.push_back((present, amount)),
                }
            }
        }
    }

    pub(crate) fn release(&mut self, amount: u64) {
        if let State::Places { used } = &mut self.state {
            *used -= amount;
        }
    }
}

/// The first moment between two of which something is true, when it is true from then on until the last.
fn earliest(from: u64, until: u64, is_true: impl Fn(u64) -> bool) -> u64 {
    let (mut early, mut late) = (from, until);
    while early < late {
        let middle = early + (late - early) / 2;
        if is_true(middle) { late = middle } else { early = middle + 1 }
    }
    late
}

/// The number of the fixed window that holds a moment.
fn window_at(time: u64, width: u64, offset: u64) -> u64 {
    time.saturating_add(width - offset % width) / width
}

/// The level of a bucket some time later, in units times its width.
fn refilled(level: u128, after: u64, limit: u64, width: u64, holds_percent: u64) -> u128 {
    let full = capacity(limit, holds_percent) * u128::from(width);
    (level + u128::from(after) * u128::from(limit)).min(full)
}

/// What a bucket holds, one unit at least, unless its limit is none.
fn capacity(limit: u64, holds_percent: u64) -> u128 {
    (u128::from(limit) * u128::from(holds_percent) / 100).max(u128::from(limit.min(1)))
}

/// The nanoseconds of a period; of a month, 31 days.
pub fn nanos_of(per: Period) -> u64 {
    SECOND * per.seconds()
}
