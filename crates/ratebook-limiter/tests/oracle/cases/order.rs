//! No call waits longer than under an exact scheduler, by more than 1 % of the call's longest window and one slot.

use fastrand::Rng;
use ratebook::{Metric, Period};

use crate::draw::{self, Habits};
use crate::driver::{Outcome, play};
use crate::log::{Log, Span};
use crate::runs::{Tally, explore, holds, seconds};
use crate::scenario::{
    Amounts, Call, End, GRACE, HOUR, MILLI, MINUTE, Own, Provider, SECOND, Scenario, Setup, of_a, tokens,
};
use crate::scheduler::{Schedule, schedule};
use crate::watch::watch;

/// Returns how much later than under the reference a call may be handed out.
fn tolerance(log: &Log, call: &Call) -> u64 {
    let slack = log.drawn(call.handle, call.cost).map(|(limit, _)| {
        let limit = &log.limits[limit];
        let Span::Sliding(window) = limit.span else { return 0 };
        window / 100 + (window / 128).max(window / limit.amount.max(1))
    });
    slack.max().unwrap_or(0)
}

/// Compares the result of a run with the reference's.
fn compare(scenario: &Scenario, outcome: &Outcome, tally: &mut Tally) -> Result<(), String> {
    let reference = schedule(scenario).handed_out;
    for (number, (call, best)) in scenario.calls.iter().zip(reference).enumerate() {
        let Some(best) = best else { continue };
        let tolerance = tolerance(&outcome.log, call);
        // A call that has left was not handed out until then.
        let left = call.patience.map_or(scenario.until, |patience| call.arrives + patience);
        let handed_out = outcome.handed_out[number].unwrap_or(left);
        let late = handed_out.saturating_sub(best);
        if outcome.handed_out[number].is_some() || call.patience.is_none() {
            tally.measure(late as f64 / tolerance as f64);
        }
        holds(late <= tolerance, || {
            let (arrives, best, late, tolerance) =
                (seconds(call.arrives), seconds(best), seconds(late), seconds(tolerance));
            let state = if outcome.stranded.contains(&number) { ", for ever" } else { "" };
            format!(
                "call {number}, which arrived at {arrives}, could go at {best} and is {late} late{state}; {tolerance} is allowed"
            )
        })?;
    }
    Ok(())
}

fn check_order(case: &str, runs: u64, draw: impl Fn(&mut Rng) -> Scenario) {
    explore(case, runs, |rng, tally| {
        let scenario = draw(rng);
        let outcome = play(&scenario, tally);
        compare(&scenario, &outcome, tally)?;
        outcome.without_faults().map(drop)
    });
}

/// What the runs of a case vary.
#[derive(Clone, Copy)]
struct Variant<'a> {
    handles: &'a [&'static str],
    habits: Habits,
    /// Whether callers may leave.
    leave: bool,
}

/// Returns random calls, more than the limits admit at once.
fn calls(rng: &mut Rng, limits: &[Own], variant: Variant<'_>, count: usize) -> Vec<Call> {
    let window = draw::window(limits);
    let last = draw::one_of(rng, &[0, window / 10, 2 * window]);
    let call = |rng: &mut Rng| {
        // Each draws from every limit of its handle. The reference does not decide whether one that does not may pass.
        let drawn = draw::amounts(rng, limits);
        let cost = Amounts { input: drawn.input.max(1), output: drawn.output.max(1), ..drawn };
        let call = draw::call(rng, last, cost, window, variant.habits);
        let end = match call.end {
            // Other cases cover debts.
            End::Settle(real) if real.input > cost.input || real.output > cost.output => End::Settle(cost),
            end => end,
        };
        let patience = call.patience.filter(|_| variant.leave);
        Call { waits: true, patience, end, handle: rng.usize(0..variant.handles.len()), ..call }
    };
    let mut calls: Vec<_> = (0..count).map(|_| call(rng)).collect();
    calls.sort_by_key(|call| call.arrives);
    // No two arrive at the same time, since their order would be undefined.
    for at in 1..calls.len() {
        calls[at].arrives = calls[at].arrives.max(calls[at - 1].arrives + 1);
    }
    calls
}

