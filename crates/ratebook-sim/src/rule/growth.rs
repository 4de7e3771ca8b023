//! How a limit changes with use: in proportion to the time of sustained use, or by a share per interval.
//!
//! All times are nanoseconds, and amounts are units of the metric.

use ratebook::{Growth, Ramp};

use crate::SECOND;

/// How a limit changes with use.
#[derive(Clone, Debug)]
pub(super) enum LimitGrowth {
    Constant,
    Sustained(Sustained),
    ByShare(ByShare),
}

/// Longest pause between calls during which use counts as sustained.
const MAX_PAUSE: u64 = 300 * SECOND;

/// Growth in proportion to the time of sustained use.
#[derive(Clone, Debug)]
pub(super) struct Sustained {
    /// The limit at the beginning.
    first: u64,
    /// The limit after `last_after` nanoseconds of sustained use.
    last: u64,
    last_after: u64,
    /// Start of the sustained use.
    since: u64,
    /// Time of the last call.
    used_at: u64,
}

impl Sustained {
    /// Returns the growth of a limit from its first amount, or `None` if the ramp is empty.
    pub(super) fn new(first: u64, ramp: Ramp, unit: u64) -> Option<Self> {
        let last = ramp.points().last()?;
        let last_after = u64::from(last.after_minutes) * 60 * SECOND;
        Some(Self { first, last: last.amount.saturating_mul(unit), last_after, since: 0, used_at: 0 })
    }

    fn limit_at(&self, now: u64) -> u64 {
        let age = u128::from(now.saturating_sub(self.since).min(self.last_after));
        let grown = u128::from(self.last) * age / u128::from(self.last_after.max(1));
        self.first.max(u64::try_from(grown).unwrap_or(u64::MAX))
    }

    /// The last moment before a pause ends the growth.
    fn falls_after(&self) -> u64 {
        self.used_at.saturating_add(MAX_PAUSE)
    }
}

/// Growth by a share in each interval in which enough of the limit is used, and decrease after a time of less use.
///
/// Intervals begin at multiples of their length since the start of the simulation. The use of an interval counts
/// against the limit's windows within it: 60 % of a limit per minute is used in 15 minutes if 9 times the limit is.
#[derive(Clone, Debug)]
pub(super) struct ByShare {
    rule: Growth,
    /// The published limit.
    published: u64,
    /// The window of the limit.
    width: u64,
    in_force: u64,
    /// The number of the current interval.
    interval: u64,
    used_in_interval: u64,
    /// The start of the time of less use, or the last decrease within it.
    low_since: u64,
}

impl ByShare {
    pub(super) fn new(published: u64, width: u64, rule: Growth) -> Self {
        let in_force = published;
        Self { rule, published, width, in_force, interval: 0, used_in_interval: 0, low_since: 0 }
    }

    fn every(&self) -> u64 {
        u64::from(self.rule.every_seconds.max(1)) * SECOND
    }

    fn interval_ends(&self) -> u64 {
        self.interval.saturating_add(1).saturating_mul(self.every())
    }

    /// The decrease in percent, and the time of less use after which it happens.
    fn decrease(&self) -> Option<(u128, u64)> {
        let percent = self.rule.lower_percent.filter(|percent| *percent > 0)?;
        let after = u64::from(self.rule.lower_after_seconds.unwrap_or(self.rule.every_seconds).max(1)) * SECOND;
        Some((u128::from(percent.min(100)), after))
    }

    fn highest(&self) -> Option<u64> {
        let most = u128::from(self.rule.most_percent?) * u128::from(self.published) / 100;
        Some(u64::try_from(most).unwrap_or(u64::MAX).max(self.published))
    }

    /// Whether enough of the limit is used in the current interval for it to grow.
    fn is_high(&self) -> bool {
        let used = u128::from(self.used_in_interval) * u128::from(self.width) * 100;
        let limit = u128::from(self.in_force) * u128::from(self.every());
        used >= limit.saturating_mul(u128::from(self.rule.above_percent))
    }

