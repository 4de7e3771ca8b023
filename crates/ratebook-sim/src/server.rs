//! A server that enforces limits and penalties.

use std::time::Duration;

use ratebook::{Penalty, Remedy, Weight};

use crate::call::SimCall;
use crate::penalty::{CallError, PenaltyState};
use crate::response::{Governing, Moment, Outcome, Rejection, ResponseStyle, SimResponse};
use crate::rule::Rule;

/// A server with several limits. A call is served if it fits all limits that govern it; otherwise it is charged to none.
///
/// [`Vendor`](crate::Vendor) creates a server with the limits of a provider's models, some of them shared.
#[derive(Clone, Debug)]
pub struct Server {
    rules: Vec<Rule>,
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
            Self::ByModel(routes) => &routes[call.model],
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
    pub fn new(rules: Vec<Rule>) -> Self {
        let draws = (0..rules.len()).map(|rule| Draw { rule, weight: Weight::ONE }).collect();
        Self::with_routes(rules, Routes::Same(Route { draws, is_not_offered: false }))
    }

    /// Creates a server with the rules that govern each model, by its number.
    pub(crate) fn by_model(rules: Vec<Rule>, routes: Vec<Route>) -> Self {
        Self::with_routes(rules, Routes::ByModel(routes))
    }

    fn with_routes(rules: Vec<Rule>, routes: Routes) -> Self {
        Self { rules, routes, penalties: Vec::new(), style: ResponseStyle::STATUS_ONLY, epoch: 0 }
    }

    /// Sets the style of the responses. Default: [`ResponseStyle::STATUS_ONLY`].
    pub fn styled_as(self, style: ResponseStyle) -> Self {
        Self { style, ..self }
    }

    /// Sets the Unix time of the start of the simulation: when windows of the calendar end, and which dates responses state.
    /// Default: 1970-01-01T00:00:00Z. Takes effect before the first call.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use ratebook::Metric;
    /// use ratebook_sim::{CalendarUnit, Enforcement, LocalTime, Rule, SECOND, Server, SimCall};
    ///
    /// let midnight = Enforcement::Calendar { unit: CalendarUnit::Day, local: LocalTime::Pacific };
    /// let rule = Rule::new(Metric::Requests, 1, 0, midnight);
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
    /// Every call that is answered with an error counts for penalties after failed calls: refused ones, those refused by
    /// another penalty, and those that [fail](crate::Amounts::failed_requests).
    pub fn with_penalties(mut self, penalties: &[Penalty]) -> Self {
        self.penalties.extend(penalties.iter().copied().map(PenaltyState::new));
        self
    }

    /// Returns the limits.
    pub fn rules(&self) -> &[Rule] {
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
            Decision::Refused => Outcome::Rejected(self.rejection(now, call)),
        };
        let governing: Vec<Governing<'_>> = self.governing(call).collect();
        self.style.respond(Moment { now, epoch: self.epoch }, &governing, outcome)
    }

    /// Counts a request that is answered with an error before any limit, such as an invalid one. Returns the response if a
    /// penalty is in force, which refuses it first.
    #[cfg(feature = "http")]
    pub(crate) fn note_invalid(&mut self, now: u64) -> Option<SimResponse> {
        let was_locked = self.penalty_ends(now).is_some();
        self.note_error(now, if was_locked { CallError::LockedOut } else { CallError::Failed });
        let until = self.penalty_ends(now).filter(|_| was_locked)?;
        let rejection = Rejection { rule: None, remedy: Remedy::Wait, until: Some(until) };
        Some(self.style.respond(Moment { now, epoch: self.epoch }, &[], Outcome::Rejected(rejection)))
    }

    /// Charges a call even if it does not fit.
    pub(crate) fn take(&mut self, now: u64, call: &SimCall) {
        for draw in &self.routes.of(call).draws {
            let rule = &mut self.rules[draw.rule];
            rule.advance(now);
            rule.charge(now, rule.cost(&call.real, draw.weight));
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
            let fits = rule.fits(now, rule.needed(&call.real, draw.weight));
            is_over |= !fits && rule.is_soft();
            is_unfit |= !fits && !rule.is_soft();
        }
        if is_unfit {
            self.fail(now, call, CallError::Refused);
            return Decision::Refused;
        }
        for draw in &route.draws {
            let rule = &mut self.rules[draw.rule];
            rule.charge(now, rule.cost(&call.real, draw.weight));
        }
        if call.real.failed_requests > 0 {
            self.end(call);
            self.note_error(now, CallError::Failed);
            return Decision::Failed;
        }
        Decision::Served { is_over }
    }

    /// Counts a call that is answered with an error and charged to no other limit. A limit on failed calls that is exhausted
    /// counts no more of them, or a client that retries would never be served again.
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
        let amounts = call.real;
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
                until: rule.when(now, needed).or((rule.is_held() && rule.can_fit(needed)).then_some(now)),
            })
        });
        // Of equal waits, the first.
        let longest = rejections.rev().max_by_key(|by| (by.remedy == Remedy::Split, by.until.unwrap_or(u64::MAX)));
        let rejection = longest.unwrap_or(Rejection { rule: None, remedy: Remedy::Wait, until: Some(now) });
        // The refusal may have started a penalty.
        Rejection { until: rejection.until.map(|until| until.max(self.penalty_ends(now).unwrap_or(now))), ..rejection }
    }

    /// Ends a served call and frees what it holds: its slots, and its queued amounts.
    pub fn end(&mut self, call: &SimCall) {
        for draw in &self.routes.of(call).draws {
            let rule = &mut self.rules[draw.rule];
            rule.release(rule.cost(&call.real, draw.weight));
        }
    }
}

