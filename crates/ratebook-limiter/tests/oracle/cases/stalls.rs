//! A caller that does not poll delays no other, whatever else happens meanwhile: a pause, a debt.

use fastrand::Rng;
use ratebook::{Metric, Period};

use crate::driver::play;
use crate::runs::{Tally, explore, holds, seconds};
use crate::scenario::{Amounts, Call, Change, End, GRACE, HOUR, MINUTE, SECOND, Scenario, Setup, of_a, tokens};

const LIMIT: u64 = 200_000;

/// One call uses up the minute. Behind it wait some whose callers do not poll, and some whose callers do.
fn scenario(rng: &mut Rng, first: Call, changes: Vec<(u64, Change)>) -> (Scenario, usize) {
    let mut calls = vec![first];
    for number in 0..rng.u64(1..8) {
        let busy = Some((3 * SECOND, rng.u64(20..600) * MINUTE));
        calls.push(Call { busy, ..Call::waiting(SECOND + number, 0, tokens(rng.u64(1..20_000), 0)) });
    }
    let behind = calls.len();
    for number in 0..rng.u64(1..8) {
        calls.push(Call::waiting(2 * SECOND + number, 0, tokens(rng.u64(1..5_000), 0)));
    }
    let setup = Setup::own(vec![of_a(Metric::Tokens, Period::Minute, LIMIT)]);
    (Scenario { setup, handles: vec!["a"], calls, changes, until: 20 * HOUR }, behind)
}

/// Checks that callers that poll go when the minute, a pause or a debt is over, plus a minute's share for each call.
fn check_delay(scenario: &Scenario, behind: usize, free: u64, tally: &mut Tally) -> Result<(), String> {
    let outcome = play(scenario, tally);
    let polling = &scenario.calls[behind..];
    let tokens: u64 = polling.iter().map(|call| call.cost.of(Metric::Tokens)).sum();
    // After a pause a pool is released at its own rate, and the turn of an unpolled caller comes when its call has
    // room. The largest of those calls bounds that time.
    let unpolled = scenario.calls[1..behind].iter().map(|call| call.cost.of(Metric::Tokens)).max().unwrap_or(0);
    let due = free + (unpolled + tokens) * MINUTE / LIMIT + GRACE + MINUTE / 100 + MINUTE / 128;
    for number in behind..scenario.calls.len() {
        let Some(at) = outcome.handed_out[number] else {
            return Err(format!("call {number} is never handed out; it is due at {}", seconds(due)));
        };
        tally.measure(at as f64 / due as f64);
        holds(at <= due, || format!("call {number} goes at {}; it is due at {}", seconds(at), seconds(due)))?;
    }
    outcome.without_faults().map(drop)
}

#[test]
fn unpolled_callers_delay_no_other_during_a_pause() {
    explore("stalled callers, a pause", 200, |rng, tally| {
        let (at, lasts) = (rng.u64(3..58), rng.u64(1..200));
        let headers = vec![("retry-after", lasts.to_string())];
        let body = r#"{"error":{"message":"Rate limit reached on tokens per min (TPM)"}}"#;
        let response = Change::Response { status: 429, headers, body };
        let first = Call::waiting(0, 0, tokens(LIMIT, 0));
        let (scenario, behind) = scenario(rng, first, vec![(at * SECOND, response)]);
        check_delay(&scenario, behind, MINUTE.max((at + lasts) * SECOND), tally)
    });
}

#[test]
fn unpolled_callers_delay_no_other_during_a_debt() {
    explore("stalled callers, a debt", 200, |rng, tally| {
        let takes = rng.u64(3..58) * SECOND;
        let cost = tokens(LIMIT, 0);
        let end = End::Settle(Amounts { input: LIMIT + rng.u64(LIMIT / 2..=LIMIT), ..cost });
        let (scenario, behind) = scenario(rng, Call { takes, end, ..Call::waiting(0, 0, cost) }, Vec::new());
        check_delay(&scenario, behind, takes + MINUTE, tally)
    });
}
