//! How calls wait: in order, without a thundering herd, without starvation, without holding what others could use.
#![cfg(feature = "tokio")]

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use ratebook::{Metric, Period};
use ratebook_limiter::{Account, AccountBuilder, Clock, Cost, Model, Priority, Quota, Refused, Usage};
use tokio::time::{Instant, advance, timeout};

/// An account on tokio's paused clock, under the given limits.
fn account(limits: &[(&str, Metric, Option<Period>, u64)]) -> AccountBuilder {
    let account = Account::custom("ours").clock(Clock::tokio());
    limits.iter().fold(account, |account, (model, metric, per, amount)| {
        let quota = Quota::new(*metric, *amount);
        let quota = if *model == "*" { quota } else { quota.of_model(model) };
        account.limit(per.map_or(quota, |per| quota.per_period(per)))
    })
}

fn requests(per: Period, amount: u64) -> Model {
    account(&[("ours", Metric::Requests, Some(per), amount)]).build().unwrap().model("ours").unwrap()
}

/// A future that counts its polls.
struct Counted<F> {
    inner: Pin<Box<F>>,
    polls: Arc<AtomicU64>,
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        self.inner.as_mut().poll(context)
    }
}

/// Returns the polls per admission, and the mean distance between a call's position on arrival and on admission.
async fn polls_and_order_error(model: &Model, callers: u64, cost: Cost) -> (f64, f64) {
    let (polls, order) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
    let tasks: Vec<_> = (0..callers)
        .map(|number| {
            let (model, order, polls) = (model.clone(), Arc::clone(&order), Arc::clone(&polls));
            let acquire = Box::pin(async move {
                let permit = model.acquire_owned(cost).await.unwrap();
                order.lock().unwrap().push(number);
                drop(permit);
            });
            tokio::spawn(Counted { inner: acquire, polls })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let order = order.lock().unwrap();
    let error: u64 = order.iter().enumerate().map(|(position, number)| number.abs_diff(position as u64)).sum();
    (polls.load(Ordering::Relaxed) as f64 / callers as f64, error as f64 / callers as f64)
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_are_admitted_in_order_with_two_polls_each() {
    let (polls, order_error) = polls_and_order_error(&requests(Period::Second, 7), 100, Cost::request()).await;
    println!("100 callers: {polls:.3} polls an admission, order error {order_error}");
    assert!(polls <= 2.0 && order_error == 0.0, "{polls} polls, order error {order_error}");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_callers_are_admitted_in_order_with_two_polls_each() {
    let model = account(&[
        ("ours", Metric::Requests, Some(Period::Minute), 6_000),
        ("ours", Metric::Tokens, Some(Period::Minute), 1_000_000),
    ]);
    let model = model.build().unwrap().model("ours").unwrap();
    let (polls, order_error) = polls_and_order_error(&model, 100_000, Cost::tokens(100)).await;
    println!("100,000 callers: {polls:.3} polls an admission, order error {order_error}");
    assert!(polls <= 2.0 && order_error == 0.0, "{polls} polls, order error {order_error}");
}

#[tokio::test(start_paused = true)]
async fn the_rate_is_the_limit_to_a_thousandth() {
    for (per, amount, seconds) in
        [(Period::Second, 1_000, 600), (Period::Minute, 90, 36_000), (Period::Minute, 6_000, 36_000)]
    {
        let model = requests(per, amount);
        let (begin, calls) = (Instant::now(), amount * seconds / if per == Period::Second { 1 } else { 60 });
        for _ in 0..calls {
            drop(model.acquire(Cost::request()).await.unwrap());
        }
        // The first window's worth is admitted at once, and the last window ends after the last call.
        let width = if per == Period::Second { 1.0 } else { 60.0 };
        let took = begin.elapsed().as_secs_f64() + width;
        let share = calls as f64 / took / (amount as f64 / width);
        println!("{amount} a {per}: {share:.5} of the limit");
        assert!((0.999..=1.0001).contains(&share), "{amount} a {per}: {share}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_call_is_not_starved_by_small_ones() {
    let model =
        account(&[("ours", Metric::Tokens, Some(Period::Minute), 1_000)]).build().unwrap().model("ours").unwrap();
    // Twenty callers of 50 tokens, in an endless loop.
    for _ in 0..20 {
        let model = model.clone();
        tokio::spawn(async move {
            loop {
                drop(model.acquire(Cost::tokens(50)).await.unwrap());
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(90)).await;
    let begin = Instant::now();
    drop(model.acquire(Cost::tokens(900)).await.unwrap());
    // The twenty calls before it take the next window, and it takes the one after.
    assert!(begin.elapsed() <= Duration::from_secs(120), "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn looping_callers_share_evenly() {
    let model = requests(Period::Second, 5);
    let counts: Vec<_> = (0..8).map(|_| Arc::new(AtomicU64::new(0))).collect();
    for count in counts.clone() {
        let model = model.clone();
        tokio::spawn(async move {
            loop {
                drop(model.acquire(Cost::request()).await.unwrap());
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(80)).await;
    let counts: Vec<u64> = counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    // The first caller has the first window for itself, since no other waits yet.
    assert!(most - least <= 6, "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_leaves_frees_its_place_for_those_behind() {
    let model = account(&[("ours", Metric::Tokens, Some(Period::Minute), 100)]).build().unwrap().model("ours").unwrap();
    drop(model.acquire(Cost::tokens(40)).await.unwrap());
    advance(Duration::from_secs(30)).await;
    // It waits for the whole window, while 60 are free.
    let large = model.acquire(Cost::tokens(100));
    assert!(timeout(Duration::from_secs(1), large).await.is_err());
    let begin = Instant::now();
    drop(model.acquire(Cost::tokens(60)).await.unwrap());
    assert_eq!(begin.elapsed(), Duration::ZERO);
    // If it leaves while others wait, they are admitted at once.
    advance(Duration::from_secs(60)).await;
    drop(model.acquire(Cost::tokens(40)).await.unwrap());
    let mut large = Box::pin(model.acquire(Cost::tokens(100)));
    assert!(futures_poll(large.as_mut()).await.is_pending());
    let small = tokio::spawn({
        let model = model.clone();
        async move {
            drop(model.acquire(Cost::tokens(60)).await.unwrap());
            Instant::now()
        }
    });
    tokio::task::yield_now().await;
    let left_at = Instant::now();
    drop(large);
    assert_eq!(small.await.unwrap(), left_at);
}

async fn futures_poll<F: Future>(mut future: Pin<&mut F>) -> Poll<()> {
    std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).map(drop))).await
}

#[test]
fn a_dropped_runtime_leaves_no_charge() {
    let clock = ratebook_limiter::ManualClock::new();
    let account = Account::custom("ours")
        .clock(clock.clock())
        .limit(Quota::requests(5).per_minute().of_model("ours"))
        .build()
        .unwrap();
    let model = account.model("ours").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let held: Vec<_> = (0..5).map(|_| model.try_acquire(Cost::request()).unwrap()).collect();
    runtime.block_on(async {
        for _ in 0..100 {
            let model = model.clone();
            tokio::spawn(async move { drop(model.acquire(Cost::request()).await) });
        }
        while account.waiting() < 100 {
            tokio::task::yield_now().await;
        }
    });
    drop(runtime);
    held.into_iter().for_each(|permit| permit.cancel_unsent());
    assert_eq!(account.waiting(), 0);
    assert!(account.is_idle());
}

#[tokio::test(start_paused = true)]
async fn a_wait_on_tokens_does_not_idle_the_requests_of_other_models() {
    let account = account(&[
        ("*", Metric::Requests, Some(Period::Minute), 100),
        ("large", Metric::Tokens, Some(Period::Minute), 1_000),
        ("small", Metric::OutputTokens, Some(Period::Minute), 1_000_000),
    ]);
    let account = account.build().unwrap();
    let (large, small) = (account.model("large").unwrap(), account.model("small").unwrap());
    drop(large.acquire(Cost::tokens(1_000)).await.unwrap());
    // Ten calls wait for tokens, a minute each.
    for _ in 0..10 {
        let large = large.clone();
        tokio::spawn(async move { drop(large.acquire(Cost::tokens(1_000)).await.unwrap()) });
    }
    tokio::task::yield_now().await;
    let begin = Instant::now();
    for _ in 0..99 {
        drop(small.acquire(Cost::request().output(10)).await.unwrap());
    }
    // All but the one request that the first of them needs when it has tokens.
    assert!(begin.elapsed() <= Duration::from_secs(60));
    let at_once = begin.elapsed() == Duration::ZERO;
    assert!(at_once || small.try_acquire(Cost::request()).is_err());
    tokio::time::sleep(Duration::from_secs(660)).await;
    assert_eq!(account.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_shorter_than_the_wait_refuses_at_once() {
    let model = requests(Period::Minute, 1);
    drop(model.acquire(Cost::request()).await.unwrap());
    let begin = Instant::now();
    let Err(Refused::Wait(wait)) = model.acquire_within(Cost::request(), Duration::from_secs(59)).await else {
        panic!()
    };
    assert_eq!(begin.elapsed(), Duration::ZERO);
    assert_eq!(wait.delay(), Some(Duration::from_secs(60)));
    assert!(model.acquire_within(Cost::request(), Duration::from_secs(60)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_bounds_the_wait_and_not_the_call() {
    let model = account(&[("ours", Metric::ConcurrentTasks, None, 1)]).build().unwrap().model("ours").unwrap();
    let permit = model.acquire_within(Cost::request(), Duration::from_secs(1)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    // The end of another call has no known time, so the call waits until its deadline.
    let begin = Instant::now();
    assert!(matches!(model.acquire_within(Cost::request(), Duration::from_secs(5)).await, Err(Refused::Wait(_))));
    assert_eq!(begin.elapsed(), Duration::from_secs(5));
    drop(permit);
    assert!(model.try_acquire(Cost::request()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn settling_dropping_panicking_and_cancelling_free_a_slot_of_concurrency() {
    let model = account(&[("ours", Metric::ConcurrentTasks, None, 1)]).build().unwrap().model("ours").unwrap();
    model.acquire(Cost::request()).await.unwrap().settle(Usage::new());
    drop(model.acquire(Cost::request()).await.unwrap());
    model.acquire(Cost::request()).await.unwrap().cancel_unsent();
    let panicked = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let _permit = model.try_acquire(Cost::request()).unwrap();
        panic!("the call failed");
    }));
    assert!(panicked.is_err());
    // Aborting the task that holds a permit frees it too.
    let task = tokio::spawn({
        let model = model.clone();
        async move {
            let _permit = model.acquire(Cost::request()).await.unwrap();
            std::future::pending::<()>().await;
        }
    });
    tokio::task::yield_now().await;
    assert!(model.try_acquire(Cost::request()).is_err());
    let waiting = tokio::spawn({
        let model = model.clone();
        async move { drop(model.acquire(Cost::request()).await.unwrap()) }
    });
    tokio::task::yield_now().await;
    task.abort();
    waiting.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn interactive_calls_go_before_batch_calls_without_starving_them() {
    let account = account(&[("ours", Metric::Requests, Some(Period::Second), 1)]).build().unwrap();
    let interactive = account.model("ours").unwrap();
    let batch = account.model_builder("ours").priority(Priority::Batch).build().unwrap();
    drop(interactive.acquire(Cost::request()).await.unwrap());
    let begin = Instant::now();
    let admitted = |model: &Model| {
        let model = model.clone();
        tokio::spawn(async move {
            drop(model.acquire(Cost::request()).await.unwrap());
            begin.elapsed()
        })
    };
    let late = admitted(&batch);
    tokio::task::yield_now().await;
    let soon = admitted(&interactive);
    assert!(soon.await.unwrap() < Duration::from_millis(1_100));
    // From now on, two interactive calls arrive each second.
    let flood = tokio::spawn({
        let interactive = interactive.clone();
        async move {
            loop {
                let interactive = interactive.clone();
                tokio::spawn(async move { drop(interactive.acquire(Cost::request()).await) });
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    });
    let waited = late.await.unwrap();
    assert!(waited > Duration::from_secs(10) && waited < Duration::from_secs(25), "{waited:?}");
    flood.abort();
}

#[tokio::test(start_paused = true)]
async fn a_refund_admits_the_next_call_at_once() {
    let model = account(&[("ours", Metric::Tokens, Some(Period::Minute), 100)]).build().unwrap().model("ours").unwrap();
    let permit = model.acquire(Cost::tokens(100)).await.unwrap();
    let mut next = pin!(model.acquire(Cost::tokens(60)));
    assert!(futures_poll(next.as_mut()).await.is_pending());
    let begin = Instant::now();
    permit.settle(Usage::new().tokens(40));
    drop(next.await.unwrap());
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

/// On a runtime of several threads and the system's clock: every call is admitted, and no second exceeds the limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn waiting_threads_are_all_admitted_within_the_limit() {
    let limits = [("ours", Metric::Requests, Some(Period::Second), 100), ("ours", Metric::ConcurrentTasks, None, 20)];
    let model = account(&limits).clock(Clock::system()).build().unwrap().model("ours").unwrap();
    let begin = Instant::now();
    let tasks: Vec<_> = (0..300u64)
        .map(|number| {
            let model = model.clone();
            tokio::spawn(async move {
                let before = begin.elapsed();
                let permit = model.acquire_owned(Cost::request()).await.unwrap();
                let after = begin.elapsed();
                tokio::time::sleep(Duration::from_millis(number % 5)).await;
                drop(permit);
                (before, after)
            })
        })
        .collect();
    let mut admitted = Vec::new();
    for task in tasks {
        admitted.push(task.await.unwrap());
    }
    assert_eq!(model.account().waiting(), 0);
    // An admission precedes the task's record of it, so at most the limit is recorded within a second.
    admitted.sort_unstable();
    let first_seen = admitted.iter().map(|(_, after)| *after).min().unwrap();
    let in_first_second = admitted.iter().filter(|(_, after)| *after < first_seen + Duration::from_millis(900)).count();
    assert!(in_first_second <= 100, "{in_first_second}");
    assert!(begin.elapsed() >= Duration::from_secs(2));
}

#[cfg(feature = "tokio")]
#[tokio::test(start_paused = true)]
async fn a_deadline_beyond_the_clocks_range_is_no_deadline() {
    let account = Account::custom("ours").clock(Clock::tokio());
    let model = account.limit(Quota::requests(1).per_minute().of_model("ours")).build().unwrap().model("ours").unwrap();
    drop(model.try_acquire(Cost::request()).unwrap());
    assert!(model.acquire_within(Cost::request(), Duration::MAX).await.is_ok());
}