#[cfg(test)]
mod tests {
    use ratebook::{Header, HeaderFormat, HeaderMeaning, Metric, Period, Provider};

    use super::*;
    use crate::SECOND;
    use crate::enforcement::Enforcement;

    /// Returns how many calls at the given tenths of a second are served, with a limit of 10 per second.
    fn served(by: Enforcement, tenths: impl IntoIterator<Item = u64>) -> usize {
        let mut server = Server::new(vec![Rule::new(Metric::Requests, 10, SECOND, by)]);
        tenths.into_iter().filter(|tenth| server.serve(tenth * SECOND / 10, &SimCall::of_tokens(0, 1))).count()
    }

    #[test]
    fn a_fixed_window_serves_twice_the_limit_around_its_edge() {
        let calls = [9; 10].into_iter().chain([10; 12]);
        assert_eq!(served(Enforcement::FixedWindow { offset: 0 }, calls.clone()), 20);
        assert_eq!(served(Enforcement::FixedWindow { offset: SECOND / 2 }, calls), 10);
    }

    #[test]
    fn a_sliding_log_serves_the_limit_in_any_window() {
        assert_eq!(served(Enforcement::SlidingLog, [9; 10].into_iter().chain([10; 12])), 10);
        assert_eq!(served(Enforcement::SlidingLog, [9; 10].into_iter().chain([19; 12])), 20);
    }

    #[test]
    fn a_sliding_counter_releases_a_burst_evenly() {
        let by = Enforcement::SlidingCounter { offset: 0 };
        assert_eq!(served(by, [0; 10].into_iter().chain([10, 11, 11, 12, 12])), 12);
    }

    #[test]
    fn a_bucket_serves_its_size_at_once_and_refills() {
        let by = Enforcement::TokenBucket { holds_percent: 50 };
        assert_eq!(served(by, [0; 10].into_iter().chain([1, 1, 2, 3])), 8);
    }

    #[test]
    fn a_refused_call_is_charged_to_no_limit() {
        let rule = |metric, limit| Rule::new(metric, limit, SECOND, Enforcement::SlidingLog);
        let mut server = Server::new(vec![rule(Metric::Requests, 2), rule(Metric::Tokens, 10)]);
        assert!(server.serve(0, &SimCall::of_tokens(0, 10)));
        assert!(!server.serve(0, &SimCall::of_tokens(0, 1)));
        assert!(server.serve(0, &SimCall::of_tokens(0, 0)));
        assert!(!server.serve(0, &SimCall::of_tokens(0, 0)));
    }

    #[test]
    fn a_steep_rise_is_refused_and_a_steady_one_is_not() {
        let mut server = Server::new(vec![Rule::growth(Metric::Requests, 4, SECOND)]);
        let mut served = |second: u64, calls: usize| {
            (0..calls).filter(|_| server.serve(second * SECOND, &SimCall::of_tokens(0, 1))).count()
        };
        let rises = [(0, 10), (1, 10), (2, 10), (3, 20), (30, 10)].map(|(second, calls)| served(second, calls));
        assert_eq!(rises, [4, 6, 9, 13, 4]);
    }

    #[test]
    fn a_rule_enforces_what_it_predicts() {
        let ways = [
            Enforcement::FixedWindow { offset: SECOND / 3 },
            Enforcement::SlidingLog,
            Enforcement::SlidingCounter { offset: SECOND / 3 },
            Enforcement::TokenBucket { holds_percent: 100 },
        ];
        for by in ways {
            let mut rule = Rule::new(Metric::Tokens, 100, SECOND, by);
            for (tenth, amount) in [(4, 30), (4, 40), (5, 20)] {
                assert!(rule.fits(tenth * SECOND / 10, amount));
                rule.charge(tenth * SECOND / 10, amount);
            }
            let now = 6 * SECOND / 10;
            let at = rule.when(now, 60).unwrap();
            assert!(at > now && !rule.clone().fits(at - 1, 60) && rule.clone().fits(at, 60), "{by:?}");
            assert!(rule.left_at(at) >= 60, "{by:?}");
        }
    }

