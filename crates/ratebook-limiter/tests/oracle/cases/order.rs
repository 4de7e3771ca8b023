//! Nobody waits longer than under an exact scheduler: by no more than 1 % of the longest window of the call, and one slot.

use std::cell::RefCell;

use fastrand::Rng;
use ratebook::{Metric, Period};

use crate::draw::{self, Habits};
use crate::driver::{Outcome, play};
use crate::log::{Log, Span};
use crate::runs::{Tally, explore, explore_and_sum, holds, seconds};
use crate::scenario::{
    Amounts, Call, End, GRACE, HOUR, MILLI, MINUTE, Own, Provider, SECOND, Scenario, Setup, of_a, tokens,
};
use crate::scheduler::{Schedule, schedule};
use crate::watch::watch;

/// How much later than under the reference a call may be handed out.
fn tolerance(log: &Log, call: &Call) -> u64 {
    let slack = log.drawn(call.handle, call.cost).map(|(limit, _)| {
        let limit = &log.limits[limit];
        let Span::Sliding(window) = limit.span else { return 0 };
        window / 100 + (window / 128).max(window / limit.amount.max(1))
    });
    slack.max().unwrap_or(0)
}

/// Holds an outcome against the reference's.
fn compare(scenario: &Scenario, outcome: &Outcome, tally: &mut Tally) -> Result<(), String> {
    let reference = schedule(scenario).handed_out;
    for (number, (call, best)) in scenario.calls.iter().zip(reference).enumerate() {
        let Some(best) = best else { continue };
        let tolerance = tolerance(&outcome.log, call);
        // Who has left was not handed out until then.
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
                "call {number}, there since {arrives}, goes at {best} at best and is {late} late{state}, {tolerance} is allowed"
            )
        })?;
    }
    Ok(())
}

fn holds_of(case: &str, runs: u64, draw: impl Fn(&mut Rng) -> Scenario) {
    explore(case, runs, |rng, tally| {
        let scenario = draw(rng);
        let outcome = play(&scenario, tally);
        compare(&scenario, &outcome, tally)?;
        outcome.without_faults().map(drop)
    });
}

/// What a few runs of a case vary.
#[derive(Clone, Copy)]
struct Of<'a> {
    handles: &'a [&'static str],
    habits: Habits,
    /// Whether callers may leave.
    leave: bool,
}

/// Calls under some limits, more than these let pass.
fn calls(rng: &mut Rng, limits: &[Own], of: Of<'_>, count: usize) -> Vec<Call> {
    let window = draw::window(limits);
    let last = draw::one_of(rng, &[0, window / 10, 2 * window]);
    let call = |rng: &mut Rng| {
        // Each draws from every limit of its handle: whether one that does not may pass is not for the reference to say.
        let Amounts { requests, input, output } = draw::amounts(rng, limits);
        let cost = Amounts { requests, input: input.max(1), output: output.max(1) };
        let call = draw::call(rng, last, cost, window, of.habits);
        let end = match call.end {
            // What is owed is the subject of other cases.
            End::Settle(real) if real.input > cost.input || real.output > cost.output => End::Settle(cost),
            end => end,
        };
        let patience = call.patience.filter(|_| of.leave);
        Call { waits: true, patience, end, handle: rng.usize(0..of.handles.len()), ..call }
    };
    let mut calls: Vec<_> = (0..count).map(|_| call(rng)).collect();
    calls.sort_by_key(|call| call.arrives);
    // No two come at one moment: which of them was first would be a matter of chance.
    for at in 1..calls.len() {
        calls[at].arrives = calls[at].arrives.max(calls[at - 1].arrives + 1);
    }
    calls
}

fn scenario(rng: &mut Rng, limits: Vec<Own>, of: Of<'_>, count: usize) -> Scenario {
    let calls = calls(rng, &limits, of, count);
    let until = 200 * draw::window(&limits).max(HOUR);
    Scenario { setup: Setup::own(limits), handles: of.handles.to_vec(), calls, changes: Vec::new(), until }
}

const SHARED: [(Metric, Option<Period>, u64); 3] = [
    (Metric::Requests, Some(Period::Second), 4),
    (Metric::Tokens, Some(Period::Minute), 120),
    (Metric::Requests, Some(Period::Minute), 30),
];
const PLACES: (Metric, Option<Period>, u64) = (Metric::ConcurrentTasks, None, 6);
const OF_ONE: [(Metric, Option<Period>, u64); 2] =
    [(Metric::InputTokens, Some(Period::Minute), 120), (Metric::OutputTokens, Some(Period::Minute), 120)];

/// Some limits of few units, at most so many: every charge has a slot of its own.
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

/// Calls that do not end do not free their places: where places are limited, all end.
fn that_end(mut scenario: Scenario) -> Scenario {
    for call in &mut scenario.calls {
        if matches!(call.end, End::Never) {
            call.end = End::Drop;
        }
    }
    scenario
}

const PUNCTUAL: Habits = Habits { late: false, absurd: false };
const LATE: Habits = Habits { late: true, absurd: false };

/// Some of the limits, for one handle.
fn of_one_handle(rng: &mut Rng, habits: Habits) -> Scenario {
    let limits = few(rng, "a", &[&SHARED[..], &OF_ONE[..]].concat());
    let count = rng.usize(1..60);
    scenario(rng, limits, Of { handles: &["a"], habits, leave: true }, count)
}

