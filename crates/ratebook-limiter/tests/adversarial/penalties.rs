//! Penalties: times for which a vendor refuses every call after too many refused or failed ones.

use ratebook::{Penalty, PenaltyTrigger};
use ratebook_limiter::{PauseReason, PoolSnapshot, Refused};

use super::*;

/// 60 s after a refused call: stability, rest-api-v2beta_rate-limiting_excerpt.md.
const REFUSED: Penalty = Penalty::new(PenaltyTrigger::Refused, 1, 60);

/// 30 s after 20 failed calls in 30 s: venice, rate-limiting.mdx.
const FAILED: Penalty = Penalty::new(PenaltyTrigger::Failed, 20, 30).within(30);

const AFTER_REFUSED: Option<PauseReason> = Some(PauseReason::Penalty(PenaltyTrigger::Refused));
const AFTER_FAILED: Option<PauseReason> = Some(PauseReason::Penalty(PenaltyTrigger::Failed));

fn account(clock: &ManualClock, penalties: &[Penalty]) -> Account {
    let account = Account::custom("ours").clock(clock.clock()).backoff_seed(7);
    let account = account.limit(Quota::requests(1_000).per_minute().of_model("a"));
    let account = account.limit(Quota::requests(1_000).per_minute().of_model("b"));
    let account = account.limit(Quota::concurrent(500));
    penalties.iter().fold(account, |account, penalty| account.penalty(*penalty)).build().unwrap()
}

/// Observes responses of a status.
fn observe(model: &Model, calls: usize, status: u16) {
    for _ in 0..calls {
        let _ = model.observe(status, &(), b"");
    }
}

/// Returns the wait of a call, and why.
fn wait(model: &Model) -> (Duration, Option<PauseReason>) {
    match model.try_acquire(Cost::request()) {
        Ok(permit) => {
            permit.cancel_unsent();
            (Duration::ZERO, None)
        }
        Err(Refused::Wait(wait)) => (wait.foreseen().unwrap(), wait.limit.pause_reason()),
        Err(Refused::Never(never)) => panic!("{never}"),
    }
}

#[test]
fn failed_calls_pause_the_whole_account() {
    let clock = ManualClock::new();
    let account = account(&clock, &[FAILED]);
    let [a, b] = ["a", "b"].map(|model| account.model(model).unwrap());
    observe(&a, 10, 400);
    observe(&b, 9, 500);
    assert_eq!([wait(&a), wait(&b)], [(s(0), None); 2], "one more causes the penalty");
    observe(&a, 1, 404);
    // Twice, because the first refusal of a tick may be cached.
    for model in [&a, &b, &a, &b] {
        assert_eq!(wait(model), (s(30), AFTER_FAILED));
    }
    let paused = |pool: &PoolSnapshot| (pool.paused, pool.limit.pause_reason()) == (Some(s(30)), AFTER_FAILED);
    assert!(account.snapshot().iter().all(paused));
    let error = a.try_acquire(Cost::request()).unwrap_err().to_string();
    assert!(error.contains("is paused by the vendor's penalty for failed calls, retry in 30s"), "{error}");
    clock.advance(s(30) - ms(1));
    assert_eq!(wait(&b), (ms(1), AFTER_FAILED));
    clock.advance(ms(1));
    assert_eq!([wait(&a), wait(&b)], [(s(0), None); 2]);
    assert!(account.snapshot().iter().all(|pool| pool.limit.pause_reason().is_none()));
}

#[test]
fn calls_count_within_the_stated_time_only() {
    let clock = ManualClock::new();
    let account = account(&clock, &[FAILED]);
    let model = account.model("a").unwrap();
    observe(&model, 10, 400);
    assert!(!account.is_idle());
    clock.advance(s(30));
    assert!(account.is_idle());
    observe(&model, 19, 400);
    assert_eq!(wait(&model).1, None);
    clock.advance(s(29));
    observe(&model, 1, 400);
    assert_eq!(wait(&model), (s(30), AFTER_FAILED));
}

#[test]
fn served_calls_and_overloads_count_only_where_they_fail() {
    let clock = ManualClock::new();
    let account = account(&clock, &[REFUSED, Penalty::new(PenaltyTrigger::Failed, 3, 30).within(30)]);
    let model = account.model("a").unwrap();
    for status in [200, 204, 301, 302] {
        observe(&model, 10, status);
    }
    assert_eq!(wait(&model), (s(0), None));
    // Overloaded: failed, and not refused because of a limit.
    observe(&model, 2, 503);
    assert_eq!(wait(&model), (s(0), None));
    let _ = model.observe_error(Some(500), &(), b"{}");
    assert_eq!(wait(&model), (s(30), AFTER_FAILED));
    clock.advance(s(30));
    observe(&model, 1, 429);
    assert_eq!(wait(&model), (s(60), AFTER_REFUSED));
}

