//! How responses change an account's limits.
#![cfg(feature = "feedback")]

mod probe;

use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;
use ratebook::{Bound, Metric, Period, Provider};
use ratebook_limiter::feedback::{Dialect, InvalidValue};
use ratebook_limiter::{
    Account, AccountBuilder, Admission, Cost, ManualClock, Model, OwnedPermit, Part, PoolSnapshot, Quota, Refused,
    Ticket,
};

use probe::wait;

const MINUTE: Option<Period> = Some(Period::Minute);
const SECOND: Duration = Duration::from_secs(1);

/// No headers.
const NONE: [(&str, &str); 0] = [];

/// Limits of the model `ours` (600 requests and 60,000 tokens per minute) and of `theirs` (600 requests per minute).
fn ours(clock: &ManualClock) -> AccountBuilder {
    Account::custom("ours")
        .clock(clock.clock())
        .dialect(Dialect::OPENAI)
        .backoff_seed(7)
        .limit(Quota::requests(600).per_minute().of_model("ours"))
        .limit(Quota::tokens(60_000).per_minute().of_model("ours"))
        .limit(Quota::requests(600).per_minute().of_model("theirs"))
}

fn model(builder: AccountBuilder) -> Model {
    builder.build().unwrap().model("ours").unwrap()
}

fn pool(model: &Model, metric: Metric) -> PoolSnapshot {
    let pools = model.account().snapshot();
    pools.into_iter().find(|pool| pool.limit.metric == metric).unwrap()
}

/// Returns the number of calls that are admitted now.
fn admitted(model: &Model, cost: Cost) -> usize {
    std::iter::from_fn(|| model.try_acquire(cost).ok().map(drop)).count()
}

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
    ours.account().set_limit(Metric::Requests, MINUTE, 100);
    assert_eq!(admitted(&ours, Cost::request()), 100);
}

#[test]
fn the_share_after_a_refusal_is_a_share_of_the_stated_limit() {
    let clock = ManualClock::new();
    let after_refusal = |configured: u64| {
        let account = Account::custom("ours").clock(clock.clock()).dialect(Dialect::OPENAI);
        let account = account.shared_with_others(1).limit(Quota::requests(configured).per_day().of_model("ours"));
        let ours = model(account);
        ours.observe(200, &[("x-ratelimit-limit-requests", "500")][..], b"");
        (0..450).for_each(|_| drop(ours.try_acquire(Cost::request()).unwrap()));
        clock.advance(SECOND);
        ours.observe(429, &[("retry-after", "1")][..], b"");
        pool(&ours, Metric::Requests).limit_units
    };
    assert_eq!((after_refusal(500), after_refusal(1_000)), (421, 421));
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
        pools.into_iter().find(|pool| pool.limit.bound == ratebook::Bound::Guaranteed).unwrap().limit_units
    };
    assert_eq!(guaranteed(), 60);
    llama.observe(200, &[("x-ratelimit-limit-requests", "1440")][..], b"");
    assert_eq!(guaranteed(), 1_440);
    llama.observe(200, &[("x-ratelimit-limit-requests", "30")][..], b"");
    assert_eq!(guaranteed(), 30);
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

/// A vendor with a sliding window of 600 calls per minute.
#[derive(Default)]
struct Vendor {
    calls: VecDeque<Duration>,
    over: usize,
}

impl Vendor {
    const LIMIT: usize = 600;

    /// Counts a call, and returns the remaining amount.
    fn take(&mut self, now: Duration) -> usize {
        while self.calls.pop_front_if(|at| *at + 60 * SECOND <= now).is_some() {}
        self.calls.push_back(now);
        Self::LIMIT.saturating_sub(self.calls.len())
    }
}

/// Runs five minutes of calls, each with a response after half a second that states the remaining amount. After the first
/// minute, others send 30 calls per minute. Returns the number of calls over the vendor's limit, and of all calls.
fn calls_beside_others(account: impl Fn(AccountBuilder) -> AccountBuilder) -> (usize, usize) {
    let clock = ManualClock::new();
    let ours = model(account(ours(&clock)));
    let (mut vendor, mut responses, mut sent) = (Vendor::default(), VecDeque::new(), 0);
    for tick in 0..15_000 {
        let now = tick * SECOND / 50;
        clock.set(now);
        if tick >= 3_000 && tick % 100 == 0 {
            vendor.take(now);
        }
        while let Some((_, left, permit)) =
            responses.pop_front_if(|(at, ..): &mut (Duration, usize, OwnedPermit)| *at <= now)
        {
            permit.observe(200, &[("x-ratelimit-remaining-requests", left.to_string().as_str())][..], b"");
        }
        while let Ok(permit) = ours.try_acquire_owned(Cost::request()) {
            let left = vendor.take(now);
            vendor.over += usize::from(vendor.calls.len() > Vendor::LIMIT);
            responses.push_back((now + SECOND / 2, left, permit));
            sent += 1;
        }
    }
    (vendor.over, sent)
}