/// Some limits that two handles share, and some that they do not.
fn of_two_handles(rng: &mut Rng, habits: Habits) -> Scenario {
    let mut limits = few(rng, "*", &SHARED);
    limits.extend(few(rng, "a", &OF_ONE));
    if draw::chance(rng, 50) {
        limits.extend(few(rng, "b", &OF_ONE));
    }
    let count = rng.usize(1..60);
    scenario(rng, limits, Of { handles: &["a", "b"], habits, leave: true }, count)
}

/// As [`holds_of`], but each decision is judged by itself, from outside, by the same tolerance. Where callers poll late, a
/// look and a turn may fall together within nanoseconds, and who was to wait for whom is then not to be seen; and the guards
/// of a turn that nobody claims may be busy themselves. So many of a thousand runs may be judged faulty for that: it is an
/// allowance for the judge, beside the tolerance.
fn each_holds_of(case: &str, runs: u64, may_err_per_mille: u64, draw: impl Fn(&mut Rng) -> Scenario) {
    let judged = RefCell::new((0, Vec::new()));
    let run = |rng: &mut Rng, tally: &mut Tally| {
        let scenario = draw(rng);
        let outcome = play(&scenario, tally);
        let (count, faults) = &mut *judged.borrow_mut();
        *count += 1;
        faults.extend(watch(&scenario, &outcome, &tolerance, tally).err());
        outcome.without_faults().map(drop)
    };
    explore_and_sum(case, runs, run, |_| {
        let (count, faults) = &*judged.borrow();
        println!("oracle, {case}: {} runs were judged faulty: {:?}", faults.len(), faults.first());
        holds(faults.len() as u64 * 1_000 <= count * may_err_per_mille, || {
            format!("{} of {count} runs: {faults:?}", faults.len())
        })
    });
}

/// The two halves of the oracle agree: what the reference does is faultless, decision by decision.
#[test]
fn each_decision_of_the_reference() {
    explore("each decision, the reference", 600, |rng, tally| {
        let habits = draw::one_of(rng, &[PUNCTUAL, LATE]);
        let scenario = if draw::chance(rng, 50) { of_one_handle(rng, habits) } else { of_two_handles(rng, habits) };
        let Schedule { handed_out, order } = schedule(&scenario);
        let outcome = Outcome { handed_out, order, ..Outcome::of(&scenario) };
        // Several graces in a row are not one, and who polls late polls at other moments: of that alone they may differ.
        watch(&scenario, &outcome, &|_, _| SECOND, tally)
    });
}

#[test]
fn order_of_one_handle() {
    holds_of("order, one handle", 600, |rng| of_one_handle(rng, PUNCTUAL));
}

#[test]
fn order_of_one_handle_whose_callers_are_late() {
    each_holds_of("order, one handle, late callers", 600, 1, |rng| of_one_handle(rng, LATE));
}

#[test]
fn order_of_two_handles_that_share_some() {
    holds_of("order, two handles, some shared", 600, |rng| of_two_handles(rng, PUNCTUAL));
}

#[test]
fn each_decision_of_one_handle() {
    each_holds_of("each decision, one handle", 600, 0, |rng| of_one_handle(rng, PUNCTUAL));
}

#[test]
fn each_decision_of_two_handles() {
    each_holds_of("each decision, two handles", 600, 0, |rng| of_two_handles(rng, PUNCTUAL));
}

#[test]
fn order_of_two_handles_whose_callers_are_late() {
    each_holds_of("order, two handles, late callers", 600, 1, |rng| of_two_handles(rng, LATE));
}

#[test]
fn order_of_two_handles_that_share_all() {
    holds_of("order, two handles, all shared", 600, |rng| {
        let (limits, count) = (few(rng, "*", &SHARED), rng.usize(1..60));
        scenario(rng, limits, Of { handles: &["a", "b"], habits: PUNCTUAL, leave: true }, count)
    });
}

/// A place is free when a call ends, which nobody can plan: a younger call does not take one that an older one needs.
#[test]
fn order_where_calls_hold_places() {
    holds_of("order, places", 600, |rng| {
        let mut scenario =
            if draw::chance(rng, 50) { of_one_handle(rng, PUNCTUAL) } else { of_two_handles(rng, PUNCTUAL) };
        let Provider::Own(limits) = &mut scenario.setup.provider else { unreachable!("limits of the oracle's own") };
        limits.extend(few(rng, "*", &[PLACES]));
        that_end(scenario)
    });
}

/// Thousands of units in a window: charges share slots.
fn under_large_limits(rng: &mut Rng, count: usize) -> Scenario {
    let limits = vec![
        of_a(Metric::Tokens, Period::Minute, rng.u64(1_000..1_000_000)),
        of_a(Metric::Requests, Period::Minute, rng.u64(100..1_000)),
    ];
    scenario(rng, limits, Of { handles: &["a"], habits: PUNCTUAL, leave: false }, count)
}

#[test]
fn order_of_one_handle_under_large_limits() {
    holds_of("order, one handle, large limits", 300, |rng| {
        let count = rng.usize(1..50);
        under_large_limits(rng, count)
    });
}

/// What is lost in a window is not lost again in each that follows.
#[test]
fn order_of_a_long_queue_under_large_limits() {
    holds_of("order, one handle, long queue, large limits", 100, |rng| {
        let count = rng.usize(100..500);
        under_large_limits(rng, count)
    });
}

/// A call above a second's part passes alone, and holds the part until it is settled, at most for its share of the minute.
#[test]
fn order_by_the_second() {
    holds_of("order, by the second", 150, |rng| {
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
fn order_behind_many_who_do_not_poll() {
    explore("order, many who do not poll", 100, |rng, tally| {
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
