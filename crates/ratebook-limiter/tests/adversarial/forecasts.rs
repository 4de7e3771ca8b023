//! Forecasts of waits for calls of different sizes.

use ratebook_limiter::{Admission, Refused, Ticket};
use tokio::time::Instant;

use super::*;

/// The width of a slot: a 128th of the window.
fn slot(window: Duration) -> Duration {
    window / 128
}

/// Returns costs of which most are small, and some take much of the limit.
fn mixed(seed: u64, count: usize, limit: u64) -> Vec<Cost> {
    let mut number = numbers(seed);
    let mut size = || match number(10) {
        0 => limit / 4 + number(limit / 2),
        1..4 => limit / 50 + number(limit / 20),
        _ => 1 + number(limit / 200),
    };
    (0..count).map(|_| Cost::tokens(size())).collect()
}

/// Queues calls, records the forecast of each one's first poll, and polls all until they are admitted.
fn forecast_and_actual(clock: &ManualClock, calls: &[(&Model, Cost)]) -> Vec<(Duration, Duration)> {
    let begin = clock.elapsed();
    let mut waiting: Vec<(usize, Ticket<&Model>)> =
        calls.iter().map(|(model, cost)| model.enqueue(*cost).unwrap()).enumerate().collect();
    let mut forecast: Vec<Option<Duration>> = vec![None; calls.len()];
    let mut actual = vec![Duration::ZERO; calls.len()];
    while !waiting.is_empty() {
        let mut next = None;
        let mut still = Vec::new();
        for (number, ticket) in waiting {
            match ticket.poll_admission(None) {
                Admission::Granted(_) => {
                    forecast[number].get_or_insert(Duration::ZERO);
                    actual[number] = clock.elapsed() - begin;
                }
                Admission::Wait(wait, ticket) => {
                    forecast[number].get_or_insert(wait.foreseen().unwrap());
                    next = next.into_iter().chain(wait.delay()).min();
                    still.push((number, ticket));
                }
                Admission::Never(never) => panic!("{never}"),
            }
        }
        waiting = still;
        clock.advance(next.unwrap_or_default());
    }
    forecast.into_iter().flatten().zip(actual).collect()
}

/// When the last call was admitted.
fn last(waits: &[(Duration, Duration)]) -> Duration {
    waits.iter().map(|(_, actual)| *actual).max().unwrap()
}

/// No forecast is too early by more than 1 % or a slot, and 99 of 100 are within 5 % or a slot.
fn assert_forecast(waits: &[(Duration, Duration)], slot: Duration) {
    let mut wrong = 0;
    for (forecast, actual) in waits {
        let too_early = actual.saturating_sub(*forecast);
        assert!(too_early <= (*actual / 100).max(slot), "forecast {forecast:?}, actual {actual:?}");
        wrong += usize::from(forecast.abs_diff(*actual) > (*actual / 20).max(slot));
    }
    assert!(wrong * 100 <= waits.len(), "{wrong} of {}", waits.len());
}

fn of(model: &Model, costs: Vec<Cost>) -> Vec<(&Model, Cost)> {
    costs.into_iter().map(|cost| (model, cost)).collect()
}

#[test]
fn f14_waits_of_mixed_sizes_are_forecast() {
    for (seed, count) in [(0, 150), (1, 150), (2, 150), (3, 1_000)] {
        let clock = ManualClock::new();
        let account = Account::builder(Provider::Castai).plan("growth").clock(clock.clock()).build().unwrap();
        let model = account.model("Qwen 3 32B").unwrap();
        let waits = forecast_and_actual(&clock, &of(&model, mixed(seed, count, 200_000)));
        assert!(last(&waits) > s(300));
        assert_forecast(&waits, slot(s(60)));
    }
}

#[test]
fn f14_waits_behind_calls_above_a_seconds_part_are_forecast() {
    for seed in 0..2 {
        let clock = ManualClock::new();
        let model = alibaba(&clock).build().unwrap().model("qwen-plus").unwrap();
        let waits = forecast_and_actual(&clock, &of(&model, mixed(seed, 80, 100_000)));
        assert!(last(&waits) > s(20));
        assert_forecast(&waits, slot(s(60)));
    }
}

#[test]
fn f14_waits_of_several_models_of_one_account_are_forecast() {
    let clock = ManualClock::new();
    let account = Account::custom("ours").clock(clock.clock()).limit(Quota::tokens(100_000).per_minute());
    let account = account.limit(Quota::requests(5).per_minute().of_model("slow")).build().unwrap();
    let (slow, fast) = (account.model("slow").unwrap(), account.model("fast").unwrap());
    let costs = mixed(7, 120, 100_000).into_iter().enumerate();
    let calls: Vec<_> = costs.map(|(number, cost)| (if number % 4 == 0 { &slow } else { &fast }, cost)).collect();
    let waits = forecast_and_actual(&clock, &calls);
    assert!(last(&waits) > s(300));
    assert_forecast(&waits, slot(s(60)));
}

/// Spawns calls at the same time. Returns each one's forecast, and how long it waited or why it was refused.
async fn waited(
    costs: &[Cost],
    within: impl Fn(usize) -> Duration,
) -> Vec<(Option<Duration>, Result<Duration, Refused>)> {
    let account = Account::builder(Provider::Castai).plan("growth").clock(Clock::tokio());
    let model = account.build().unwrap().model("Qwen 3 32B").unwrap();
    let begin = Instant::now();
    let mut calls = Vec::new();
    for (number, cost) in costs.iter().enumerate() {
        let forecast = match model.estimate_wait(*cost) {
            Ok(()) => Some(Duration::ZERO),
            Err(Refused::Wait(wait)) => wait.foreseen(),
            Err(Refused::Never(never)) => panic!("{never}"),
        };
        let (model, cost, within) = (model.clone(), *cost, within(number));
        let call = tokio::spawn(async move { model.acquire_owned_within(cost, within).await.map(|_| begin.elapsed()) });
        tokio::task::yield_now().await;
        calls.push((forecast, call));
    }
    let mut waited = Vec::new();
    for (forecast, call) in calls {
        waited.push((forecast, call.await.unwrap()));
    }
    waited
}

#[tokio::test(start_paused = true)]
async fn f14_a_deadline_refuses_no_call_that_would_be_in_time() {
    for seed in 0..3 {
        let costs = mixed(seed, 120, 200_000);
        let waits = waited(&costs, |_| s(1_000_000)).await;
        let waits: Vec<_> = waits.into_iter().map(|(forecast, actual)| (forecast.unwrap(), actual.unwrap())).collect();
        assert_forecast(&waits, slot(s(60)));
        // Each call again, with as much time as it needs within the tolerance of a forecast.
        let enough = |number: usize| waits[number].1 + (waits[number].1 / 20).max(slot(s(60)));
        for (number, (_, actual)) in waited(&costs, enough).await.into_iter().enumerate() {
            assert_eq!(actual, Ok(waits[number].1), "{:?}", costs[number]);
        }
    }
}
