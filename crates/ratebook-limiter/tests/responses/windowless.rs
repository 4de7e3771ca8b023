//! Headers without a window: inference of the limit.

use ratebook::{Metric, Provider};
use ratebook_limiter::feedback::{Dialect, InvalidValue};
use ratebook_limiter::{Account, Cost};

use super::{DAY, Limit, MINUTE, NONE, clock, model, paused, pool, seconds, vendor};

const LOW: [Limit; 2] = [(Metric::Requests, MINUTE, 3), (Metric::Requests, DAY, 200)];

/// Returns the remaining requests of the minute and of the day after the response to a call.
fn left(limits: &[Limit], headers: &[(&str, &str)]) -> (u64, u64) {
    let clock = clock();
    let model = model(&clock, Dialect::of(Provider::Openai), limits);
    model.try_acquire(Cost::request()).unwrap().observe(200, headers, b"{}");
    (pool(&model, Metric::Requests, 60).left, pool(&model, Metric::Requests, 86_400).left)
}

#[test]
fn openai_day_header_on_minute_pool() {
    let headers = [
        ("x-ratelimit-limit-requests", "200"),
        ("x-ratelimit-remaining-requests", "1"),
        ("x-ratelimit-reset-requests", "23h52m48s"),
    ];
    assert_eq!(left(&LOW, &headers), (2, 1), "the daily limit");
    // Each value alone identifies the limit.
    assert_eq!(left(&LOW, &headers[..2]), (2, 1), "the amount");
    assert_eq!(left(&LOW, &headers[1..]), (2, 1), "the time until it is full");
    let clock = clock();
    let openai = model(&clock, Dialect::of(Provider::Openai), &LOW);
    openai.try_acquire(Cost::request()).unwrap().observe(200, &headers[..], b"{}");
    let mut sent = 0;
    for _ in 0..60 {
        clock.advance(seconds(60));
        sent += std::iter::from_fn(|| openai.try_acquire(Cost::request()).ok().map(drop)).count();
    }
    // One, and what an hour frees of 200 per day.
    assert!((1..=10).contains(&sent), "{sent}");
}

#[test]
fn a_header_with_the_minutes_amount_applies_to_the_minute() {
    let headers = [
        ("x-ratelimit-limit-requests", "3"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "59s"),
    ];
    assert_eq!(left(&LOW, &headers), (0, 199));
    assert_eq!(left(&LOW, &headers[..2]), (0, 199));
}

#[test]
fn a_changed_limit_is_identified_by_its_refill_rate() {
    // 40 of 100 used and full in 24 s: 100 per 60 s.
    let headers = [
        ("x-ratelimit-limit-requests", "100"),
        ("x-ratelimit-remaining-requests", "60"),
        ("x-ratelimit-reset-requests", "24s"),
    ];
    let wide = [(Metric::Requests, MINUTE, 500), (Metric::Requests, DAY, 10_000)];
    assert_eq!(left(&wide, &headers), (60, 9_999));
    // 40 of 100 used and full in 9.6 hours: 100 per day.
    let day = [headers[0], headers[1], ("x-ratelimit-reset-requests", "9h36m")];
    assert_eq!(left(&wide, &day), (499, 60));
}

#[test]
fn a_remaining_amount_above_the_minutes_limit_applies_to_the_day() {
    assert_eq!(left(&LOW, &[("x-ratelimit-remaining-requests", "150")]), (2, 150));
}

#[test]
fn an_ambiguous_header_applies_to_no_limit() {
    let wide = [(Metric::Requests, MINUTE, 500), (Metric::Requests, DAY, 10_000)];
    for headers in [
        &[("x-ratelimit-remaining-requests", "60")][..],
        &[("x-ratelimit-limit-requests", "100"), ("x-ratelimit-remaining-requests", "60")],
        &[("x-ratelimit-remaining-requests", "60"), ("x-ratelimit-reset-requests", "30s")],
        // A refill rate of neither limit.
        &[
            ("x-ratelimit-limit-requests", "100"),
            ("x-ratelimit-remaining-requests", "60"),
            ("x-ratelimit-reset-requests", "1s"),
        ],
    ] {
        assert_eq!(left(&wide, headers), (499, 9_999), "{headers:?}");
    }
    // Two limits with the same amount.
    let same = [(Metric::Requests, MINUTE, 500), (Metric::Requests, DAY, 500)];
    let headers = [("x-ratelimit-limit-requests", "500"), ("x-ratelimit-remaining-requests", "60")];
    assert_eq!(left(&same, &headers), (499, 499));
}

#[test]
fn a_header_applies_to_the_only_limit_on_its_metric() {
    let clock = clock();
    let one = model(
        &clock,
        Dialect::of(Provider::Openai),
        &[(Metric::Requests, DAY, 10_000), (Metric::Tokens, MINUTE, 9_000)],
    );
    let headers = [("x-ratelimit-limit-requests", "700"), ("x-ratelimit-remaining-requests", "60")];
    one.observe(200, &headers[..], b"");
    assert_eq!(pool(&one, Metric::Requests, 86_400).left, 60);
}

#[test]
fn a_configured_share_is_identified_by_the_amount_of_the_whole_limit() {
    let clock = clock();
    let shared = vendor(&clock, Dialect::of(Provider::Openai), &LOW).share_of(Metric::Requests, 50).build().unwrap();
    let model = shared.model("ours").unwrap();
    let headers = [("x-ratelimit-limit-requests", "200"), ("x-ratelimit-remaining-requests", "7")];
    model.observe(200, &headers[..], b"");
    assert_eq!(pool(&model, Metric::Requests, 86_400).left, 7);
}

#[test]
fn a_refusal_pauses_the_limit_that_its_headers_identify() {
    let clock = clock();
    let openai = model(&clock, Dialect::of(Provider::Openai), &LOW);
    let headers =
        [("retry-after", "432"), ("x-ratelimit-limit-requests", "200"), ("x-ratelimit-remaining-requests", "0")];
    openai.observe(429, &headers[..], b"");
    assert_eq!(paused(&openai), [(Metric::Requests, 86_400, seconds(432))]);
    // A time of more than a minute identifies the day.
    let openai = model(&clock, Dialect::of(Provider::Openai), &LOW);
    openai.observe(429, &NONE[..], b"Rate limit reached on requests per model. Please try again in 7m12s.");
    assert_eq!(paused(&openai), [(Metric::Requests, 86_400, seconds(432))]);
}

#[test]
fn a_guaranteed_limit_is_widened_by_a_factor_of_at_most_100() {
    let clock = clock();
    let account = Account::builder(Provider::Fireworks).clock(clock.clock()).build().unwrap();
    let llama = account.model("llama-v3p1-8b-instruct").unwrap();
    let guaranteed = || {
        let pools = account.snapshot();
        pools.into_iter().find(|pool| pool.limit.bound == ratebook::Bound::Guaranteed).unwrap().limit_units
    };
    let after_stated = |limit: &str| {
        let signals = llama.observe(200, &[("x-ratelimit-limit-requests", limit)][..], b"");
        (guaranteed(), signals.invalid_values().collect::<Vec<_>>())
    };
    let invalid = vec![("x-ratelimit-limit-requests", InvalidValue::FarAbove)];
    assert_eq!(after_stated("6000"), (6_000, vec![]));
    assert_eq!(after_stated("6001"), (6_000, invalid.clone()), "above 100 times the published limit");
    assert_eq!(after_stated("18446744073709551615"), (6_000, invalid));
    assert_eq!(after_stated("60"), (60, vec![]));
}
