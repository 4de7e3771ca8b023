//! The limits of simulated servers.

mod growth;
mod window_state;

use std::collections::VecDeque;

use ratebook::{Amount, Growth, Limit, Metric, Period, Quantity, Remedy, UsageKnown, Weight};

use self::growth::{ByShare, LimitGrowth, Sustained};
use self::window_state::{ACCELERATION_WINDOWS, WindowState, bucket_size, window_at};
use crate::SECOND;
use crate::algorithm::Algorithm;
use crate::call::{Amounts, units_of};

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
    growth: LimitGrowth,
}

/// Longest window of the limits that grow by a rule without a metric, in nanoseconds.
const MAX_GROWING: u64 = 3_600 * SECOND;

impl SimRule {
    /// Creates a limit per window of `width` nanoseconds, at least 1. A window of the calendar has its own length.
    pub fn new(metric: Metric, limit: u64, width: u64, algorithm: Algorithm) -> Self {
        let width = algorithm.width(width);
        Self::with_state(metric, limit, width, WindowState::new(algorithm, limit, width))
    }

    /// Creates a limit on what calls hold from their start to their end: slots of concurrency, or queued amounts.
    pub fn concurrency(metric: Metric, limit: u64) -> Self {
        Self::with_state(metric, limit, 0, WindowState::Concurrency { used: 0 })
    }

    /// Creates a limit on acceleration, the steepness of traffic: in each window of `width` nanoseconds, at most
    /// `amount`, or 150 % of the fullest of the ten previous windows.
    pub fn acceleration(metric: Metric, amount: u64, width: u64) -> Self {
        Self::with_state(metric, amount, width.max(1), WindowState::Acceleration { windows: VecDeque::new() })
    }

    fn with_state(metric: Metric, limit: u64, width: u64, state: WindowState) -> Self {
        Self { metric, limit, width, state, passes_alone: false, is_soft: false, growth: LimitGrowth::Constant }
    }

    /// Makes the limit soft: calls above it are served, and their responses are marked.
    pub fn soft(self) -> Self {
        Self { is_soft: true, ..self }
    }

    /// Makes the limit grow by a share in each interval in which enough of it is used. Intervals begin at multiples of
    /// their length since the start of the simulation. A limit on concurrency does not grow.
    ///
    /// ```
    /// use ratebook::{Metric, Provider};
    /// use ratebook_sim::{Amounts, Algorithm, SimRule, SECOND, Server, SimCall};
    ///
    /// // 10 % a minute, while 70 % of the limit is used.
    /// let growth = Provider::Acme.policy().growth[0];
    /// let rule = SimRule::new(Metric::NewSessions, 100, 60 * SECOND, Algorithm::SlidingLog).growing(growth);
    /// let mut server = Server::new(vec![rule]);
    /// assert!(server.serve(0, &SimCall::of(Amounts::none().with_sessions(70))));
    /// assert_eq!(server.rules()[0].limit_at(60 * SECOND), 110);
    /// ```
    pub fn growing(self, growth: Growth) -> Self {
        if self.is_concurrency() {
            return self;
        }
        let growth = LimitGrowth::ByShare(ByShare::new(self.limit, self.width, growth));
        Self { growth, ..self }
    }

    /// Creates a rule from a limit of the catalog: its number, or the lower end of a range. Days, weeks and months
    /// follow the provider's calendar, if it has one. Other periods use `algorithm`. Returns `None` if the limit has no
    /// number, or a metric that calls do not use.
    pub fn of(limit: &Limit, algorithm: Algorithm) -> Option<Self> {
        Self::within_range(limit, 0, algorithm)
    }

