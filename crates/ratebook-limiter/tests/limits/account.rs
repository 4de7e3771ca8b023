//! Settings of an account, and the settlement of its calls, under limits of the catalog.

use std::time::Duration;

use ratebook::{Calendar, Metric, Period, Provider};
use ratebook_limiter::{Account, Cost, Error, Keyed, ManualClock, Part, Quota, Refused, StartLevel, Usage};

use crate::{admitted, builder, wait};

#[test]
fn a_share_applies_to_every_limit_or_to_one_metric() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").share(40).build().unwrap();
    assert_eq!(admitted(&account.model("Qwen 3 32B").unwrap(), Cost::tokens(1)), 120);
    let account = builder(Provider::Castai, &clock).plan("growth").share_of(Metric::Tokens, 10).build().unwrap();
    assert_eq!(admitted(&account.model("Qwen 3 32B").unwrap(), Cost::tokens(1_000)), 20);
    assert!(matches!(builder(Provider::Castai, &clock).share(0).build(), Err(Error::Share(0))));
}

#[test]
fn a_class_uses_at_most_its_share_and_leaves_the_rest() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").class("batch", 25).build().unwrap();
    let batch = account.model_builder("Qwen 3 32B").class("batch").build().unwrap();
    let others = account.model("Qwen 3 32B").unwrap();
    assert_eq!(admitted(&batch, Cost::tokens(1)), 75);
    assert_eq!(wait(&batch, Cost::tokens(1)).limit.part, Part::ClassShare);
    assert_eq!(admitted(&others, Cost::tokens(1)), 225);
}

#[test]
fn set_limit_changes_a_limit_in_force() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").build().unwrap();
    let model = account.model("Qwen 3 32B").unwrap();
    assert_eq!(admitted(&model, Cost::tokens(1)), 300);
    assert_eq!(account.set_limit(Metric::Requests, Some(Period::Minute), 310), 1);
    assert_eq!(admitted(&model, Cost::tokens(1)), 10);
    account.set_limit(Metric::Requests, Some(Period::Minute), 5);
    assert_eq!(admitted(&model, Cost::tokens(1)), 0);
    clock.advance(Duration::from_secs(60));
    assert_eq!(admitted(&model, Cost::tokens(1)), 5);
}

#[test]
fn shadow_mode_admits_every_call_and_reports_the_wait() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("starter").shadow().build().unwrap();
    let model = account.model("Llama 3.3 70B").unwrap();
    let would_have_waited =
        (0..60).filter(|_| model.try_acquire(Cost::tokens(1)).unwrap().would_have_waited().is_some()).count();
    assert_eq!(would_have_waited, 15);
    let permit = model.try_acquire(Cost::tokens(40_000)).unwrap();
    assert_eq!(permit.would_have_waited().unwrap().limit.metric, Metric::Tokens);
}

#[test]
fn the_start_level_sets_the_unused_quota() {
    let clock = ManualClock::new();
    let at = |level: StartLevel| builder(Provider::Castai, &clock).plan("growth").start_level(level).build().unwrap();
    let empty = at(StartLevel::Empty).model("Qwen 3 32B").unwrap();
    assert_eq!(admitted(&empty, Cost::tokens(1)), 0);
    let third = at(StartLevel::Percent(30)).model("Qwen 3 32B").unwrap();
    assert_eq!(admitted(&third, Cost::tokens(1)), 90);
    clock.advance(Duration::from_secs(60));
    assert_eq!((admitted(&empty, Cost::tokens(1)), admitted(&third, Cost::tokens(1))), (300, 300));
}

#[test]
fn usage_below_the_estimate_is_refunded_and_above_it_is_a_debt() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").build().unwrap();
    let model = account.model("Qwen 3 32B").unwrap();
    let permit = model.try_acquire(Cost::tokens(200_000)).unwrap();
    permit.settle(Usage::new().input(100).output(900));
    let next = model.try_acquire(Cost::tokens(199_000)).unwrap();
    // A debt is at most one window, and expires with time.
    clock.advance(Duration::from_secs(10));
    next.settle(Usage::new().tokens(500_000));
    assert!(account.snapshot().iter().any(|pool| pool.used > pool.limit_units && pool.left == 0));
    clock.advance(Duration::from_secs(50));
    assert!(model.try_acquire(Cost::tokens(1)).is_err(), "the debt is charged as of the settlement");
    clock.advance(Duration::from_secs(10));
    assert!(model.try_acquire(Cost::tokens(200_000)).is_ok());
}

#[test]
fn an_unsent_call_is_refunded_in_full() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").build().unwrap();
    let model = account.model("Qwen 3 32B").unwrap();
    for _ in 0..1_000 {
        model.try_acquire(Cost::tokens(150_000)).unwrap().cancel_unsent();
    }
    assert!(account.is_idle());
}

#[test]
fn expected_output_is_a_percentile_of_recent_responses() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").build().unwrap();
    let model = account.model("Qwen 3 32B").unwrap();
    assert_eq!(model.expected_output(4_096), 4_096);
    for tokens in 1..=40 {
        let permit = model.try_acquire(Cost::request().input(10).output(model.expected_output(4_096))).unwrap();
        permit.settle(Usage::new().input(10).output(tokens * 10));
    }
    assert_eq!(model.expected_output(4_096), 380);
    assert_eq!(model.expected_output(50), 50);
}

