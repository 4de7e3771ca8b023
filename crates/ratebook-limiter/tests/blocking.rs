//! Threads that wait without an async runtime.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ratebook_limiter::{Account, AccountBuilder, Admission, Cost, ManualClock, Model, Quota, Refused, Usage};

const MILLISECOND: Duration = Duration::from_millis(1);

fn model(quota: Quota<'static>, build: impl Fn(AccountBuilder) -> AccountBuilder) -> Model {
    build(Account::custom("ours").limit(quota)).build().unwrap().model("ours").unwrap()
}

#[test]
fn threads_stay_within_the_limit_and_use_it_on_the_systems_clock() {
    let model = model(Quota::requests(5).per(100 * MILLISECOND), |account| account);
    let handed_out = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let call = || {
                        drop(model.acquire_blocking(Cost::request()).unwrap());
                        Instant::now()
                    };
                    [call(), call(), call()]
                })
            })
            .collect();
        let mut all: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        all.sort_unstable();
        all
    });
    // Five at once, then five every 100 ms: 24 calls take 400 ms. A busy machine may take longer.
    let took = handed_out[23] - handed_out[0];
    assert!(took >= 390 * MILLISECOND && took < 5_000 * MILLISECOND, "{took:?}");
    assert_eq!(model.account().waiting(), 0);
}

#[test]
fn a_thread_is_woken_when_a_call_ends() {
    let model = model(Quota::concurrent(1), |account| account);
    let permit = model.acquire_blocking(Cost::request()).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| model.acquire_blocking_owned(Cost::request()).unwrap());
        while model.account().waiting() == 0 {
            thread::yield_now();
        }
        permit.settle(Usage::new());
        drop(waiting.join().unwrap());
    });
}

#[test]
fn a_thread_behind_an_unpolled_ticket_is_admitted_when_a_call_ends() {
    let model = model(Quota::concurrent(1), |account| account);
    let permit = model.acquire_blocking(Cost::request()).unwrap();
    let Admission::Wait(_, _unpolled) = model.enqueue(Cost::request()).unwrap().poll_admission(None) else {
        panic!("the slot is held")
    };
    thread::scope(|scope| {
        let waiting = scope.spawn(|| model.acquire_blocking_within(Cost::request(), Duration::from_secs(60)).map(drop));
        while model.account().waiting() < 2 {
            thread::yield_now();
        }
        permit.settle(Usage::new());
        assert!(waiting.join().unwrap().is_ok());
    });
}

#[test]
fn threads_are_admitted_in_order_of_arrival() {
    let model = model(Quota::concurrent(1), |account| account);
    let (sender, order) = mpsc::channel();
    let first = model.acquire_blocking(Cost::request()).unwrap();
    thread::scope(|scope| {
        for number in 0..20 {
            let (model, sender) = (&model, sender.clone());
            scope.spawn(move || {
                let permit = model.acquire_blocking(Cost::request()).unwrap();
                sender.send(number).unwrap();
                drop(permit);
            });
            while model.account().waiting() <= number {
                thread::yield_now();
            }
        }
        drop(first);
    });
    drop(sender);
    assert!(order.iter().eq(0..20));
}

#[test]
fn a_thread_waits_on_a_manual_clock_that_another_advances() {
    let clock = ManualClock::new();
    let model = model(Quota::requests(1).per_day(), |account| account.clock(clock.clock()));
    drop(model.acquire_blocking(Cost::request()).unwrap());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let permit = model.acquire_blocking(Cost::request()).map(drop);
            (permit, clock.elapsed())
        });
        while model.account().waiting() == 0 {
            thread::yield_now();
        }
        clock.advance(Duration::from_secs(86_399));
        thread::sleep(30 * MILLISECOND);
        assert_eq!(model.account().waiting(), 1, "a second before the end of the window");
        clock.advance(Duration::from_secs(1));
        assert_eq!(waiting.join().unwrap(), (Ok(()), Duration::from_secs(86_400)));
    });
}

#[test]
fn a_call_with_a_longer_forecast_than_allowed_is_refused_at_once() {
    let within = model(Quota::requests(1).per_day(), |account| account);
    let longest = model(Quota::requests(1).per_day(), |account| account.longest_wait(Duration::from_secs(60)));
    for model in [&within, &longest] {
        drop(model.acquire_blocking(Cost::request()).unwrap());
    }
    let begin = Instant::now();
    let refused = [
        within.acquire_blocking_within(Cost::request(), Duration::from_secs(3_600)).map(drop),
        longest.acquire_blocking(Cost::request()).map(drop),
        longest.acquire_blocking_owned(Cost::request()).map(drop),
    ];
    assert!(begin.elapsed() < Duration::from_secs(30));
    for refused in refused {
        let Err(Refused::Wait(wait)) = refused else { panic!("{refused:?}") };
        assert!(wait.delay().unwrap() > Duration::from_secs(86_000));
    }
    for model in [within, longest] {
        assert_eq!(model.account().waiting(), 0);
    }
}

#[test]
fn the_wait_for_another_call_to_end_is_bounded() {
    let model = model(Quota::concurrent(1), |account| account);
    let held = model.acquire_blocking(Cost::request()).unwrap();
    let begin = Instant::now();
    let refused = model.acquire_blocking_within(Cost::request(), 40 * MILLISECOND).map(drop);
    assert!(matches!(refused, Err(Refused::Wait(wait)) if wait.delay().is_none()), "{refused:?}");
    assert!(begin.elapsed() >= 40 * MILLISECOND);
    assert_eq!(model.account().waiting(), 0, "it left the queue");
    drop(held);
    assert!(model.acquire_blocking_within(Cost::request(), Duration::ZERO).is_ok());
}

#[test]
fn a_call_that_never_fits_is_refused_also_while_it_waits() {
    let model = model(Quota::tokens(100).per_day(), |account| account);
    assert!(matches!(model.acquire_blocking(Cost::tokens(101)), Err(Refused::Never(_))));
    drop(model.acquire_blocking(Cost::tokens(100)).unwrap());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| model.acquire_blocking(Cost::tokens(90)).map(drop));
        while model.account().waiting() == 0 {
            thread::yield_now();
        }
        model.set_limit(ratebook::Metric::Tokens, Some(ratebook::Period::Day), 50);
        assert!(matches!(waiting.join().unwrap(), Err(Refused::Never(_))));
    });
}

#[cfg(feature = "tokio")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_and_tasks_wait_in_one_queue() {
    let model = model(Quota::requests(4).per(50 * MILLISECOND), |account| account);
    let begin = Instant::now();
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let model = model.clone();
            if number % 2 == 0 {
                tokio::spawn(async move { model.acquire_owned(Cost::request()).await.map(drop) })
            } else {
                tokio::task::spawn_blocking(move || model.acquire_blocking(Cost::request()).map(drop))
            }
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert!(begin.elapsed() >= 45 * MILLISECOND, "{:?}", begin.elapsed());
    assert_eq!(model.account().waiting(), 0);
}