#[test]
fn remaining_amounts_keep_a_shared_account_within_the_vendors_window() {
    let (over, sent) = calls_beside_others(|account| account.shared_with_others(20));
    assert!(100 * over < sent && sent > 2_800, "{over} of {sent}");
}

/// An account of Fireworks, after a call of 100 input and 100 output tokens that was served over a limit.
fn over_limit(headers: &[(&str, &str)]) -> (ManualClock, Model) {
    let clock = ManualClock::new();
    let account =
        Account::builder(Provider::Fireworks).clock(clock.clock()).shared_with_others(20).slow_down_over_limit();
    let llama = account.build().unwrap().model("llama-v3p1-8b-instruct").unwrap();
    let permit = llama.try_acquire_owned(Cost::request().input(100).output(100)).unwrap();
    assert!(permit.observe(200, headers, b"").is_over_limit());
    (clock, llama)
}

/// Returns the guaranteed limits of a model.
fn guaranteed(model: &Model) -> Vec<PoolSnapshot> {
    let is_guaranteed = |pool: &PoolSnapshot| pool.limit.bound == Bound::Guaranteed && pool.limit.part == Part::Whole;
    model.account().snapshot().into_iter().filter(is_guaranteed).collect()
}

#[test]
fn a_call_over_a_limit_does_not_lower_limits_with_enough_remaining() {
    let headers = [
        ("x-ratelimit-over-limit", "yes"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-remaining-tokens-prompt", "59900"),
        ("x-ratelimit-remaining-tokens-generated", "99"),
    ];
    let (_, llama) = over_limit(&headers);
    let pools = guaranteed(&llama);
    let lowered: Vec<_> =
        pools.iter().map(|pool| (pool.limit.metric, pool.limit_units, pool.paused.is_some())).collect();
    let expected =
        [(Metric::Requests, 11, true), (Metric::InputTokens, 60_000, false), (Metric::OutputTokens, 1_199, true)];
    assert_eq!(lowered, expected, "to the floor of 20 percent, or not at all");
}

#[test]
fn a_lowered_limit_has_room_when_its_pause_ends() {
    let (clock, llama) = over_limit(&[("x-ratelimit-over-limit", "yes")]);
    clock.advance(4 * SECOND);
    for pool in guaranteed(&llama) {
        assert!(pool.paused.is_none() && pool.withheld < pool.limit_units && pool.left > 0, "{pool:?}");
    }
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

#[test]
fn a_calendar_day_that_others_have_used_recovers_at_midnight() {
    let clock = ManualClock::new();
    let account = Account::custom("ours")
        .clock(clock.clock())
        .dialect(Dialect::GROQ)
        .calendar(ratebook::Calendar::Utc)
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
fn a_shared_account_keeps_a_pace_backs_off_and_probes_again() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock).shared_with_others(10));
    let (mut last, mut sent) = (None, 0);
    while clock.elapsed() < 60 * SECOND {
        match ours.try_acquire_owned(Cost::request()) {
            Ok(permit) => (last, sent) = (Some(permit), sent + 1),
            Err(_) => clock.advance(SECOND / 100),
        }
    }
    assert!((590..=600).contains(&sent), "{sent}");
    let limit = || pool(&ours, Metric::Requests).limit_units;
    last.unwrap().observe(429, &[("retry-after", "1")][..], b"");
    let after_refusal = sent - sent / 16;
    assert!(
        (after_refusal - 4..after_refusal).contains(&limit()),
        "a sixteenth less than the usage of the last minute: {}",
        limit()
    );
    let after_refusal = limit();
    clock.advance(60 * SECOND);
    assert_eq!(limit() - after_refusal, 25, "a 24th of the limit in the first window");
    clock.advance(60 * SECOND);
    assert_eq!(limit(), 600);
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