    #[test]
    fn a_bucket_reports_its_level_and_not_its_limit() {
        let by = Enforcement::TokenBucket { holds_percent: 50 };
        let mut rule = Rule::new(Metric::Tokens, 100, SECOND, by);
        assert_eq!((rule.left_at(0), rule.when_full(0)), (50, Some(0)));
        rule.charge(0, 50);
        assert_eq!((rule.left_at(0), rule.when(0, 1)), (0, Some(SECOND / 100)));
        assert_eq!((rule.left_at(SECOND / 4), rule.when_full(0)), (25, Some(SECOND / 2)));
        // A bucket of ten times the limit takes ten times as long to refill.
        let mut large = Rule::new(Metric::Tokens, 100, SECOND, Enforcement::TokenBucket { holds_percent: 1_000 });
        large.charge(0, 1_000);
        assert_eq!((large.left_at(0), large.when_full(0)), (0, Some(10 * SECOND)));
        assert_eq!(Rule::new(Metric::Tokens, 0, SECOND, by).left_at(0), 0);
    }

    #[test]
    fn growth_raises_the_next_ten_windows_only() {
        let mut rule = Rule::growth(Metric::Tokens, 4, SECOND);
        rule.charge(0, 4);
        let now = SECOND / 2;
        // 150 % of the first window, in each of the ten after it.
        assert_eq!((rule.left_at(now), rule.left_at(SECOND), rule.left_at(10 * SECOND)), (0, 6, 6));
        assert_eq!(rule.left_at(11 * SECOND), 4);
        let when = [4, 6, 7].map(|amount| rule.when(now, amount));
        assert_eq!(when, [Some(SECOND), Some(SECOND), None]);
        assert_eq!(rule.when_full(now), Some(SECOND));
        assert!(rule.fits(SECOND, 6));
        rule.charge(SECOND, 6);
        assert_eq!(rule.when(SECOND, 9), Some(2 * SECOND));
        assert_eq!(rule.when(12 * SECOND, 9), None);
    }

    #[test]
    fn a_limit_that_has_grown_falls_after_five_minutes_without_use() {
        let limit = ratebook::fireworks::ACCOUNT.limits().find(|limit| !limit.ramp.is_empty()).unwrap();
        let mut rule = Rule::of(&limit, Enforcement::SlidingLog).unwrap();
        let first = rule.limit();
        let minutes = 240;
        for minute in 0..=minutes {
            assert!(rule.fits(minute * 60 * SECOND, 1));
            rule.charge(minute * 60 * SECOND, 1);
        }
        let now = minutes * 60 * SECOND;
        let grown = rule.limit_at(now);
        assert!(grown > first);
        // It grows until a pause of five minutes, and then falls to its start.
        let falls = now + 300 * SECOND;
        assert_eq!(rule.left_at(falls), rule.limit_at(falls));
        assert_eq!(rule.left_at(falls + 1), first);
        rule.charge(now, grown - 1);
        assert_eq!(rule.when(now, grown), Some(now + 60 * SECOND));
        for amount in [grown, rule.limit_at(falls)] {
            let at = rule.when(now, amount).unwrap();
            assert!(!rule.clone().fits(at - 1, amount) && rule.clone().fits(at, amount), "{amount}");
        }
        assert_eq!(rule.when(now, rule.limit_at(falls) + 1), None);
        assert_eq!(rule.when(falls + 1, first), Some(falls + 1));
        assert_eq!(rule.when(falls + 1, grown), None);
    }

    #[test]
    fn a_refusal_reports_the_longest_wait() {
        for (of_requests, of_tokens) in [(SECOND, 60 * SECOND), (60 * SECOND, SECOND)] {
            let rule = |metric, limit, width| Rule::new(metric, limit, width, Enforcement::SlidingLog);
            let rules = vec![rule(Metric::Requests, 1, of_requests), rule(Metric::Tokens, 100, of_tokens)];
            let call = SimCall::of_tokens(0, 100);
            let mut castai = Server::new(rules.clone()).styled_as(ResponseStyle::of(Provider::Castai));
            assert!(castai.respond(0, &call).is_served());
            let refused = castai.respond(0, &call);
            assert_eq!(refused.headers, [("retry-after", "60".to_owned())]);
            assert!(refused.body.contains("until 1970-01-01T00:01:00Z"), "{}", refused.body);
            assert!(!castai.respond(59 * SECOND, &call).is_served());
            assert!(castai.respond(60 * SECOND, &call).is_served());
            // The body has the phrase of that limit.
            let mut alibaba = Server::new(rules).styled_as(ResponseStyle::of(Provider::Alibaba));
            let bodies = [alibaba.respond(0, &call).body, alibaba.respond(0, &call).body];
            let words = if of_tokens > of_requests { "Allocated quota" } else { "Requests rate limit" };
            assert!(bodies[1].contains(words), "{bodies:?}");
        }
    }

