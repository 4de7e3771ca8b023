//! What the limiter does when a reply says something of limits.
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

/// Replies without headers.
const NONE: [(&str, &str); 0] = [];

/// 600 requests and 60,000 tokens a minute, each of one model, and 1,200 requests a minute of the account.
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

/// How many calls are admitted now.
fn admitted(model: &Model, cost: Cost) -> usize {
    std::iter::from_fn(|| model.try_acquire(cost).ok().map(drop)).count()
}

#[test]
fn a_refusal_pauses_just_the_pool_that_it_names() {
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
fn cast_ai_pauses_one_size_class_and_leaves_the_others() {
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
fn a_refusal_that_names_no_pool_pauses_the_one_that_the_fewest_other_calls_draw_from() {
    let clock = ManualClock::new();
    let account = ours(&clock).limit(Quota::requests(10_000).per_minute()).build().unwrap();
    let (ours, theirs) = (account.model("ours").unwrap(), account.model("theirs").unwrap());
    ours.observe(429, &[("retry-after", "9")][..], b"");
    assert_eq!(wait(&ours, Cost::request()), 9 * SECOND);
    assert_eq!(wait(&theirs, Cost::request()), Duration::ZERO);
}

#[test]
fn calls_that_wait_are_moved_in_order_and_not_herded_out_when_the_pause_ends() {
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
    assert_eq!(by_second[..30], [0; 30], "none while it is paused");
    // 600 a minute are ten a second.
    assert!(by_second[31..].iter().all(|count| *count <= 10), "{by_second:?}");
    assert_eq!(by_second.len(), 61);
}

#[test]
fn without_a_time_the_pause_is_a_capped_backoff_with_full_jitter() {
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
    assert_eq!(pauses(3), pauses(3), "a seed repeats");
}

#[test]
fn refusals_of_calls_on_their_way_count_as_one() {
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
    assert_eq!(wait(&large, Cost::tokens(1)), 5 * SECOND, "as for one");
}

#[test]
fn the_longer_word_of_a_body_is_believed_by_and_by() {
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
    // Served: from the beginning.
    clock.advance(200 * SECOND);
    large.try_acquire(Cost::tokens(10)).unwrap().observe(200, &NONE[..], b"");
    let permit = large.try_acquire(Cost::tokens(10)).unwrap();
    clock.advance(SECOND);
    permit.observe(429, &[("retry-after", "5")][..], b"rate limited");
    assert_eq!(pool(&large, Metric::Requests).paused, Some(5 * SECOND));
}

#[test]
fn less_left_than_believed_shrinks_the_pool_at_once_and_it_recovers_within_a_window() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    let permit = ours.try_acquire(Cost::request()).unwrap();
    permit.observe(200, &[("x-ratelimit-remaining-requests", "100")][..], b"");
    assert_eq!(pool(&ours, Metric::Requests).left, 100);
    assert_eq!(admitted(&ours, Cost::request()), 100);
    clock.advance(6 * SECOND);
    assert_eq!(admitted(&ours, Cost::request()), 49, "a tenth of what others used, 499, in a tenth of the window");
    clock.advance(54 * SECOND);
    assert_eq!(pool(&ours, Metric::Requests).withheld, 0);
}

#[test]
fn what_its_window_has_set_free_since_a_call_came_is_left_too() {
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
fn more_left_than_believed_widens_nothing() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    let permits = admitted(&ours, Cost::request());
    ours.observe(200, &[("x-ratelimit-remaining-requests", "400")][..], b"");
    assert_eq!((permits, admitted(&ours, Cost::request())), (600, 0));
}

#[test]
fn what_was_left_when_a_slow_call_came_in_is_no_news() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    let permits: Vec<_> = (0..600).map(|_| ours.try_acquire(Cost::request()).unwrap()).collect();
    clock.advance(60 * SECOND);
    permits[599].observe(200, &[("x-ratelimit-remaining-requests", "0")][..], b"");
    assert_eq!(admitted(&ours, Cost::request()), 600);
}

#[test]
fn the_vendors_lower_limit_narrows_and_its_higher_one_does_not_widen() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    let told = |limit: &str| {
        ours.observe(200, &[("x-ratelimit-limit-requests", limit)][..], b"");
        pool(&ours, Metric::Requests).limit_units
    };
    assert_eq!(["300", "900", "0", "450"].map(told), [300, 600, 600, 450]);
    assert_eq!(admitted(&ours, Cost::request()), 450);
}

