//! The vendor's view: every call that was handed out, when, and what it counts as, for every limit.

use ratebook::{Calendar, Growth, Metric, Period};

use crate::rules::{Grows, Penalized};
use crate::runs::seconds;
use crate::scenario::{Amounts, HOUR, MINUTE, Provider, SECOND, Scenario, Setup, weighed};
use crate::zones;

/// How long a charge counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// For this number of nanoseconds.
    Sliding(u64),
    /// Until the end of the calendar's day, week or month. `begins` is the clock's start in seconds since 1970.
    Calendar { period: Period, calendar: Calendar, begins: u64 },
    /// Until the call ends.
    Concurrency,
}

impl Span {
    pub(crate) fn of(per: Option<Period>, setup: &Setup) -> Self {
        match per {
            None => Self::Concurrency,
            Some(period) if zones::end(period, setup.calendar, setup.begins).is_some() => {
                Self::Calendar { period, calendar: setup.calendar, begins: setup.begins }
            }
            Some(period) => Self::Sliding(nanos(period)),
        }
    }

    /// Returns when a charge made at `at` no longer counts.
    pub(crate) fn end(self, at: u64) -> u64 {
        match self {
            Self::Sliding(window) => at + window,
            Self::Calendar { period, calendar, begins } => {
                let end = zones::end(period, calendar, begins + at / SECOND).expect("a period of a calendar");
                (end - begins) * SECOND
            }
            Self::Concurrency => u64::MAX,
        }
    }
}

/// Returns the length of a period. A month has 31 days.
pub(crate) fn nanos(per: Period) -> u64 {
    per.seconds() * SECOND
}

#[derive(Clone, Copy, Debug)]
struct Charge {
    call: usize,
    at: u64,
    amount: u64,
    leaves: u64,
}

/// Usage above an estimate. "At most one window is owed" is kept in two forms, an upper and a lower bound, so that no
/// limiter that follows the rule is above the one or below the other.
#[derive(Clone, Copy, Debug)]
struct Debt {
    all: u64,
    /// At most one window's worth of all debts that count at one time.
    bounded: u64,
    leaves: u64,
}

/// A limit, as the vendor enforces it.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    pub(crate) model: &'static str,
    pub(crate) metric: Metric,
    pub(crate) per: Option<Period>,
    pub(crate) span: Span,
    /// The amount in force, before responses narrow it.
    pub(crate) amount: u64,
    published: u64,
    /// For a sub-window of a second: the amount of the whole minute.
    whole: Option<u64>,
    /// Whether it grows with use, starting from `amount`.
    grows: bool,
    /// The rule by which it grows.
    rule: Option<Grows>,
    charges: Vec<Charge>,
    debts: Vec<Debt>,
}

/// Which bound of the debts counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
    /// No more than any limiter has to count.
    AtLeast,
    /// No less than any limiter may count.
    AtMost,
}

impl Limit {
    fn new(model: &'static str, metric: Metric, per: Option<Period>, span: Span, amount: u64) -> Self {
        let (charges, debts) = (Vec::new(), Vec::new());
        Self {
            model,
            metric,
            per,
            span,
            amount,
            published: amount,
            whole: None,
            grows: false,
            rule: None,
            charges,
            debts,
        }
    }

    pub(crate) fn is_part(&self) -> bool {
        self.whole.is_some()
    }

    /// The units that count at `at`.
    pub(crate) fn used(&self, at: u64, owed: Owed) -> u128 {
        let charged = self.charges.iter().filter(|charge| charge.leaves > at).map(|charge| u128::from(charge.amount));
        let debts = self.debts.iter().filter(|debt| debt.leaves > at);
        let debts = debts.map(|debt| if owed == Owed::AtLeast { debt.bounded } else { debt.all });
        charged.sum::<u128>() + debts.map(u128::from).sum::<u128>()
    }

    /// Whether an amount fits at `at` under the amount in force then.
    pub(crate) fn fits(&self, at: u64, amount: u64, in_force: u64, owed: Owed) -> bool {
        let used = self.used(at, owed);
        let fits = used + u128::from(amount) <= u128::from(in_force);
        // A call above the sub-window's part passes alone.
        amount == 0 || fits || (self.is_part() && amount > in_force && used == 0)
    }

    /// The times after `after` at which charges or debts expire.
    pub(crate) fn leaving(&self, after: u64) -> impl Iterator<Item = u64> {
        let charges = self.charges.iter().map(|charge| charge.leaves);
        let moments = charges.chain(self.debts.iter().map(|debt| debt.leaves));
        moments.filter(move |leaves| *leaves > after && *leaves != u64::MAX)
    }

