//! Limits and remaining amounts that responses state.

use std::time::Duration;

use proptest::prelude::*;
use ratebook::{Bound, Calendar, Metric, Period, Provider};
use ratebook_limiter::feedback::{Dialect, InvalidValue};
use ratebook_limiter::{Account, Cost, ManualClock, Quota, Refused};

use super::probe::wait;
use super::{NONE, SECOND, admitted, model, ours, pool};

#[test]
fn a_lower_remaining_amount_shrinks_the_pool_which_recovers_within_a_window() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    let permit = ours.try_acquire(Cost::request()).unwrap();
    permit.observe(200, &[("x-ratelimit-remaining-requests", "100")][..], b"");
    assert_eq!(pool(&ours, Metric::Requests).left, 100);
    assert_eq!(admitted(&ours, Cost::request()), 100);
    clock.advance(6 * SECOND);
    assert_eq!(admitted(&ours, Cost::request()), 49, "a tenth of the 499 that others used, in a tenth of the window");
    clock.advance(54 * SECOND);
    assert_eq!(pool(&ours, Metric::Requests).withheld, 0);
}

#[test]
fn what_the_window_freed_since_the_call_is_added_to_the_remaining_amount() {
    let clock = ManualClock::new();
    for (seconds, left) in [(0, 100), (1, 110), (16, 260), (60, 600)] {
        let ours = model(ours(&clock));
        let permit = ours.try_acquire(Cost::request()).unwrap();
        clock.advance(seconds * SECOND);
        permit.observe(200, &[("x-ratelimit-remaining-requests", "100")][..], b"");
        assert_eq!(pool(&ours, Metric::Requests).left, left);
    }
}

#[test]
fn a_higher_remaining_amount_does_not_widen_the_pool() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    let permits = admitted(&ours, Cost::request());
    ours.observe(200, &[("x-ratelimit-remaining-requests", "400")][..], b"");
    assert_eq!((permits, admitted(&ours, Cost::request())), (600, 0));
}

#[test]
fn the_remaining_amount_of_a_slow_call_is_outdated() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    let permits: Vec<_> = (0..600).map(|_| ours.try_acquire(Cost::request()).unwrap()).collect();
    clock.advance(60 * SECOND);
    permits[599].observe(200, &[("x-ratelimit-remaining-requests", "0")][..], b"");
    assert_eq!(admitted(&ours, Cost::request()), 600);
}

#[test]
fn a_lower_limit_narrows_and_a_higher_one_does_not_widen() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    let after_stated = |limit: &str| {
        ours.observe(200, &[("x-ratelimit-limit-requests", limit)][..], b"");
        pool(&ours, Metric::Requests).limit_units
    };
    assert_eq!(["300", "900", "0", "450"].map(after_stated), [300, 600, 600, 450]);
    assert_eq!(admitted(&ours, Cost::request()), 450);
}

#[test]
fn a_stated_limit_expires_after_ten_windows() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    ours.observe(200, &[("x-ratelimit-limit-tokens", "500")][..], b"");
    clock.advance(599 * SECOND);
    assert!(matches!(ours.try_acquire(Cost::tokens(1_000)), Err(Refused::Never(_))), "above the stated limit");
    clock.advance(SECOND);
    assert_eq!(wait(&ours, Cost::tokens(1_000)), Duration::ZERO, "after ten windows");
}

#[test]
fn a_configured_limit_below_the_stated_one_holds() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    ours.observe(200, &[("x-ratelimit-limit-requests", "500")][..], b"");
    ours.account().set_limit(Metric::Requests, Some(Period::Minute), 100);
    assert_eq!(admitted(&ours, Cost::request()), 100);
}

#[test]
fn a_configured_share_is_a_share_of_the_stated_limit() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock).share_of(Metric::Requests, 40));
    assert_eq!(pool(&ours, Metric::Requests).limit_units, 240);
    ours.observe(200, &[("x-ratelimit-limit-requests", "300")][..], b"");
    assert_eq!(pool(&ours, Metric::Requests).limit_units, 120);
}

