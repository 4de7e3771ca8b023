//! The promise for a vendor that also enforces a sixtieth of a minute's limit in each second. A call above that part
//! passes alone, and holds the part for its share of the minute or until it is settled.

use fastrand::Rng;
use ratebook::{Metric, Period};

use crate::draw::{self, Habits};
use crate::driver::play;
use crate::runs::explore;
use crate::scenario::{Call, Change, End, MINUTE, Provider, SECOND, Scenario, Setup, tokens};

fn scenario(rng: &mut Rng, with_changes: bool, habits: Habits) -> Scenario {
    let last = draw::one_of(rng, &[10 * SECOND, MINUTE, 4 * MINUTE]);
    let calls = (0..rng.usize(1..250)).map(|_| {
        let most = draw::one_of(rng, &[200, 5_000, 16_666, 16_667, 40_000, 300_000, 1_000_000]);
        let cost = tokens(rng.u64(0..=most / 2), rng.u64(0..=most / 2));
        let call = draw::call(rng, last, cost, 4 * SECOND, habits);
        // Half of the estimates are far above the real usage.
        let frugal = tokens(cost.input / 20, cost.output / 30);
        if draw::chance(rng, 50) { Call { end: End::Settle(frugal), ..call } } else { call }
    });
    let calls = calls.collect();
    let per = Some(Period::Minute);
    let changes = if with_changes {
        let change = |rng: &mut Rng| match rng.u8(0..4) {
            0 => Change::ResetLimit { metric: Metric::Requests, per },
            1 => Change::ResetLimit { metric: Metric::Tokens, per },
            2 => {
                let amount = draw::one_of(rng, &[0, 1, 6, 30, 59, 61, 300, 600, 1_200]);
                Change::SetLimit { metric: Metric::Requests, per, amount }
            }
            _ => {
                let amount = draw::one_of(rng, &[0, 1, 1_000, 60_000, 999_999, 1_000_000, 2_000_000]);
                Change::SetLimit { metric: Metric::Tokens, per, amount }
            }
        };
        (0..rng.usize(1..8)).map(|_| (rng.u64(0..=last), change(rng))).collect()
    } else {
        vec![(rng.u64(0..=last), Change::Look)]
    };
    Scenario {
        setup: Setup::at(Provider::Alibaba),
        handles: vec!["qwen-plus"],
        calls,
        changes,
        until: last + 3 * MINUTE,
    }
}

#[test]
fn the_promise_holds_for_each_second_of_a_minute() {
    explore("the promise, by the second", 200, |rng, tally| {
        play(&scenario(rng, false, Habits::default()), tally).without_faults().map(drop)
    });
}

#[test]
fn the_promise_holds_for_each_second_of_calls_that_are_handed_out_late() {
    explore("the promise, by the second, late hand-outs", 200, |rng, tally| {
        let late = Habits { late: true, absurd: false };
        play(&scenario(rng, false, late), tally).without_faults().map(drop)
    });
}

#[test]
fn the_promise_holds_for_each_second_where_limits_change() {
    explore("the promise, by the second, set_limit", 200, |rng, tally| {
        play(&scenario(rng, true, Habits::default()), tally).without_faults().map(drop)
    });
}

/// A response to too steep a rise may slow calls down. It admits none that was not admitted before.
#[test]
fn the_promise_holds_for_each_second_after_too_steep_a_rise() {
    explore("the promise, by the second, too steep a rise", 200, |rng, tally| {
        let mut scenario = scenario(rng, false, Habits::default());
        for _ in 0..rng.usize(1..4) {
            let body = r#"{"code":"limit_burst_rate","message":"Request rate increased too quickly."}"#;
            let response = Change::Response { status: 429, headers: Vec::new(), body };
            scenario.changes.push((rng.u64(0..=scenario.until / 2), response));
        }
        // Callers that retry all the time find any call that a slow start wrongly admits.
        for second in 0..120 {
            for size in [15_000, 16_000, 15_500] {
                let cost = tokens(size, 0);
                let call = Call::waiting(second * SECOND + rng.u64(0..SECOND), 0, cost);
                scenario.calls.push(Call { waits: false, ..call });
            }
        }
        play(&scenario, tally).without_faults().map(drop)
    });
}
