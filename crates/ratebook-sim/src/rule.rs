//! A limit as a server enforces it.

mod window_state;

use std::collections::VecDeque;

use ratebook::{Amount, Limit, Metric, Period, Remedy};

use self::window_state::{GROWTH_WINDOWS, WindowState, bucket_size, window_at};
use crate::SECOND;
use crate::call::units_of;
use crate::enforcement::Enforcement;

/// A limit as a server enforces it.
#[derive(Clone, Debug)]
pub struct SimRule {
    metric: Metric,
    /// In units of the metric. Audio: milliseconds. Spend: millionths of a US dollar.
    limit: u64,
    /// The window in nanoseconds. Zero for limits on concurrency.
    width: u64,
    state: WindowState,
    /// A call above the limit passes while nothing is used.
    passes_alone: bool,
    /// Calls above the limit are served and marked.
    is_soft: bool,
    ramp: Option<Ramp>,
}

/// Longest pause between calls during which use counts as sustained, in nanoseconds.
const MAX_PAUSE: u64 = 300 * SECOND;

/// Growth of a limit in proportion to the time of sustained use.
#[derive(Clone, Debug)]
struct Ramp {
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

impl SimRule {
    /// Creates a limit per window of `width` nanoseconds, at least 1.
    pub fn new(metric: Metric, limit: u64, width: u64, by: Enforcement) -> Self {
        let width = width.max(1);
        Self::with_state(metric, limit, width, WindowState::new(by, limit, width))
    }

    /// Creates a limit on concurrent calls.
    pub fn concurrency(metric: Metric, limit: u64) -> Self {
        Self::with_state(metric, limit, 0, WindowState::Concurrency { used: 0 })
    }

    /// Creates a limit on growth: in each window of `width` nanoseconds, at most `amount`, or 150 % of the fullest of the ten
    /// previous windows.
    pub fn growth(metric: Metric, amount: u64, width: u64) -> Self {
        Self::with_state(metric, amount, width.max(1), WindowState::Growth { windows: VecDeque::new() })
    }

    fn with_state(metric: Metric, limit: u64, width: u64, state: WindowState) -> Self {
        Self { metric, limit, width, state, passes_alone: false, is_soft: false, ramp: None }
    }

    /// Makes the limit soft: calls above it are served, and their responses are marked.
    pub fn soft(self) -> Self {
        Self { is_soft: true, ..self }
    }

    /// Creates a rule from a limit of the catalog. Returns `None` if the limit has no amount, or a metric that calls do not
    /// use.
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

    /// Creates all rules by which the provider enforces a limit of the catalog: the limit itself, and its sub-window if the
    /// provider's policy has one. Empty if the limit has no amount, or a metric that calls do not use.
    pub fn every_of(limit: &Limit, by: Enforcement) -> Vec<Self> {
        let Some(rule) = Self::of(limit, by) else { return Vec::new() };
        let shorter = limit.entry.provider().policy().sub_window.filter(|_| limit.per == Some(Period::Minute));
        shorter.map(|per| rule.sub_window(per, by)).into_iter().chain([rule.clone()]).collect()
    }

    /// Creates the proportional limit over a shorter window. A call above it passes alone. If the share is less than one
    /// unit, the limit is one unit and the window is longer.
    pub fn sub_window(&self, per: Period, by: Enforcement) -> Self {
        let parts = (self.width / nanos_of(per)).max(1);
        let limit = (self.limit / parts).max(1);
        let width = u128::from(self.width) * u128::from(limit) / u128::from(self.limit.max(1));
        let width = u64::try_from(width).unwrap_or(self.width).max(nanos_of(per));
        Self { passes_alone: true, ..Self::new(self.metric, limit, width, by) }
    }

    /// Returns the limited metric.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Returns the limit before any growth, in units of the metric (audio: milliseconds, spend: millionths of a US dollar).
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Returns the window in nanoseconds, or zero for a limit on concurrency.
    pub fn width(&self) -> u64 {
        self.width
    }

    /// Returns the limit at a time, if use is sustained until then. A pause of five minutes ends the growth.
    pub fn limit_at(&self, now: u64) -> u64 {
        let Some(ramp) = &self.ramp else { return self.limit };
        let age = u128::from(now.saturating_sub(ramp.since).min(ramp.last_after));
        let grown = u128::from(ramp.last) * age / u128::from(ramp.last_after.max(1));
        ramp.first.max(u64::try_from(grown).unwrap_or(u64::MAX))
    }

    /// Whether calls above the limit are served.
    pub fn is_soft(&self) -> bool {
        self.is_soft
    }

    /// Returns the remedy for a refusal by this rule.
    pub fn remedy(&self) -> Remedy {
        if matches!(self.state, WindowState::Growth { .. }) { Remedy::Smooth } else { Remedy::Wait }
    }

    /// Returns the remaining amount at a time, if nothing more is charged until then.
    pub fn left_at(&self, time: u64) -> u64 {
        u64::try_from(self.capacity_at(time).saturating_sub(self.used_at(time))).unwrap_or(u64::MAX)
    }

    /// Returns when an amount fits, if nothing more is charged. `None` if waiting alone is not enough.
    pub fn when(&self, now: u64, amount: u64) -> Option<u64> {
        self.first_time(now, |time| self.would_fit(time, amount))
    }

