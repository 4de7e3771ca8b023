//! The promise for days, weeks and months of a calendar: around their ends, in February of leap years and of others,
//! and around the changes of daylight saving time.

use fastrand::Rng;
use ratebook::{Calendar, Metric, Period};

use crate::draw::{self, Habits};
use crate::driver::play;
use crate::runs::explore;
use crate::scenario::{DAY, HOUR, Scenario, Setup, of_a};

/// Starts of the clock, in seconds since 1970.
const BEGINS: [u64; 13] = [
    0,
    1_709_078_400, // 2024-02-28, before a leap day
    1_709_164_800, // 2024-02-29
    1_769_817_600, // 2026-01-31
    1_772_236_800, // 2026-02-28, before no leap day
    1_777_507_200, // 2026-04-30
    1_798_675_200, // 2026-12-31
    951_696_000,   // 2000-02-28, before the leap day of a century
    4_107_456_000, // 2100-02-28, before none
    1_772_841_600, // 2026-03-07, before daylight saving time begins
    1_772_928_000, // 2026-03-08
    1_793_404_800, // 2026-10-31, before it ends
    1_793_491_200, // 2026-11-01
];

/// The limiter knows the US rules of daylight saving time since 2007.
const RULES_SINCE: u64 = 1_167_609_600;

fn scenario(rng: &mut Rng, habits: Habits) -> Scenario {
    let per = draw::one_of(rng, &[Period::Day, Period::Week, Period::Month]);
    let limits = [
        of_a(Metric::Tokens, per, rng.u64(10..2_000)),
        of_a(Metric::Tokens, Period::Day, rng.u64(10..2_000)),
        of_a(Metric::Requests, Period::Month, rng.u64(1..60)),
    ];
    let limits = limits[usize::from(per == Period::Day)..].to_vec();
    let begins = draw::one_of(rng, &BEGINS) + rng.u64(0..86_400);
    let calendars = [Calendar::Pacific, Calendar::Utc, Calendar::China];
    let calendar = draw::one_of(rng, &calendars[usize::from(begins < RULES_SINCE)..]);
    let last = draw::one_of(rng, &[DAY, 3 * DAY, 40 * DAY]);
    let calls = (0..rng.usize(1..120)).map(|_| {
        let cost = draw::amounts(rng, &limits);
        // Calls end within a day, or long after.
        let window = draw::one_of(rng, &[HOUR, DAY, 20 * DAY]);
        draw::call(rng, last, cost, window, habits)
    });
    let calls = calls.collect();
    let changes = if draw::chance(rng, 40) { draw::changes(rng, &limits, last) } else { Vec::new() };
    let setup = Setup { calendar, begins, ..Setup::own(limits) };
    Scenario { setup, handles: vec!["a"], calls, changes, until: last + 70 * DAY }
}

#[test]
fn the_promise_holds_for_days_weeks_and_months() {
    explore("the promise, days, weeks and months", 1_000, |rng, tally| {
        play(&scenario(rng, Habits::default()), tally).without_faults().map(drop)
    });
}

#[test]
fn the_promise_holds_for_days_weeks_and_months_of_calls_that_are_handed_out_late() {
    explore("the promise, days, weeks and months, late hand-outs", 1_000, |rng, tally| {
        play(&scenario(rng, Habits { late: true, absurd: false }), tally).without_faults().map(drop)
    });
}
