//! Limits that were set, and what responses stated, can be undone.

#[cfg(feature = "feedback")]
use ratebook::Provider;
use ratebook_limiter::Part;

use super::*;

fn set(account: &Account, amount: u64) -> usize {
    account.set_limit(Metric::Requests, MINUTE, amount)
}

#[test]
fn f2_setting_a_limit_low_and_back_restores_a_share() {
    let clock = ManualClock::new();
    let account = Account::custom("ours").clock(clock.clock()).class("reports", 25);
    let account = account.limit(Quota::requests(600).per_minute()).build().unwrap();
    let reports = account.model_builder("ours").class("reports").build().unwrap();
    let tenant = account.tenant("acme", 25).unwrap().model("ours").unwrap();
    let before = amounts(&account, Metric::Requests);
    set(&account, 1);
    set(&account, 600);
    assert_eq!(amounts(&account, Metric::Requests), before);
    assert_eq!(admitted(&reports, Cost::request()), 150);
    assert_eq!(admitted(&tenant, Cost::request()), 150);
}

#[test]
fn f2_setting_a_limit_low_and_back_restores_the_sub_windows() {
    let clock = ManualClock::new();
    for low in [6, 1, 7, 30] {
        let account = alibaba(&clock).build().unwrap();
        let model = account.model("qwen-plus").unwrap();
        let before = amounts(&account, Metric::Requests);
        set(&account, low);
        assert_ne!(amounts(&account, Metric::Requests), before);
        set(&account, 600);
        assert_eq!(amounts(&account, Metric::Requests), before, "after {low}");
        assert_eq!(admitted(&model, Cost::request()), 10, "after {low}");
    }
}

#[test]
fn f2_a_raised_limit_has_the_sub_window_of_one_built_with_it() {
    let clock = ManualClock::new();
    let account = alibaba(&clock).negotiated("qwen-plus", Metric::Requests, MINUTE, 30).build().unwrap();
    let model = account.model("qwen-plus").unwrap();
    set(&account, 600);
    assert_eq!(admitted(&model, Cost::request()), 10);
}

#[test]
fn f2_a_limit_of_zero_can_be_set_back() {
    let clock = ManualClock::new();
    let account = alibaba(&clock).class("reports", 25).build().unwrap();
    let model = account.model("qwen-plus").unwrap();
    let _reports = account.model_builder("qwen-plus").class("reports").build().unwrap();
    let before = amounts(&account, Metric::Requests);
    assert_eq!(set(&account, 0), 3, "the limit, its second, and the share");
    assert!(model.try_acquire(Cost::request()).is_err());
    assert_eq!(set(&account, 600), 3);
    assert_eq!(amounts(&account, Metric::Requests), before);
    let in_a_minute = (0..600).filter(|_| {
        clock.advance(ms(100));
        model.try_acquire(Cost::request()).is_ok()
    });
    assert_eq!(in_a_minute.count(), 600);
}

#[test]
fn f2_undoing_a_thousand_changes_restores_every_amount() {
    let clock = ManualClock::new();
    let account = alibaba(&clock).class("reports", 25).build().unwrap();
    let model = account.model_builder("qwen-plus").class("reports").build().unwrap();
    let before = amounts(&account, Metric::Requests);
    for number in 0..1_000 {
        set(&account, 599 - number % 2 * 100);
        model.set_limit(Metric::Requests, MINUTE, number * 7 % 601);
    }
    model.reset_limit(Metric::Requests, MINUTE);
    account.reset_limit(Metric::Requests, MINUTE);
    assert_eq!(amounts(&account, Metric::Requests), before);
}

#[test]
fn f2_a_limit_that_is_set_applies_to_models_made_later() {
    let clock = ManualClock::new();
    let account = alibaba(&clock).build().unwrap();
    let _first = account.model("qwen-plus").unwrap();
    set(&account, 30);
    let later = account.model("qwen-max").unwrap();
    let in_100_seconds = (0..100).filter(|_| {
        let is_admitted = later.try_acquire(Cost::request()).is_ok();
        clock.advance(s(1));
        is_admitted
    });
    assert_eq!(in_100_seconds.count(), 50, "one per two seconds");
    account.reset_limit(Metric::Requests, MINUTE);
    assert_eq!(amounts(&account, Metric::Requests)[0], (Part::Whole, 600, Some(s(60))));
}

