//! A permit counts as of its hand-out, however late its caller polls.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use futures::StreamExt;
use ratebook_limiter::{Admission, Usage};
use tokio::time::{Instant, sleep};

use super::*;

/// Returns the most that was handed out within any window of a length. The times are in order.
fn most_within(window: Duration, handed_out: &[(Duration, u64)]) -> u64 {
    let (mut first, mut sum, mut most) = (0, 0, 0);
    for (at, amount) in handed_out {
        sum += amount;
        while handed_out[first].0 + window <= *at {
            sum -= handed_out[first].1;
            first += 1;
        }
        most = most.max(sum);
    }
    most
}

/// Returns one call for each time, in order.
fn calls(mut at: Vec<Duration>) -> Vec<(Duration, u64)> {
    at.sort_unstable();
    at.into_iter().map(|at| (at, 1)).collect()
}

type HandedOut = Arc<Mutex<Vec<Duration>>>;

fn taken(handed_out: &HandedOut) -> Vec<(Duration, u64)> {
    calls(std::mem::take(&mut handed_out.lock().unwrap()))
}

/// Makes calls through a buffer whose consumer is busy for `pause` after each one.
async fn buffered(
    model: Model,
    count: usize,
    at_once: usize,
    pause: impl Fn(usize) -> Duration,
) -> Vec<(Duration, u64)> {
    let begin = Instant::now();
    let handed_out = HandedOut::default();
    // Another part of the program polls the account, and makes a call at times.
    let other = tokio::spawn({
        let (model, handed_out) = (model.clone(), Arc::clone(&handed_out));
        async move {
            loop {
                sleep(s(1)).await;
                let _ = model.estimate_wait(Cost::request());
                if model.try_acquire(Cost::request()).is_ok() {
                    handed_out.lock().unwrap().push(begin.elapsed());
                }
            }
        }
    });
    let calls = futures::stream::iter(0..count).map(|_| {
        let (model, handed_out) = (&model, &handed_out);
        async move {
            let permit = model.acquire_owned(Cost::request()).await.unwrap();
            handed_out.lock().unwrap().push(begin.elapsed());
            sleep(ms(200)).await;
            permit.settle(Usage::new());
        }
    });
    let mut calls = pin!(calls.buffer_unordered(at_once));
    let mut done = 0;
    while calls.next().await.is_some() {
        done += 1;
        let pause = pause(done);
        if !pause.is_zero() {
            sleep(pause).await;
        }
    }
    other.abort();
    assert_eq!(done, count);
    taken(&handed_out)
}

#[tokio::test(start_paused = true)]
async fn f3_buffer_unordered_with_a_consumer_that_is_slow_once() {
    let model = ours(Clock::tokio(), Quota::requests(60).per_minute());
    let handed_out = buffered(model, 300, 120, |done| if done == 60 { s(114) } else { Duration::ZERO }).await;
    assert!(most_within(s(60), &handed_out) <= 60);
    assert!(handed_out.len() >= 300);
}

#[tokio::test(start_paused = true)]
async fn f3_buffer_unordered_with_a_consumer_that_is_slow_by_turns() {
    let model = ours(Clock::tokio(), Quota::requests(60).per_minute());
    let pause = |done: usize| match done % 120 {
        60 => s(115),
        0 => s(1),
        _ => Duration::ZERO,
    };
    assert!(most_within(s(60), &buffered(model, 600, 60, pause).await) <= 60);
}

#[tokio::test(start_paused = true)]
async fn f3_buffer_unordered_with_a_consumer_that_is_slow_now_and_then() {
    let model = ours(Clock::tokio(), Quota::requests(60).per_minute());
    let pause = |done: usize| if done.is_multiple_of(50) { s(40) } else { Duration::ZERO };
    assert!(most_within(s(60), &buffered(model, 400, 50, pause).await) <= 60);
}

