//! Usage above an estimate, however absurd, is a debt of at most one full window, which then expires.

use std::time::Duration;

use fastrand::Rng;
use ratebook::{Calendar, Metric, Period};
use ratebook_limiter::{Burst, ManualClock, Model, Refused, Usage};

use crate::api;
use crate::draw;
use crate::log::Span;
use crate::runs::{Tally, explore, holds, seconds};
use crate::scenario::{Setup, of_a, tokens};

fn is_admitted(model: &Model, amount: u64) -> Result<(), Refused> {
    let permit = model.try_acquire(tokens(amount, 0).cost())?;
    permit.cancel_unsent();
    Ok(())
}

fn owe(rng: &mut Rng, setup: &Setup, tally: &mut Tally) -> Result<(), String> {
    let limit = setup.limits()[0];
    let clock = ManualClock::beginning_at(setup.begins);
    let model = api::account(setup, clock.clock()).model("a").expect("a model of the setup");
    let span = Span::of(limit.per, setup);
    let window = span.end(0);
    let mut permits = Vec::new();
    for _ in 0..rng.u64(1..6) {
        permits.extend(model.try_acquire_owned(tokens(limit.amount / 20, 0).cost()).ok());
        clock.advance(Duration::from_nanos(rng.u64(0..window / 8)));
    }
    for permit in permits {
        clock.advance(Duration::from_nanos(rng.u64(0..window / 8)));
        let absurd = draw::one_of(rng, &[u64::MAX, 1 << 63, (1 << 63) - 1, 1 << 60, limit.amount * 3]);
        permit.settle(Usage::new().input(absurd));
        tally.events += 1;
        // More than one window's worth is owed from now on.
        holds(is_admitted(&model, 1).is_err(), || format!("a call is admitted although {absurd} are owed"))?;
    }
    // Two windows later nothing is owed. For days and months: from the beginning of the window after the next.
    let settled = u64::try_from(clock.elapsed().as_nanos()).expect("a time of this century");
    let free = span.end(span.end(settled));
    clock.set(Duration::from_nanos(free));
    let again = is_admitted(&model, limit.amount / 2);
    holds(again.is_ok(), || {
        let (settled, free) = (seconds(settled), seconds(free));
        format!("settled at {settled}, and at {free} half of {span:?} is still {again:?}")
    })?;
    let pools = model.account().snapshot();
    let pool = pools.iter().find(|pool| pool.limit.metric == limit.metric).expect("a pool of the limit");
    holds(pool.used <= pool.limit_units, || format!("{} of {} are used", pool.used, pool.limit_units))
}

#[test]
fn a_debt_expires_within_two_windows() {
    explore("debt", 600, |rng, tally| {
        let per = draw::one_of(rng, &[Period::Second, Period::Minute, Period::Day, Period::Month]);
        let burst = draw::one_of(rng, &[Burst::Full, Burst::Smooth]);
        let begins = draw::one_of(rng, &[0, 1_769_817_600, 1_709_078_400]) + rng.u64(0..86_400);
        let calendar = if draw::chance(rng, 50) { Calendar::Utc } else { Calendar::Unstated };
        let own = Setup::own(vec![of_a(Metric::Tokens, per, rng.u64(100..1_000_000))]);
        owe(rng, &Setup { burst, begins, calendar, ..own }, tally)
    });
}
