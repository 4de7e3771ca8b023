//! Waiting calls that are not polled delay the others by at most one grace.

use std::pin::pin;

use ratebook_limiter::{Admission, OwnedPermit, Usage};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, sleep, timeout};

use super::caller::{Caller, run};
use super::*;

/// The default.
const GRACE: Duration = ms(20);

fn castai() -> Model {
    let account = Account::builder(Provider::Castai).plan("growth").clock(Clock::tokio());
    account.build().unwrap().model("Qwen 3 32B").unwrap()
}

fn acquire(model: &Model, tokens: u64) -> JoinHandle<Duration> {
    let (model, begin) = (model.clone(), Instant::now());
    tokio::spawn(async move {
        drop(model.acquire_owned(Cost::tokens(tokens)).await.unwrap());
        begin.elapsed()
    })
}

/// Waits in a `select!` whose other branch takes half an hour.
fn busy(model: &Model, tokens: u64) -> JoinHandle<Duration> {
    let (model, begin) = (model.clone(), Instant::now());
    tokio::spawn(async move {
        let mut acquire = pin!(model.acquire(Cost::tokens(tokens)));
        tokio::select! {
            _ = &mut acquire => {}
            () = sleep(s(2)) => {
                sleep(s(1_800)).await;
                drop(acquire.await.unwrap());
            }
        }
        begin.elapsed()
    })
}

fn is_about(at: Duration, expected: Duration) -> bool {
    at >= expected && at <= expected + GRACE + ms(2)
}

#[tokio::test(start_paused = true)]
async fn f4_a_call_in_a_select_with_a_long_branch_delays_no_other() {
    let model = castai();
    let _first = model.try_acquire_owned(Cost::tokens(200_000)).unwrap();
    let busy = busy(&model, 1_000);
    yield_now().await;
    for other in (0..5).map(|_| acquire(&model, 1_000)).collect::<Vec<_>>() {
        let at = other.await.unwrap();
        assert!(is_about(at, s(60)), "{at:?}");
    }
    assert_eq!(busy.await.unwrap(), s(1_802));
}

#[cfg(feature = "feedback")]
#[tokio::test(start_paused = true)]
async fn f4_an_unpolled_call_delays_no_other_after_a_refusal() {
    let model = castai();
    let first = model.try_acquire_owned(Cost::tokens(200_000)).unwrap();
    let busy = busy(&model, 1_000);
    yield_now().await;
    let others: Vec<_> = (0..5).map(|_| acquire(&model, 1_000)).collect();
    sleep(s(10)).await;
    first.observe(429, &[("retry-after", "90")][..], b"");
    for other in others {
        let at = other.await.unwrap();
        // After a pause, calls are admitted at the limit's rate, not all at once.
        assert!(at >= s(100) && at < s(101), "{at:?}");
    }
    assert_eq!(busy.await.unwrap(), s(1_802));
}

#[tokio::test(start_paused = true)]
async fn f4_a_large_unpolled_call_delays_neither_large_nor_small_ones() {
    let model = castai();
    let _first = model.try_acquire_owned(Cost::tokens(200_000)).unwrap();
    let first = acquire(&model, 150_000);
    yield_now().await;
    let busy = busy(&model, 120_000);
    yield_now().await;
    let others: Vec<_> = (0..5).map(|number| acquire(&model, if number == 0 { 110_000 } else { 1_000 })).collect();
    assert_eq!(first.await.unwrap(), s(60));
    for other in others {
        let at = other.await.unwrap();
        assert!(is_about(at, s(120)), "{at:?}");
    }
    assert_eq!(busy.await.unwrap(), s(1_802));
}