    /// Like [`of`](Self::of), but enforces a range at a point within it: 0 % is its lower end, and 100 % its upper end.
    pub fn within_range(limit: &Limit, percent: u8, algorithm: Algorithm) -> Option<Self> {
        let amount = match limit.amount {
            Amount::Count(count) => count,
            Amount::Range { from, to } => {
                let above = u128::from(to.saturating_sub(from)) * u128::from(percent.min(100)) / 100;
                from.saturating_add(u64::try_from(above).unwrap_or(u64::MAX))
            }
            Amount::Unlimited | Amount::Custom | Amount::NotOffered | Amount::Elsewhere => return None,
        };
        let unit = units_of(limit.metric)?;
        let amount = amount.saturating_mul(unit);
        let Some(per) = limit.per else { return Some(Self::concurrency(limit.metric, amount)) };
        let policy = limit.entry.provider().policy();
        let mut rule = Self::new(limit.metric, amount, nanos_of(per), algorithm.in_calendar(policy.calendar, per));
        let grows = |growth: &&Growth| match growth.metric {
            Some(metric) => metric == limit.metric,
            None => nanos_of(per) <= MAX_GROWING,
        };
        if let Some(sustained) = Sustained::new(amount, limit.ramp, unit) {
            rule.growth = LimitGrowth::Sustained(sustained);
        } else if let Some(growth) = policy.growth.iter().find(grows) {
            rule = rule.growing(*growth);
        }
        Some(rule)
    }

    /// Creates all rules by which the provider enforces a limit of the catalog: the limit itself, and its sub-window if
    /// the provider's policy has one. Empty if the limit has no number, or a metric that calls do not use.
    pub fn every_of(limit: &Limit, algorithm: Algorithm) -> Vec<Self> {
        Self::every_within_range(limit, 0, algorithm)
    }

    /// Like [`every_of`](Self::every_of), but enforces a range at a point within it, in percent.
    pub(crate) fn every_within_range(limit: &Limit, percent: u8, algorithm: Algorithm) -> Vec<Self> {
        let Some(rule) = Self::within_range(limit, percent, algorithm) else { return Vec::new() };
        let shorter = limit.entry.provider().policy().sub_window.filter(|_| limit.per == Some(Period::Minute));
        shorter.map(|per| rule.sub_window(per, algorithm)).into_iter().chain([rule.clone()]).collect()
    }

    /// Sets the Unix time of the start of the simulation, in nanoseconds, before anything is charged.
    pub(crate) fn start_at(&mut self, unix: u128) {
        self.state.start_at(unix);
    }

    /// Returns the amount that must fit for a call to be served.
    pub(crate) fn needed(&self, call: &Amounts, weight: Weight) -> u64 {
        // The server too knows the amount only after the call: whether it fails, and what it has computed.
        match self.metric.quantity().usage_known() {
            UsageKnown::After => weight.each.into(),
            UsageKnown::Before | UsageKnown::Never => self.cost(call, weight),
        }
    }

    /// Returns the amount that a served call is charged.
    pub(crate) fn cost(&self, call: &Amounts, weight: Weight) -> u64 {
        call.weighted(self.metric, weight)
    }

    /// Creates the proportional limit over a shorter window. A call above it passes alone. If the share is less than
    /// one unit, the limit is one unit and the window is longer.
    pub fn sub_window(&self, per: Period, algorithm: Algorithm) -> Self {
        let parts = (self.width / nanos_of(per)).max(1);
        let limit = (self.limit / parts).max(1);
        let width = u128::from(self.width) * u128::from(limit) / u128::from(self.limit.max(1));
        let width = u64::try_from(width).unwrap_or(self.width).max(nanos_of(per));
        Self { passes_alone: true, ..Self::new(self.metric, limit, width, algorithm) }
    }

    /// Returns the limited metric.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Returns the limit before any growth, in units of the metric (audio: milliseconds, spend: millionths of a US
    /// dollar).
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Returns the window in nanoseconds, or zero for a limit on concurrency.
    pub fn width(&self) -> u64 {
        self.width
    }

    /// Returns the limit at a time. Assumes that sustained use, which a pause of five minutes ends, continues until
    /// `now`, and that nothing more is charged under other growth rules.
    pub fn limit_at(&self, now: u64) -> u64 {
        self.growth.limit_at(now, self.limit)
    }

    /// Whether calls above the limit are served.
    pub fn is_soft(&self) -> bool {
        self.is_soft
    }