    /// Ends the intervals before a time.
    fn advance(&mut self, now: u64) {
        let current = now / self.every();
        if current <= self.interval {
            return;
        }
        if self.is_high() {
            let grown = u128::from(self.in_force) * u128::from(100 + u32::from(self.rule.raise_percent)) / 100;
            let grown = u64::try_from(grown).unwrap_or(u64::MAX);
            self.in_force = self.highest().map_or(grown, |highest| grown.min(highest));
            self.low_since = self.interval_ends();
        }
        (self.interval, self.used_in_interval) = (current, 0);
        let low_until = current.saturating_mul(self.every());
        let Some((percent, after)) = self.decrease() else { return };
        while self.in_force > self.published && low_until.saturating_sub(self.low_since) >= after {
            let lowered = u128::from(self.in_force) * (100 - percent) / 100;
            self.in_force = u64::try_from(lowered).unwrap_or(u64::MAX).max(self.published);
            self.low_since += after;
        }
    }

    fn at(&self, time: u64) -> Self {
        let mut later = self.clone();
        later.advance(time);
        later
    }

    /// Returns the last moments before each decrease, if nothing more is charged.
    fn falls_after(&self, until: u64) -> Vec<u64> {
        let mut falls = Vec::new();
        let mut state = self.clone();
        let mut next = self.interval_ends();
        while next <= until {
            let before = state.in_force;
            state.advance(next);
            if state.in_force < before {
                falls.push(next - 1);
            }
            let Some((_, after)) = state.decrease().filter(|_| state.in_force > state.published) else { break };
            let lowers = state.low_since.saturating_add(after);
            next = lowers.div_ceil(state.every()).saturating_mul(state.every()).max(state.interval_ends());
        }
        falls
    }
}

impl LimitGrowth {
    /// Returns the limit at a time. Sustained use goes on until then, and other growth is as if nothing more is
    /// charged.
    pub(super) fn limit_at(&self, now: u64, limit: u64) -> u64 {
        match self {
            Self::Constant => limit,
            Self::Sustained(sustained) => sustained.limit_at(now),
            Self::ByShare(by_share) => by_share.at(now).in_force,
        }
    }

    /// Returns the limit at a time, if nothing more is charged until then.
    pub(super) fn limit_without_use(&self, time: u64, limit: u64) -> u64 {
        match self {
            Self::Sustained(sustained) if time > sustained.falls_after() => sustained.first,
            Self::Constant | Self::Sustained(_) | Self::ByShare(_) => self.limit_at(time, limit),
        }
    }

    /// Returns the limit after all growth, or `None` if growth has no end.
    pub(super) fn highest(&self, limit: u64) -> Option<u64> {
        match self {
            Self::Constant => Some(limit),
            Self::Sustained(sustained) => Some(sustained.first.max(sustained.last)),
            Self::ByShare(by_share) => by_share.highest(),
        }
    }

    /// Returns the time from which the limit does not rise, if nothing more is charged.
    pub(super) fn has_risen_at(&self, now: u64) -> u64 {
        match self {
            Self::Constant | Self::Sustained(_) => now,
            Self::ByShare(by_share) => now.max(by_share.interval_ends()),
        }
    }

    /// Returns the last moments in an interval before each decrease, if nothing more is charged.
    pub(super) fn falls_after(&self, now: u64, until: u64) -> Vec<u64> {
        match self {
            Self::Constant => Vec::new(),
            Self::Sustained(sustained) => Vec::from_iter(Some(sustained.falls_after()).filter(|falls| *falls >= now)),
            Self::ByShare(by_share) => by_share.at(now).falls_after(until),
        }
    }

    /// Ends pauses and intervals. A pause in use resets the growth.
    pub(super) fn advance(&mut self, now: u64) {
        match self {
            Self::Constant => {}
            Self::Sustained(sustained) => {
                if now > sustained.falls_after() {
                    sustained.since = now;
                }
            }
            Self::ByShare(by_share) => by_share.advance(now),
        }
    }

    pub(super) fn charge(&mut self, now: u64, amount: u64) {
        match self {
            Self::Constant => {}
            Self::Sustained(sustained) => sustained.used_at = now,
            Self::ByShare(by_share) => by_share.used_in_interval += amount,
        }
    }
}
