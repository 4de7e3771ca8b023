//! A provider that enforces limits, one way or another.

use std::collections::VecDeque;

use ratebook::{Amount, Limit, Metric, Period};

use crate::SECOND;
use crate::call::{Call, units_of};

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
    ramp: Option<Ramp>,
}

#[derive(Clone, Debug)]
enum State {
    Fixed { offset: u64, window: u64, used: u64 },
    Log { entries: VecDeque<(u64, u64)>, used: u64 },
    Counter { offset: u64, window: u64, used: u64, last: u64 },
    Bucket { holds_percent: u64, level: u128, at: u64 },
    Places { used: u64 },
}

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
    /// Enforces a limit over a number of nanoseconds.
    pub fn new(metric: Metric, limit: u64, width: u64, by: Enforcement) -> Self {
        let state = match by {
            Enforcement::FixedWindow { offset } => State::Fixed { offset, window: 0, used: 0 },
            Enforcement::SlidingLog => State::Log { entries: VecDeque::new(), used: 0 },
            Enforcement::SlidingCounter { offset } => State::Counter { offset, window: 0, used: 0, last: 0 },
            Enforcement::TokenBucket { holds_percent } => {
                State::Bucket { holds_percent, level: capacity(limit, holds_percent) * u128::from(width), at: 0 }
            }
        };
        Self { metric, limit, width, state, passes_alone: false, ramp: None }
    }

    /// At most so many calls at one time.
    pub fn concurrency(metric: Metric, limit: u64) -> Self {
        Self { metric, limit, width: 0, state: State::Places { used: 0 }, passes_alone: false, ramp: None }
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

    /// The limit at a moment, of one that grows after sustained use since it began.
    pub fn limit_at(&self, now: u64) -> u64 {
        let Some(ramp) = &self.ramp else { return self.limit };
        let age = u128::from(now.saturating_sub(ramp.since).min(ramp.last_after));
        let grown = u128::from(ramp.last) * age / u128::from(ramp.last_after.max(1));
        ramp.first.max(u64::try_from(grown).unwrap_or(u64::MAX))
    }

    /// Whether an amount fits now.
    fn fits(&mut self, now: u64, amount: u64) -> bool {
        if let Some(ramp) = &mut self.ramp
            && now > ramp.used_at + 300 * SECOND
        {
            ramp.since = now;
        }
        let (limit, width) = (self.limit_at(now), self.width);
        let used = match &mut self.state {
            State::Fixed { offset, window, used } => {
                let present = now.saturating_add(width - *offset % width) / width;
                if present != *window {
                    (*window, *used) = (present, 0);
                }
                u128::from(*used)
            }
            State::Log { entries, used } => {
                while let Some((_, gone)) = entries.pop_front_if(|(at, _)| *at + width <= now) {
                    *used -= gone;
                }
                u128::from(*used)
            }
            State::Counter { offset, window, used, last } => {
                let since = now.saturating_add(width - *offset % width);
                let present = since / width;
                if present != *window {
                    *last = if present == *window + 1 { *used } else { 0 };
                    (*window, *used) = (present, 0);
                }
                let left = u128::from(width - since % width);
                u128::from(*used) + (u128::from(*last) * left).div_ceil(u128::from(width))
            }
            State::Bucket { holds_percent, level, at } => {
                let full = capacity(limit, *holds_percent) * u128::from(width);
                *level = (*level + u128::from(now - *at) * u128::from(limit)).min(full);
                *at = now;
                let wanted = u128::from(amount) * u128::from(width);
                return wanted <= *level || (self.passes_alone && *level == full);
            }
            State::Places { used } => u128::from(*used),
        };
        used + u128::from(amount) <= u128::from(limit) || (self.passes_alone && used == 0)
    }

    fn charge(&mut self, now: u64, amount: u64) {
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
        }
    }

    fn release(&mut self, amount: u64) {
        if let State::Places { used } = &mut self.state {
            *used -= amount;
        }
    }
}

/// What a bucket holds, one unit at least.
fn capacity(limit: u64, holds_percent: u64) -> u128 {
    (u128::from(limit) * u128::from(holds_percent) / 100).max(1)
}

/// The nanoseconds of a period; of a month, 31 days.
pub fn nanos_of(per: Period) -> u64 {
    SECOND
        * match per {
            Period::Second => 1,
            Period::Minute => 60,
            Period::Day => 86_400,
            _ => 31 * 86_400,
        }
}

/// A server under several limits: a call is served if it fits into all, and is charged to none otherwise.
#[derive(Clone, Debug, Default)]
pub struct Server {
    rules: Vec<Rule>,
}

impl Server {
    /// A server under some limits.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules }
    }

    /// The limits.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Serves a call that arrives now, or refuses it (HTTP 429).
    pub fn serve(&mut self, now: u64, call: &Call) -> bool {
        let fits = self.rules.iter_mut().all(|rule| {
            let amount = call.real.of(rule.metric);
            amount == 0 || rule.fits(now, amount)
        });
        if fits {
            self.rules.iter_mut().for_each(|rule| rule.charge(now, call.real.of(rule.metric)));
        }
        fits
    }

    /// Ends a call that was served.
    pub fn end(&mut self, call: &Call) {
        self.rules.iter_mut().for_each(|rule| rule.release(call.real.of(rule.metric)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of calls at some tenths of a second are served, of 10 a second.
    fn served(by: Enforcement, tenths: impl IntoIterator<Item = u64>) -> usize {
        let mut server = Server::new(vec![Rule::new(Metric::Requests, 10, SECOND, by)]);
        tenths.into_iter().filter(|tenth| server.serve(tenth * SECOND / 10, &Call::of_tokens(0, 1))).count()
    }

    #[test]
    fn a_fixed_window_serves_twice_the_limit_around_its_edge() {
        let calls = [9; 10].into_iter().chain([10; 12]);
        assert_eq!(served(Enforcement::FixedWindow { offset: 0 }, calls.clone()), 20);
        assert_eq!(served(Enforcement::FixedWindow { offset: SECOND / 2 }, calls), 10);
    }

    #[test]
    fn a_sliding_log_does_not() {
        assert_eq!(served(Enforcement::SlidingLog, [9; 10].into_iter().chain([10; 12])), 10);
        assert_eq!(served(Enforcement::SlidingLog, [9; 10].into_iter().chain([19; 12])), 20);
    }

    #[test]
    fn a_sliding_counter_lets_a_burst_go_evenly() {
        let by = Enforcement::SlidingCounter { offset: 0 };
        assert_eq!(served(by, [0; 10].into_iter().chain([10, 11, 11, 12, 12])), 12);
    }

    #[test]
    fn a_bucket_holds_its_burst_and_is_refilled() {
        let by = Enforcement::TokenBucket { holds_percent: 50 };
        assert_eq!(served(by, [0; 10].into_iter().chain([1, 1, 2, 3])), 8);
    }

    #[test]
    fn a_refused_call_is_charged_to_no_limit() {
        let rule = |metric, limit| Rule::new(metric, limit, SECOND, Enforcement::SlidingLog);
        let mut server = Server::new(vec![rule(Metric::Requests, 2), rule(Metric::Tokens, 10)]);
        assert!(server.serve(0, &Call::of_tokens(0, 10)));
        assert!(!server.serve(0, &Call::of_tokens(0, 1)));
        assert!(server.serve(0, &Call::of_tokens(0, 0)));
        assert!(!server.serve(0, &Call::of_tokens(0, 0)));
    }
}
