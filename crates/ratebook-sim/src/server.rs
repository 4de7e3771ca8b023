//! A server that enforces limits and penalties.

use std::time::Duration;

use ratebook::{Penalty, Remedy, Weight};

use crate::call::SimCall;
use crate::penalty::{CallError, PenaltyState};
use crate::response::{Governing, Moment, Outcome, Rejection, ResponseStyle, SimResponse};
use crate::rule::SimRule;

/// A server with several limits. A call is served if it fits all limits that govern it; otherwise it is charged to
/// none.
///
/// [`SimAccount`](crate::SimAccount) creates a server with the limits of a provider's models, some of them shared.
#[derive(Clone, Debug)]
pub struct Server {
    rules: Vec<SimRule>,
    routes: Routes,
    penalties: Vec<PenaltyState>,
    style: ResponseStyle,
    /// Unix time of the start of the simulation, in nanoseconds.
    epoch: u128,
}

/// The limits of each model.
#[derive(Clone, Debug)]
enum Routes {
    /// All models have the same limits.
    Same(Route),
    /// Each model has its own, by its number.
    ByModel(Vec<Route>),
}

/// The limits that govern the calls of a model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    pub(crate) draws: Vec<Draw>,
    /// Whether the provider does not offer such calls.
    pub(crate) is_not_offered: bool,
}

/// A limit that governs a call: the index of the rule, and how much of it a call takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    pub(crate) rule: usize,
    pub(crate) weight: Weight,
}

impl Routes {
    fn of(&self, call: &SimCall) -> &Route {
        match self {
            Self::Same(route) => route,
            Self::ByModel(routes) => &routes[call.model()],
        }
    }
}

/// How the limits and penalties decide on a call.
enum Decision {
    Served {
        is_over: bool,
    },
    /// The call was within the limits, and fails.
    Failed,
    Refused,
    LockedOut {
        ends: u64,
    },
    NotOffered,
}

impl Server {
    /// Creates a server whose responses have a status and nothing else. Every rule governs the calls of every model.
    pub fn new(rules: Vec<SimRule>) -> Self {
        let draws = (0..rules.len()).map(|rule| Draw { rule, weight: Weight::ONE }).collect();
        Self::with_routes(rules, Routes::Same(Route { draws, is_not_offered: false }))
    }

    /// Creates a server with the rules that govern each model, by its number.
    pub(crate) fn by_model(rules: Vec<SimRule>, routes: Vec<Route>) -> Self {
        Self::with_routes(rules, Routes::ByModel(routes))
    }

    fn with_routes(rules: Vec<SimRule>, routes: Routes) -> Self {
        Self { rules, routes, penalties: Vec::new(), style: ResponseStyle::STATUS_ONLY, epoch: 0 }
    }

    /// Sets the style of the responses. Default: [`ResponseStyle::STATUS_ONLY`].
    pub fn styled_as(self, style: ResponseStyle) -> Self {
        Self { style, ..self }
    }

    /// Sets the Unix time of the start of the simulation: when windows of the calendar end, and which dates responses
    /// state. Default: 1970-01-01T00:00:00Z. Takes effect before the first call.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use ratebook::Metric;
    /// use ratebook_sim::{CalendarUnit, Algorithm, LocalTime, SimRule, SECOND, Server, SimCall};
    ///
    /// let midnight = Algorithm::Calendar { unit: CalendarUnit::Day, local: LocalTime::Pacific };
    /// let rule = SimRule::new(Metric::Requests, 1, 0, midnight);
    /// // 2026-11-27T23:00:00 in Pacific time.
    /// let mut server = Server::new(vec![rule]).starting_at(Duration::from_secs(1_795_849_200));
    /// assert!(server.serve(0, &SimCall::of_tokens(0, 1)));
    /// assert!(!server.serve(3_599 * SECOND, &SimCall::of_tokens(0, 1)));
    /// assert!(server.serve(3_600 * SECOND, &SimCall::of_tokens(0, 1)));
    /// ```
    pub fn starting_at(mut self, unix: Duration) -> Self {
        self.epoch = unix.as_nanos();
        self.rules.iter_mut().for_each(|rule| rule.start_at(unix.as_nanos()));
        self
    }

