//! Edge cases of refusals: many in a row, times of zero, several at once, large calls, concurrency and days.
#![cfg(feature = "feedback")]

use std::time::Duration;

use ratebook::{Calendar, Period, Provider};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, AccountBuilder, Cost, ManualClock, Model, Quota, Refused};

const SECOND: Duration = Duration::from_secs(1);
const NONE: [(&str, &str); 0] = [];

/// OpenAI's headers and Alibaba's refusals.
const MIXED: Dialect =
    Dialect::new(Dialect::of(Provider::Openai).headers(), Dialect::of(Provider::Alibaba).responses());
const TOO_FAST: &[u8] = br#"{"code":"Throttling.BurstRate"}"#;

fn account(clock: &ManualClock, dialect: Dialect) -> AccountBuilder {
    Account::custom("ours").clock(clock.clock()).dialect(dialect).backoff_seed(7)
}

/// A model with a limit of `requests` per period.
fn model(clock: &ManualClock, dialect: Dialect, requests: u64, per: Period) -> Model {
    let account = account(clock, dialect).calendar(Calendar::Utc);
    account.limit(Quota::requests(requests).per_period(per).of_model("ours")).build().unwrap().model("ours").unwrap()
}

fn qwen(clock: &ManualClock) -> Model {
    let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock());
    account.build().unwrap().model("qwen-plus").unwrap()
}

fn wait(model: &Model, cost: Cost) -> Duration {
    match model.try_acquire(cost) {
        Ok(permit) => {
            permit.cancel_unsent();
            Duration::ZERO
        }
        Err(Refused::Wait(wait)) => wait.delay().unwrap_or(Duration::MAX),
        Err(Refused::Never(never)) => panic!("{never}"),
    }
}

fn admitted(model: &Model) -> usize {
    std::iter::from_fn(|| model.try_acquire(Cost::request()).ok().map(drop)).count()
}

/// The number of calls that are admitted within a minute, with attempts every second.
fn in_a_minute(clock: &ManualClock, model: &Model) -> usize {
    let second = |_| {
        clock.advance(SECOND);
        admitted(model)
    };
    (0..60).map(second).sum()
}

#[test]
fn every_refusal_in_a_row_causes_a_backoff() {
    let clock = ManualClock::new();
    let ours = model(&clock, Dialect::of(Provider::Openai), 600, Period::Minute);
    for number in 1..=80 {
        clock.advance(400 * SECOND);
        ours.try_acquire(Cost::request()).unwrap().observe(429, &NONE[..], b"");
        assert!(!wait(&ours, Cost::request()).is_zero(), "refusal {number}");
    }
}

#[test]
fn a_retry_time_of_zero_is_ignored() {
    let clock = ManualClock::beginning_at(1_770_305_000);
    let ours = model(&clock, Dialect::of(Provider::Openai), 600, Period::Minute);
    ours.observe(429, &[("retry-after", "0")][..], b"");
    assert!(!wait(&ours, Cost::request()).is_zero(), "a backoff");
    let castai = Account::builder(Provider::Castai).plan("growth").clock(clock.clock()).build().unwrap();
    let large = castai.model("Llama 3.3 70B").unwrap();
    let body = br#"{"error": "llama is rate limited until 2026-02-05T15:26:40Z"}"#;
    large.observe(429, &[("retry-after", "0")][..], body);
    assert_eq!(wait(&large, Cost::tokens(1)), 200 * SECOND, "the time in the body");
}

#[test]
fn a_refusal_that_names_a_window_pauses_the_limit_of_that_window() {
    let clock = ManualClock::new();
    let account = account(&clock, Dialect::of(Provider::Openai))
        .limit(Quota::requests(10_000).per_day())
        .limit(Quota::requests(600).per_minute().of_model("ours"))
        .limit(Quota::requests(600).per_minute().of_model("theirs"))
        .build()
        .unwrap();
    let (ours, theirs) = (account.model("ours").unwrap(), account.model("theirs").unwrap());
    let body = b"Rate limit reached on requests per day (RPD): Limit 10000, Used 10000. Please try again in 15m0s";
    ours.observe(429, &NONE[..], body);
    assert_eq!(wait(&theirs, Cost::request()), 900 * SECOND, "the day is the account's");
}

#[test]
fn an_error_code_may_name_the_window() {
    let clock = ManualClock::new();
    let bodies: [(Dialect, &[u8]); 2] = [
        (
            Dialect::of(Provider::GithubModels),
            b"Rate limit of 150 per 86400s exceeded for UserByModelByDay. Please wait 900 seconds",
        ),
        (
            Dialect::of(Provider::Gemini),
            b"{\"quotaId\": \"GenerateRequestsPerDayPerProject\", \"retryDelay\": \"900s\"}",
        ),
    ];
    for (dialect, body) in bodies {
        let account = account(&clock, dialect)
            .limit(Quota::requests(600).per_minute().of_model("ours"))
            .limit(Quota::requests(10_000).per_day().of_model("ours"));
        let ours = account.build().unwrap().model("ours").unwrap();
        ours.observe(429, &NONE[..], body);
        let paused = ours.account().snapshot().into_iter().filter(|pool| pool.paused.is_some());
        let paused: Vec<_> = paused.map(|pool| pool.limit.window().unwrap().as_secs()).collect();
        assert_eq!(paused, [86_400]);
    }
}

