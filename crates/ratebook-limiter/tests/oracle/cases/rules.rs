//! Limits that grow by a rule: exactly as the rule says for what was used. Penalties: no call is handed out in one.

use fastrand::Rng;
use ratebook::{Growth, Metric, Penalty, PenaltyTrigger, Period};

use crate::draw::{self, Habits};
use crate::driver::play;
use crate::runs::explore;
use crate::scenario::{Call, Change, HOUR, MINUTE, Scenario, Setup, of_a};

fn growth(rng: &mut Rng) -> Growth {
    let lower = draw::chance(rng, 60).then(|| (rng.u16(1..=100), draw::one_of(rng, &[60, 100, 300, 3_600])));
    let metric = draw::one_of(rng, &[None, Some(Metric::Tokens)]);
    let (raise, every) = (rng.u16(1..60), draw::one_of(rng, &[7, 60, 60, 90, 300]));
    let mut growth = Growth::new(raise, every, draw::one_of(rng, &[0, 10, 50, 70, 100]));
    growth.metric = metric;
    growth.lower_percent = lower.map(|(percent, _)| percent);
    growth.lower_after_seconds = lower.map(|(_, after)| after);
    growth.most_percent = draw::chance(rng, 30).then(|| rng.u32(100..300));
    growth
}

fn growing(rng: &mut Rng, habits: Habits) -> Scenario {
    let per = Period::from_text(draw::one_of(rng, &["minute", "10s", "5m"])).expect("a period");
    let limits = vec![of_a(Metric::Tokens, per, rng.u64(500..5_000)), of_a(Metric::Requests, Period::Hour, 4_000)];
    let last = draw::one_of(rng, &[10 * MINUTE, HOUR]);
    // Phases of pressure with idle times between them.
    let phases: Vec<_> = (0..rng.u64(1..4)).map(|_| (rng.u64(0..=last / 2), rng.u64(MINUTE..=last / 2))).collect();
    let calls = (0..rng.usize(1..400)).map(|_| {
        let (begins, lasts) = phases[rng.usize(0..phases.len())];
        let cost = draw::amounts(rng, &limits);
        let call = draw::call(rng, lasts, cost, MINUTE, habits);
        let busy = call.busy.map(|(from, to)| (begins + from, begins + to));
        Call { arrives: begins + call.arrives, busy, ..call }
    });
    let calls = calls.collect();
    let changes = (0..20).map(|_| (rng.u64(0..=last), Change::Look)).collect();
    let setup = Setup { growth: Some(growth(rng)), ..Setup::own(limits) };
    Scenario { setup, handles: vec!["a"], calls, changes, until: last + HOUR }
}

#[test]
fn limits_grow_exactly_as_their_rule_says() {
    explore("growth by a rule", 100, |rng, tally| {
        play(&growing(rng, Habits::default()), tally).without_faults().map(drop)
    });
}

#[test]
fn limits_grow_exactly_as_their_rule_says_for_calls_that_are_handed_out_late() {
    explore("growth by a rule, late hand-outs", 100, |rng, tally| {
        play(&growing(rng, Habits { late: true, absurd: false }), tally).without_faults().map(drop)
    });
}

fn penalty(rng: &mut Rng) -> Penalty {
    let after = draw::one_of(rng, &[PenaltyTrigger::Refused, PenaltyTrigger::Failed]);
    let calls = rng.u32(1..6);
    let within_seconds = draw::chance(rng, 70).then(|| rng.u32(1..90));
    let mut penalty = Penalty::new(after, calls, rng.u32(1..90));
    (penalty.within_seconds, penalty.extends) = (within_seconds, draw::chance(rng, 30));
    penalty
}

fn penalized(rng: &mut Rng, habits: Habits) -> Scenario {
    let limits = draw::limits(rng);
    let last = 5 * MINUTE;
    let calls = (0..rng.usize(1..150)).map(|_| {
        let cost = draw::amounts(rng, &limits);
        draw::call(rng, last, cost, MINUTE, habits)
    });
    let calls = calls.collect();
    let mut changes = draw::responses(rng, &limits, last);
    changes.extend((0..rng.usize(0..30)).map(|_| {
        let (status, headers) = (draw::one_of(rng, &[200, 400, 404, 429, 500, 503]), Vec::new());
        (rng.u64(0..=last), Change::Response { status, headers, body: "{}" })
    }));
    let penalties = (0..rng.usize(1..3)).map(|_| penalty(rng)).collect();
    let setup = Setup { penalties, ..Setup::own(limits) };
    Scenario { setup, handles: vec!["a"], calls, changes, until: last + HOUR }
}

#[test]
fn no_call_is_handed_out_in_a_penalty() {
    explore("penalties", 500, |rng, tally| play(&penalized(rng, Habits::default()), tally).without_faults().map(drop));
}

#[test]
fn no_call_is_handed_out_late_in_a_penalty() {
    explore("penalties, late hand-outs", 500, |rng, tally| {
        play(&penalized(rng, Habits { late: true, absurd: false }), tally).without_faults().map(drop)
    });
}
