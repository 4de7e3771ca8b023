//! The promise as the vendor sees it: for every limit of L per W, at most L is handed out within any W, whatever
//! becomes of the calls. A call is checked against the amount in force when it is handed out.

use fastrand::Rng;
use ratebook::Metric;

use crate::draw::{self, Habits};
use crate::driver::play;
use crate::runs::explore;
use crate::scenario::{Call, MINUTE, Provider, Scenario, Setup, of_a, tokens};

/// What is drawn besides calls.
#[derive(Clone, Copy, Default)]
struct With {
    changes: bool,
    responses: bool,
    concurrency: bool,
    /// Images, uncached tokens, and batch jobs that hold places in a queue.
    rare: bool,
    habits: Habits,
    few_slots: bool,
}

fn scenario(rng: &mut Rng, with: With) -> Scenario {
    let mut limits = draw::limits(rng);
    if with.rare {
        limits.extend(draw::rare_limits(rng));
    }
    let window = draw::window(&limits);
    let last = draw::span(window, 5);
    let calls = (0..rng.usize(1..150)).map(|_| {
        let cost = draw::amounts(rng, &limits);
        let cost = if with.rare { draw::with_rare(rng, &limits, cost) } else { cost };
        draw::call(rng, last, cost, window, with.habits)
    });
    let calls = calls.collect();
    let mut changes = Vec::new();
    if with.changes {
        changes.extend(draw::changes(rng, &limits, last));
    }
    if with.responses {
        changes.extend(draw::responses(rng, &limits, last));
    }
    if with.concurrency {
        limits.push(of_a(Metric::ConcurrentTasks, None, rng.u64(1..6)));
    }
    let resolution = if with.few_slots { rng.usize(2..8) } else { 128 };
    let setup = Setup { resolution, ..Setup::own(limits) };
    Scenario { setup, handles: vec!["a"], calls, changes, until: last + 3 * window.max(MINUTE) }
}

fn holds_for(case: &str, runs: u64, with: With) {
    explore(case, runs, |rng, tally| play(&scenario(rng, with), tally).without_faults().map(drop));
}

/// Callers that poll late, or not for minutes.
const LATE: Habits = Habits { late: true, absurd: false };

#[test]
fn the_promise_holds_for_calls_that_wait_leave_and_settle() {
    holds_for("the promise", 1_000, With::default());
}

#[test]
fn the_promise_holds_for_calls_that_are_handed_out_late() {
    holds_for("the promise, late hand-outs", 1_000, With { habits: LATE, ..With::default() });
}

#[test]
fn the_promise_holds_where_charges_share_few_slots() {
    holds_for("the promise, few slots", 1_000, With { few_slots: true, ..With::default() });
}

#[test]
fn the_promise_holds_where_limits_change() {
    holds_for("the promise, set_limit and reset_limit", 1_000, With { changes: true, ..With::default() });
}

#[test]
fn the_promise_holds_while_responses_are_observed() {
    holds_for("the promise, responses", 1_000, With { responses: true, ..With::default() });
}

#[test]
fn the_promise_holds_where_calls_hold_slots_of_concurrency() {
    holds_for("the promise, concurrency", 1_000, With { concurrency: true, ..With::default() });
}

#[test]
fn the_promise_holds_for_what_few_calls_count_and_hold() {
    holds_for("the promise, rare amounts and queues", 1_000, With { rare: true, ..With::default() });
}

#[test]
fn the_promise_holds_where_models_of_a_pool_have_weights() {
    explore("the promise, weights", 1_000, |rng, tally| play(&weighted(rng), tally).without_faults().map(drop));
}

/// Calls of two models of one pool.
fn weighted(rng: &mut Rng) -> Scenario {
    let last = draw::span(MINUTE, 5);
    let calls = (0..rng.usize(1..150)).map(|_| {
        let cost = tokens(rng.u64(0..1_000), rng.u64(0..80));
        let handle = rng.usize(0..2);
        Call { handle, ..draw::call(rng, last, cost, MINUTE, LATE) }
    });
    let calls = calls.collect();
    let handles = vec!["nova-small", "nova-large"];
    Scenario { setup: Setup::at(Provider::Acme), handles, calls, changes: Vec::new(), until: last + 3 * MINUTE }
}

#[test]
fn the_promise_holds_where_usage_is_absurd() {
    let habits = Habits { absurd: true, ..Habits::default() };
    holds_for("the promise, absurd usage", 1_000, With { habits, ..With::default() });
}

#[test]
fn the_promise_holds_where_everything_happens() {
    let with = With { changes: true, responses: true, concurrency: true, rare: true, habits: LATE, few_slots: false };
    holds_for("the promise, everything", 1_000, with);
}
