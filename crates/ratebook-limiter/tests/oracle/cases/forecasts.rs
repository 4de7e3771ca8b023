//! Forecasts of waits. If nothing is settled, dropped or changed and no call arrives between a forecast and the
//! admission, 99 of 100 forecasts are within 5 % of the wait or one slot of its window, and none is too early by more
//! than 1 % or one slot. A refusal of `try_acquire` may state an upper bound, which is never too early.

use std::cell::RefCell;

use fastrand::Rng;
use ratebook::{Metric, Period};

use crate::draw;
use crate::driver::{Outcome, play};
use crate::log::{Log, Span};
use crate::runs::{Tally, explore_and_sum, holds, seconds};
use crate::scenario::{Call, DAY, MILLI, Own, Provider, Scenario, Setup, of_a, tokens};

/// Returns the widest slot of the limits that a call draws from.
pub(crate) fn slot(log: &Log, call: &Call) -> u64 {
    let slots = log.drawn(call.handle, call.cost).map(|(limit, _)| {
        let limit = &log.limits[limit];
        let Span::Sliding(window) = limit.span else { return 0 };
        (window / 128).max(window / limit.amount.max(1))
    });
    slots.max().unwrap_or(0)
}

/// How a forecast may err.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    /// A forecast is near the real wait, and hardly ever too early.
    BeNear,
    /// An upper bound is never too early.
    BeLate,
}

/// The errors of forecasts, each as a share of the tolerance for 99 of 100.
#[derive(Default)]
struct Errors(RefCell<Vec<f64>>);

impl Errors {
    /// Checks one forecast against the real wait.
    fn judge(
        &self,
        what: &str,
        forecast: &Result<u64, String>,
        actual: u64,
        slot: u64,
        may: May,
    ) -> Result<(), String> {
        let forecast = forecast.as_ref().map_err(|error| format!("{what}: {error}"))?;
        let early = actual.saturating_sub(*forecast);
        let bound = (actual / 100).max(slot);
        if may == May::BeNear {
            let near = (actual / 20).max(slot).max(1);
            self.0.borrow_mut().push(forecast.abs_diff(actual) as f64 / near as f64);
        }
        holds(early <= bound, || {
            format!(
                "{what}: {} forecast, {} waited, {} is allowed",
                seconds(*forecast),
                seconds(actual),
                seconds(bound)
            )
        })
    }

    fn sum(&self, tally: &mut Tally) -> Result<(), String> {
        let mut errors = self.0.borrow_mut();
        errors.sort_by(f64::total_cmp);
        let share = |percent: usize| errors.get((errors.len() * percent / 100).min(errors.len() - 1)).copied();
        let [median, most] = [50, 99].map(|percent| share(percent).unwrap_or_default());
        tally.measure(most);
        println!(
            "oracle, {} forecasts: errors of {median:.3} (median), {most:.3} (p99) of the tolerance",
            errors.len()
        );
        holds(most <= 1.0, || format!("99 of 100 forecasts err by up to {most:.3} of the tolerance"))
    }
}

/// Returns random limits: few or many units, or Alibaba's per second.
fn setup(rng: &mut Rng) -> (Setup, &'static str) {
    let few = vec![
        of_a(Metric::Requests, Period::Minute, rng.u64(5..100)),
        of_a(Metric::Tokens, Period::Minute, rng.u64(20..120)),
    ];
    let many = vec![
        of_a(Metric::Requests, Period::Minute, rng.u64(20..2_000)),
        of_a(Metric::Tokens, Period::Minute, rng.u64(1_000..1_000_000)),
    ];
    let several = vec![
        of_a(Metric::Requests, Period::Second, rng.u64(1..10)),
        of_a(Metric::Tokens, Period::Minute, rng.u64(1_000..100_000)),
        of_a(Metric::InputTokens, Period::Minute, rng.u64(1_000..100_000)),
    ];
    match rng.u8(0..4) {
        0 => (Setup::own(few), "a"),
        1 => (Setup::own(many), "a"),
        2 => (Setup::own(several), "a"),
        _ => (Setup::at(Provider::Alibaba), "qwen-plus"),
    }
}

