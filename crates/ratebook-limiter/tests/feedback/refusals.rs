//! Refusals: which pool pauses, and for how long.

use std::time::Duration;

use ratebook::{Metric, Provider};
use ratebook_limiter::{Account, Admission, Cost, ManualClock, Model, OwnedPermit, Quota, Ticket};

use super::probe::wait;
use super::{NONE, SECOND, admitted, model, ours, pool};

#[test]
fn a_refusal_pauses_only_the_pool_that_it_names() {
    let clock = ManualClock::new();
    let account = ours(&clock).build().unwrap();
    let (ours, theirs) = (account.model("ours").unwrap(), account.model("theirs").unwrap());
    let body = br#"{"error":{"message":"Rate limit reached on tokens per min (TPM): Limit 60000"}}"#;
    ours.observe(429, &[("retry-after", "5")][..], body);
    assert_eq!(wait(&ours, Cost::tokens(1)), 5 * SECOND);
    assert_eq!(wait(&ours, Cost::request()), Duration::ZERO, "requests are not paused");
    assert_eq!(wait(&theirs, Cost::tokens(1)), Duration::ZERO);
    assert_eq!(pool(&ours, Metric::Tokens).paused, Some(5 * SECOND));
}

#[test]
fn a_refusal_of_cast_ai_pauses_one_size_class() {
    let clock = ManualClock::beginning_at(1_770_305_000);
    let account = Account::builder(Provider::Castai).plan("growth").clock(clock.clock()).build().unwrap();
    let (large, medium) = (account.model("Llama 3.3 70B").unwrap(), account.model("Qwen 3 32B").unwrap());
    large.observe(
        429,
        &[("Retry-After", "5")][..],
        br#"{"error": "llama is rate limited until 2026-02-05T16:00:00Z"}"#,
    );
    assert_eq!(wait(&large, Cost::tokens(100)), 5 * SECOND);
    assert_eq!(wait(&medium, Cost::tokens(100)), Duration::ZERO);
}

#[test]
fn a_refusal_that_names_no_pool_pauses_the_least_shared_one() {
    let clock = ManualClock::new();
    let account = ours(&clock).limit(Quota::requests(10_000).per_minute()).build().unwrap();
    let (ours, theirs) = (account.model("ours").unwrap(), account.model("theirs").unwrap());
    ours.observe(429, &[("retry-after", "9")][..], b"");
    assert_eq!(wait(&ours, Cost::request()), 9 * SECOND);
    assert_eq!(wait(&theirs, Cost::request()), Duration::ZERO);
}

#[test]
fn queued_calls_leave_in_order_and_at_the_limits_rate_after_a_pause() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    ours.observe(429, &[("retry-after", "30")][..], b"on requests per min");
    let mut tickets: Vec<(usize, Ticket<Model>)> =
        (0..300).map(|number| (number, ours.enqueue_owned(Cost::request()).unwrap())).collect();
    let mut order = Vec::new();
    let mut by_second = Vec::new();
    while !tickets.is_empty() {
        let before = order.len();
        for (number, ticket) in std::mem::take(&mut tickets) {
            match ticket.poll_admission(None) {
                Admission::Granted(permit) => {
                    drop(permit);
                    order.push(number);
                }
                Admission::Wait(_, ticket) => tickets.push((number, ticket)),
                Admission::Never(never) => panic!("{never}"),
            }
        }
        by_second.push(order.len() - before);
        clock.advance(SECOND);
    }
    assert!(order.is_sorted(), "in order");
    assert_eq!(by_second[..30], [0; 30], "none during the pause");
    // 600 per minute are ten per second.
    assert!(by_second[31..].iter().all(|count| *count <= 10), "{by_second:?}");
    assert_eq!(by_second.len(), 61);
}

#[test]
fn a_refusal_without_a_time_starts_a_capped_backoff_with_full_jitter() {
    let clock = ManualClock::new();
    let pauses = |seed: u64| {
        let ours = model(ours(&clock).backoff_seed(seed));
        let pauses = (0..12).map(|_| {
            clock.advance(400 * SECOND);
            let permit = ours.try_acquire(Cost::request()).unwrap();
            clock.advance(SECOND);
            permit.observe(429, &NONE[..], b"");
            pool(&ours, Metric::Requests).paused.unwrap_or_default()
        });
        pauses.collect::<Vec<Duration>>()
    };
    for seed in 0..20 {
        for (doublings, pause) in pauses(seed).into_iter().enumerate() {
            assert!(pause <= SECOND * (1 << doublings.min(6)) && pause <= 60 * SECOND, "{doublings}: {pause:?}");
        }
    }
    assert_ne!(pauses(1), pauses(2), "jitter");
    assert_eq!(pauses(3), pauses(3), "the same seed gives the same pauses");
}