fn scenario(rng: &mut Rng, limits: Vec<Own>, variant: Variant<'_>, count: usize) -> Scenario {
    let calls = calls(rng, &limits, variant, count);
    let until = 200 * draw::window(&limits).max(HOUR);
    Scenario { setup: Setup::own(limits), handles: variant.handles.to_vec(), calls, changes: Vec::new(), until }
}

const SHARED: [(Metric, Option<Period>, u64); 3] = [
    (Metric::Requests, Some(Period::Second), 4),
    (Metric::Tokens, Some(Period::Minute), 120),
    (Metric::Requests, Some(Period::Minute), 30),
];
const CONCURRENCY: (Metric, Option<Period>, u64) = (Metric::ConcurrentTasks, None, 6);
const OF_ONE: [(Metric, Option<Period>, u64); 2] =
    [(Metric::InputTokens, Some(Period::Minute), 120), (Metric::OutputTokens, Some(Period::Minute), 120)];

/// Returns some limits of few units, so that every charge has its own slot.
fn few(rng: &mut Rng, model: &'static str, most: &[(Metric, Option<Period>, u64)]) -> Vec<Own> {
    let mut limits = Vec::new();
    while limits.is_empty() {
        for (metric, per, most) in most.iter().copied() {
            if draw::chance(rng, 50) {
                limits.push(Own { model, metric, per, amount: rng.u64(most.div_ceil(10).max(2)..=most) });
            }
        }
    }
    limits
}

/// Makes all calls end: one that does not would never release its slot of concurrency.
fn with_ends(mut scenario: Scenario) -> Scenario {
    for call in &mut scenario.calls {
        if matches!(call.end, End::Never) {
            call.end = End::Drop;
        }
    }
    scenario
}

const PUNCTUAL: Habits = Habits { late: false, absurd: false };
const LATE: Habits = Habits { late: true, absurd: false };

/// Some limits of one handle.
fn of_one_handle(rng: &mut Rng, habits: Habits) -> Scenario {
    let limits = few(rng, "a", &[&SHARED[..], &OF_ONE[..]].concat());
    let count = rng.usize(1..60);
    scenario(rng, limits, Variant { handles: &["a"], habits, leave: true }, count)
}

/// Some limits that two handles share, and some that they do not.
fn of_two_handles(rng: &mut Rng, habits: Habits) -> Scenario {
    let mut limits = few(rng, "*", &SHARED);
    limits.extend(few(rng, "a", &OF_ONE));
    if draw::chance(rng, 50) {
        limits.extend(few(rng, "b", &OF_ONE));
    }
    let count = rng.usize(1..60);
    scenario(rng, limits, Variant { handles: &["a", "b"], habits, leave: true }, count)
}

/// Like [`check_order`], but judges each decision by itself, from outside, with the same tolerance.
fn check_each_decision(case: &str, runs: u64, draw: impl Fn(&mut Rng) -> Scenario) {
    explore(case, runs, |rng, tally| {
        let scenario = draw(rng);
        let outcome = play(&scenario, tally);
        watch(&scenario, &outcome, &tolerance, tally)?;
        outcome.without_faults().map(drop)
    });
}

/// Checks what [`check_order`] and [`check_each_decision`] check, in the same runs.
fn check_order_and_each_decision(case: &str, runs: u64, draw: impl Fn(&mut Rng) -> Scenario) {
    explore(case, runs, |rng, tally| {
        let scenario = draw(rng);
        let outcome = play(&scenario, tally);
        compare(&scenario, &outcome, tally)?;
        watch(&scenario, &outcome, &tolerance, tally)?;
        outcome.without_faults().map(drop)
    });
}