/// Mixed sizes: most calls are small, some nearly as large as the limit.
fn size(rng: &mut Rng, setup: &Setup) -> (u64, u64) {
    let counts_tokens = |limit: &&Own| limit.metric != Metric::Requests;
    let most = setup.limits().iter().filter(counts_tokens).map(|limit| limit.amount).min().unwrap_or(300_000);
    let most = most / draw::one_of(rng, &[2, 4, 20, 20, 100]);
    (rng.u64(1..=most.max(1)), rng.u64(0..=most / 4))
}

fn queue(rng: &mut Rng, setup: Setup, handles: Vec<&'static str>) -> Scenario {
    let most = draw::one_of(rng, &[10, 10, 100, 100, 1_000]);
    let count = rng.u64(1..most);
    let call = |rng: &mut Rng, arrives: u64| {
        let (input, output) = size(rng, &setup);
        Call::waiting(arrives, rng.usize(0..handles.len()), tokens(input, output))
    };
    // All calls arrive at once and are polled when all have arrived. The last arrives when all have been polled.
    let mut calls: Vec<_> = (0..count).map(|_| call(rng, 0)).collect();
    calls.push(Call { asks_first: true, ..call(rng, MILLI) });
    Scenario { setup, handles, calls, changes: Vec::new(), until: 100 * DAY }
}

/// Checks the forecasts of a queue's last call.
fn judge_last(scenario: &Scenario, outcome: &Outcome, errors: &Errors) -> Result<(), String> {
    let last = scenario.calls.len() - 1;
    let call = &scenario.calls[last];
    let handed_out = outcome.handed_out[last].ok_or("the last call is never handed out")?;
    let (actual, slot) = (handed_out - call.arrives, slot(&outcome.log, call));
    let asked = outcome.asked[last].as_ref().expect("the last call asks");
    let forecast = errors.judge("`estimate_wait`", &asked.forecast, actual, slot, May::BeNear);
    let tried = errors.judge("`try_acquire`", &asked.tried, actual, slot, May::BeLate);
    let first_forecast = outcome.first_forecast[last].as_ref();
    let first_forecast = first_forecast
        .map_or(Ok(()), |first_forecast| errors.judge("the first poll", first_forecast, actual, slot, May::BeNear));
    forecast.and(tried).and(first_forecast)
}

#[test]
fn forecasts_are_accurate_for_one_handle() {
    let errors = Errors::default();
    let run = |rng: &mut Rng, tally: &mut Tally| {
        let (setup, model) = setup(rng);
        let scenario = queue(rng, setup, vec![model]);
        let outcome = play(&scenario, tally).without_faults()?;
        let mut all = Ok(());
        for (number, call) in scenario.calls.iter().enumerate() {
            let (Some(first_forecast), Some(handed_out)) =
                (&outcome.first_forecast[number], outcome.handed_out[number])
            else {
                continue;
            };
            let (actual, slot) = (handed_out - call.arrives, slot(&outcome.log, call));
            let judged = errors.judge(&format!("call {number}, first poll"), first_forecast, actual, slot, May::BeNear);
            all = all.and(judged);
        }
        all.and(judge_last(&scenario, &outcome, &errors))
    };
    explore_and_sum("forecasts, one handle", 60, run, |tally| errors.sum(tally));
}

/// Calls of two handles may pass one another, and a later call may pass the last one, so none arrives after it.
#[test]
fn forecasts_are_accurate_for_two_handles() {
    let errors = Errors::default();
    let run = |rng: &mut Rng, tally: &mut Tally| {
        let shared = Own { model: "*", metric: Metric::Tokens, per: Some(Period::Minute), amount: rng.u64(50..50_000) };
        let of_a = of_a(Metric::Requests, Period::Minute, rng.u64(5..100));
        let setup = Setup::own(vec![shared, of_a, Own { model: "b", amount: rng.u64(5..100), ..of_a }]);
        let scenario = queue(rng, setup, vec!["a", "b"]);
        let outcome = play(&scenario, tally).without_faults()?;
        judge_last(&scenario, &outcome, &errors)
    };
    explore_and_sum("forecasts, two handles", 60, run, |tally| errors.sum(tally));
}