    /// Adds penalties. During a penalty, every call is refused with the status 429, and looks at no limit.
    ///
    /// Every call that is answered with an error counts for penalties after failed calls: refused ones, those refused
    /// by another penalty, and those that [fail](crate::Amounts::with_failed_requests).
    pub fn with_penalties(mut self, penalties: &[Penalty]) -> Self {
        self.penalties.extend(penalties.iter().copied().map(PenaltyState::new));
        self
    }

    /// Returns the limits.
    pub fn rules(&self) -> &[SimRule] {
        &self.rules
    }

    /// Serves or refuses a call that arrives now. Returns whether it was served.
    ///
    /// # Panics
    /// If the server has limits by model, and none for the number of the call's model.
    pub fn serve(&mut self, now: u64, call: &SimCall) -> bool {
        matches!(self.decide(now, call), Decision::Served { .. })
    }

    /// Serves or refuses a call that arrives now. Returns the response in the server's style.
    ///
    /// # Panics
    /// If the server has limits by model, and none for the number of the call's model.
    pub fn respond(&mut self, now: u64, call: &SimCall) -> SimResponse {
        let outcome = match self.decide(now, call) {
            Decision::Served { is_over } => Outcome::Served { is_over },
            Decision::Failed => Outcome::Failed { status: 500 },
            Decision::NotOffered => Outcome::Failed { status: 403 },
            Decision::LockedOut { ends } => {
                Outcome::Rejected(Rejection { rule: None, remedy: Remedy::Wait, until: Some(ends) })
            }
            // Nothing of a bare status depends on the rule that refuses, or on the wait.
            Decision::Refused if self.style == ResponseStyle::STATUS_ONLY => {
                Outcome::Rejected(Rejection { rule: None, remedy: Remedy::Wait, until: None })
            }
            Decision::Refused => Outcome::Rejected(self.rejection(now, call)),
        };
        let governing: Vec<Governing<'_>> = self.governing(call).collect();
        self.style.respond(Moment { now, epoch: self.epoch }, &governing, outcome)
    }

    /// Counts a request that is answered with an error before any limit, such as an invalid one. Returns the response
    /// if a penalty is in force, which refuses it first.
    #[cfg(feature = "http")]
    pub(crate) fn note_invalid(&mut self, now: u64) -> Option<SimResponse> {
        let was_locked = self.penalty_ends(now).is_some();
        self.note_error(now, if was_locked { CallError::LockedOut } else { CallError::Failed });
        let until = self.penalty_ends(now).filter(|_| was_locked)?;
        let rejection = Rejection { rule: None, remedy: Remedy::Wait, until: Some(until) };
        Some(self.style.respond(Moment { now, epoch: self.epoch }, &[], Outcome::Rejected(rejection)))
    }

    /// Charges a call even if it does not fit.
    pub(crate) fn charge(&mut self, now: u64, call: &SimCall) {
        for draw in &self.routes.of(call).draws {
            let rule = &mut self.rules[draw.rule];
            rule.advance(now);
            rule.charge(now, rule.cost(call.real(), draw.weight));
        }
    }