#[test]
fn responses_to_calls_in_flight_do_not_lengthen_a_penalty_that_they_do_not_extend() {
    let clock = ManualClock::new();
    let account = account(&clock, &[REFUSED]);
    let model = account.model("a").unwrap();
    observe(&model, 1, 429);
    clock.advance(s(5));
    observe(&model, 100, 429);
    assert_eq!(wait(&account.model("b").unwrap()), (s(55), AFTER_REFUSED));
}

#[test]
fn a_call_during_a_penalty_starts_it_anew_where_the_vendor_says_so() {
    let clock = ManualClock::new();
    let account = account(&clock, &[FAILED.extending()]);
    let model = account.model("a").unwrap();
    observe(&model, 20, 400);
    clock.advance(s(20));
    // Whatever the status of the answer.
    observe(&model, 1, 403);
    assert_eq!(wait(&model), (s(30), AFTER_FAILED));
    clock.advance(s(30));
    observe(&model, 19, 400);
    assert_eq!(wait(&model), (s(0), None), "the next penalty needs as many calls as the first");
}

#[test]
fn of_a_penalty_and_a_stated_time_the_longer_one_holds() {
    let clock = ManualClock::new();
    for (stated, other, this) in [("90", s(60), s(90)), ("20", s(60), s(60))] {
        let account = account(&clock, &[REFUSED]);
        let [a, b] = ["a", "b"].map(|model| account.model(model).unwrap());
        let _ = a.observe(429, &[("retry-after", stated)][..], b"");
        assert_eq!((wait(&a).0, wait(&b)), (this, (other, AFTER_REFUSED)), "{stated}");
        let reason = if this > other { Some(PauseReason::Response) } else { AFTER_REFUSED };
        assert_eq!(account.snapshot()[0].limit.pause_reason(), reason, "{stated}");
    }
}

#[test]
fn a_model_that_is_first_used_during_a_penalty_is_paused() {
    let clock = ManualClock::new();
    let account = Account::custom("ours").clock(clock.clock()).penalty(REFUSED);
    let quotas = ["a", "b"].map(|model| Quota::requests(10).per_minute().of_model(model));
    let account = quotas.into_iter().fold(account, AccountBuilder::limit).build().unwrap();
    observe(&account.model("a").unwrap(), 1, 429);
    clock.advance(s(1));
    assert_eq!(wait(&account.model("b").unwrap()), (s(59), AFTER_REFUSED));
    assert_eq!(account.resume(), 2);
    assert_eq!(wait(&account.model("b").unwrap()), (s(0), None));
    // A penalty after a resumed one begins anew.
    observe(&account.model("a").unwrap(), 1, 429);
    assert_eq!(wait(&account.model("b").unwrap()), (s(60), AFTER_REFUSED));
    account.forget();
    assert_eq!(wait(&account.model("b").unwrap()), (s(0), None));
}

#[test]
fn a_call_that_takes_nothing_of_any_limit_is_paused_too() {
    let clock = ManualClock::new();
    let account = Account::custom("ours").clock(clock.clock()).penalty(REFUSED);
    let model = account.limit(Quota::tokens(100).per_minute()).build().unwrap().model("ours").unwrap();
    assert_eq!(wait(&model), (s(0), None));
    observe(&model, 1, 429);
    assert_eq!([wait(&model), wait(&model)], [(s(60), AFTER_REFUSED); 2]);
    let ticket = model.enqueue(Cost::request()).unwrap();
    let ratebook_limiter::Admission::Wait(wait, ticket) = ticket.poll_admission(None) else { panic!() };
    assert_eq!((wait.delay(), wait.limit.pause_reason()), (Some(s(60)), AFTER_REFUSED));
    clock.advance(s(60));
    assert!(matches!(ticket.poll_admission(None), ratebook_limiter::Admission::Granted(_)));
}

