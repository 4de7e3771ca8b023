//! The promise of `acquire` on tokio's clock, for futures that are not polled for a while: slow consumers of
//! `buffer_unordered`, and `select!` with long branches. Also: `acquire_within` refuses no call that would be admitted
//! in time.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use fastrand::Rng;
use ratebook::{Metric, Period};
use ratebook_limiter::{Clock, Model, Refused};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

use crate::api;
use crate::draw;
use crate::runs::{Tally, explore, holds, seconds};
use crate::scenario::{Amounts, Call, MINUTE, Scenario, Setup, of_a, tokens};
use crate::{cases::forecasts::slot, log::Log};

fn on_tokio<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    LocalSet::new().block_on(&runtime.expect("a runtime"), run)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).expect("a time of this century")
}

/// What was handed out, and when.
type HandedOut = Rc<RefCell<Vec<(u64, Amounts)>>>;

/// Keeps a number of calls in flight, polled by a consumer that is busy with something else at times.
async fn consume(model: Model, mut rng: Rng, begin: Instant, handed_out: HandedOut) {
    let width = rng.usize(1..120);
    let mut left = rng.usize(50..400);
    let mut calls: Vec<Pin<Box<dyn Future<Output = ()>>>> = Vec::new();
    while left > 0 || !calls.is_empty() {
        while calls.len() < width && left > 0 {
            left -= 1;
            let (model, handed_out) = (model.clone(), Rc::clone(&handed_out));
            let cost = tokens(rng.u64(0..20), 0);
            calls.push(Box::pin(async move {
                let permit = model.acquire(cost.cost()).await.expect("no call above the limit");
                handed_out.borrow_mut().push((nanos(begin.elapsed()), cost));
                sleep(Duration::from_millis(200)).await;
                drop(permit);
            }));
        }
        poll_fn(|context| {
            let before = calls.len();
            calls.retain_mut(|call| call.as_mut().poll(context).is_pending());
            if calls.len() < before { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        if draw::chance(&mut rng, 3) {
            sleep(Duration::from_millis(rng.u64(0..120_000))).await;
        }
    }
}

/// Another part of the program that makes a call at times, if it may.
async fn beside(model: Model, mut rng: Rng, begin: Instant, handed_out: HandedOut) {
    loop {
        sleep(Duration::from_millis(rng.u64(0..20_000))).await;
        let cost = tokens(1, 0);
        if model.try_acquire(cost.cost()).is_ok() {
            handed_out.borrow_mut().push((nanos(begin.elapsed()), cost));
        }
    }
}

#[test]
fn the_promise_holds_for_futures_that_are_not_polled() {
    explore("the promise, slow consumers", 40, |rng, tally| {
        let limits = vec![
            of_a(Metric::Requests, Period::Minute, rng.u64(5..100)),
            of_a(Metric::Tokens, Period::Minute, rng.u64(40..2_000)),
        ];
        let setup = Setup::own(limits);
        let events = on_tokio(async {
            let begin = Instant::now();
            let model = api::account(&setup, Clock::tokio()).model("a").expect("a model of the setup");
            let handed_out = HandedOut::default();
            let beside = beside(model.clone(), rng.fork(), begin, Rc::clone(&handed_out));
            let tasks = [(); 2].map(|()| consume(model.clone(), rng.fork(), begin, Rc::clone(&handed_out)));
            let [one, other] = tasks.map(tokio::task::spawn_local);
            tokio::select! {
                () = beside => {}
                () = async { drop((one.await, other.await)) } => {}
            }
            handed_out.take()
        });
        let scenario = Scenario { setup, handles: vec!["a"], calls: Vec::new(), changes: Vec::new(), until: 0 };
        let mut log = Log::of(&scenario);
        tally.events += events.len() as u64;
        let noted = events
            .iter()
            .enumerate()
            .map(|(call, (at, cost))| log.hand_out(call, 0, *at, *cost, |_| u64::MAX))
            .filter_map(Result::err)
            .collect::<Vec<_>>();
        tally.windows += log.windows;
        holds(noted.is_empty(), || format!("{} ({} faults)", noted[0], noted.len()))
    });
}

/// Returns how long the last call of a queue waits, or why it is refused, by `acquire` or by `acquire_within`.
async fn last_of(setup: &Setup, costs: &[Amounts], within: Option<u64>) -> Result<u64, Refused> {
    let model = api::account(setup, Clock::tokio()).model("a").expect("a model of the setup");
    let (last, others) = costs.split_last().expect("a last call");
    for cost in others.iter().copied() {
        let model = model.clone();
        tokio::task::spawn_local(async move { drop(model.acquire(cost.cost()).await) });
    }
    sleep(Duration::from_millis(1)).await;
    let begin = Instant::now();
    match within {
        None => drop(model.acquire(last.cost()).await.expect("no call above the limit")),
        Some(within) => drop(model.acquire_within(last.cost(), Duration::from_nanos(within)).await?),
    }
    Ok(nanos(begin.elapsed()))
}

#[test]
fn acquire_within_refuses_no_call_that_would_be_in_time() {
    explore("acquire_within", 60, |rng, tally: &mut Tally| {
        let limits = vec![
            of_a(Metric::Requests, Period::Minute, rng.u64(20..200)),
            of_a(Metric::Tokens, Period::Minute, rng.u64(1_000..100_000)),
        ];
        let most = limits[1].amount;
        let costs = (0..rng.usize(1..200)).map(|_| {
            let most = most / draw::one_of(rng, &[1, 2, 20, 100]);
            tokens(rng.u64(1..=most), 0)
        });
        let costs: Vec<_> = costs.collect();
        let setup = Setup::own(limits);
        let actual = on_tokio(last_of(&setup, &costs, None)).map_err(|refused| refused.to_string())?;
        let calls = vec![Call::waiting(0, 0, costs[costs.len() - 1])];
        let scenario = Scenario { setup, handles: vec!["a"], calls, changes: Vec::new(), until: MINUTE };
        let slot = slot(&Log::of(&scenario), &scenario.calls[0]);
        let within = actual + (actual / 20).max(slot);
        tally.events += 2 * costs.len() as u64;
        let in_time = on_tokio(last_of(&scenario.setup, &costs, Some(within)));
        holds(in_time.is_ok(), || {
            let refused = in_time.map(seconds).map_err(|refused| refused.to_string()).err().unwrap_or_default();
            format!("waits {}, but is refused within {}: {refused}", seconds(actual), seconds(within))
        })
    });
}
