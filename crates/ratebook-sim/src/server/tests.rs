//! Servers and rules on simulated time.

use ratebook::{Header, HeaderFormat, HeaderMeaning, Metric, Period, Provider};

use super::*;
use crate::SECOND;
use crate::algorithm::Algorithm;

/// Returns how many calls at the given tenths of a second are served, with a limit of 10 per second.
fn served(algorithm: Algorithm, tenths: impl IntoIterator<Item = u64>) -> usize {
    let mut server = Server::new(vec![SimRule::new(Metric::Requests, 10, SECOND, algorithm)]);
    tenths.into_iter().filter(|tenth| server.serve(tenth * SECOND / 10, &SimCall::of_tokens(0, 1))).count()
}

#[test]
fn a_fixed_window_serves_twice_the_limit_around_its_edge() {
    let calls = [9; 10].into_iter().chain([10; 12]);
    assert_eq!(served(Algorithm::FixedWindow { offset: 0 }, calls.clone()), 20);
    assert_eq!(served(Algorithm::FixedWindow { offset: SECOND / 2 }, calls), 10);
}

#[test]
fn a_sliding_log_serves_the_limit_in_any_window() {
    assert_eq!(served(Algorithm::SlidingLog, [9; 10].into_iter().chain([10; 12])), 10);
    assert_eq!(served(Algorithm::SlidingLog, [9; 10].into_iter().chain([19; 12])), 20);
}

#[test]
fn a_sliding_counter_releases_a_burst_evenly() {
    let algorithm = Algorithm::SlidingCounter { offset: 0 };
    assert_eq!(served(algorithm, [0; 10].into_iter().chain([10, 11, 11, 12, 12])), 12);
}

#[test]
fn a_bucket_serves_its_size_at_once_and_refills() {
    let algorithm = Algorithm::TokenBucket { holds_percent: 50 };
    assert_eq!(served(algorithm, [0; 10].into_iter().chain([1, 1, 2, 3])), 8);
}

#[test]
fn a_refused_call_is_charged_to_no_limit() {
    let rule = |metric, limit| SimRule::new(metric, limit, SECOND, Algorithm::SlidingLog);
    let mut server = Server::new(vec![rule(Metric::Requests, 2), rule(Metric::Tokens, 10)]);
    assert!(server.serve(0, &SimCall::of_tokens(0, 10)));
    assert!(!server.serve(0, &SimCall::of_tokens(0, 1)));
    assert!(server.serve(0, &SimCall::of_tokens(0, 0)));
    assert!(!server.serve(0, &SimCall::of_tokens(0, 0)));
}

#[test]
fn a_steep_rise_is_refused_and_a_steady_one_is_not() {
    let mut server = Server::new(vec![SimRule::acceleration(Metric::Requests, 4, SECOND)]);
    let mut served = |second: u64, calls: usize| {
        (0..calls).filter(|_| server.serve(second * SECOND, &SimCall::of_tokens(0, 1))).count()
    };
    let rises = [(0, 10), (1, 10), (2, 10), (3, 20), (30, 10)].map(|(second, calls)| served(second, calls));
    assert_eq!(rises, [4, 6, 9, 13, 4]);
}

#[test]
fn a_rule_enforces_what_it_predicts() {
    let ways = [
        Algorithm::FixedWindow { offset: SECOND / 3 },
        Algorithm::SlidingLog,
        Algorithm::SlidingCounter { offset: SECOND / 3 },
        Algorithm::TokenBucket { holds_percent: 100 },
    ];
    for algorithm in ways {
        let mut rule = SimRule::new(Metric::Tokens, 100, SECOND, algorithm);
        for (tenth, amount) in [(4, 30), (4, 40), (5, 20)] {
            assert!(rule.fits(tenth * SECOND / 10, amount));
            rule.charge(tenth * SECOND / 10, amount);
        }
        let now = 6 * SECOND / 10;
        let at = rule.when(now, 60).unwrap();
        assert!(at > now && !rule.clone().fits(at - 1, 60) && rule.clone().fits(at, 60), "{algorithm:?}");
        assert!(rule.left_at(at) >= 60, "{algorithm:?}");
    }
}

