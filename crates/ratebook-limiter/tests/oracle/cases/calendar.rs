//! The promise for days and months of UTC: around their ends, in February of leap years and of others.

use fastrand::Rng;
use ratebook::{Metric, Period};

use crate::draw::{self, Habits};
use crate::driver::play;
use crate::runs::explore;
use crate::scenario::{DAY, HOUR, Scenario, Setup, of_a};

/// Starts of the clock, in seconds since 1970.
const BEGINS: [u64; 9] = [
    0,
    1_709_078_400, // 2024-02-28, before a leap day
    1_709_164_800, // 2024-02-29
    1_769_817_600, // 2026-01-31
    1_772_236_800, // 2026-02-28, before no leap day
    1_777_507_200, // 2026-04-30
    1_798_675_200, // 2026-12-31
    951_696_000,   // 2000-02-28, before the leap day of a century
    4_107_456_000, // 2100-02-28, before none
];

fn scenario(rng: &mut Rng, habits: Habits) -> Scenario {
    let per = draw::one_of(rng, &[Period::Day, Period::Month]);
    let limits = [
        of_a(Metric::Tokens, per, rng.u64(10..2_000)),
        of_a(Metric::Tokens, Period::Day, rng.u64(10..2_000)),
        of_a(Metric::Requests, Period::Month, rng.u64(1..60)),
    ];
    let limits = limits[usize::from(per == Period::Day)..].to_vec();
    let begins = draw::one_of(rng, &BEGINS) + rng.u64(0..86_400);
    let last = draw::one_of(rng, &[DAY, 3 * DAY, 40 * DAY]);
    let calls = (0..rng.usize(1..120)).map(|_| {
        let cost = draw::amounts(rng, &limits);
        // Calls end within a day, or long after.
        let window = draw::one_of(rng, &[HOUR, DAY, 20 * DAY]);
        draw::call(rng, last, cost, window, habits)
    });
    let calls = calls.collect();
    let changes = if draw::chance(rng, 40) { draw::changes(rng, &limits, last) } else { Vec::new() };
    let setup = Setup { utc: true, begins, ..Setup::own(limits) };
    Scenario { setup, handles: vec!["a"], calls, changes, until: last + 70 * DAY }
}

#[test]
fn the_promise_holds_for_days_and_months_of_utc() {
    explore("the promise, days and months", 1_000, |rng, tally| {
        play(&scenario(rng, Habits::default()), tally).without_faults().map(drop)
    });
}

#[test]
fn the_promise_holds_for_days_and_months_of_calls_that_are_handed_out_late() {
    explore("the promise, days and months, late hand-outs", 1_000, |rng, tally| {
        play(&scenario(rng, Habits { late: true, absurd: false }), tally).without_faults().map(drop)
    });
}