    /// The largest amount that can be in force at `at`. For limits that grow, the page states twice the amount after 10
    /// minutes, twelve times after 60 and 24 times after 120: a fifth of it for each minute.
    pub(crate) fn max_at(&self, at: u64) -> u64 {
        if let Some(rule) = &self.rule {
            return rule.in_force(self.amount, at);
        }
        let grown = u128::from(self.amount) * u128::from(at.min(2 * HOUR)) / u128::from(5 * MINUTE);
        let grown = u64::try_from(grown).expect("24 times an amount of the page");
        if self.grows { self.amount.max(grown) } else { self.amount }
    }

    pub(crate) fn charge(&mut self, call: usize, at: u64, amount: u64) {
        self.charges.retain(|charge| charge.leaves > at);
        self.debts.retain(|debt| debt.leaves > at);
        if amount > 0 {
            self.rule.iter_mut().for_each(|rule| rule.record(at, amount.into()));
            let leaves = self.leaves(at, amount);
            self.charges.push(Charge { call, at, amount, leaves });
        }
    }

    /// A call above the sub-window's part holds it for its share of the minute.
    fn leaves(&self, at: u64, amount: u64) -> u64 {
        let end = self.span.end(at);
        match self.whole {
            Some(whole) if amount > self.amount && whole > 0 => {
                let share = u128::from(amount) * u128::from(MINUTE) / u128::from(whole);
                end.max(at + u64::try_from(share).expect("a share of a minute"))
            }
            _ => end,
        }
    }

    fn settle(&mut self, call: usize, at: u64, estimate: u64, real: u64) {
        let end = self.span.end(at);
        if let Some(number) = self.charges.iter().position(|charge| charge.call == call) {
            let Charge { at, amount, .. } = self.charges[number];
            // A settlement ends the hold for what was not used.
            let amount = amount.min(real);
            let leaves = self.charges[number].leaves.min(self.leaves(at, amount));
            (self.charges[number].amount, self.charges[number].leaves) = (amount, leaves);
        }
        if real < estimate {
            self.rule.iter_mut().for_each(|rule| rule.record(at, i128::from(real) - i128::from(estimate)));
        }
        let above = real.saturating_sub(estimate);
        if above > 0 && self.span != Span::Concurrency {
            let owed: u64 = self.debts.iter().filter(|debt| debt.leaves > at).map(|debt| debt.bounded).sum();
            let bounded = above.min(self.max_at(at).saturating_sub(owed));
            self.rule.iter_mut().for_each(|rule| rule.record(at, bounded.into()));
            self.debts.push(Debt { all: above, bounded, leaves: end });
        }
    }

    fn set(&mut self, amount: u64) {
        match &mut self.whole {
            None => self.amount = amount,
            Some(whole) => {
                *whole = amount;
                self.amount = part_of(amount);
                for at in 0..self.charges.len() {
                    let Charge { at: since, amount, leaves, .. } = self.charges[at];
                    self.charges[at].leaves = leaves.min(self.leaves(since, amount));
                }
            }
        }
    }
}

/// Returns a sixtieth, rounded down, but at least 1 of an amount above 0.
fn part_of(whole: u64) -> u64 {
    (whole / 60).max(whole.min(1))
}

/// Fireworks' limits of an account that has just started.
const GROWING: [(Metric, u64); 3] =
    [(Metric::Requests, 60), (Metric::InputTokens, 60_000), (Metric::OutputTokens, 6_000)];

/// Every limit of an account, and which of them the calls of each handle draw from.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) limits: Vec<Limit>,
    draws: Vec<Vec<usize>>,
    /// The model of each handle.
    models: Vec<&'static str>,
    pub(crate) penalties: Vec<Penalized>,
    /// Windows summed up so far.
    pub(crate) windows: u64,
}