#[test]
fn after_a_pause_days_and_concurrency_resume_gradually() {
    let clock = ManualClock::new();
    let day = model(&clock, Dialect::of(Provider::Openai), 10_000, Period::Day);
    day.observe(429, &[("retry-after", "30")][..], b"");
    let slots = account(&clock, Dialect::of(Provider::Openai)).limit(Quota::concurrent(128).of_model("ours"));
    let slots = slots.build().unwrap().model("ours").unwrap();
    slots.observe(429, &[("retry-after", "30")][..], b"");
    let mut held = Vec::new();
    for (seconds, of_day, of_slots) in [(30, 156, 2), (30, 5_156, 66), (30, 10_000, 128)] {
        clock.advance(seconds * SECOND);
        admitted(&day);
        held.extend(std::iter::from_fn(|| slots.try_acquire_owned(Cost::request()).ok()));
        assert_eq!((day.account().snapshot()[0].used, held.len()), (of_day, of_slots));
    }
}

#[test]
fn a_pause_applies_to_handles_that_exceed_guarantees() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Fireworks).clock(clock.clock()).exceed_guarantees().build().unwrap();
    let llama = account.model("llama-v3p1-8b-instruct").unwrap();
    let permit = llama.try_acquire(Cost::tokens(100)).unwrap();
    clock.advance(SECOND);
    let headers = [("x-ratelimit-remaining-tokens-prompt", "0"), ("retry-after", "30")];
    permit.observe(429, &headers[..], b"rate limit exceeded");
    assert_eq!(wait(&llama, Cost::tokens(100)), 30 * SECOND);
}

#[test]
fn a_refusal_of_fast_growth_keeps_an_earlier_pause() {
    let clock = ManualClock::new();
    let ours = model(&clock, MIXED, 6_000, Period::Minute);
    let permits = [(); 2].map(|()| ours.try_acquire(Cost::request()).unwrap());
    clock.advance(SECOND);
    permits[0].observe(429, &[("retry-after", "30")][..], b"");
    permits[1].observe(429, &NONE[..], TOO_FAST);
    clock.advance(SECOND);
    assert_eq!(admitted(&ours), 0);
}

#[test]
fn a_slow_start_stays_slow_after_a_pause_and_a_lower_remaining() {
    let clock = ManualClock::new();
    let after = |status: u16, headers: &[(&str, &str)]| {
        let ours = model(&clock, MIXED, 6_000, Period::Minute);
        ours.observe(429, &NONE[..], TOO_FAST);
        clock.advance(SECOND);
        ours.observe(status, headers, b"");
        in_a_minute(&clock, &ours)
    };
    let alone = after(200, &[]);
    assert!(alone < 700, "{alone}");
    assert!(after(429, &[("retry-after", "1")]) <= alone);
    assert!(after(200, &[("x-ratelimit-remaining-requests", "1")]) <= alone);
}

#[test]
fn a_refusal_of_fast_growth_does_not_stop_calls_above_a_seconds_part() {
    let clock = ManualClock::new();
    let qwen = qwen(&clock);
    let large = Cost::tokens(20_000);
    for _ in 0..6 {
        // The rate is one call every three seconds.
        for _ in 0..20 {
            qwen.try_acquire(large).unwrap().observe(200, &NONE[..], b"");
            clock.advance(3 * SECOND);
        }
        qwen.observe(429, &NONE[..], TOO_FAST);
        assert_eq!(wait(&qwen, large), Duration::ZERO, "as before");
    }
}

#[test]
fn repeated_refusals_of_large_calls_slow_the_start_but_never_stop_it() {
    let clock = ManualClock::new();
    let qwen = qwen(&clock);
    let large = Cost::tokens(20_000);
    let waits: Vec<u64> = (0..8)
        .map(|_| {
            let permit = qwen.try_acquire(large).unwrap();
            clock.advance(2 * SECOND);
            permit.observe(429, &NONE[..], TOO_FAST);
            drop(permit);
            let wait = wait(&qwen, large);
            clock.advance(wait + SECOND);
            wait.as_secs()
        })
        .collect();
    assert!(waits.is_sorted() && waits[0] >= 3 && waits[7] <= 100, "{waits:?}");
}

#[test]
fn a_slow_start_of_a_day_does_not_wait_for_midnight() {
    let clock = ManualClock::new();
    let ours = model(&clock, MIXED, 86_400, Period::Day);
    ours.observe(429, &NONE[..], TOO_FAST);
    let wait = wait(&ours, Cost::request());
    clock.advance(wait);
    assert!(wait < 60 * SECOND && admitted(&ours) > 0, "{wait:?}");
}
