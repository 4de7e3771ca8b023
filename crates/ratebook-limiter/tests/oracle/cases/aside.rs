//! A call above the limit in force is refused, or waits without delaying others: calls behind it go as if it were not
//! there.

use fastrand::Rng;
use ratebook::{Metric, Period};

use crate::draw;
use crate::driver::play;
use crate::runs::{Tally, explore, holds, seconds};
use crate::scenario::{
    Amounts, Call, Change, End, GRACE, HOUR, MINUTE, Provider, SECOND, Scenario, Setup, of_a, tokens,
};

/// Runs a scenario with calls above the limit and without, and compares both until the first of those calls goes.
fn compare(scenario: &Scenario, above: &[Call], tally: &mut Tally) -> Result<(), String> {
    let alone = play(scenario, tally);
    let mut with = scenario.clone();
    with.calls.extend_from_slice(above);
    let with = play(&with, tally);
    let (handed_out, of_above) = with.handed_out.split_at(scenario.calls.len());
    let first = of_above.iter().flatten().min().copied().unwrap_or(u64::MAX);
    for (number, (without, with)) in alone.handed_out.iter().zip(handed_out).enumerate() {
        let Some(without) = without.filter(|without| without + GRACE < first) else { continue };
        let is_as_soon = with.is_some_and(|with| with <= without + GRACE);
        holds(is_as_soon, || {
            let with = with.map_or("never".to_owned(), |with| format!("at {}", seconds(with)));
            format!("call {number} goes at {}, and {with} behind a call above the limit", seconds(without))
        })?;
    }
    with.without_faults().map(drop)
}

fn above(rng: &mut Rng, last: u64, amounts: std::ops::Range<u64>, cost: fn(u64, u64) -> Amounts) -> Vec<Call> {
    let call = |rng: &mut Rng| Call::waiting(rng.u64(0..last), 0, cost(1, rng.u64(amounts.clone())));
    (0..rng.usize(1..4)).map(|_| call(rng)).collect()
}

/// Fireworks' limits grow with use, so a call above the limit in force may fit later.
#[test]
fn calls_above_a_limit_that_grows_delay_no_other() {
    explore("calls above a limit that grows", 100, |rng, tally| {
        let last = draw::one_of(rng, &[MINUTE, 5 * MINUTE, 20 * MINUTE]);
        let calls = (0..rng.u64(5..200)).map(|_| {
            let cost = tokens(rng.u64(1..500), rng.u64(1..300));
            let end = draw::one_of(rng, &[End::Drop, End::Settle(tokens(1, 1))]);
            Call { takes: rng.u64(0..SECOND), end, ..Call::waiting(rng.u64(0..last), 0, cost) }
        });
        let calls = calls.collect();
        let above = above(rng, last, 8_000..140_000, tokens);
        let (setup, handles) = (Setup::at(Provider::Fireworks), vec!["llama-v3p1-8b-instruct"]);
        compare(&Scenario { setup, handles, calls, changes: Vec::new(), until: last + 10 * MINUTE }, &above, tally)
    });
}

fn under_100_000(rng: &mut Rng, changes: Vec<(u64, Change)>) -> Scenario {
    let last = 5 * MINUTE;
    let calls = (0..rng.u64(5..100)).map(|_| {
        let cost = tokens(rng.u64(1..2_000), 0);
        Call::waiting(rng.u64(2 * SECOND..last), 0, cost)
    });
    let calls = calls.collect();
    let setup = Setup::own(vec![of_a(Metric::Tokens, Period::Minute, 100_000)]);
    Scenario { setup, handles: vec!["a"], calls, changes, until: 2 * HOUR }
}

fn input(_: u64, amount: u64) -> Amounts {
    tokens(amount, 0)
}

/// The vendor states a lower limit, in one response or in each.
#[test]
fn calls_above_a_limit_that_responses_narrow_delay_no_other() {
    explore("calls above a limit that responses narrow", 100, |rng, tally| {
        let narrowed = rng.u64(2_000..20_000);
        let headers = vec![("x-ratelimit-limit-tokens", narrowed.to_string())];
        let response = Change::Response { status: 200, headers, body: "" };
        let times = draw::one_of(rng, &[1, 100]);
        let scenario = under_100_000(rng, (0..times).map(|time| (time * 10 * SECOND, response.clone())).collect());
        let mut above = above(rng, 4 * MINUTE, narrowed + 1..100_000, input);
        above.iter_mut().for_each(|call| call.arrives += SECOND);
        compare(&scenario, &above, tally)
    });
}

/// A limit is set below the cost of a waiting call.
#[test]
fn calls_above_a_limit_that_is_set_lower_delay_no_other() {
    explore("calls above a limit that is set lower", 100, |rng, tally| {
        let (metric, per) = (Metric::Tokens, Some(Period::Minute));
        let lower = rng.u64(2_000..20_000);
        let mut scenario = under_100_000(rng, vec![(20 * SECOND, Change::SetLimit { metric, per, amount: lower })]);
        // The minute is used up, so that no call goes before.
        scenario.calls.push(Call::waiting(0, 0, tokens(100_000, 0)));
        let mut above = above(rng, MINUTE / 2, lower + 1..100_000, input);
        above.iter_mut().for_each(|call| call.arrives += SECOND);
        compare(&scenario, &above, tally)
    });
}
