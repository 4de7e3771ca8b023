//! Limits that grow with use: never above what the vendor's page states for the time since the start.

use fastrand::Rng;

use crate::draw::{self, Habits};
use crate::driver::play;
use crate::runs::explore;
use crate::scenario::{Call, MINUTE, Provider, Scenario, Setup, tokens};

fn scenario(rng: &mut Rng, habits: Habits) -> Scenario {
    let last = draw::one_of(rng, &[5 * MINUTE, 30 * MINUTE, 90 * MINUTE]);
    // From idle to more than the limits allow.
    let pressure = draw::one_of(rng, &[1, 10, 40, 70]);
    let calls = (0..last / MINUTE * pressure).map(|_| {
        let most = draw::one_of(rng, &[100, 300, 3_000]);
        let cost = tokens(rng.u64(0..3_000), rng.u64(0..most));
        let call = draw::call(rng, last, cost, MINUTE, habits);
        Call { arrives: rng.u64(0..=last), ..call }
    });
    let calls = calls.collect();
    let setup = Setup::at(Provider::Fireworks);
    Scenario { setup, handles: vec!["llama-v3p1-8b-instruct"], calls, changes: Vec::new(), until: last + 5 * MINUTE }
}

#[test]
fn the_promise_holds_for_limits_that_grow() {
    explore("the promise, growing limits", 20, |rng, tally| {
        play(&scenario(rng, Habits::default()), tally).without_faults().map(drop)
    });
}

#[test]
fn the_promise_holds_for_limits_that_grow_where_calls_are_handed_out_late() {
    explore("the promise, growing limits, late hand-outs", 20, |rng, tally| {
        play(&scenario(rng, Habits { late: true, absurd: false }), tally).without_faults().map(drop)
    });
}