#[test]
fn days_and_months_slide_or_follow_the_utc_calendar() {
    // 2027-02-27T18:00:00Z.
    let clock = ManualClock::beginning_at(1_803_751_200);
    let day = |calendar: Calendar| {
        let account = Account::custom("ours").clock(clock.clock()).calendar(calendar);
        let account = account.limit(Quota::requests(10).per_day()).limit(Quota::tokens(100).per_month());
        account.build().unwrap().model("ours").unwrap()
    };
    let (sliding, utc) = (day(Calendar::Sliding), day(Calendar::Utc));
    assert_eq!((admitted(&sliding, Cost::tokens(10)), admitted(&utc, Cost::tokens(10))), (10, 10));
    clock.advance(Duration::from_secs(6 * 3_600));
    // After midnight a new calendar day has begun, but 24 hours have not passed. The month's tokens are used up.
    assert_eq!(wait(&utc, Cost::tokens(1)).limit.metric, Metric::Tokens);
    assert_eq!(admitted(&utc, Cost::request()), 10);
    assert_eq!(admitted(&sliding, Cost::request()), 0);
    clock.advance(Duration::from_secs(24 * 3_600));
    assert!(utc.try_acquire(Cost::tokens(100)).is_ok(), "March has begun");
    assert_eq!(admitted(&sliding, Cost::request()), 10);
    assert!(sliding.try_acquire(Cost::tokens(1)).is_err());
}

#[test]
fn a_snapshot_has_the_state_of_every_pool() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").build().unwrap();
    let model = account.model("Qwen 3 32B").unwrap();
    drop(model.try_acquire(Cost::tokens(150_000)).unwrap());
    let waiting = model.enqueue(Cost::tokens(60_000)).unwrap();
    clock.advance(Duration::from_secs(20));
    let snapshot = account.snapshot();
    let tokens = snapshot.iter().find(|pool| pool.limit.metric == Metric::Tokens).unwrap();
    assert_eq!((tokens.used, tokens.left, tokens.waiting), (150_000, 50_000, 1));
    assert_eq!(tokens.next_free, Some(Duration::from_secs(40)));
    drop(waiting);
}

#[test]
fn the_whole_limit_is_used_over_a_simulated_week() {
    for (metric, per, amount, cost, seconds) in [
        (Metric::Tokens, Period::Minute, 7_000_000, Cost::tokens(70_000), 60),
        (Metric::Tokens, Period::Minute, 4_980_000_000, Cost::tokens(49_800_000), 60),
        (Metric::Requests, Period::Minute, 3, Cost::request(), 60),
        (Metric::Requests, Period::Month, 1, Cost::request(), 31 * 86_400),
    ] {
        let clock = ManualClock::new();
        let account = Account::custom("ours").clock(clock.clock());
        let account = account.limit(Quota::new(metric, amount).per_period(per));
        let model = account.build().unwrap().model("ours").unwrap();
        let week = Duration::from_secs(7 * 86_400);
        let each = if metric == Metric::Tokens { amount / 100 } else { 1 };
        let mut units = 0;
        while clock.elapsed() < week {
            match model.try_acquire(cost) {
                Ok(_) => units += each,
                Err(Refused::Wait(wait)) => clock.advance(wait.delay().unwrap()),
                Err(never) => panic!("{never}"),
            }
        }
        let windows = (7 * 86_400u64).div_ceil(seconds);
        assert_eq!(units, amount * windows, "{amount} {metric} a {per}");
    }
}

#[test]
fn keyed_accounts_are_independent_and_idle_ones_are_dropped() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").resolution(16);
    let tenants: Keyed<String> = Keyed::new(account, "Qwen 3 32B").unwrap();
    for number in 0..1_000 {
        let key = format!("tenant-{number}");
        assert!(tenants.try_charge(key.as_str(), Cost::tokens(200_000)).is_ok());
        assert!(tenants.try_charge(key.as_str(), Cost::tokens(1)).is_err());
    }
    let bytes = tenants.memory_bytes() / tenants.len();
    println!("{bytes} bytes an account");
    // With `load`, each reference to an entry also has the catalog that it is of.
    let most = if cfg!(feature = "load") { 3_700 } else { 3_600 };
    assert!(bytes < most, "{bytes} bytes an account");
    let held = tenants.try_acquire("tenant-7", Cost::request()).unwrap();
    assert_eq!(tenants.drop_idle(), 0);
    clock.advance(Duration::from_secs(61));
    assert_eq!(tenants.drop_idle(), 999, "a permit holds one");
    drop(held);
    assert_eq!((tenants.drop_idle(), tenants.len()), (1, 0));
}

#[test]
fn the_last_negotiated_amount_wins() {
    for per in [Period::Minute, Period::Day] {
        let clock = ManualClock::new();
        let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock());
        let account = account.negotiated("qwen-plus", Metric::Requests, Some(per), 7);
        let account = account.negotiated("qwen-plus", Metric::Requests, Some(per), 1);
        let model = account.build().unwrap().model("qwen-plus").unwrap();
        assert!(model.try_acquire(Cost::request()).is_ok() && model.try_acquire(Cost::request()).is_err());
    }
}