/// Advances the clock without running any task.
fn stall(time: Duration) {
    let mut advance = pin!(tokio::time::advance(time));
    let _ = advance.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

#[tokio::test(start_paused = true)]
async fn f3_a_runtime_that_stalls_beside_a_thread() {
    for most in [200, 400, 600] {
        let model = ours(Clock::tokio(), Quota::requests(100).per_second());
        let begin = Instant::now();
        let handed_out = HandedOut::default();
        let tasks: Vec<_> = (0..150)
            .map(|_| {
                let (model, handed_out) = (model.clone(), Arc::clone(&handed_out));
                tokio::spawn(async move {
                    loop {
                        let permit = model.acquire_owned(Cost::request()).await.unwrap();
                        handed_out.lock().unwrap().push(begin.elapsed());
                        sleep(ms(100)).await;
                        drop(permit);
                    }
                })
            })
            .collect();
        // Stalls of 0 ms to `most`, at times unrelated to the limit's.
        for number in 0..60_u64 {
            sleep(ms(number * 97 % 800)).await;
            for _ in 0..(number * 131 % (most + 1)) / 10 {
                stall(ms(10));
                // A thread that the stall does not stop.
                if model.try_acquire(Cost::request()).is_ok() {
                    handed_out.lock().unwrap().push(begin.elapsed());
                }
            }
        }
        tasks.into_iter().for_each(|task| task.abort());
        let handed_out = taken(&handed_out);
        assert_eq!(most_within(s(1), &handed_out), 100, "stalls of up to {most} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn f3_select_with_a_long_branch() {
    let model = ours(Clock::tokio(), Quota::requests(1).per_minute());
    let begin = Instant::now();
    let handed_out = HandedOut::default();
    let note = |handed_out: &HandedOut| handed_out.lock().unwrap().push(begin.elapsed());
    drop(model.try_acquire(Cost::request()).unwrap());
    note(&handed_out);
    let busy = tokio::spawn({
        let (model, handed_out) = (model.clone(), Arc::clone(&handed_out));
        async move {
            let mut acquire = pin!(model.acquire(Cost::request()));
            tokio::select! {
                _ = &mut acquire => panic!("it is admitted at 60 s at the earliest"),
                () = sleep(s(2)) => sleep(s(1_800)).await,
            }
            let permit = acquire.await.unwrap();
            handed_out.lock().unwrap().push(begin.elapsed());
            permit.settle(Usage::new());
        }
    });
    let others = tokio::spawn({
        let (model, handed_out) = (model.clone(), Arc::clone(&handed_out));
        async move {
            loop {
                sleep(s(7)).await;
                let permit = model.acquire_owned(Cost::request()).await.unwrap();
                handed_out.lock().unwrap().push(begin.elapsed());
                drop(permit);
            }
        }
    });
    busy.await.unwrap();
    let until = begin.elapsed();
    assert!(until >= s(1_802) && until <= s(1_802 + 61), "{until:?}");
    sleep(s(300)).await;
    others.abort();
    let handed_out = taken(&handed_out);
    assert_eq!(most_within(s(60), &handed_out), 1);
    assert!(handed_out.len() >= 30, "others were admitted meanwhile: {}", handed_out.len());
}

#[test]
fn f3_a_ticket_that_is_picked_up_late() {
    let clock = ManualClock::new();
    let model = ours(clock.clock(), Quota::requests(1).per_minute());
    drop(model.try_acquire(Cost::request()).unwrap());
    let ticket = model.enqueue(Cost::request()).unwrap();
    clock.advance(s(60));
    assert!(model.try_acquire(Cost::request()).is_err(), "the ticket has its turn");
    clock.advance(s(59));
    let handed_out_at = clock.elapsed();
    let Admission::Granted(_permit) = ticket.poll_admission(None) else { panic!() };
    while model.try_acquire(Cost::request()).is_err() {
        clock.advance(ms(100));
    }
    assert_eq!(clock.elapsed() - handed_out_at, s(60));
}