#[test]
fn refusals_of_calls_in_flight_count_once() {
    let clock = ManualClock::beginning_at(1_770_305_000);
    let castai = Account::builder(Provider::Castai).plan("growth").clock(clock.clock()).build().unwrap();
    let large = castai.model("Llama 3.3 70B").unwrap();
    let refuse = |permit: OwnedPermit| {
        permit.observe(
            429,
            &[("retry-after", "5")][..],
            br#"{"error": "x is rate limited until 2026-02-05T16:00:00Z"}"#,
        );
    };
    let permits: Vec<_> = (0..20).map(|_| large.try_acquire_owned(Cost::tokens(10)).unwrap()).collect();
    clock.advance(SECOND);
    permits.into_iter().for_each(refuse);
    assert_eq!(wait(&large, Cost::tokens(1)), 5 * SECOND, "as after one refusal");
}

#[test]
fn the_longer_time_of_a_body_is_approached_by_doubling() {
    let clock = ManualClock::beginning_at(1_770_305_000);
    let castai = Account::builder(Provider::Castai).plan("growth").clock(clock.clock()).build().unwrap();
    let large = castai.model("Llama 3.3 70B").unwrap();
    let pauses: Vec<u64> = (0..5)
        .map(|_| {
            clock.advance(wait(&large, Cost::tokens(10)));
            let permit = large.try_acquire(Cost::tokens(10)).unwrap();
            clock.advance(SECOND);
            permit.observe(
                429,
                &[("retry-after", "5")][..],
                br#"{"error": "x is rate limited until 2026-02-05T16:00:00Z"}"#,
            );
            pool(&large, Metric::Requests).paused.unwrap_or_default().as_secs()
        })
        .collect();
    assert_eq!(pauses, [5, 10, 20, 40, 80]);
    // A served call resets it.
    clock.advance(200 * SECOND);
    large.try_acquire(Cost::tokens(10)).unwrap().observe(200, &NONE[..], b"");
    let permit = large.try_acquire(Cost::tokens(10)).unwrap();
    clock.advance(SECOND);
    permit.observe(429, &[("retry-after", "5")][..], b"rate limited");
    assert_eq!(pool(&large, Metric::Requests).paused, Some(5 * SECOND));
}

#[test]
fn a_refusal_of_a_steep_rise_slows_the_rise_and_not_the_rate() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock());
    let qwen = account.build().unwrap().model("qwen-plus").unwrap();
    // 600 per minute are ten per second. Of the five calls in this second, the last is refused.
    let permits: Vec<_> = (0..5).map(|_| qwen.try_acquire(Cost::tokens(1)).unwrap()).collect();
    clock.advance(SECOND / 2);
    let body = br#"{"code":"limit_burst_rate","message":"Request rate increased too quickly."}"#;
    permits[4].observe(429, &NONE[..], body);
    assert_eq!(admitted(&qwen, Cost::tokens(1)), 0, "no more than the rate before the refusal");
    let mut by_second = Vec::new();
    for _ in 0..70 {
        clock.advance(SECOND);
        by_second.push(admitted(&qwen, Cost::tokens(1)));
    }
    assert_eq!((by_second[0], by_second[69]), (4, 10), "{by_second:?}");
    assert!(by_second.is_sorted(), "{by_second:?}");
}

#[test]
fn over_limit_is_reported_and_optionally_slows_the_account_down() {
    let clock = ManualClock::new();
    let over = [("x-ratelimit-over-limit", "yes")];
    for (slows_down, left) in [(false, 59), (true, 0)] {
        let mut account = Account::builder(Provider::Fireworks).clock(clock.clock());
        if slows_down {
            account = account.slow_down_over_limit();
        }
        let llama = account.build().unwrap().model("llama-v3p1-8b-instruct").unwrap();
        let permit = llama.try_acquire(Cost::tokens(10)).unwrap();
        assert!(permit.observe(200, &over[..], b"").is_over_limit());
        assert_eq!(admitted(&llama, Cost::tokens(10)), left);
    }
}

#[test]
fn a_refusal_that_waiting_does_not_help_pauses_nothing() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    ours.observe(413, &NONE[..], b"");
    ours.observe(402, &[("retry-after", "50")][..], b"");
    ours.observe(429, &NONE[..], br#"{"error":{"code":"insufficient_quota"}}"#);
    ours.observe(503, &NONE[..], b"overloaded");
    ours.observe(500, &NONE[..], b"");
    assert_eq!(wait(&ours, Cost::tokens(100)), Duration::ZERO);
}
