//! Usage that no call can have.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ratebook::Calendar;
use ratebook_limiter::{Burst, Usage};

use super::*;

const ABSURD: [u64; 5] = [1 << 60, i64::MAX as u64, 1 << 63, u64::MAX - 1, u64::MAX];

/// Settles three calls with an absurd usage, one after the other.
fn settle_three(clock: &ManualClock, model: &Model, usage: u64) {
    let permits: Vec<_> = (0..3)
        .map(|_| {
            clock.advance(s(1));
            model.try_acquire(Cost::tokens(10)).unwrap()
        })
        .collect();
    for permit in permits {
        clock.advance(s(1));
        permit.settle(Usage::new().tokens(usage));
    }
}

#[test]
fn f8_absurd_usage_blocks_a_window_and_no_longer() {
    for usage in ABSURD {
        let clock = ManualClock::new();
        let account = Account::builder(Provider::Castai).plan("growth").clock(clock.clock()).build().unwrap();
        let model = account.model("Qwen 3 32B").unwrap();
        settle_three(&clock, &model, usage);
        assert!(model.try_acquire(Cost::tokens(10)).is_err(), "{usage} is owed");
        let dropped = account.snapshot().iter().find(|pool| pool.limit.metric == Metric::Tokens).unwrap().dropped;
        assert!(dropped > usage / 2, "usage beyond one window is reported: {dropped}");
        clock.advance(s(60));
        assert!(model.try_acquire(Cost::tokens(10)).is_ok(), "{usage}");
        clock.advance(s(60));
        assert!(model.try_acquire(Cost::tokens(200_000)).is_ok(), "{usage}");
    }
}

#[test]
fn f8_a_permit_dropped_while_unwinding_does_not_abort() {
    for usage in ABSURD {
        let clock = ManualClock::new();
        let account = Account::custom("ours").clock(clock.clock()).limit(Quota::tokens(200_000).per_minute());
        let model = account.limit(Quota::concurrent(10)).build().unwrap().model("ours").unwrap();
        let guard = model.try_acquire_owned(Cost::tokens(10)).unwrap();
        settle_three(&clock, &model, usage);
        clock.advance(s(86_400));
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let _guard = guard;
            panic!("a call that fails");
        }));
        assert!(unwound.is_err());
        assert!(model.try_acquire(Cost::tokens(1)).is_ok());
        assert_eq!(model.account().snapshot()[1].used, 0, "all slots are free");
    }
}

#[test]
fn f8_absurd_usage_is_owed_for_the_next_day_at_most() {
    for usage in ABSURD {
        let clock = ManualClock::beginning_at(1_795_000_000);
        let account = Account::custom("ours").clock(clock.clock()).calendar(Calendar::Utc);
        let account = account.limit(Quota::tokens(1_000_000).per_day()).build().unwrap();
        let model = account.model("ours").unwrap();
        settle_three(&clock, &model, usage);
        clock.advance(s(2 * 86_400));
        assert!(model.try_acquire(Cost::tokens(1_000_000)).is_ok(), "{usage}");
    }
}

#[test]
fn f8_absurd_usage_blocks_an_even_pace_for_a_window_at_most() {
    for usage in ABSURD {
        let clock = ManualClock::new();
        let account = Account::custom("ours").clock(clock.clock()).burst(Burst::Smooth);
        let account = account.limit(Quota::tokens(1_000_000).per_minute()).build().unwrap();
        let model = account.model("ours").unwrap();
        settle_three(&clock, &model, usage);
        clock.advance(s(121));
        assert!(model.try_acquire(Cost::tokens(10)).is_ok(), "{usage}");
    }
}