/// Both halves of the oracle agree: each decision of the reference is correct.
#[test]
fn each_decision_is_correct_for_the_reference() {
    explore("each decision, the reference", 600, |rng, tally| {
        let habits = draw::one_of(rng, &[PUNCTUAL, LATE]);
        let scenario = if draw::chance(rng, 50) { of_one_handle(rng, habits) } else { of_two_handles(rng, habits) };
        let Schedule { handed_out, order } = schedule(&scenario);
        let outcome = Outcome { handed_out, order, ..Outcome::of(&scenario) };
        // The only difference: several graces in a row are not one, and a caller that polls late polls at other times.
        watch(&scenario, &outcome, &|_, _| SECOND, tally)
    });
}

#[test]
fn order_matches_the_reference_and_each_decision_is_correct_for_one_handle() {
    check_order_and_each_decision("order and each decision, one handle", 600, |rng| of_one_handle(rng, PUNCTUAL));
}

#[test]
fn order_matches_the_reference_for_one_handle_whose_callers_are_late() {
    check_each_decision("order, one handle, late callers", 600, |rng| of_one_handle(rng, LATE));
}

#[test]
fn order_matches_the_reference_and_each_decision_is_correct_for_two_handles_that_share_some() {
    check_order_and_each_decision("order and each decision, two handles, some shared", 600, |rng| {
        of_two_handles(rng, PUNCTUAL)
    });
}

#[test]
fn order_matches_the_reference_for_two_handles_whose_callers_are_late() {
    check_each_decision("order, two handles, late callers", 600, |rng| of_two_handles(rng, LATE));
}

#[test]
fn order_matches_the_reference_for_two_handles_that_share_all() {
    check_order("order, two handles, all shared", 600, |rng| {
        let (limits, count) = (few(rng, "*", &SHARED), rng.usize(1..60));
        scenario(rng, limits, Variant { handles: &["a", "b"], habits: PUNCTUAL, leave: true }, count)
    });
}

/// A slot of concurrency is free when a call ends, which cannot be planned. A younger call does not take one that an
/// older call needs.
#[test]
fn order_matches_the_reference_where_calls_hold_slots_of_concurrency() {
    check_order("order, concurrency", 600, |rng| {
        let mut scenario =
            if draw::chance(rng, 50) { of_one_handle(rng, PUNCTUAL) } else { of_two_handles(rng, PUNCTUAL) };
        let Provider::Own(limits) = &mut scenario.setup.provider else { unreachable!("limits of the oracle's own") };
        limits.extend(few(rng, "*", &[CONCURRENCY]));
        with_ends(scenario)
    });
}

/// Thousands of units per window: charges share slots.
fn under_large_limits(rng: &mut Rng, count: usize) -> Scenario {
    let limits = vec![
        of_a(Metric::Tokens, Period::Minute, rng.u64(1_000..1_000_000)),
        of_a(Metric::Requests, Period::Minute, rng.u64(100..1_000)),
    ];
    scenario(rng, limits, Variant { handles: &["a"], habits: PUNCTUAL, leave: false }, count)
}

#[test]
fn order_matches_the_reference_for_one_handle_under_large_limits() {
    check_order("order, one handle, large limits", 300, |rng| {
        let count = rng.usize(1..50);
        under_large_limits(rng, count)
    });
}

/// A loss in one window is not repeated in the following ones.
#[test]
fn order_matches_the_reference_for_a_long_queue_under_large_limits() {
    check_order("order, one handle, long queue, large limits", 50, |rng| {
        let count = rng.usize(100..500);
        under_large_limits(rng, count)
    });
}