#[tokio::test(start_paused = true)]
async fn f4_an_unpolled_call_delays_no_other_after_a_settlement_above_the_estimate() {
    let model = ours(Clock::tokio(), Quota::tokens(100).per_minute());
    let permit = model.try_acquire(Cost::tokens(100)).unwrap();
    let mut head = Box::pin(model.acquire(Cost::tokens(50)));
    // It waits, and its owner then does something else.
    assert!(timeout(Duration::ZERO, head.as_mut()).await.is_err());
    let other = acquire(&model, 50);
    sleep(s(30)).await;
    permit.settle(Usage::new().tokens(160)); // 60 more, owed until 90 s
    let at = timeout(s(86_400), other).await.expect("a day").unwrap();
    assert!(is_about(at, s(90)), "{at:?}");
    // It is still first in line.
    assert!(timeout(s(61), head).await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn f4_any_number_of_unpolled_calls_delays_the_others_by_one_grace() {
    let model = ours(Clock::tokio(), Quota::tokens(100).per_minute());
    let _permit = model.try_acquire(Cost::tokens(100)).unwrap();
    let mut unpolled: Vec<_> = (0..50).map(|_| Box::pin(model.acquire(Cost::tokens(100)))).collect();
    for call in &mut unpolled {
        assert!(timeout(Duration::ZERO, call.as_mut()).await.is_err());
    }
    let at = acquire(&model, 100).await.unwrap();
    assert!(is_about(at, s(60)), "{at:?}");
}

#[test]
fn f4_a_ticket_behind_an_unpolled_one_is_given_the_time_of_its_next_poll() {
    let clock = ManualClock::new();
    let model = ours(clock.clock(), Quota::tokens(100).per_minute());
    let permit = model.try_acquire(Cost::tokens(100)).unwrap();
    let _head = model.enqueue(Cost::tokens(50)).unwrap();
    let mut ticket = model.enqueue(Cost::tokens(50)).unwrap();
    let mut settled = Some(permit);
    while clock.elapsed() < s(3_600) {
        let wait = match ticket.poll_admission(None) {
            Admission::Granted(_) => {
                assert!(is_about(clock.elapsed(), s(90)), "{:?}", clock.elapsed());
                return;
            }
            Admission::Wait(wait, waiting) => {
                ticket = waiting;
                wait.delay().expect("a time of the next poll")
            }
            Admission::Never(never) => panic!("{never}"),
        };
        let next = clock.elapsed() + wait;
        if let Some(permit) = settled.take_if(|_| next >= s(30)) {
            clock.set(s(30));
            permit.settle(Usage::new().tokens(160));
        }
        clock.set(next);
    }
    panic!("still waiting after an hour");
}

#[test]
fn f4_an_unclaimed_turn_after_a_settlement_ends_with_its_grace() {
    let clock = ManualClock::new();
    let model = ours(clock.clock(), Quota::tokens(100).per_minute());
    let permit = model.try_acquire(Cost::tokens(100)).unwrap();
    let mut silent: Vec<_> = (0..50).map(|_| Caller::new(&model, Cost::tokens(60), &clock)).collect();
    silent.iter_mut().for_each(|caller| caller.poll(&clock));
    let mut callers = [Caller::new(&model, Cost::tokens(40), &clock)];
    run(&clock, &mut callers, s(10));
    // All have timers at 60 s or later. The first has its turn now, and leaves no room for the last.
    permit.settle(Usage::new().tokens(30));
    run(&clock, &mut callers, s(60));
    let at = callers[0].admitted_at.expect("within a minute");
    assert!(at > s(10) && at <= s(10) + GRACE, "{at:?}");
}

/// Returns a model with one request per minute, and the permit of that request, which holds until a minute is over.
fn one_request(clock: &ManualClock) -> (Model, OwnedPermit) {
    let model = ours(clock.clock(), Quota::requests(1).per_minute());
    let permit = model.try_acquire_owned(Cost::request()).unwrap();
    (model, permit)
}

#[test]
fn f4_callers_later_than_a_grace_do_not_keep_the_turn_from_each_other() {
    let clock = ManualClock::new();
    let (model, permit) = one_request(&clock);
    // The last two are polled last and guard the grace, both late. So the second has a turn after the first, and
    // neither is polled within its grace.
    let latencies = [ms(35), ms(38), ms(0), ms(9), ms(500)];
    let mut callers = latencies.map(|latency| Caller::late(&model, Cost::request(), &clock, latency));
    for caller in &mut callers {
        caller.poll(&clock);
        clock.advance(ms(1));
    }
    run(&clock, &mut callers, s(10));
    permit.cancel_unsent();
    run(&clock, &mut callers, s(12));
    assert_eq!(callers[0].admitted_at, Some(s(10) + ms(35)));
}

#[test]
fn f4_a_late_caller_goes_before_a_younger_one_that_has_not_claimed_its_turn() {
    let clock = ManualClock::new();
    let (model, permit) = one_request(&clock);
    let mut callers = vec![Caller::late(&model, Cost::request(), &clock, ms(25))];
    run(&clock, &mut callers, s(10));
    permit.cancel_unsent();
    run(&clock, &mut callers, s(10) + ms(15));
    callers.push(Caller::late(&model, Cost::request(), &clock, ms(17)));
    run(&clock, &mut callers, s(10) + ms(20));
    // This ends the grace of the first and begins the turn of the second, which would claim it at 37 ms.
    assert!(model.try_acquire(Cost::request()).is_err());
    run(&clock, &mut callers, s(12));
    let admitted_at: Vec<_> = callers.iter().map(|caller| caller.admitted_at).collect();
    assert_eq!(admitted_at, [Some(s(10) + ms(25)), None]);
}

#[test]
fn f4_an_unpolled_caller_delays_no_other_after_a_settlement_that_makes_room_later() {
    let clock = ManualClock::new();
    let builder = Account::custom("ours").clock(clock.clock()).limit(Quota::tokens(100).per_minute());
    let model = builder.limit(Quota::requests(1).per(s(1))).build().unwrap().model("ours").unwrap();
    let permit = model.try_acquire(Cost::tokens(100)).unwrap();
    let mut unpolled = Caller::new(&model, Cost::tokens(10), &clock);
    unpolled.poll(&clock);
    let mut callers = [(); 3].map(|()| Caller::new(&model, Cost::tokens(10), &clock));
    run(&clock, &mut callers, s(10));
    drop(model.try_acquire(Cost::request()).unwrap());
    // All have timers at 60 s or later, and now wait for the next second.
    permit.settle(Usage::new().tokens(30));
    run(&clock, &mut callers, s(20));
    let at = callers[0].admitted_at.expect("within ten seconds");
    assert!(is_about(at, s(11)), "{at:?}");
}
