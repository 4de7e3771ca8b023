//! Limits that grow by a rule of the policy.

use ratebook::{Growth, Provider};
use ratebook_limiter::{StartLevel, Usage};

use super::*;

/// +10 % for a minute after one in which 70 % was used: assemblyai, faq-concurrency-limits_glued.txt.
const SESSIONS: Growth = Growth::new(10, 60, 70);

/// +25 % after 15 minutes above half, −20 % after three days below: Fireworks in 2026.
const ADAPTIVE: Growth = Growth::new(25, 900, 50).lowered(20, 259_200);

fn growing(clock: &ManualClock, growth: Growth, quota: Quota<'static>) -> AccountBuilder {
    Account::custom("ours").clock(clock.clock()).limit(quota).growth(growth)
}

/// Returns how many calls are admitted in each minute.
fn by_minute(clock: &ManualClock, model: &Model, minutes: usize, most: usize) -> Vec<usize> {
    let minute = |_| {
        let sent = (0..most).take_while(|_| model.try_acquire(Cost::request()).is_ok()).count();
        clock.advance(s(60));
        sent
    };
    (0..minutes).map(minute).collect()
}

#[test]
fn a_limit_grows_while_enough_of_it_is_used_and_returns_without_use() {
    let clock = ManualClock::new();
    let model = growing(&clock, SESSIONS, Quota::requests(100).per_minute()).build().unwrap().model("ours").unwrap();
    assert_eq!(by_minute(&clock, &model, 5, 1_000), [100, 110, 121, 133, 146]);
    assert_eq!(by_minute(&clock, &model, 3, 50), [50; 3], "too little to grow, and enough to stay");
    assert_eq!(admitted(&model, Cost::request()), 160);
    clock.advance(s(86_400));
    assert_eq!(by_minute(&clock, &model, 2, 1_000), [100, 110]);
}

#[test]
fn assumed_usage_of_the_start_and_refunded_usage_do_not_make_a_limit_grow() {
    let clock = ManualClock::new();
    let quota = Quota::tokens(100).per_minute();
    let account = growing(&clock, SESSIONS, quota).start_level(StartLevel::Empty).build().unwrap();
    let model = account.model("ours").unwrap();
    clock.advance(s(61));
    assert_eq!(amounts(&account, Metric::Tokens)[0].1, 100);
    let permit = model.try_acquire(Cost::tokens(100)).unwrap();
    permit.settle(Usage::new().tokens(69));
    clock.advance(s(60));
    assert_eq!(amounts(&account, Metric::Tokens)[0].1, 100);
    let permit = model.try_acquire(Cost::tokens(50)).unwrap();
    permit.settle(Usage::new().tokens(70));
    clock.advance(s(60));
    assert_eq!(amounts(&account, Metric::Tokens)[0].1, 110, "usage above the estimate counts");
}

#[test]
fn a_rule_applies_to_windows_of_up_to_an_hour_and_to_its_metric() {
    let clock = ManualClock::new();
    let account = Account::custom("ours").clock(clock.clock()).growth(SESSIONS);
    let account = account.growth(Growth::new(50, 60, 70).metric(Metric::Tokens));
    let quotas = [
        Quota::requests(10).per_minute(),
        Quota::requests(10).per_hour(),
        Quota::requests(10).per(s(3_601)),
        Quota::requests(10).per_day(),
        Quota::concurrent(10),
        Quota::tokens(1_000).per_minute(),
    ];
    let account = quotas.into_iter().fold(account, AccountBuilder::limit).build().unwrap();
    let model = account.model("ours").unwrap();
    for _ in 0..10 {
        assert!(model.try_acquire(Cost::tokens(100)).is_ok());
    }
    clock.advance(s(60));
    let limits: Vec<_> = model.limits().map(|limit| limit.amount).collect();
    // The hour allows ten calls in an hour, and so a sixth of a call in an interval.
    assert_eq!(limits, [11, 11, 10, 10, 10, 1_500]);
}

#[test]
fn a_negotiated_limit_and_one_beside_the_catalog_do_not_grow() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Acme).clock(clock.clock()).growth(SESSIONS);
    let account = account.negotiated("painter", Metric::Requests, Period::from_seconds(10), 20);
    let account = account.limit(Quota::tokens(50).per_minute()).build().unwrap();
    for _ in 0..12 {
        let _ = admitted(&account.model("painter").unwrap(), Cost::tokens(1));
        clock.advance(s(10));
    }
    let amounts: Vec<_> = account.snapshot().iter().map(|pool| pool.limit_units).collect();
    assert!(amounts.contains(&20) && amounts.contains(&50), "{amounts:?}");
}

#[test]
fn a_set_limit_does_not_grow_until_it_is_reset() {
    let clock = ManualClock::new();
    let model = growing(&clock, SESSIONS, Quota::requests(100).per_minute()).build().unwrap().model("ours").unwrap();
    model.set_limit(Metric::Requests, MINUTE, 80);
    assert_eq!(by_minute(&clock, &model, 3, 1_000), [80; 3]);
    model.reset_limit(Metric::Requests, MINUTE);
    assert_eq!(by_minute(&clock, &model, 1, 1_000), [121], "80 of 100 and 80 of 110 were enough, 80 of 121 were not");
}

#[test]
fn an_account_is_idle_once_its_limits_are_as_published() {
    let clock = ManualClock::new();
    let account = growing(&clock, ADAPTIVE, Quota::requests(100).per_minute()).build().unwrap();
    let model = account.model("ours").unwrap();
    by_minute(&clock, &model, 30, 60);
    assert_eq!(amounts(&account, Metric::Requests)[0].1, 125);
    // With the beginning of intervals for which enough was used last, the limit grew 197 seconds ago.
    clock.advance(s(259_200 - 197));
    assert!(!account.is_idle());
    clock.advance(s(1));
    assert!(account.is_idle());
}

#[test]
fn a_rule_without_an_interval_is_an_error() {
    let growth = Growth::new(10, 0, 70);
    let account = growing(&ManualClock::new(), growth, Quota::requests(100).per_minute());
    assert!(account.build().unwrap_err().to_string().contains("interval of at least a second"));
}

/// The ceiling is on the page, and the limit in force in the headers: editions/fireworks-2026-09.md.
#[cfg(feature = "feedback")]
#[test]
fn a_limit_below_its_ceiling_grows_from_what_responses_state() {
    let clock = ManualClock::new();
    let quota = Quota::requests(1_000).per_minute().ceiling();
    let account = growing(&clock, ADAPTIVE, quota).dialect(ratebook_limiter::feedback::Dialect::of(Provider::Openai));
    let account = account.build().unwrap();
    let model = account.model("ours").unwrap();
    let in_force = || amounts(&account, Metric::Requests)[0].1;
    let stated = |amount: &str| {
        model.observe(200, &[("x-ratelimit-limit-requests", amount)][..], b"");
    };
    assert_eq!(in_force(), 1_000);
    stated("400");
    assert_eq!(in_force(), 400);
    assert_eq!(by_minute(&clock, &model, 29, 200), [200; 29]);
    assert_eq!(in_force(), 500, "half was used for 15 minutes, whenever the vendor's begin");
    stated("450");
    assert_eq!(in_force(), 450);
    stated("9000");
    assert_eq!(in_force(), 1_000, "not above the ceiling");
    stated("400");
    clock.advance(s(7_200));
    assert_eq!(in_force(), 400, "still the last stated amount");
    account.forget();
    assert_eq!(in_force(), 1_000);
}
