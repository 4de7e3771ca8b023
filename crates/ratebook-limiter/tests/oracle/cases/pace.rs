//! An even pace never exceeds a sliding counter (the last fixed window in proportion to what the sliding one still
//! covers, and the present one in full) of what calls have really cost.

use fastrand::Rng;
use ratebook::{Metric, Period};
use ratebook_limiter::Burst;

use crate::draw::{self, Habits};
use crate::driver::play;
use crate::log::nanos;
use crate::runs::{Tally, explore, holds, seconds};
use crate::scenario::{Call, End, MINUTE, Scenario, Setup, of_a};

/// The number of phases of the fixed windows that are tried.
const PHASES: u64 = 16;

/// Checks hand-outs, each with its final cost, against a sliding counter.
fn count(events: &[(u64, u64)], window: u64, limit: u64, tally: &mut Tally) -> Result<(), String> {
    for phase in (0..PHASES).map(|phase| phase * window / PHASES) {
        // The sums of the last window and of the present one.
        let (mut last, mut present, mut number) = (0_u128, 0_u128, 0);
        for (at, cost) in events {
            let shifted = at + phase;
            match shifted / window - number {
                0 => {}
                1 => (last, present) = (present, 0),
                _ => (last, present) = (0, 0),
            }
            number = shifted / window;
            present += u128::from(*cost);
            let (window, over) = (u128::from(window), u128::from(shifted % window));
            let counted = last * (window - over) + present * window;
            tally.windows += 1;
            tally.measure(counted as f64 / (u128::from(limit) * window) as f64);
            holds(*cost == 0 || counted <= u128::from(limit) * window, || {
                let counted = counted as f64 / window as f64;
                format!("a counter of phase {} is at {counted:.3} of {limit} at {}", seconds(phase), seconds(*at))
            })?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Variant {
    /// Tenths of a window after which the last call has ended.
    settled_within: u64,
    is_settled: bool,
    /// Whether most calls have one size and some any size; otherwise all have one size.
    is_mixed: bool,
}

fn scenario(rng: &mut Rng, variant: Variant) -> Scenario {
    let (metric, per) = draw::one_of(
        rng,
        &[(Metric::Tokens, Period::Minute), (Metric::Tokens, Period::Second), (Metric::Requests, Period::Minute)],
    );
    let limits = vec![of_a(metric, per, rng.u64(20..2_000) * draw::one_of(rng, &[1, 50]))];
    let last = 6 * nanos(per);
    let size = draw::one_of(rng, &[1, 10, 100]);
    let calls = (0..rng.usize(50..400)).map(|_| {
        let whole = draw::amounts(rng, &limits);
        let input = if !variant.is_mixed || draw::chance(rng, 80) {
            (limits[0].amount / (4 * size)).max(1)
        } else {
            whole.input
        };
        let cost = crate::scenario::tokens(input, 0);
        let call = draw::call(rng, last, cost, nanos(per), Habits::default());
        Call { takes: draw::time(rng, variant.settled_within * nanos(per) / 10), patience: None, ..call }
    });
    let calls = calls.collect();
    let setup = Setup { burst: Burst::Smooth, ..Setup::own(limits) };
    Scenario { setup, handles: vec!["a"], calls, changes: Vec::new(), until: last + 3 * MINUTE }
}

fn holds_for(case: &str, variant: Variant) {
    explore(case, 200, |rng, tally| {
        let mut scenario = scenario(rng, variant);
        if !variant.is_settled {
            scenario.calls.iter_mut().for_each(|call| call.end = End::Drop);
        }
        let outcome = play(&scenario, tally).without_faults()?;
        let limit = scenario.setup.limits()[0];
        let mut events = Vec::new();
        for (call, handed_out) in scenario.calls.iter().zip(&outcome.handed_out) {
            let Some(at) = *handed_out else { continue };
            let estimate = call.cost.of(limit.metric);
            let has_ended = at + call.takes <= scenario.until;
            let real = if has_ended { call.real().of(limit.metric) } else { estimate };
            events.push((at, real.min(estimate)));
        }
        events.sort_unstable();
        count(&events, nanos(limit.per.expect("a limit of a window")), limit.amount, tally)
    });
}

#[test]
fn an_even_pace_holds_for_calls_of_one_size() {
    holds_for("an even pace, one size", Variant { settled_within: 10, is_settled: false, is_mixed: false });
}

#[test]
fn an_even_pace_holds_for_calls_of_mixed_sizes() {
    holds_for("an even pace, mixed sizes", Variant { settled_within: 10, is_settled: false, is_mixed: true });
}

#[test]
fn an_even_pace_holds_for_calls_that_are_settled_within_a_window() {
    holds_for(
        "an even pace, settled within a window",
        Variant { settled_within: 10, is_settled: true, is_mixed: false },
    );
}

#[test]
fn an_even_pace_holds_for_calls_that_take_longer_than_a_window() {
    holds_for("an even pace, long calls", Variant { settled_within: 25, is_settled: true, is_mixed: true });
}
