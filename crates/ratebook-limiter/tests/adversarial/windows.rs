//! Windows of any length, and several windows of one metric.

use ratebook_limiter::{Burst, LimitInForce, StartLevel};

use super::*;

const DAY: u64 = 86_400;

fn span(text: &str) -> Period {
    Period::from_text(text).unwrap()
}

fn acme(clock: &ManualClock) -> AccountBuilder {
    Account::builder(Provider::Acme).clock(clock.clock())
}

/// Returns the windows of a model's limits on a metric, in seconds.
fn windows(model: &Model, metric: Metric) -> Vec<u64> {
    let of_metric = model.limits().filter(|limit| limit.metric == metric);
    let mut windows: Vec<_> = of_metric.filter_map(|limit| limit.window()).map(|window| window.as_secs()).collect();
    windows.sort_unstable();
    windows
}

/// 10 s: stability, rest-api-v2beta_rate-limiting_excerpt.md. 5 m: huggingface, hub-rate-limits.md. 10 m, rolling:
/// gemini, rate-limits_2026-08-18.md. An hour: groq, rate-limits.md.
#[test]
fn a_window_of_any_length_holds_for_its_length_and_no_longer() {
    for text in ["second", "10s", "minute", "5m", "10m", "hour", "5h", "24h", "day", "week", "30d", "month"] {
        let (clock, per) = (ManualClock::new(), span(text));
        let model = ours(clock.clock(), Quota::requests(3).per_period(per));
        assert_eq!(admitted(&model, Cost::request()), 3, "{text}");
        clock.advance(s(per.seconds()) - ms(1));
        assert_eq!(admitted(&model, Cost::request()), 0, "{text}");
        let forecast = model.try_acquire(Cost::request()).unwrap_err();
        assert!(matches!(forecast, ratebook_limiter::Refused::Wait(wait) if wait.foreseen() == Some(ms(1))), "{text}");
        clock.advance(ms(1));
        assert_eq!(admitted(&model, Cost::request()), 3, "{text}");
    }
}

#[test]
fn one_length_is_one_limit_however_it_is_written() {
    let clock = ManualClock::new();
    for (duration, per) in [(s(10), span("10s")), (s(3_600), Period::Hour), (s(DAY), span("24h"))] {
        let account = Account::custom("ours").clock(clock.clock());
        let twice = account.clone().limit(Quota::requests(1).per(duration)).limit(Quota::requests(2).per_period(per));
        assert!(twice.build().is_err(), "{per}");
        let account = account.limit(Quota::requests(1).per(duration)).build().unwrap();
        let model = account.model("ours").unwrap();
        assert_eq!(account.set_limit(Metric::Requests, Some(per), 4), 1, "{per}");
        assert_eq!(admitted(&model, Cost::request()), 4, "{per}");
    }
}

#[test]
fn a_day_and_24_hours_are_two_limits() {
    // Noon in UTC.
    let clock = ManualClock::beginning_at(DAY / 2);
    let quotas = [Quota::requests(5).per_day(), Quota::requests(8).per(s(DAY))];
    let account = Account::custom("ours").clock(clock.clock()).calendar(ratebook::Calendar::Utc);
    let account = quotas.into_iter().fold(account, AccountBuilder::limit).build().unwrap();
    let model = account.model("ours").unwrap();
    assert_eq!(account.set_limit(Metric::Requests, Some(Period::Day), 6), 1);
    assert_eq!(admitted(&model, Cost::request()), 6);
    clock.advance(s(DAY / 2));
    assert_eq!(admitted(&model, Cost::request()), 2, "a new day, and eight in 24 hours");
    clock.advance(s(DAY / 2));
    assert_eq!(admitted(&model, Cost::request()), 4, "six on the day");
}

/// Requests per second and per minute of one model: ai21, api-rate-limits.md.
#[test]
fn two_windows_of_one_entry_on_one_metric_both_hold() {
    let clock = ManualClock::new();
    let model = acme(&clock).plan("tier-1").build().unwrap().model("rocket-1").unwrap();
    assert_eq!(windows(&model, Metric::Requests), [1, 60, DAY]);
    let mut sent = Vec::new();
    for second in 0..120_u64 {
        sent.extend(std::iter::repeat_n(second, admitted(&model, Cost::request())));
        clock.advance(s(1));
    }
    let within = |from: u64, seconds: u64| sent.iter().filter(|at| (from..from + seconds).contains(at)).count();
    assert!((0..120).all(|from| within(from, 1) <= 2 && within(from, 60) <= 60));
    assert_eq!((within(0, 1), within(0, 60), within(60, 60)), (2, 60, 60));
}

#[test]
fn a_negotiated_amount_replaces_the_limit_of_its_window_only() {
    let clock = ManualClock::new();
    let account = acme(&clock).negotiated("painter", Metric::Requests, Some(span("10s")), 7).build().unwrap();
    let painter = account.model("painter").unwrap();
    assert_eq!(windows(&painter, Metric::Requests), [10, DAY]);
    assert_eq!(admitted(&painter, Cost::request()), 7);
    clock.advance(s(10));
    assert_eq!(admitted(&painter, Cost::request()), 7);
    // The metric has no limit of that window, so the amount is one more limit.
    let account = acme(&clock).negotiated("painter", Metric::Requests, Some(Period::Week), 5).build().unwrap();
    let painter = account.model("painter").unwrap();
    assert_eq!(windows(&painter, Metric::Requests), [10, DAY, 7 * DAY]);
    assert_eq!(admitted(&painter, Cost::request()), 5);
}

#[test]
fn windows_shorter_than_a_day_are_paced_and_start_at_a_level() {
    let clock = ManualClock::new();
    let level = |per: Period, builder: AccountBuilder| {
        let account = builder.clock(clock.clock()).limit(Quota::requests(512).per_period(per)).build().unwrap();
        admitted(&account.model("ours").unwrap(), Cost::request())
    };
    let smooth = || Account::custom("ours").burst(Burst::Smooth);
    let half = || Account::custom("ours").start_level(StartLevel::Percent(50));
    for text in ["10s", "5m", "hour", "5h"] {
        assert_eq!((level(span(text), smooth()), level(span(text), half())), (2, 256), "{text}");
    }
    for text in ["24h", "day", "week", "30d", "month"] {
        assert_eq!((level(span(text), smooth()), level(span(text), half())), (512, 512), "{text}");
        let empty = Account::custom("ours").start_level_of(span(text), StartLevel::Empty);
        assert_eq!(level(span(text), empty), 0, "{text}");
    }
}

#[test]
fn refusals_state_the_window() {
    let clock = ManualClock::new();
    let model = ours(clock.clock(), Quota::requests(3).per_period(span("5h")));
    assert!(model.limits().all(|limit: LimitInForce| limit.window() == Some(s(18_000))));
    assert_eq!(
        Account::custom("ours").limit(Quota::new(Metric::Loras, 3).per(s(600))).build().unwrap_err().to_string(),
        "invalid limit of 3 loras per 10m: calls do not use this metric, so a limit on it has no effect"
    );
}
