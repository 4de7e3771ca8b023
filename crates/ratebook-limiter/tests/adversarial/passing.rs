//! A call that may pass an older one of another model does so at that time, even if its forecast was later when it
//! began to wait.

use ratebook_limiter::Usage;

use super::caller::{Caller, run};
use super::*;

/// Two models share 100 tokens per minute and two slots of concurrency; `older` also has one request per minute.
fn models(clock: &ManualClock) -> [Model; 2] {
    let account = Account::custom("ours").clock(clock.clock());
    let account =
        account.limit(Quota::tokens(100).per_minute()).limit(Quota::new(Metric::ConcurrentTasks, 2).at_once());
    let account = account.limit(Quota::requests(1).per_minute().of_model("older"));
    let account = account.limit(Quota::requests(100).per_minute().of_model("younger")).build().unwrap();
    ["older", "younger"].map(|model| account.model(model).unwrap())
}

/// The models at 35 s, after 30 tokens at 0 s and a request at 30 s.
fn models_in_use(clock: &ManualClock) -> [Model; 2] {
    let [older, younger] = models(clock);
    drop(younger.try_acquire(Cost::tokens(30)).unwrap());
    clock.set(s(30));
    drop(older.try_acquire(Cost::request()).unwrap());
    clock.set(s(35));
    [older, younger]
}

#[test]
fn a_call_passes_when_a_settlement_makes_room_for_an_older_one_sooner() {
    let clock = ManualClock::new();
    let [older, younger] = models(&clock);
    drop(younger.try_acquire(Cost::tokens(30)).unwrap());
    clock.set(s(20));
    drop(younger.try_acquire(Cost::tokens(20)).unwrap());
    clock.set(s(35));
    let permit = younger.try_acquire(Cost::tokens(50)).unwrap();
    clock.set(s(40));
    drop(older.try_acquire(Cost::request()).unwrap());
    let mut callers =
        [(&older, 60), (&younger, 10)].map(|(model, tokens)| Caller::new(model, Cost::tokens(tokens), &clock));
    run(&clock, &mut callers, s(65));
    // The older call now has tokens at 80 s rather than 95 s; its request still comes at 100 s.
    permit.settle(Usage::new().tokens(30));
    run(&clock, &mut callers, s(200));
    assert_eq!(callers.map(|caller| caller.admitted_at), [Some(s(100)), Some(s(80))]);
}

#[test]
fn a_call_passes_that_has_become_the_oldest_of_its_model() {
    let clock = ManualClock::new();
    let [older, younger] = models_in_use(&clock);
    drop(younger.try_acquire(Cost::tokens(60)).unwrap());
    let calls = [(&older, 30), (&younger, 20), (&younger, 10)];
    let mut callers = calls.map(|(model, tokens)| Caller::new(model, Cost::tokens(tokens), &clock));
    run(&clock, &mut callers, s(50));
    let [older, leaves, younger] = callers;
    drop(leaves);
    let mut callers = [older, younger];
    run(&clock, &mut callers, s(200));
    assert_eq!(callers.map(|caller| caller.admitted_at), [Some(s(90)), Some(s(60))]);
}

#[test]
fn a_call_passes_after_a_slot_was_freed_for_an_older_one() {
    let clock = ManualClock::new();
    let [older, younger] = models_in_use(&clock);
    let permits = [Cost::tokens(60), Cost::request()].map(|cost| younger.try_acquire(cost).unwrap());
    let mut callers =
        [(&older, 30), (&younger, 10)].map(|(model, tokens)| Caller::new(model, Cost::tokens(tokens), &clock));
    run(&clock, &mut callers, s(45));
    drop(permits);
    run(&clock, &mut callers, s(200));
    assert_eq!(callers.map(|caller| caller.admitted_at), [Some(s(90)), Some(s(60))]);
}
