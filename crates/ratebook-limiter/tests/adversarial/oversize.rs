//! An estimate far above the real usage does not cost throughput where a vendor enforces by the second.

use std::cell::Cell;
use std::rc::Rc;

use ratebook_limiter::Usage;
use tokio::task::LocalSet;
use tokio::time::{sleep, timeout};

use super::*;

#[tokio::test(start_paused = true)]
async fn f5_calls_above_a_seconds_part_hold_it_until_they_are_settled() {
    for estimate in [16_000, 16_600, 17_000, 36_000, 66_000, 130_000] {
        let account = Account::builder(Provider::Alibaba).region("international").clock(Clock::tokio());
        let model = account.build().unwrap().model("qwen-plus").unwrap();
        let done = Rc::new(Cell::new(0));
        let callers = LocalSet::new();
        for _ in 0..50 {
            let (model, done) = (model.clone(), Rc::clone(&done));
            callers.spawn_local(async move {
                loop {
                    let permit = model.acquire(Cost::tokens(estimate)).await.unwrap();
                    sleep(ms(700)).await;
                    permit.settle(Usage::new().tokens(1_500));
                    done.set(done.get() + 1);
                }
            });
        }
        assert!(timeout(s(600), callers).await.is_err());
        let per_minute = f64::from(done.get()) / 10.0;
        assert!(per_minute >= 55.0, "estimated as {estimate}: {per_minute} per minute");
    }
}

#[test]
fn f5_a_settlement_far_below_the_estimate_ends_the_hold() {
    let clock = ManualClock::new();
    let model = alibaba(&clock).build().unwrap().model("qwen-plus").unwrap();
    let permit = model.try_acquire(Cost::tokens(500_000)).unwrap();
    clock.advance(s(1));
    permit.settle(Usage::new().tokens(100));
    let settled_at = clock.elapsed();
    while model.try_acquire(Cost::tokens(16_600)).is_err() {
        clock.advance(ms(1));
    }
    assert!(clock.elapsed() - settled_at <= s(1), "{:?}", clock.elapsed() - settled_at);
    // No later charge inherits the hold.
    let begin = clock.elapsed();
    let mut count = 0;
    while clock.elapsed() < begin + s(25) {
        count += usize::from(model.try_acquire(Cost::tokens(8_000)).is_ok());
        clock.advance(ms(10));
    }
    assert!(count >= 48, "{count} of 50");
}

#[test]
fn f5_a_call_used_in_full_holds_its_part_for_its_share_of_the_minute() {
    let clock = ManualClock::new();
    let model = alibaba(&clock).build().unwrap().model("qwen-plus").unwrap();
    let permit = model.try_acquire(Cost::tokens(500_000)).unwrap();
    clock.advance(s(1));
    permit.settle(Usage::new().tokens(500_000));
    clock.advance(s(28));
    assert!(model.try_acquire(Cost::tokens(16_600)).is_err());
    clock.advance(s(2));
    assert!(model.try_acquire(Cost::tokens(16_600)).is_ok());
}
