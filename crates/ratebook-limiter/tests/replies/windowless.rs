//! Headers that name no window: which limit they are of.

use ratebook::{Metric, Provider};
use ratebook_limiter::feedback::{Dialect, InvalidValue};
use ratebook_limiter::{Account, Cost};

use super::{DAY, Limit, MINUTE, NONE, clock, model, paused, pool, seconds, vendor};

const LOW: [Limit; 2] = [(Metric::Requests, MINUTE, 3), (Metric::Requests, DAY, 200)];

/// What is left of the minute and of the day after a reply to a call.
fn left(limits: &[Limit], headers: &[(&str, &str)]) -> (u64, u64) {
    let clock = clock();
    let model = model(&clock, Dialect::OPENAI, limits);
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
    assert_eq!(left(&LOW, &headers), (2, 1), "the day's");
    // By each alone.
    assert_eq!(left(&LOW, &headers[..2]), (2, 1), "the amount");
    assert_eq!(left(&LOW, &headers[1..]), (2, 1), "the time until it is full");
    let clock = clock();
    let openai = model(&clock, Dialect::OPENAI, &LOW);
    openai.try_acquire(Cost::request()).unwrap().observe(200, &headers[..], b"{}");
    let mut sent = 0;
    for _ in 0..60 {
        clock.advance(seconds(60));
        sent += std::iter::from_fn(|| openai.try_acquire(Cost::request()).ok().map(drop)).count();
    }
    // One, and what of 200 a day the hour sets free.
    assert!((1..=10).contains(&sent), "{sent}");
}

#[test]
fn a_header_of_the_minute_goes_to_the_minute() {
    let headers = [
        ("x-ratelimit-limit-requests", "3"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "59s"),
    ];
    assert_eq!(left(&LOW, &headers), (0, 199));
    assert_eq!(left(&LOW, &headers[..2]), (0, 199));
}

#[test]
fn a_limit_that_the_vendor_has_changed_is_known_by_its_rate() {
    // 40 of 100 used, full in 24 s: a hundred in 60 s.
    let headers = [
        ("x-ratelimit-limit-requests", "100"),
        ("x-ratelimit-remaining-requests", "60"),
        ("x-ratelimit-reset-requests", "24s"),
    ];
    let wide = [(Metric::Requests, MINUTE, 500), (Metric::Requests, DAY, 10_000)];
    assert_eq!(left(&wide, &headers), (60, 9_999));
    // 40 of 100 used, full in 9.6 hours: of a day.
    let day = [headers[0], headers[1], ("x-ratelimit-reset-requests", "9h36m")];
    assert_eq!(left(&wide, &day), (499, 60));
}

#[test]
fn more_left_than_a_minute_allows_is_of_the_day() {
    assert_eq!(left(&LOW, &[("x-ratelimit-remaining-requests", "150")]), (2, 150));
}

#[test]
fn where_nothing_shows_which_it_goes_to_none() {
    let wide = [(Metric::Requests, MINUTE, 500), (Metric::Requests, DAY, 10_000)];
    for headers in [
        &[("x-ratelimit-remaining-requests", "60")][..],
        &[("x-ratelimit-limit-requests", "100"), ("x-ratelimit-remaining-requests", "60")],
        &[("x-ratelimit-remaining-requests", "60"), ("x-ratelimit-reset-requests", "30s")],
        // A rate of neither.
        &[
            ("x-ratelimit-limit-requests", "100"),
            ("x-ratelimit-remaining-requests", "60"),
            ("x-ratelimit-reset-requests", "1s"),
        ],
    ] {
        assert_eq!(left(&wide, headers), (499, 9_999), "{headers:?}");
    }
    // Two limits of the same amount, and a time that fits both.
    let same = [(Metric::Requests, MINUTE, 500), (Metric::Requests, DAY, 500)];
    let headers = [("x-ratelimit-limit-requests", "500"), ("x-ratelimit-remaining-requests", "60")];
    assert_eq!(left(&same, &headers), (499, 499));
}

#[test]
fn with_one_limit_on_the_metric_it_is_of_that() {
    let clock = clock();
    let one = model(&clock, Dialect::OPENAI, &[(Metric::Requests, DAY, 10_000), (Metric::Tokens, MINUTE, 9_000)]);
    let headers = [("x-ratelimit-limit-requests", "700"), ("x-ratelimit-remaining-requests", "60")];
    one.observe(200, &headers[..], b"");
    assert_eq!(pool(&one, Metric::Requests, 86_400).left, 60);
}

#[test]
fn a_share_of_the_limit_is_known_by_the_whole() {
    let clock = clock();
    let shared = vendor(&clock, Dialect::OPENAI, &LOW).share_of(Metric::Requests, 50).build().unwrap();
    let model = shared.model("ours").unwrap();
    let headers = [("x-ratelimit-limit-requests", "200"), ("x-ratelimit-remaining-requests", "7")];
    model.observe(200, &headers[..], b"");
    assert_eq!(pool(&model, Metric::Requests, 86_400).left, 7);
}

#[test]
fn a_refusal_pauses_the_limit_that_its_headers_show() {
    let clock = clock();
    let openai = model(&clock, Dialect::OPENAI, &LOW);
    let headers =
        [("retry-after", "432"), ("x-ratelimit-limit-requests", "200"), ("x-ratelimit-remaining-requests", "0")];
    openai.observe(429, &headers[..], b"");
    assert_eq!(paused(&openai), [(Metric::Requests, 86_400, seconds(432))]);
    // Or its time, which is longer than a minute.
    let openai = model(&clock, Dialect::OPENAI, &LOW);
    openai.observe(429, &NONE[..], b"Rate limit reached on requests per model. Please try again in 7m12s.");
    assert_eq!(paused(&openai), [(Metric::Requests, 86_400, seconds(432))]);
}

#[test]
fn a_guaranteed_limit_is_not_widened_beyond_a_hundred_times() {
    let clock = clock();
    let account = Account::builder(Provider::Fireworks).clock(clock.clock()).build().unwrap();
    let llama = account.model("llama-v3p1-8b-instruct").unwrap();
    let guaranteed = || {
        let pools = account.snapshot();
        pools.into_iter().find(|pool| pool.limit.bound == ratebook::Bound::Guaranteed).unwrap().limit_units
    };
    let told = |limit: &str| {
        let signals = llama.observe(200, &[("x-ratelimit-limit-requests", limit)][..], b"");
        (guaranteed(), signals.invalid_values().collect::<Vec<_>>())
    };
    let nonsense = vec![("x-ratelimit-limit-requests", InvalidValue::FarAbove)];
    assert_eq!(told("6000"), (6_000, vec![]));
    assert_eq!(told("6001"), (6_000, nonsense.clone()), "a hundred times what was published");
    assert_eq!(told("18446744073709551615"), (6_000, nonsense));
    assert_eq!(told("60"), (60, vec![]));
}