    /// Charges a call, unless a penalty or a hard limit refuses it.
    fn decide(&mut self, now: u64, call: &SimCall) -> Decision {
        if self.penalty_ends(now).is_some() {
            self.fail(now, call, CallError::LockedOut);
            if let Some(ends) = self.penalty_ends(now) {
                return Decision::LockedOut { ends };
            }
        }
        let route = self.routes.of(call);
        if route.is_not_offered {
            self.fail(now, call, CallError::Failed);
            return Decision::NotOffered;
        }
        let (mut is_over, mut is_unfit) = (false, false);
        for draw in &route.draws {
            let rule = &mut self.rules[draw.rule];
            let fits = rule.fits(now, rule.needed(call.real(), draw.weight));
            is_over |= !fits && rule.is_soft();
            is_unfit |= !fits && !rule.is_soft();
        }
        if is_unfit {
            self.fail(now, call, CallError::Refused);
            return Decision::Refused;
        }
        for draw in &route.draws {
            let rule = &mut self.rules[draw.rule];
            rule.charge(now, rule.cost(call.real(), draw.weight));
        }
        if call.real().failed_requests() > 0 {
            self.end(call);
            self.note_error(now, CallError::Failed);
            return Decision::Failed;
        }
        Decision::Served { is_over }
    }

    /// Counts a call that is answered with an error and charged to no other limit. A limit on failed calls that is
    /// exhausted counts no more of them, or a client that retries would never be served again.
    fn fail(&mut self, now: u64, call: &SimCall, error: CallError) {
        for draw in &self.routes.of(call).draws {
            let rule = &mut self.rules[draw.rule];
            let amount = u64::from(draw.weight.each);
            if rule.counts_failures() && rule.fits(now, amount) {
                rule.charge(now, amount);
            }
        }
        self.note_error(now, error);
    }

    fn note_error(&mut self, now: u64, error: CallError) {
        self.penalties.iter_mut().for_each(|penalty| penalty.note(now, error));
    }

    /// Returns the end of the longest penalty in force.
    fn penalty_ends(&self, now: u64) -> Option<u64> {
        self.penalties.iter().filter_map(|penalty| penalty.ends_after(now)).max()
    }

    /// Returns the limits that govern a call.
    fn governing(&self, call: &SimCall) -> impl DoubleEndedIterator<Item = Governing<'_>> + ExactSizeIterator {
        let amounts = *call.real();
        self.routes.of(call).draws.iter().map(move |draw| {
            let rule = &self.rules[draw.rule];
            Governing { rule, needed: rule.needed(&amounts, draw.weight) }
        })
    }

    /// Returns the rejection with the longest wait, for a call that was not charged.
    fn rejection(&self, now: u64, call: &SimCall) -> Rejection {
        let rejections = self.governing(call).enumerate().filter_map(|(number, Governing { rule, needed })| {
            let refuses = !rule.is_soft() && !rule.would_fit(now, needed);
            refuses.then(|| Rejection {
                rule: Some(number),
                remedy: if rule.can_fit(needed) { rule.remedy() } else { Remedy::Split },
                // The end of a call is unknown: any time will do.
                until: rule.when(now, needed).or((rule.is_concurrency() && rule.can_fit(needed)).then_some(now)),
            })
        });
        // Of equal waits, the first.
        let longest = rejections.rev().max_by_key(|by| (by.remedy == Remedy::Split, by.until.unwrap_or(u64::MAX)));
        let rejection = longest.unwrap_or(Rejection { rule: None, remedy: Remedy::Wait, until: Some(now) });
        // The refusal may have started a penalty.
        Rejection { until: rejection.until.map(|until| until.max(self.penalty_ends(now).unwrap_or(now))), ..rejection }
    }

    /// Returns how much of a rule a call takes, by the index of the rule: 0 for a rule that does not govern it.
    pub(crate) fn cost(&self, rule: usize, call: &SimCall) -> u64 {
        let draws = self.routes.of(call).draws.iter().filter(|draw| draw.rule == rule);
        draws.map(|draw| self.rules[rule].cost(call.real(), draw.weight)).sum()
    }

    /// Ends a served call and frees what it holds: its slots, and its queued amounts.
    pub fn end(&mut self, call: &SimCall) {
        for draw in &self.routes.of(call).draws {
            let rule = &mut self.rules[draw.rule];
            rule.release(rule.cost(call.real(), draw.weight));
        }
    }
}

#[cfg(test)]
mod tests;