#[test]
fn a_bucket_reports_its_level_and_not_its_limit() {
    let algorithm = Algorithm::TokenBucket { holds_percent: 50 };
    let mut rule = SimRule::new(Metric::Tokens, 100, SECOND, algorithm);
    assert_eq!((rule.left_at(0), rule.when_empty(0)), (50, Some(0)));
    rule.charge(0, 50);
    assert_eq!((rule.left_at(0), rule.when(0, 1)), (0, Some(SECOND / 100)));
    assert_eq!((rule.left_at(SECOND / 4), rule.when_empty(0)), (25, Some(SECOND / 2)));
    // A bucket of ten times the limit takes ten times as long to refill.
    let mut large = SimRule::new(Metric::Tokens, 100, SECOND, Algorithm::TokenBucket { holds_percent: 1_000 });
    large.charge(0, 1_000);
    assert_eq!((large.left_at(0), large.when_empty(0)), (0, Some(10 * SECOND)));
    assert_eq!(SimRule::new(Metric::Tokens, 0, SECOND, algorithm).left_at(0), 0);
}

#[test]
fn growth_raises_the_next_ten_windows_only() {
    let mut rule = SimRule::acceleration(Metric::Tokens, 4, SECOND);
    rule.charge(0, 4);
    let now = SECOND / 2;
    // 150 % of the first window, in each of the ten after it.
    assert_eq!((rule.left_at(now), rule.left_at(SECOND), rule.left_at(10 * SECOND)), (0, 6, 6));
    assert_eq!(rule.left_at(11 * SECOND), 4);
    let when = [4, 6, 7].map(|amount| rule.when(now, amount));
    assert_eq!(when, [Some(SECOND), Some(SECOND), None]);
    assert_eq!(rule.when_empty(now), Some(SECOND));
    assert!(rule.fits(SECOND, 6));
    rule.charge(SECOND, 6);
    assert_eq!(rule.when(SECOND, 9), Some(2 * SECOND));
    assert_eq!(rule.when(12 * SECOND, 9), None);
}

#[test]
fn a_limit_that_has_grown_falls_after_five_minutes_without_use() {
    let limit = ratebook::providers::fireworks::ACCOUNT.limits().find(|limit| !limit.ramp.is_empty()).unwrap();
    let mut rule = SimRule::of(&limit, Algorithm::SlidingLog).unwrap();
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
        let rule = |metric, limit, width| SimRule::new(metric, limit, width, Algorithm::SlidingLog);
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
        let mut header = Header::new(name, HeaderMeaning::UntilRoom, HeaderFormat::Seconds);
        header.metric = Some(metric);
        header
    }
    const HEADERS: &[Header] = &[room("requests", Metric::Requests), room("tokens", Metric::Tokens)];
    let rule = |metric, limit, width| SimRule::new(metric, limit, width, Algorithm::SlidingLog);
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
    let tokens = |algorithm| SimRule::new(Metric::Tokens, 100, 60 * SECOND, algorithm);
    let bare = (429, vec![], String::new());
    assert_eq!(by(Provider::Castai, tokens(Algorithm::SlidingLog)), bare);
    let half = SimRule::new(Metric::Tokens, 200, SECOND, Algorithm::TokenBucket { holds_percent: 50 });
    assert_eq!(by(Provider::Castai, half), bare);
    // Growth needs use, not a wait. A sub-window serves a larger call alone.
    let growth = SimRule::acceleration(Metric::Tokens, 100, SECOND);
    assert!(by(Provider::Alibaba, growth).2.contains("increased too quickly"));
    let shorter = tokens(Algorithm::SlidingLog).sub_window(Period::Second, Algorithm::SlidingLog);
    assert_eq!(by(Provider::Castai, shorter).0, 200);
}

#[test]
fn a_soft_limit_is_reported_and_not_enforced() {
    let soft = SimRule::new(Metric::Requests, 2, 60 * SECOND, Algorithm::SlidingLog).soft();
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
    let rule = |metric, limit| SimRule::new(metric, limit, 60 * SECOND, Algorithm::SlidingLog);
    let refusal = |provider, rules: Vec<SimRule>| {
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