#[test]
fn a_turn_that_is_not_claimed_before_a_penalty_comes_after_it() {
    let clock = ManualClock::new();
    let account = Account::custom("ours").clock(clock.clock()).penalty(REFUSED);
    let model = account.limit(Quota::concurrent(1)).build().unwrap().model("ours").unwrap();
    let ticket = model.enqueue(Cost::request()).unwrap();
    clock.advance(ms(1));
    observe(&model, 1, 429);
    clock.advance(ms(1));
    let ratebook_limiter::Admission::Wait(wait, ticket) = ticket.poll_admission(None) else { panic!() };
    assert_eq!(wait.foreseen(), Some(s(60) - ms(1)));
    clock.advance(s(60) - ms(1));
    assert!(matches!(ticket.poll_admission(None), ratebook_limiter::Admission::Granted(_)));
}

#[test]
fn the_pause_is_lengthened_by_the_jitter() {
    let clock = ManualClock::new();
    let account = Account::custom("ours").clock(clock.clock()).jitter(ms(200)).penalty(FAILED);
    let account = account.limit(Quota::requests(1_000).per_minute()).build().unwrap();
    let model = account.model("a").unwrap();
    observe(&model, 19, 400);
    clock.advance(s(30) + ms(199));
    observe(&model, 1, 400);
    assert_eq!(wait(&model), (s(30) + ms(200), AFTER_FAILED), "they may have failed within 30 s");
}

#[test]
fn the_policy_of_a_provider_states_its_penalties() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Acme).clock(clock.clock()).build().unwrap();
    let model = account.model("painter").unwrap();
    observe(&model, 20, 400);
    assert_eq!(wait(&model), (s(30), AFTER_FAILED));
    observe(&model, 1, 429);
    assert_eq!(wait(&model), (s(60), AFTER_REFUSED));
}

#[test]
fn a_penalty_without_calls_or_time_is_an_error() {
    let empty = [
        Penalty::new(PenaltyTrigger::Failed, 0, 30).within(30),
        Penalty::new(PenaltyTrigger::Failed, 20, 0).within(30),
        FAILED.within(0),
    ];
    for penalty in empty {
        let account = Account::custom("ours").limit(Quota::requests(1).per_minute()).penalty(penalty);
        assert!(account.build().is_err(), "{penalty:?}");
    }
}

/// A vendor with a penalty: the times of failed calls that count, and the end of the penalty, in milliseconds.
#[derive(Default)]
struct Vendor {
    failed: Vec<u64>,
    began: u64,
    ends: u64,
    penalties: usize,
}

impl Vendor {
    /// Answers a call. Returns whether it failed.
    fn answer(&mut self, now: u64, fails: bool) -> bool {
        if now < self.ends {
            return true;
        }
        if fails {
            self.failed.retain(|at| at + 20_000 > now);
            self.failed.push(now);
            if self.failed.len() >= 5 {
                self.failed.clear();
                (self.began, self.ends, self.penalties) = (now, now + 10_000, self.penalties + 1);
            }
        }
        fails
    }
}

/// Calls and responses take random times. No call is sent during a penalty after its first response was observed.
#[test]
fn no_call_is_sent_during_a_penalty() {
    let (mut penalties, mut sent) = (0, 0);
    for seed in 0..100 {
        let (mut random, clock) = (numbers(seed), ManualClock::new());
        let penalty = Penalty::new(PenaltyTrigger::Failed, 5, 10).within(20);
        // Up to 400 ms each way.
        let account = Account::custom("ours").clock(clock.clock()).jitter(ms(800)).penalty(penalty);
        let model = account.limit(Quota::requests(100).per_minute()).build().unwrap().model("ours").unwrap();
        let (mut vendor, mut arriving, mut answered) = (Vendor::default(), Vec::new(), Vec::new());
        for now in (0..300_000_u64).step_by(10) {
            clock.set(ms(now));
            arriving.retain(|arrives| {
                if *arrives <= now {
                    let has_failed = vendor.answer(now, random(2) == 0);
                    answered.push((now + random(400), now, has_failed));
                }
                *arrives > now
            });
            answered.retain(|(observed, _, has_failed)| {
                if *observed <= now {
                    let _ = model.observe(if *has_failed { 400 } else { 200 }, &(), b"");
                }
                *observed > now
            });
            if random(50) == 0 && model.try_acquire(Cost::request()).is_ok() {
                // The account has observed every answer up to the one that began the penalty.
                let is_known = answered.iter().all(|(_, at, _)| *at > vendor.began);
                assert!(now >= vendor.ends || !is_known, "seed {seed}: sent at {now}, penalty until {}", vendor.ends);
                arriving.push(now + random(400));
                sent += 1;
            }
        }
        penalties += vendor.penalties;
    }
    assert!(penalties > 500 && sent > 10_000, "{penalties} {sent}");
}