impl Log {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let setup = &scenario.setup;
        let limits: Vec<_> = match &setup.provider {
            Provider::Own(limits) => limits
                .iter()
                .map(|own| {
                    let limit = Limit::new(own.model, own.metric, own.per, Span::of(own.per, setup), own.amount);
                    let window = own.per.map(nanos).filter(|window| *window <= HOUR);
                    let applies = |growth: &Growth| growth.metric.is_none_or(|metric| metric == own.metric);
                    let rule = setup.growth.filter(applies).zip(window);
                    Limit { rule: rule.map(|(growth, window)| Grows::new(growth, window)), ..limit }
                })
                .collect(),
            Provider::Alibaba => [(Metric::Requests, 600), (Metric::Tokens, 1_000_000)]
                .into_iter()
                .flat_map(|(metric, whole)| {
                    let minute = Limit::new("*", metric, Some(Period::Minute), Span::Sliding(MINUTE), whole);
                    let part = Limit { whole: Some(whole), amount: part_of(whole), ..minute.clone() };
                    [minute, Limit { span: Span::Sliding(SECOND), ..part }]
                })
                .collect(),
            Provider::Acme => [(Metric::Requests, 100), (Metric::Tokens, 10_000)]
                .into_iter()
                .map(|(metric, amount)| Limit::new("*", metric, Some(Period::Minute), Span::Sliding(MINUTE), amount))
                .collect(),
            Provider::Fireworks => GROWING
                .into_iter()
                .map(|(metric, amount)| {
                    let minute = Limit::new("*", metric, Some(Period::Minute), Span::Sliding(MINUTE), amount);
                    Limit { grows: true, ..minute }
                })
                .collect(),
        };
        let draws = |model: &&str| {
            let is_drawn = |(_, limit): &(usize, &Limit)| limit.model == *model || limit.model == "*";
            limits.iter().enumerate().filter(is_drawn).map(|(at, _)| at).collect()
        };
        let models = scenario.handles.clone();
        let penalties = setup.penalties.iter().copied().map(Penalized::new).collect();
        Self { draws: scenario.handles.iter().map(draws).collect(), models, limits, penalties, windows: 0 }
    }

    /// The limits that a call of a handle draws from, each with the amount.
    pub(crate) fn drawn(&self, handle: usize, cost: Amounts) -> impl Iterator<Item = (usize, u64)> {
        let model = self.models[handle];
        let drawn = self.draws[handle].iter().map(move |at| (*at, weighed(model, self.limits[*at].metric, cost)));
        drawn.filter(|(_, amount)| *amount > 0)
    }

    /// Records a hand-out. `in_force` returns an upper bound of the amount in force, as the limiter reports it.
    ///
    /// # Errors
    /// If it exceeds a limit.
    pub(crate) fn hand_out(
        &mut self,
        call: usize,
        handle: usize,
        at: u64,
        cost: Amounts,
        in_force: impl Fn(&Limit) -> u64,
    ) -> Result<(), String> {
        let mut broken = Ok(());
        if self.penalties.iter().any(|penalty| penalty.is_in_force(at)) {
            broken = Err(format!("call {call} of {cost:?} is handed out at {}, in a penalty", seconds(at)));
        }
        for (number, amount) in self.drawn(handle, cost).collect::<Vec<_>>() {
            let limit = &mut self.limits[number];
            let (allowed, reported) = (limit.max_at(at), in_force(limit));
            if limit.rule.is_some() && reported != allowed {
                let at = seconds(at);
                broken = Err(format!("{reported} {} are in force at {at}, by the rule {allowed}", limit.metric));
            }
            let max = allowed.min(reported);
            self.windows += 1;
            if !limit.fits(at, amount, max, Owed::AtLeast) {
                let (used, metric, span) = (limit.used(at, Owed::AtLeast), limit.metric, limit.span);
                let at = seconds(at);
                broken = Err(format!("call {call} of {amount} at {at} on {used} of {max} {metric} in {span:?}"));
            }
            limit.charge(call, at, amount);
        }
        broken
    }

    /// Records the real usage of a call, once its response has ended.
    pub(crate) fn settle(&mut self, call: usize, handle: usize, at: u64, estimate: Amounts, real: Amounts) {
        for limit in &self.draws[handle] {
            let limit = &mut self.limits[*limit];
            if limit.span != Span::Concurrency {
                let amount = |cost| weighed(self.models[handle], limit.metric, cost);
                limit.settle(call, at, amount(estimate), amount(real));
            }
        }
    }

    /// Records the end of a call, settled or not: it holds no slot of concurrency any more.
    pub(crate) fn end(&mut self, call: usize) {
        for limit in self.limits.iter_mut().filter(|limit| limit.span == Span::Concurrency) {
            limit.charges.retain(|charge| charge.call != call);
        }
    }

    /// Changes an amount; `None` restores the published one.
    pub(crate) fn set(&mut self, metric: Metric, per: Option<Period>, amount: Option<u64>) {
        for limit in self.limits.iter_mut().filter(|limit| limit.metric == metric && limit.per == per) {
            limit.set(amount.unwrap_or(limit.published));
        }
    }
}