    #[test]
    fn until_room_headers_report_when_the_call_fits_each_limit() {
        const fn room(name: &'static str, metric: Metric) -> Header {
            let (metric, format) = (Some(metric), HeaderFormat::Seconds);
            Header { name, says: HeaderMeaning::UntilRoom, metric, window_seconds: None, format, meaning: "" }
        }
        const HEADERS: &[Header] = &[room("requests", Metric::Requests), room("tokens", Metric::Tokens)];
        let rule = |metric, limit, width| Rule::new(metric, limit, width, Enforcement::SlidingLog);
        let rules = vec![rule(Metric::Requests, 2, 9 * SECOND), rule(Metric::Tokens, 100, 60 * SECOND)];
        let mut server = Server::new(rules).styled_as(ResponseStyle::new(HEADERS, &[]));
        let mut headers = |now, tokens| {
            let response = server.respond(now, &SimCall::of_tokens(0, tokens));
            (response.status, response.headers.into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(headers(0, 60), (200, "0 60".to_owned()));
        assert_eq!(headers(SECOND, 60), (429, "0 59".to_owned()));
        assert_eq!(headers(SECOND, 40), (200, "8 59".to_owned()));
        // A call above the limit never fits.
        assert_eq!(headers(SECOND, 101), (429, "8".to_owned()));
    }

    #[test]
    fn a_call_that_can_never_fit_is_refused_without_a_time() {
        let by = |provider, rule| {
            let mut server = Server::new(vec![rule]).styled_as(ResponseStyle::of(provider).always_retrying_after(5));
            let response = server.respond(0, &SimCall::of_tokens(0, 101));
            (response.status, response.headers, response.body)
        };
        let tokens = |by| Rule::new(Metric::Tokens, 100, 60 * SECOND, by);
        let bare = (429, vec![], String::new());
        assert_eq!(by(Provider::Castai, tokens(Enforcement::SlidingLog)), bare);
        let half = Rule::new(Metric::Tokens, 200, SECOND, Enforcement::TokenBucket { holds_percent: 50 });
        assert_eq!(by(Provider::Castai, half), bare);
        // Growth needs use, not a wait. A sub-window serves a larger call alone.
        let growth = Rule::growth(Metric::Tokens, 100, SECOND);
        assert!(by(Provider::Alibaba, growth).2.contains("increased too quickly"));
        let shorter = tokens(Enforcement::SlidingLog).sub_window(Period::Second, Enforcement::SlidingLog);
        assert_eq!(by(Provider::Castai, shorter).0, 200);
    }

    #[test]
    fn a_soft_limit_is_reported_and_not_enforced() {
        let soft = Rule::new(Metric::Requests, 2, 60 * SECOND, Enforcement::SlidingLog).soft();
        let mut server = Server::new(vec![soft]).styled_as(ResponseStyle::of(Provider::Fireworks));
        let over: Vec<_> = (0..3)
            .map(|_| {
                let response = server.respond(0, &SimCall::of_tokens(0, 1));
                assert!(response.is_served());
                response.headers.into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(over, ["2 1 no", "2 0 no", "2 0 yes"]);
    }

    #[test]
    fn a_refusal_has_the_providers_wording() {
        let rule = |metric, limit| Rule::new(metric, limit, 60 * SECOND, Enforcement::SlidingLog);
        let refusal = |provider, rules: Vec<Rule>| {
            let mut server = Server::new(rules).styled_as(ResponseStyle::of(provider).always_retrying_after(5));
            let responses = (0..3).map(|second| server.respond(second * SECOND, &SimCall::of_tokens(0, 60)));
            responses.last().unwrap()
        };
        let castai = refusal(Provider::Castai, vec![rule(Metric::Requests, 2)]);
        assert_eq!((castai.status, castai.headers), (429, vec![("retry-after", "5".to_owned())]));
        assert_eq!(castai.body, r#"{"error": "is rate limited until 1970-01-01T00:01:00Z"}"#);
        let alibaba = refusal(Provider::Alibaba, vec![rule(Metric::Tokens, 120)]);
        assert_eq!(alibaba.body, r#"{"error": {"message": "Allocated quota exceeded"}}"#);
        let cloudflare = refusal(Provider::Cloudflare, vec![rule(Metric::Requests, 2)]);
        assert_eq!((cloudflare.status, cloudflare.body), (429, String::new()));
    }
}