#[test]
fn what_the_vendor_says_of_a_limit_is_forgotten_when_it_is_not_said_again() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    ours.observe(200, &[("x-ratelimit-limit-tokens", "500")][..], b"");
    clock.advance(599 * SECOND);
    assert!(matches!(ours.try_acquire(Cost::tokens(1_000)), Err(Refused::Never(_))), "above what is told");
    clock.advance(SECOND);
    assert_eq!(wait(&ours, Cost::tokens(1_000)), Duration::ZERO, "ten windows later");
}

#[test]
fn a_limit_that_is_set_lower_than_the_vendor_says_holds() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    ours.observe(200, &[("x-ratelimit-limit-requests", "500")][..], b"");
    ours.account().set_limit(Metric::Requests, MINUTE, 100);
    assert_eq!(admitted(&ours, Cost::request()), 100);
}

#[test]
fn what_is_given_way_to_others_is_of_what_the_vendor_says() {
    let clock = ManualClock::new();
    let after_refusal = |believed: u64| {
        let account = Account::custom("ours").clock(clock.clock()).dialect(Dialect::OPENAI);
        let account = account.shared_with_others(1).limit(Quota::requests(believed).per_day().of_model("ours"));
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
fn a_share_of_a_limit_stays_a_share_of_what_the_vendor_says() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock).share_of(Metric::Requests, 40));
    assert_eq!(pool(&ours, Metric::Requests).limit_units, 240);
    ours.observe(200, &[("x-ratelimit-limit-requests", "300")][..], b"");
    assert_eq!(pool(&ours, Metric::Requests).limit_units, 120);
}

#[test]
fn a_guaranteed_limit_grows_by_the_vendors_word() {
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
fn growth_too_quick_slows_the_rise_of_the_rate_and_not_the_rate() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock());
    let qwen = account.build().unwrap().model("qwen-plus").unwrap();
    // 600 a minute, ten a second; of five in this second the last is refused.
    let permits: Vec<_> = (0..5).map(|_| qwen.try_acquire(Cost::tokens(1)).unwrap()).collect();
    clock.advance(SECOND / 2);
    let body = br#"{"code":"limit_burst_rate","message":"Request rate increased too quickly."}"#;
    permits[4].observe(429, &NONE[..], body);
    assert_eq!(admitted(&qwen, Cost::tokens(1)), 0, "no more than the rate that there was");
    let mut by_second = Vec::new();
    for _ in 0..70 {
        clock.advance(SECOND);
        by_second.push(admitted(&qwen, Cost::tokens(1)));
    }
    assert_eq!((by_second[0], by_second[69]), (4, 10), "{by_second:?}");
    assert!(by_second.is_sorted(), "{by_second:?}");
}

#[test]
fn over_limit_is_told_and_by_choice_obeyed() {
    let clock = ManualClock::new();
    let over = [("x-ratelimit-over-limit", "yes")];
    for (obeys, left) in [(false, 59), (true, 0)] {
        let mut account = Account::builder(Provider::Fireworks).clock(clock.clock());
        if obeys {
            account = account.obey_over_limit();
        }
        let llama = account.build().unwrap().model("llama-v3p1-8b-instruct").unwrap();
        let permit = llama.try_acquire(Cost::tokens(10)).unwrap();
        assert!(permit.observe(200, &over[..], b"").is_over_limit());
        assert_eq!(admitted(&llama, Cost::tokens(10)), left);
    }
}

/// A vendor's sliding window of 600 calls a minute, and what it counts after each call of ours.
#[derive(Default)]
struct Vendor {
    calls: VecDeque<Duration>,
    over: usize,
}

impl Vendor {
    const LIMIT: usize = 600;

    fn take(&mut self, now: Duration) -> usize {
        while self.calls.pop_front_if(|at| *at + 60 * SECOND <= now).is_some() {}
        self.calls.push_back(now);
        Self::LIMIT.saturating_sub(self.calls.len())
    }
}