#[test]
fn a_stated_limit_widens_a_guaranteed_one() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Fireworks).clock(clock.clock()).build().unwrap();
    let llama = account.model("llama-v3p1-8b-instruct").unwrap();
    let guaranteed = || {
        let pools = account.snapshot();
        pools.into_iter().find(|pool| pool.limit.bound == Bound::Guaranteed).unwrap().limit_units
    };
    assert_eq!(guaranteed(), 60);
    llama.observe(200, &[("x-ratelimit-limit-requests", "1440")][..], b"");
    assert_eq!(guaranteed(), 1_440);
    llama.observe(200, &[("x-ratelimit-limit-requests", "30")][..], b"");
    assert_eq!(guaranteed(), 30);
}

#[test]
fn a_calendar_day_that_others_have_used_recovers_at_midnight() {
    let clock = ManualClock::new();
    let account = Account::custom("ours")
        .clock(clock.clock())
        .dialect(Dialect::of(Provider::Groq))
        .calendar(Calendar::Utc)
        .limit(Quota::requests(1_000).per_day().of_model("ours"));
    let ours = model(account);
    ours.observe(200, &[("x-ratelimit-remaining-requests", "10")][..], b"");
    assert_eq!(admitted(&ours, Cost::request()), 10);
    clock.advance(Duration::from_secs(86_399));
    assert_eq!(admitted(&ours, Cost::request()), 0);
    clock.advance(SECOND);
    assert_eq!(admitted(&ours, Cost::request()), 1_000);
}

#[test]
fn invalid_values_are_reported_and_change_nothing() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    let headers = [
        ("retry-after", "1000000000000"),
        ("x-ratelimit-limit-requests", "600"),
        ("x-ratelimit-remaining-requests", "-5"),
    ];
    let signals = ours.observe(429, &headers[..], b"");
    let invalid: Vec<_> = signals.invalid_values().map(|(_, why)| why).collect();
    assert_eq!(invalid, [InvalidValue::Negative, InvalidValue::TooFar]);
    assert!(pool(&ours, Metric::Requests).paused.unwrap_or_default() <= SECOND, "a backoff, as without a time");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever responses state, no window holds more than the limit, and in the end all of the limit is free again.
    #[test]
    fn responses_never_widen_a_hard_limit(
        steps in prop::collection::vec((0u64..20_000, 0u8..8, 0u64..2_000, 0usize..200), 1..60),
    ) {
        let clock = ManualClock::new();
        let ours = model(ours(&clock).shared_with_others(5));
        let mut times = Vec::new();
        for (millis, kind, value, calls) in steps {
            clock.advance(Duration::from_millis(millis));
            let text = value.to_string();
            let status = if kind < 4 { 429 } else { 200 };
            match kind {
                0 => ours.observe(status, &NONE[..], b""),
                1 => ours.observe(status, &[("retry-after", &text)][..], b"on tokens per min"),
                2 => ours.observe(status, &[("retry-after", &text)][..], b"on requests per min"),
                3 | 4 => ours.observe(status, &[("x-ratelimit-remaining-requests", &text)][..], b""),
                5 => ours.observe(status, &[("x-ratelimit-limit-requests", &text)][..], b""),
                6 => ours.observe(status, &[("x-ratelimit-limit-tokens", &text)][..], b""),
                _ => ours.observe(status, &NONE[..], b""),
            };
            let now = clock.elapsed();
            for _ in 0..calls {
                if let Ok(permit) = ours.try_acquire(Cost::tokens(90)) {
                    drop(permit);
                    times.push(now);
                }
            }
            let within = times.iter().filter(|at| **at + 60 * SECOND > now).count();
            prop_assert!(within <= 600, "{within}");
        }
        ours.observe(200, &[("x-ratelimit-limit-requests", "600"), ("x-ratelimit-limit-tokens", "60000")][..], b"");
        clock.advance(Duration::from_secs(2_000 + 60 * 13));
        let pool = pool(&ours, Metric::Requests);
        prop_assert_eq!((pool.limit_units, pool.used, pool.withheld, pool.paused), (600, 0, 0, None));
    }
}
