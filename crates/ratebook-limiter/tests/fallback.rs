//! Fallback over several models.

use std::time::Duration;

use ratebook_limiter::{Account, Clock, Cost, Fallback, ManualClock, Model, Quota, Refused};

const SECOND: Duration = Duration::from_secs(1);

/// A model with limits per minute on requests and tokens, at an account of its own.
fn model(clock: Clock, requests: u64, tokens: u64) -> Model {
    let account = Account::custom("ours")
        .clock(clock)
        .limit(Quota::requests(requests).per_minute().of_model("ours"))
        .limit(Quota::tokens(tokens).per_minute().of_model("ours"));
    account.build().unwrap().model("ours").unwrap()
}

#[test]
fn the_first_model_with_room_admits_the_call() {
    let clock = ManualClock::new();
    let either = Fallback::first(model(clock.clock(), 2, 1_000)).then(model(clock.clock(), 3, 1_000));
    let position = || either.try_acquire(Cost::tokens(10)).map(|choice| choice.position).ok();
    assert_eq!([(); 6].map(|()| position()), [Some(0), Some(0), Some(1), Some(1), Some(1), None]);
    clock.advance(60 * SECOND);
    assert_eq!(position(), Some(0), "the first again, once it has room");
}

#[test]
fn a_call_too_large_for_one_model_goes_to_the_next() {
    let clock = ManualClock::new();
    let either = Fallback::first(model(clock.clock(), 100, 1_000)).then(model(clock.clock(), 100, 8_000));
    let choice = either.try_acquire(Cost::tokens(5_000)).unwrap();
    assert_eq!(choice.position, 1);
    assert!(matches!(choice.skipped[..], [skipped] if matches!(skipped.why, Refused::Never(_))));
    assert_eq!(
        choice.to_string(),
        "model 2 admits the call; model 1: the call costs more than 1000 tokens per 60s (ours, ours, as configured) allows"
    );
    let none = either.try_acquire(Cost::tokens(9_000)).unwrap_err();
    assert_eq!((none.soonest(), none.skipped.len()), (None, 2));
}

#[test]
fn a_refusal_has_every_wait_and_the_shortest() {
    let clock = ManualClock::new();
    let (one, two) = (model(clock.clock(), 1, 1_000), model(clock.clock(), 1, 1_000));
    let either = Fallback::first(one.clone()).then(two.clone());
    drop(two.try_acquire(Cost::request()));
    clock.advance(10 * SECOND);
    drop(one.try_acquire(Cost::request()));
    let none = either.try_acquire(Cost::request()).unwrap_err();
    let (position, wait) = none.soonest().unwrap();
    assert_eq!((position, wait.delay()), (1, Some(50 * SECOND)));
    // Behind a waiting call, the wait is longer.
    let _ticket = two.enqueue(Cost::request()).unwrap();
    let none = either.try_acquire(Cost::request()).unwrap_err();
    let (position, wait) = none.soonest().unwrap();
    assert_eq!((position, wait.delay()), (0, Some(60 * SECOND)));
    assert_eq!(
        none.to_string(),
        "model 1: 1 requests per 60s (ours, ours, as configured) has no room for the call, retry in 60s; model 2: 1 requests per 60s (ours, ours, as configured) has no room for the call, retry in 110s"
    );
}

#[test]
fn estimate_wait_charges_nothing() {
    let clock = ManualClock::new();
    let model = model(clock.clock(), 1, 1_000);
    assert_eq!(model.estimate_wait(Cost::request()), Ok(()));
    assert!(model.try_acquire(Cost::request()).is_ok());
    assert!(
        matches!(model.estimate_wait(Cost::request()), Err(Refused::Wait(wait)) if wait.delay() == Some(60 * SECOND))
    );
    assert!(matches!(model.estimate_wait(Cost::tokens(1_001)), Err(Refused::Never(_))));
}

#[test]
fn after_returns_the_models_after_a_position() {
    let clock = ManualClock::new();
    let three =
        (0..2).fold(Fallback::first(model(clock.clock(), 1, 1)), |either, _| either.then(model(clock.clock(), 1, 1)));
    assert_eq!(
        [0, 1, 2, usize::MAX].map(|at| three.after(at).map(|after| after.models().len())),
        [Some(2), Some(1), None, None]
    );
}

#[test]
fn each_model_has_its_own_cost() {
    let clock = ManualClock::new();
    let either = Fallback::first(model(clock.clock(), 9, 1_000)).then(model(clock.clock(), 9, 1_000));
    let asked = std::cell::RefCell::new(Vec::new());
    let choose = |costs: [u64; 2]| {
        either.try_acquire_each(|position, model| {
            asked.borrow_mut().push((position, model.limits().count()));
            Cost::tokens(costs[position])
        })
    };
    assert_eq!(choose([1_001, 900]).unwrap().position, 1);
    assert_eq!(*asked.borrow(), [(0, 2), (1, 2)], "each cost is computed once, in order");
    assert_eq!(choose([400, 100]).unwrap().position, 0);
    assert_eq!(choose([601, 100]).unwrap().position, 1);
    let none = choose([601, 1_001]).unwrap_err();
    assert!(
        matches!(none.skipped[..], [one, two] if matches!(one.why, Refused::Wait(_)) && matches!(two.why, Refused::Never(_)))
    );
    assert_eq!(none.soonest().unwrap().0, 0);
}