/// A call above the sub-window's part passes alone, and holds the part until it is settled, at most for its share of
/// the minute.
#[test]
fn order_matches_the_reference_by_the_second() {
    check_order("order, by the second", 150, |rng| {
        let last = draw::one_of(rng, &[0, 10 * SECOND, MINUTE]);
        let calls = (0..rng.u64(1..120)).map(|number| {
            let most = draw::one_of(rng, &[200, 5_000, 16_666, 40_000, 200_000]);
            let cost = tokens(rng.u64(0..=most), 0);
            let real = Amounts { input: cost.input / rng.u64(1..30), ..cost };
            let end = draw::one_of(rng, &[End::Settle(real), End::Settle(real), End::Drop, End::Cancel]);
            let takes = rng.u64(0..3 * SECOND);
            Call { takes, end, ..Call::waiting(rng.u64(0..=last) + number, 0, cost) }
        });
        let mut calls: Vec<_> = calls.collect();
        calls.sort_by_key(|call| call.arrives);
        let setup = Setup::at(Provider::Alibaba);
        Scenario { setup, handles: vec!["qwen-plus"], calls, changes: Vec::new(), until: 2 * HOUR }
    });
}

/// Any number of callers that do not poll delay the others by one grace.
#[test]
fn many_unpolled_callers_delay_the_others_by_one_grace() {
    explore("order, many unpolled callers", 100, |rng, tally| {
        let unpolled = rng.u64(1..300);
        let limits = vec![of_a(Metric::Requests, Period::Minute, 1_000)];
        let all = Amounts { requests: 1_000, ..Amounts::default() };
        let one = Amounts { requests: 1, ..all };
        let mut calls = vec![Call::waiting(0, 0, all)];
        for number in 1..=unpolled {
            let busy = Some((SECOND, rng.u64(10..100) * MINUTE));
            calls.push(Call { busy, ..Call::waiting(number * MILLI, 0, one) });
        }
        let punctual = calls.len();
        calls.extend((0..rng.u64(1..100)).map(|number| Call::waiting(2 * SECOND + number, 0, one)));
        let scenario =
            Scenario { setup: Setup::own(limits), handles: vec!["a"], calls, changes: Vec::new(), until: 2 * HOUR };
        let outcome = play(&scenario, tally);
        for number in punctual..scenario.calls.len() {
            let handed_out = outcome.handed_out[number].unwrap_or(u64::MAX);
            let late = handed_out.saturating_sub(MINUTE);
            tally.measure(late as f64 / GRACE as f64);
            holds(late <= GRACE, || format!("call {number} behind {unpolled} goes {} after its turn", seconds(late)))?;
        }
        outcome.without_faults().map(drop)
    });
}

/// Batch jobs hold places in a queue, and calls of two models take different amounts of one pool.
#[test]
fn no_call_waits_longer_than_under_the_reference_for_a_queue_or_by_weight() {
    check_order("the order, queues", 600, |rng| {
        let mut limits = few(rng, "a", &SHARED);
        limits.push(of_a(Metric::QueuedBatchRequests, None, rng.u64(4..40)));
        limits.push(of_a(Metric::Images, Period::Minute, rng.u64(4..40)));
        let count = rng.usize(1..40);
        let mut drawn =
            with_ends(scenario(rng, limits.clone(), Variant { handles: &["a"], habits: PUNCTUAL, leave: true }, count));
        for call in &mut drawn.calls {
            call.cost = draw::with_rare(rng, &limits, call.cost);
            // Each draws from every limit.
            call.cost.queued_requests = call.cost.queued_requests.max(1);
            call.cost.images = call.cost.images.max(1);
            if let End::Settle(real) = &mut call.end {
                (real.cached, real.images) = (0, rng.u64(0..=call.cost.images));
            }
        }
        drawn
    });
    check_order("the order, weights", 600, |rng| {
        let limits = [of_a(Metric::Requests, Period::Minute, 25), of_a(Metric::Tokens, Period::Minute, 1_000)];
        let count = rng.usize(1..60);
        let variant = Variant { handles: &["nova-small", "nova-large"], habits: PUNCTUAL, leave: true };
        let calls = calls(rng, &limits, variant, count);
        let (handles, until) = (variant.handles.to_vec(), 200 * HOUR);
        Scenario { setup: Setup::at(Provider::Acme), handles, calls, changes: Vec::new(), until }
    });
}