    /// Returns when nothing is used, if nothing more is charged. `None` if waiting alone is not enough.
    pub fn when_full(&self, now: u64) -> Option<u64> {
        self.first_time(now, |time| self.used_at(time) == 0)
    }

    /// Whether an amount can ever fit: after a wait, after calls have ended, or after growth.
    pub(crate) fn can_fit(&self, amount: u64) -> bool {
        let max = match &self.state {
            WindowState::Growth { .. } => return true,
            WindowState::TokenBucket { holds_percent, .. } => bucket_size(self.last_limit(), *holds_percent),
            WindowState::FixedWindow { .. }
            | WindowState::Log { .. }
            | WindowState::SlidingCounter { .. }
            | WindowState::Concurrency { .. } => u128::from(self.last_limit()),
        };
        u128::from(amount) <= max || self.passes_alone
    }

    /// Whether this limits concurrent calls.
    pub(crate) fn is_concurrency(&self) -> bool {
        matches!(self.state, WindowState::Concurrency { .. })
    }

    /// Returns the first time from `now` at which a condition holds, if nothing more is charged.
    ///
    /// Usage only expires, so the condition stays true once it holds, and a binary search finds the time. There are two
    /// exceptions: a limit that grows falls after a pause, which divides the search, and a limit on growth depends on the
    /// window, so each window edge is tried.
    fn first_time(&self, now: u64, is_true: impl Fn(u64) -> bool) -> Option<u64> {
        if is_true(now) {
            return Some(now);
        }
        let widths = match &self.state {
            WindowState::Growth { .. } => {
                let current = window_at(now, self.width, 0);
                let mut edges = (0..=GROWTH_WINDOWS).map(|ahead| (current + ahead).saturating_mul(self.width));
                return edges.find(|edge| is_true(*edge));
            }
            WindowState::TokenBucket { holds_percent, .. } => holds_percent.div_ceil(100).saturating_add(1),
            WindowState::FixedWindow { .. }
            | WindowState::Log { .. }
            | WindowState::SlidingCounter { .. }
            | WindowState::Concurrency { .. } => 2,
        };
        let falls = self.ramp.as_ref().map(|ramp| ramp.used_at.saturating_add(MAX_PAUSE)).filter(|falls| *falls >= now);
        let from = falls.map_or(now, |falls| falls.saturating_add(1));
        let until = from.saturating_add(self.width.saturating_mul(widths));
        let intervals = falls.map(|falls| (now, falls)).into_iter().chain([(from, until)]);
        intervals.filter(|(_, until)| is_true(*until)).map(|(from, until)| earliest(from, until, &is_true)).next()
    }

    /// Drops expired usage and returns whether an amount fits now.
    pub(crate) fn fits(&mut self, now: u64, amount: u64) -> bool {
        self.advance(now);
        self.would_fit(now, amount)
    }

    /// Drops expired usage. A pause in use resets the growth.
    pub(crate) fn advance(&mut self, now: u64) {
        if let Some(ramp) = &mut self.ramp
            && now > ramp.used_at.saturating_add(MAX_PAUSE)
        {
            ramp.since = now;
        }
        let limit = self.limit_at(now);
        self.state.advance(now, limit, self.width);
    }

    /// Whether an amount fits at a time, if nothing more is charged until then.
    pub(crate) fn would_fit(&self, time: u64, amount: u64) -> bool {
        let used = self.used_at(time);
        amount == 0 || used + u128::from(amount) <= self.capacity_at(time) || (self.passes_alone && used == 0)
    }

    /// Returns the limit at a time, if nothing more is charged until then: a pause ends its growth.
    fn limit_without_use(&self, time: u64) -> u64 {
        let reset = self.ramp.as_ref().filter(|ramp| time > ramp.used_at.saturating_add(MAX_PAUSE));
        reset.map_or_else(|| self.limit_at(time), |ramp| ramp.first)
    }

    /// Returns the limit after all growth.
    fn last_limit(&self) -> u64 {
        self.ramp.as_ref().map_or(self.limit, |ramp| ramp.first.max(ramp.last))
    }

    fn capacity_at(&self, time: u64) -> u128 {
        self.state.capacity_at(time, self.limit_without_use(time), self.width)
    }

    fn used_at(&self, time: u64) -> u128 {
        self.state.used_at(time, self.limit_without_use(time), self.width)
    }

    pub(crate) fn charge(&mut self, now: u64, amount: u64) {
        if let Some(ramp) = &mut self.ramp {
            ramp.used_at = now;
        }
        self.state.charge(now, amount, self.width);
    }

    pub(crate) fn release(&mut self, amount: u64) {
        self.state.release(amount);
    }
}

/// Returns the first time in an interval at which a condition holds. The condition must hold from then on to the end.
fn earliest(from: u64, until: u64, is_true: impl Fn(u64) -> bool) -> u64 {
    let (mut early, mut late) = (from, until);
    while early < late {
        let middle = early + (late - early) / 2;
        if is_true(middle) { late = middle } else { early = middle + 1 }
    }
    late
}

/// Returns the nanoseconds of a period. A month has 31 days.
pub fn nanos_of(per: Period) -> u64 {
    SECOND * per.seconds()
}