#[cfg(feature = "tokio")]
mod waiting {
    use ratebook_limiter::AccountBuilder;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_waits_for_the_model_with_the_shortest_wait() {
        let (one, two) = (model(Clock::tokio(), 1, 1_000), model(Clock::tokio(), 1, 1_000));
        let either = Fallback::first(one.clone()).then(two.clone());
        drop(two.try_acquire(Cost::request()));
        tokio::time::sleep(10 * SECOND).await;
        drop(one.try_acquire(Cost::request()));
        let begin = Instant::now();
        let choice = either.acquire(Cost::request()).await.unwrap();
        assert_eq!((choice.position, choice.has_waited, choice.skipped.len()), (1, true, 2));
        assert_eq!(begin.elapsed().as_secs(), 50);
        assert!(either.acquire(Cost::tokens(1_001)).await.is_err());
    }

    /// Two models with one request per minute. The second is used up at once, the first ten seconds later.
    async fn used_up() -> (Model, Model) {
        let (one, two) = (model(Clock::tokio(), 1, 1_000), model(Clock::tokio(), 1, 1_000));
        drop(two.try_acquire(Cost::request()));
        tokio::time::sleep(10 * SECOND).await;
        drop(one.try_acquire(Cost::request()));
        (one, two)
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_no_model_admits_in_time_is_refused_at_once_with_all_reasons() {
        let (one, two) = used_up().await;
        let either = Fallback::first(one.clone()).then(two.clone());
        let begin = Instant::now();
        let none = either.acquire_within(Cost::request(), 49 * SECOND).await.unwrap_err();
        let waits = none.skipped.iter().map(|skipped| match skipped.why {
            Refused::Wait(wait) => wait.delay().unwrap().as_secs(),
            Refused::Never(never) => panic!("{never}"),
        });
        assert_eq!((waits.collect::<Vec<_>>(), begin.elapsed()), (vec![60, 50], Duration::ZERO));
        assert_eq!(none.soonest().unwrap().0, 1);
        assert_eq!((one.account().waiting(), two.account().waiting()), (0, 0));
        let choice = either.acquire_within(Cost::request(), 50 * SECOND).await.unwrap();
        assert_eq!((choice.position, begin.elapsed()), (1, 50 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_waits_only_at_a_model_that_admits_it_in_time() {
        let (one, two) = used_up().await;
        let either = Fallback::first(one).then(two);
        let begin = Instant::now();
        // The second has the shorter wait, but the call never fits there.
        let cost = |position: usize, _: &Model| Cost::tokens([10, 1_001][position]);
        assert!(either.acquire_each_within(cost, 59 * SECOND).await.is_err());
        let choice = either.acquire_each_within(cost, 60 * SECOND).await.unwrap();
        assert_eq!((choice.position, begin.elapsed()), (0, 60 * SECOND));
        let choice = either.acquire_each(|_, _| Cost::tokens(10)).await.unwrap();
        assert_eq!(choice.position, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_for_another_call_to_end_is_bounded() {
        let (one, two) = (one_slot(), one_slot());
        let held = (one.try_acquire(Cost::request()).unwrap(), two.try_acquire(Cost::request()).unwrap());
        let either = Fallback::first(one.clone()).then(two.clone());
        let begin = Instant::now();
        let none = either.acquire_within(Cost::request(), 12 * SECOND).await.unwrap_err();
        assert_eq!((none.skipped.len(), begin.elapsed()), (2, 12 * SECOND));
        assert_eq!((one.account().waiting(), two.account().waiting()), (0, 0));
        assert!(either.acquire_within(Cost::request(), Duration::ZERO).await.is_err());
        drop(held.1);
        assert_eq!(either.acquire_within(Cost::request(), Duration::ZERO).await.unwrap().position, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_wait_of_each_account_applies() {
        let day = |longest: Option<Duration>| {
            let account = Account::custom("ours").clock(Clock::tokio()).limit(Quota::requests(1).per_day());
            let account = longest.into_iter().fold(account, AccountBuilder::longest_wait);
            let model = account.build().unwrap().model("ours").unwrap();
            drop(model.try_acquire(Cost::request()).unwrap());
            model
        };
        let begin = Instant::now();
        let minute = day(Some(60 * SECOND));
        let none = Fallback::first(minute.clone()).then(minute.clone()).acquire(Cost::request()).await.unwrap_err();
        assert_eq!((none.soonest().unwrap().1.delay(), begin.elapsed()), (Some(86_400 * SECOND), Duration::ZERO));
        // The call waits at the account without a longest wait.
        let choice = Fallback::first(minute).then(day(None)).acquire(Cost::request()).await.unwrap();
        assert_eq!((choice.position, begin.elapsed().as_secs()), (1, 86_400));
    }

    #[cfg(feature = "feedback")]
    #[tokio::test(start_paused = true)]
    async fn a_pause_during_the_wait_ends_it_at_the_deadline_or_moves_the_call() {
        let (one, two) = used_up().await;
        let either = Fallback::first(one.clone()).then(two.clone());
        let begin = Instant::now();
        let waiting = tokio::spawn(async move { either.acquire_within(Cost::request(), 55 * SECOND).await });
        tokio::time::sleep(SECOND).await;
        two.observe(429, &[("retry-after", "411480")][..], b"");
        let none = waiting.await.unwrap().unwrap_err();
        assert_eq!(begin.elapsed(), 55 * SECOND);
        let wait = |why: Refused| matches!(why, Refused::Wait(wait) if wait.delay() > Some(400_000 * SECOND));
        assert!(wait(none.skipped[1].why) && !wait(none.skipped[0].why), "{none}");
        // If only the other model is in time, the call moves there, even if the wait is not halved.
        let (one, two) = used_up().await;
        let either = Fallback::first(one.clone()).then(two.clone());
        let begin = Instant::now();
        let waiting = tokio::spawn(async move { either.acquire_within(Cost::request(), 61 * SECOND).await });
        tokio::time::sleep(SECOND).await;
        two.observe(429, &[("retry-after", "70")][..], b"");
        tokio::time::sleep(6 * SECOND).await;
        // A call that joins that queue later stays behind it.
        let _later = tokio::spawn(async move { one.acquire_owned(Cost::request()).await.map(drop) });
        let choice = waiting.await.unwrap().unwrap();
        assert_eq!((choice.position, begin.elapsed().as_secs()), (0, 60));
    }

    /// A model with one concurrency slot.
    fn one_slot() -> Model {
        let account = Account::custom("ours").clock(Clock::tokio());
        let account = account.limit(Quota::concurrent(1).of_model("ours"));
        account.build().unwrap().model("ours").unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_concurrency_slot_may_be_free_before_a_window() {
        let (one, two) = (one_slot(), model(Clock::tokio(), 1, 1_000));
        drop(two.try_acquire(Cost::request()));
        let held = one.try_acquire_owned(Cost::request()).unwrap();
        tokio::spawn(async move {
            tokio::time::sleep(2 * SECOND).await;
            drop(held);
        });
        let begin = Instant::now();
        let choice = Fallback::first(two).then(one).acquire(Cost::request()).await.unwrap();
        assert_eq!((choice.position, begin.elapsed().as_secs()), (1, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_wait_leaves_every_queue() {
        let (one, two) = (model(Clock::tokio(), 1, 1_000), model(Clock::tokio(), 1, 1_000));
        let either = Fallback::first(one.clone()).then(two.clone());
        drop((one.try_acquire(Cost::request()), two.try_acquire(Cost::request())));
        for millis in [1, 99, 101, 5_000, 59_999] {
            let _ = tokio::time::timeout(Duration::from_millis(millis), either.acquire(Cost::request())).await;
            assert_eq!((one.account().waiting(), two.account().waiting()), (0, 0));
        }
    }

    #[cfg(feature = "feedback")]
    #[tokio::test(start_paused = true)]
    async fn a_queued_call_keeps_its_place_over_a_short_pause() {
        let (one, two) = (model(Clock::tokio(), 60, 1_000), model(Clock::tokio(), 60, 1_000));
        two.observe(429, &[("retry-after", "3600")][..], b"");
        let either = Fallback::first(one.clone()).then(two);
        (0..60).for_each(|_| drop(one.try_acquire(Cost::request()).unwrap()));
        let before = one.clone();
        let first = tokio::spawn(async move { drop(before.acquire_owned(Cost::request()).await.unwrap()) });
        tokio::time::sleep(SECOND).await;
        let begin = Instant::now();
        let second = tokio::spawn(async move { either.acquire(Cost::request()).await.unwrap() });
        tokio::time::sleep(50 * SECOND).await;
        one.observe(429, &[("retry-after", "15")][..], b"");
        first.await.unwrap();
        let choice = second.await.unwrap();
        assert!(choice.position == 0 && begin.elapsed().as_secs() < 70, "{choice}, {:?}", begin.elapsed());
    }

    #[cfg(feature = "feedback")]
    #[tokio::test(start_paused = true)]
    async fn a_call_moves_from_a_model_that_is_paused_during_the_wait() {
        let (one, two) = (model(Clock::tokio(), 1, 1_000), model(Clock::tokio(), 1, 1_000));
        let either = Fallback::first(one.clone()).then(two.clone());
        drop(one.try_acquire(Cost::request()));
        tokio::time::sleep(10 * SECOND).await;
        drop(two.try_acquire(Cost::request()));
        let begin = Instant::now();
        let waiting = tokio::spawn(async move { either.acquire(Cost::request()).await });
        tokio::time::sleep(SECOND).await;
        one.observe(429, &[("retry-after", "3000")][..], b"");
        let choice = waiting.await.unwrap().unwrap();
        assert_eq!((choice.position, begin.elapsed().as_secs()), (1, 60));
    }
}