    /// Returns the remedy for a refusal by this rule.
    pub fn remedy(&self) -> Remedy {
        if matches!(self.state, WindowState::Acceleration { .. }) { Remedy::Smooth } else { Remedy::Wait }
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
    pub fn when_empty(&self, now: u64) -> Option<u64> {
        self.first_time(now, |time| self.used_at(time) == 0)
    }

    /// Whether an amount can ever fit: after a wait, after calls have ended, or after growth.
    pub(crate) fn can_fit(&self, amount: u64) -> bool {
        let Some(highest) = self.growth.highest(self.limit) else { return true };
        let max = match &self.state {
            WindowState::Acceleration { .. } => return true,
            WindowState::TokenBucket { holds_percent, .. } => bucket_size(highest, *holds_percent),
            WindowState::FixedWindow { .. }
            | WindowState::Log { .. }
            | WindowState::SlidingCounter { .. }
            | WindowState::Calendar { .. }
            | WindowState::Concurrency { .. } => u128::from(highest),
        };
        u128::from(amount) <= max || self.passes_alone
    }

    /// Whether this limits what calls hold until they end.
    pub(crate) fn is_concurrency(&self) -> bool {
        matches!(self.state, WindowState::Concurrency { .. })
    }

    /// Whether this limits calls that are answered with an error.
    pub(crate) fn counts_failures(&self) -> bool {
        self.metric.quantity() == Quantity::FailedRequests
    }

    /// Returns the first time from `now` at which a condition holds, if nothing more is charged.
    ///
    /// Usage only expires, so the condition stays true once it holds, and a binary search finds the time. There are two
    /// exceptions: a limit that has grown falls after a time of less use, which divides the search, and a limit on
    /// acceleration depends on the window, so each window edge is tried.
    fn first_time(&self, now: u64, is_true: impl Fn(u64) -> bool) -> Option<u64> {
        if is_true(now) {
            return Some(now);
        }
        let widths = match &self.state {
            WindowState::Acceleration { .. } => {
                let current = window_at(now, self.width, 0);
                let mut edges = (0..=ACCELERATION_WINDOWS).map(|ahead| (current + ahead).saturating_mul(self.width));
                return edges.find(|edge| is_true(*edge));
            }
            WindowState::TokenBucket { holds_percent, .. } => holds_percent.div_ceil(100).saturating_add(1),
            WindowState::FixedWindow { .. }
            | WindowState::Log { .. }
            | WindowState::SlidingCounter { .. }
            | WindowState::Calendar { .. }
            | WindowState::Concurrency { .. } => 2,
        };
        let risen = self.growth.has_risen_at(now);
        let until = |from: u64| from.saturating_add(self.width.saturating_mul(widths));
        let falls = self.growth.falls_after(now, until(risen));
        let until = falls.last().map_or(until(risen), |last| until(risen.max(last.saturating_add(1))));
        let starts = [now].into_iter().chain(falls.iter().map(|falls| falls.saturating_add(1)));
        let mut intervals = starts.zip(falls.iter().copied().chain([until]));
        let (from, until) = intervals.find(|(_, until)| is_true(*until))?;
        Some(earliest(from, until, &is_true))
    }

    /// Drops expired usage and returns whether an amount fits now.
    pub(crate) fn fits(&mut self, now: u64, amount: u64) -> bool {
        self.advance(now);
        self.would_fit(now, amount)
    }

    /// Drops expired usage, and ends growth that has lasted.
    pub(crate) fn advance(&mut self, now: u64) {
        self.growth.advance(now);
        let limit = self.limit_at(now);
        self.state.advance(now, limit, self.width);
    }

    /// Whether an amount fits at a time, if nothing more is charged until then.
    pub(crate) fn would_fit(&self, time: u64, amount: u64) -> bool {
        let used = self.used_at(time);
        amount == 0 || used + u128::from(amount) <= self.capacity_at(time) || (self.passes_alone && used == 0)
    }

    fn capacity_at(&self, time: u64) -> u128 {
        self.state.capacity_at(time, self.growth.limit_without_use(time, self.limit), self.width)
    }

    fn used_at(&self, time: u64) -> u128 {
        self.state.used_at(time, self.growth.limit_without_use(time, self.limit), self.width)
    }

    pub(crate) fn charge(&mut self, now: u64, amount: u64) {
        self.growth.charge(now, amount);
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
