//! Undoing every change restores every limit.

use std::time::Duration;

use fastrand::Rng;
use ratebook::{Metric, Period};
use ratebook_limiter::{Account, Burst, ManualClock, Model, Part, PoolSnapshot};

use crate::api;
use crate::draw;
use crate::runs::{Tally, explore, holds};
use crate::scenario::{MINUTE, Own, Provider, SECOND, Setup, of_a, tokens};

const PER: Option<Period> = Some(Period::Minute);

/// What is compared: metric, window, part, amount, withheld units, and whether there is a pause.
type Effective = Vec<(Metric, Option<Duration>, Part, u64, u64, bool)>;

fn effective(account: &Account) -> Effective {
    let state = |pool: PoolSnapshot| {
        let limit = pool.limit;
        (limit.metric, limit.window(), limit.part, pool.limit_units, pool.withheld, pool.paused.is_some())
    };
    account.snapshot().into_iter().map(state).collect()
}

struct Drawn {
    setup: Setup,
    model: &'static str,
    /// Metrics whose limits per minute are changed, with the published amounts.
    published: Vec<(Metric, u64)>,
}

fn drawn(rng: &mut Rng) -> Drawn {
    let class = draw::chance(rng, 70).then(|| rng.u8(1..=100));
    let burst = draw::one_of(rng, &[Burst::Full, Burst::Full, Burst::Smooth]);
    let (provider, model, published) = if draw::chance(rng, 50) {
        (Provider::Alibaba, "qwen-plus", vec![(Metric::Requests, 600), (Metric::Tokens, 1_000_000)])
    } else {
        let published = vec![(Metric::Requests, rng.u64(1..1_000)), (Metric::Tokens, rng.u64(100..1_000_000))];
        let mut limits: Vec<_> =
            published.iter().map(|(metric, amount)| of_a(*metric, Period::Minute, *amount)).collect();
        limits.push(of_a(Metric::Tokens, Period::Day, 50_000_000));
        (Provider::Own(limits), "a", published)
    };
    Drawn { setup: Setup { class, burst, ..Setup::at(provider) }, model, published }
}

fn handles(account: &Account, drawn: &Drawn) -> Vec<Model> {
    let plain = account.model(drawn.model).expect("a model of the setup");
    let of_class = drawn.setup.class.map(|_| account.model_builder(drawn.model).class("c").build());
    std::iter::once(plain).chain(of_class.map(|model| model.expect("a class of the setup"))).collect()
}

fn response(rng: &mut Rng, model: &Model, published: &[(Metric, u64)]) {
    let amount = |rng: &mut Rng, position: usize| rng.u64(0..=2 * published[position].1).to_string();
    let (headers, status, body) = match rng.u8(0..6) {
        0 => (vec![("retry-after", draw::one_of(rng, &["1", "90", "2678400"]).to_owned())], 429, "{}"),
        1 => (vec![], 429, r#"{"code":"limit_burst_rate","message":"Request rate increased too quickly."}"#),
        2 => (vec![("x-ratelimit-limit-requests", amount(rng, 0))], 200, ""),
        3 => (vec![("x-ratelimit-limit-tokens", amount(rng, 1))], 200, ""),
        4 => (vec![("x-ratelimit-remaining-tokens", amount(rng, 1))], 200, ""),
        _ => (vec![("x-ratelimit-limit-requests", u64::MAX.to_string())], 200, ""),
    };
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    model.observe(status, &headers[..], body.as_bytes());
}

/// Makes random changes and undoes all of them.
fn change(rng: &mut Rng, clock: &ManualClock, account: &Account, handles: &[Model], drawn: &Drawn, tally: &mut Tally) {
    let mut models_changed = vec![false; drawn.published.len()];
    for _ in 0..rng.usize(1..20) {
        tally.events += 1;
        let at = rng.usize(0..drawn.published.len());
        let (metric, published) = drawn.published[at];
        let amount = match rng.u8(0..4) {
            0 => draw::one_of(rng, &[0, 1, 6, 59, 60, 61]),
            1 => rng.u64(0..=published),
            2 => published * rng.u64(1..4),
            _ => published.saturating_sub(1),
        };
        match rng.u8(0..8) {
            0..3 => drop(account.set_limit(metric, PER, amount)),
            3 => {
                models_changed[at] = true;
                handles[0].set_limit(metric, PER, amount);
            }
            4 => drop(account.reset_limit(metric, PER)),
            5 => clock.advance(Duration::from_nanos(rng.u64(0..SECOND))),
            _ => {
                let handle = rng.usize(0..handles.len());
                response(rng, &handles[handle], &drawn.published);
            }
        }
    }
    for ((metric, published), model_changed) in drawn.published.iter().zip(models_changed) {
        if model_changed {
            handles[0].reset_limit(*metric, PER);
        }
        // Setting an amount to its old value also undoes a change.
        if draw::chance(rng, 50) {
            account.set_limit(*metric, PER, *published);
        } else {
            account.reset_limit(*metric, PER);
        }
    }
    account.forget();
    account.resume();
}

fn undo(rng: &mut Rng, tally: &mut Tally) -> Result<(), String> {
    let drawn = drawn(rng);
    let clock = ManualClock::new();
    let account = api::account(&drawn.setup, clock.clock());
    let models = handles(&account, &drawn);
    let before = effective(&account);
    change(rng, &clock, &account, &models, &drawn, tally);
    let after = effective(&account);
    holds(before == after, || format!("{:?}: {before:?} before, {after:?} after", drawn.setup))?;
    // The account then decides like one that was never changed.
    clock.advance(Duration::from_nanos(2 * MINUTE));
    let fresh = api::account(&drawn.setup, clock.clock());
    let cost = tokens(rng.u64(0..2_000), 0);
    for (changed, fresh) in models.iter().zip(handles(&fresh, &drawn)) {
        let admitted = |model: &Model| (0..2_000).filter(|_| model.try_acquire(cost.cost()).is_ok()).count();
        let (changed, fresh) = (admitted(changed), admitted(&fresh));
        tally.windows += 1;
        holds(changed == fresh, || format!("{:?}: {changed} admitted at once, {fresh} by a new account", drawn.setup))?;
    }
    Ok(())
}

#[test]
fn undoing_every_change_restores_every_limit() {
    explore("undo", 400, undo);
}

/// A limit that is set also applies to models made later.
#[test]
fn a_limit_that_is_set_applies_to_models_made_later() {
    explore("set for models made later", 100, |rng, tally| {
        let (published, set) = (rng.u64(10..1_000), rng.u64(1..10));
        let of_a = of_a(Metric::Requests, Period::Minute, published);
        let setup = Setup::own(vec![of_a, Own { model: "b", ..of_a }]);
        let clock = ManualClock::new();
        let account = api::account(&setup, clock.clock());
        let a = account.model("a").expect("a model of the setup");
        account.set_limit(Metric::Requests, PER, set);
        let b = account.model("b").expect("a model of the setup");
        let admitted =
            |model: &Model| (0..published).filter(|_| model.try_acquire(tokens(1, 0).cost()).is_ok()).count();
        tally.events += 2 * published;
        let both = [&a, &b].map(admitted);
        holds(both.iter().all(|admitted| *admitted as u64 == set), || format!("{both:?} admitted, but {set} is set"))
    });
}
