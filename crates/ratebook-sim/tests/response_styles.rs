//! The limiter reads the responses of simulated vendors as they are meant, in every dialect it knows.

use std::collections::BTreeSet;
use std::time::Duration;

use ratebook::{Metric, Provider, Remedy};
use ratebook_limiter::feedback::{Counted, Dialect, InvalidValue, Signal};
use ratebook_sim::{Algorithm, Amounts, CalendarUnit, LocalTime, ResponseStyle, SECOND, Server, SimCall, SimRule};

const EACH: u64 = 400;
const CALLS: u64 = 10;

/// Returns a call that uses every metric of the dialects' headers, in whole units: a minute of audio, a dollar.
fn call() -> SimCall {
    let cached = Amounts::none().with_cached_input(EACH / 8).with_audio_millis(60_000).with_micro_usd(1_000_000);
    SimCall::of(Amounts::of_tokens(EACH) + cached)
}

/// Returns every dialect with its name and a response style.
fn dialects() -> impl Iterator<Item = (&'static str, Dialect, ResponseStyle)> {
    let named = Dialect::NAMED.iter().map(|(name, dialect)| {
        let style = ResponseStyle::new(dialect.headers(), dialect.responses());
        (*name, *dialect, style)
    });
    named.chain(
        Provider::ALL.iter().map(|provider| (provider.name(), Dialect::of(*provider), ResponseStyle::of(*provider))),
    )
}

/// Returns a limit of ten calls for each metric and window in the headers of a dialect. Default window: a minute.
fn rules(dialect: Dialect) -> Vec<SimRule> {
    let headers = dialect.headers().iter().filter_map(|header| Some((header.metric?, header.window_seconds)));
    let mut limits: BTreeSet<(Metric, u32)> = headers.map(|(metric, window)| (metric, window.unwrap_or(60))).collect();
    assert!(limits.iter().all(|(metric, _)| call().real().of(*metric) > 0), "{limits:?}");
    limits.insert((Metric::Requests, limits.iter().map(|(_, window)| *window).min().unwrap_or(60)));
    let rule = |(metric, window): (Metric, u32)| {
        let amount = CALLS * call().real().of(metric);
        SimRule::new(metric, amount, u64::from(window) * SECOND, Algorithm::SlidingLog)
    };
    limits.into_iter().map(rule).collect()
}

/// Returns the rule that a signal describes.
fn rule_of(server: &Server, counted: Counted) -> &SimRule {
    let is_described = |rule: &&SimRule| {
        let same_window = counted.window.is_none_or(|window| window.as_nanos() == u128::from(rule.width()));
        counted.metric == Some(rule.metric()) && same_window
    };
    server.rules().iter().filter(is_described).min_by_key(|rule| rule.width()).expect("a rule for each signal")
}

#[test]
fn every_vendors_signals_are_read_as_meant() {
    for (name, dialect, style) in dialects() {
        let mut server = Server::new(rules(dialect)).styled_as(style);
        let has_remaining = dialect.headers().iter().any(|header| header.meaning == ratebook::HeaderMeaning::Remaining);
        let mut remaining_signals = 0;
        for number in 0..=CALLS {
            let now = number * SECOND / 100;
            let response = server.respond(now, &call());
            let body = response.body.as_bytes();
            let signals = dialect.read(response.status, &response.headers[..], body, i128::from(now));
            let invalid: Vec<_> = signals.invalid_values().filter(|(_, why)| *why != InvalidValue::Unstated).collect();
            assert_eq!(invalid, [], "{name}: {response:?}");
            assert_eq!(response.is_served(), number < CALLS, "{name}");
            let remedy = signals.refusal().map(|refusal| refusal.remedy);
            assert_eq!(remedy, (number == CALLS).then_some(Remedy::Wait), "{name}: {response:?}");
            for signal in signals.iter() {
                match signal {
                    Signal::Limit { counted, amount } => {
                        let rule = rule_of(&server, counted);
                        assert_eq!(amount, rule.limit_at(now) / rule.metric().unit(), "{name}: {response:?}");
                    }
                    Signal::Remaining { counted, amount } => {
                        let rule = rule_of(&server, counted);
                        assert_eq!(amount, rule.left_at(now) / rule.metric().unit(), "{name}: {response:?}");
                        remaining_signals += 1;
                    }
                    Signal::UntilFull { counted, after } => {
                        let rule = rule_of(&server, counted);
                        let until = rule.when_empty(now).unwrap() - now;
                        let read = after.as_nanos() as u64;
                        assert!((until.saturating_sub(SECOND)..=until + SECOND).contains(&read), "{name}: {after:?}");
                    }
                    _ => {}
                }
            }
        }
        assert_eq!(remaining_signals > 0, has_remaining, "{name}");
    }
}

#[test]
fn a_call_that_can_never_fit_has_the_remedy_split_if_the_vendor_has_such_a_response() {
    let mut split = Vec::new();
    for (name, dialect, style) in dialects() {
        let split_pattern = dialect.responses().iter().find(|pattern| pattern.remedy == Remedy::Split);
        let metric = split_pattern.and_then(|pattern| pattern.metric).unwrap_or(Metric::Tokens);
        let rule = SimRule::new(metric, EACH - 1, 60 * SECOND, Algorithm::SlidingLog);
        let mut server = Server::new(vec![rule]).styled_as(style);
        for now in [0, 86_400 * SECOND] {
            let response = server.respond(now, &SimCall::of_tokens(0, EACH));
            let signals =
                dialect.read(response.status, &response.headers[..], response.body.as_bytes(), i128::from(now));
            let refusal = signals.refusal().expect("a refusal");
            assert_eq!((refusal.retry_after, refusal.lasts), (None, None), "{name}: {response:?}");
            assert_eq!(response.status, split_pattern.map_or(429, |pattern| pattern.status), "{name}");
            assert_eq!(refusal.remedy == Remedy::Split, split_pattern.is_some(), "{name}: {response:?}");
            let invalid: Vec<_> = signals.invalid_values().filter(|(_, why)| *why != InvalidValue::Unstated).collect();
            assert_eq!(invalid, [], "{name}: {response:?}");
        }
        split.extend(split_pattern.map(|_| name));
    }
    assert_eq!(split, ["cloudflare", "github-models", "groq", "openai"]);
}

#[test]
fn dates_are_those_of_the_simulated_time() {
    // 2026-11-27T23:00:00Z. The refusal lasts until midnight UTC.
    let start = 1_795_820_400;
    let midnight = Algorithm::Calendar { unit: CalendarUnit::Day, local: LocalTime::Utc };
    let rule = SimRule::new(Metric::Requests, 1, 0, midnight);
    let castai = ResponseStyle::of(Provider::Castai);
    let mut server = Server::new(vec![rule]).styled_as(castai).starting_at(Duration::from_secs(start));
    assert!(server.serve(0, &call()));
    let response = server.respond(60 * SECOND, &call());
    assert_eq!(response.headers, [("retry-after", "3540".to_owned())]);
    assert!(response.body.contains("until 2026-11-28T00:00:00Z"), "{}", response.body);
}
