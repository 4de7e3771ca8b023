//! L1, L3, L4, L7: the amounts that refusals state, the cost of short windows, priorities, and wakers that panic.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Instant;

use ratebook_limiter::{Admission, Priority, Refused};

use super::*;

#[test]
fn l1_refusals_and_limits_state_the_amount_in_force() {
    for clock in [ManualClock::new().clock(), Clock::system()] {
        let model = ours(clock, Quota::requests(600).per_minute());
        let amounts = |tries: usize| {
            let refused = (0..tries).filter_map(|_| match model.try_acquire(Cost::request()) {
                Err(Refused::Wait(wait)) => Some(wait.limit.amount),
                Err(Refused::Never(never)) => Some(never.limit.amount),
                Ok(_) => None,
            });
            refused.chain(model.limits().map(|limit| limit.amount)).collect::<BTreeSet<_>>()
        };
        assert_eq!(amounts(2_000), BTreeSet::from([600]));
        for limit in [3, 700, 599] {
            model.account().set_limit(Metric::Requests, MINUTE, limit);
            assert_eq!(amounts(2_000), BTreeSet::from([limit]));
            model.set_limit(Metric::Requests, MINUTE, limit + 1);
            assert_eq!(amounts(2_000), BTreeSet::from([limit + 1]));
            model.reset_limit(Metric::Requests, MINUTE);
        }
    }
}

/// Returns the shortest time between two calls. A busy machine may lengthen any of them.
fn min_gap(mut call: impl FnMut()) -> Duration {
    let mut at = Vec::new();
    for _ in 0..4 {
        call();
        at.push(Instant::now());
    }
    at.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap()
}

#[test]
fn l3_a_limit_of_a_second_costs_at_most_a_hundredth_on_the_systems_clock() {
    let waits = ours(Clock::system(), Quota::requests(1).per_second());
    let asks = ours(Clock::system(), Quota::requests(1).per_second());
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| min_gap(|| drop(waits.acquire_blocking(Cost::request()).unwrap())));
        let asks = scope.spawn(|| {
            min_gap(|| {
                while asks.try_acquire(Cost::request()).is_err() {
                    std::thread::sleep(ms(1));
                }
            })
        });
        for gap in [waits, asks].map(|thread| thread.join().unwrap()) {
            assert!(gap >= ms(999) && gap <= ms(1_010), "{gap:?}");
        }
    });
}

#[test]
fn l4_distinct_priorities_take_no_memory() {
    let clock = ManualClock::new();
    let account = Account::custom("ours").clock(clock.clock()).limit(Quota::requests(1).per_minute()).build().unwrap();
    let with = |nanos: u64| {
        let priority = Priority::After(Duration::from_nanos(nanos));
        account.model_builder("ours").priority(priority).build().unwrap()
    };
    drop(with(0).try_acquire(Cost::request()).unwrap());
    drop(with(0).enqueue(Cost::request()).unwrap());
    let before = account.memory_bytes();
    for nanos in 1..10_000 {
        let model = with(nanos);
        assert!(model.try_acquire(Cost::request()).is_err());
        drop(model.enqueue(Cost::request()).unwrap());
    }
    assert_eq!(account.memory_bytes(), before);
}

#[test]
fn l4_calls_of_many_priorities_are_admitted_in_their_order() {
    let clock = ManualClock::new();
    let account = Account::custom("ours").clock(clock.clock()).limit(Quota::requests(1).per_second()).build().unwrap();
    drop(account.model("ours").unwrap().try_acquire(Cost::request()).unwrap());
    // The last to arrive is the most urgent.
    let models: Vec<_> = (0..50)
        .rev()
        .map(|later| account.model_builder("ours").priority(Priority::After(ms(later))).build().unwrap())
        .collect();
    let mut waiting: Vec<_> = models.iter().map(|model| Some(model.enqueue(Cost::request()).unwrap())).collect();
    for number in (0..50).rev() {
        clock.advance(s(1));
        let ticket = waiting[number].take().unwrap();
        assert!(matches!(ticket.poll_admission(None), Admission::Granted(_)), "{number}");
    }
}

/// Counts wake-ups; one of them panics.
struct Woken {
    count: Arc<AtomicUsize>,
    panics: bool,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        assert!(!self.panics, "a waker that panics");
        self.count.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn l7_a_waker_that_panics_costs_no_other_its_wake_up() {
    for panicking in [0, 3, 15, 16, 39] {
        let clock = ManualClock::new();
        let model = ours(clock.clock(), Quota::requests(1).per_day());
        drop(model.try_acquire(Cost::request()).unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let waiting: Vec<_> = (0..40)
            .map(|number| {
                let woken = Woken { count: Arc::clone(&count), panics: number == panicking };
                match model.enqueue(Cost::request()).unwrap().poll_admission(Some(&Waker::from(Arc::new(woken)))) {
                    Admission::Wait(_, ticket) => ticket,
                    other => panic!("{other:?}"),
                }
            })
            .collect();
        let raised = catch_unwind(AssertUnwindSafe(|| model.set_limit(Metric::Requests, Some(Period::Day), 41)));
        assert!(raised.is_err(), "the panic is resumed");
        assert_eq!(count.load(Ordering::Relaxed), 39, "all others are woken when number {panicking} panics");
        for ticket in waiting {
            assert!(matches!(ticket.poll_admission(None), Admission::Granted(_)));
        }
    }
}