#[cfg(feature = "feedback")]
mod by_responses {
    use ratebook::Period;
    use ratebook_limiter::{Refused, feedback::Dialect};

    use super::*;

    const WEEKS: &[(&str, &str)] = &[("retry-after", "2678400")];

    fn wait(model: &Model) -> Option<Duration> {
        match model.try_acquire(Cost::request()).map(drop) {
            Ok(()) => None,
            Err(Refused::Wait(wait)) => wait.delay(),
            Err(Refused::Never(never)) => panic!("{never}"),
        }
    }

    #[test]
    fn f13_a_pause_of_31_days_is_lifted_by_resume_and_by_forget() {
        let lift: [fn(&Account); 2] = [|account| assert!(account.resume() > 0), |account| account.forget()];
        for lift in lift {
            let clock = ManualClock::new();
            let model = ours(clock.clock(), Quota::requests(60).per_minute());
            let permit = model.try_acquire(Cost::request()).unwrap();
            permit.observe(429, WEEKS, b"");
            clock.advance(s(3_600));
            permit.observe(200, &[][..] as &[(&str, &str)], b"{}");
            assert!(wait(&model).unwrap() > s(30 * 86_400), "no later response lifts it");
            lift(&model.account());
            assert_eq!(wait(&model), None);
            assert_eq!(model.account().snapshot()[0].paused, None);
        }
    }

    #[cfg(feature = "tokio")]
    #[tokio::test(start_paused = true)]
    async fn f13_lifting_a_pause_admits_waiting_calls() {
        let model = ours(Clock::tokio(), Quota::requests(60).per_minute());
        model.observe(429, WEEKS, b"");
        let begin = tokio::time::Instant::now();
        let waiting: Vec<_> = (0..10)
            .map(|_| {
                let model = model.clone();
                tokio::spawn(
                    async move { model.acquire_owned(Cost::request()).await.map(|_| begin.elapsed()).unwrap() },
                )
            })
            .collect();
        tokio::time::sleep(s(5)).await;
        model.account().resume();
        for call in waiting {
            assert_eq!(call.await.unwrap(), s(5));
        }
    }

    fn day(clock: &ManualClock) -> (Account, Model) {
        let account = Account::custom("ours").dialect(Dialect::of(Provider::Openai)).clock(clock.clock());
        let account = account.limit(Quota::requests(10_000).per_day()).build().unwrap();
        let model = account.model("ours").unwrap();
        (account, model)
    }

    #[test]
    fn f13_forget_undoes_a_header_that_narrows_a_day() {
        let clock = ManualClock::new();
        let (account, model) = day(&clock);
        let in_force = || account.snapshot()[0].limit_units;
        model.observe(200, &[("x-ratelimit-limit-requests", "1")][..], b"");
        assert_eq!(in_force(), 1);
        assert_eq!(account.set_limit(Metric::Requests, Some(Period::Day), 10_000), 0, "the response still narrows it");
        assert_eq!(in_force(), 1);
        account.forget();
        assert_eq!(in_force(), 10_000);
        assert_eq!(admitted(&model, Cost::request()), 10_000);
    }

    #[test]
    fn f13_forget_keeps_the_usage_of_calls() {
        let clock = ManualClock::new();
        let (account, model) = day(&clock);
        drop(model.try_acquire(Cost::request().requests(9_000)).unwrap());
        model.observe(429, WEEKS, b"");
        account.forget();
        assert_eq!(admitted(&model, Cost::request()), 1_000);
    }

    #[test]
    fn f13_an_absurd_header_does_not_widen_a_guaranteed_limit() {
        let clock = ManualClock::new();
        let account = Account::custom("ours").dialect(Dialect::of(Provider::Openai)).clock(clock.clock());
        let account = account.limit(Quota::requests(60).per_minute().guaranteed()).build().unwrap();
        let model = account.model("ours").unwrap();
        let in_force = |limit: &str| {
            let signals = model.observe(200, &[("x-ratelimit-limit-requests", limit)][..], b"");
            (account.snapshot()[0].limit_units, signals.invalid_values().count())
        };
        assert_eq!(in_force("600"), (600, 0), "a plausible one does");
        for absurd in ["18446744073709551615", "60000000000", "6001"] {
            let (limit, invalid) = in_force(absurd);
            assert!(limit <= 6_000 && invalid == 1, "{absurd}: {limit}, {invalid}");
        }
        account.forget();
        assert_eq!(account.snapshot()[0].limit_units, 60);
    }
}