/// Five minutes of calls of ours, each with a reply after half a second that says what is left, and after the first
/// minute 30 calls a minute of others: how many of ours were over the limit, and how many there were in all.
fn beside_others(account: impl Fn(AccountBuilder) -> AccountBuilder) -> (usize, usize) {
    let clock = ManualClock::new();
    let ours = model(account(ours(&clock)));
    let (mut vendor, mut replies, mut sent) = (Vendor::default(), VecDeque::new(), 0);
    for tick in 0..15_000 {
        let now = tick * SECOND / 50;
        clock.set(now);
        if tick >= 3_000 && tick % 100 == 0 {
            vendor.take(now);
        }
        while let Some((_, left, permit)) =
            replies.pop_front_if(|(at, ..): &mut (Duration, usize, OwnedPermit)| *at <= now)
        {
            permit.observe(200, &[("x-ratelimit-remaining-requests", left.to_string().as_str())][..], b"");
        }
        while let Ok(permit) = ours.try_acquire_owned(Cost::request()) {
            let left = vendor.take(now);
            vendor.over += usize::from(vendor.calls.len() > Vendor::LIMIT);
            replies.push_back((now + SECOND / 2, left, permit));
            sent += 1;
        }
    }
    (vendor.over, sent)
}

#[test]
fn what_is_left_beside_others_keeps_calls_within_the_vendors_window() {
    let (over, sent) = beside_others(|account| account.shared_with_others(20));
    assert!(100 * over < sent && sent > 2_800, "{over} of {sent}");
}

/// Fireworks' limits, of which a call has used a hundred tokens of each kind and was served over a limit.
fn over_limit(headers: &[(&str, &str)]) -> (ManualClock, Model) {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Fireworks).clock(clock.clock()).shared_with_others(20).obey_over_limit();
    let llama = account.build().unwrap().model("llama-v3p1-8b-instruct").unwrap();
    let permit = llama.try_acquire_owned(Cost::request().input(100).output(100)).unwrap();
    assert!(permit.observe(200, headers, b"").is_over_limit());
    (clock, llama)
}

/// The guaranteed limits of a model.
fn guaranteed(model: &Model) -> Vec<PoolSnapshot> {
    let is_guaranteed = |pool: &PoolSnapshot| pool.limit.bound == Bound::Guaranteed && pool.limit.part == Part::Whole;
    model.account().snapshot().into_iter().filter(is_guaranteed).collect()
}

#[test]
fn a_call_over_a_limit_lowers_no_limit_of_which_its_reply_leaves_enough() {
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
    assert_eq!(lowered, expected, "to a fifth, or not at all");
}

#[test]
fn a_lowered_limit_is_free_again_when_its_pause_ends() {
    let (clock, llama) = over_limit(&[("x-ratelimit-over-limit", "yes")]);
    clock.advance(4 * SECOND);
    for pool in guaranteed(&llama) {
        assert!(pool.paused.is_none() && pool.withheld < pool.limit_units && pool.left > 0, "{pool:?}");
    }
}

#[test]
fn what_makes_no_sense_is_told_and_not_obeyed() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock));
    let headers = [
        ("retry-after", "1000000000000"),
        ("x-ratelimit-limit-requests", "600"),
        ("x-ratelimit-remaining-requests", "-5"),
    ];
    let signals = ours.observe(429, &headers[..], b"");
    let nonsense: Vec<_> = signals.invalid_values().map(|(_, why)| why).collect();
    assert_eq!(nonsense, [InvalidValue::Negative, InvalidValue::TooFar]);
    assert!(pool(&ours, Metric::Requests).paused.unwrap_or_default() <= SECOND, "a backoff, as without a time");
}

#[test]
fn what_no_wait_cures_pauses_nothing() {
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
fn a_day_that_others_have_used_is_over_at_its_end() {
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
fn an_account_that_others_use_keeps_a_pace_gives_way_and_tries_again() {
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
        "a sixteenth less than was used in the last minute: {}",
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

    /// Whatever replies say, no window holds more than the limit, and in the end all of it is there again.
    #[test]
    fn replies_never_widen_a_hard_limit(
        steps in prop::collection::vec((0u64..20_000, 0u8..8, 0u64..2_000, 0usize..200), 1..60),
    ) {
        let clock = ManualClock::new();
        let ours = model(ours(&clock).shared_with_others(5));
        let mut times = Vec::new();
        for (millis, what, value, calls) in steps {
            clock.advance(Duration::from_millis(millis));
            let text = value.to_string();
            let status = if what < 4 { 429 } else { 200 };
            match what {
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
