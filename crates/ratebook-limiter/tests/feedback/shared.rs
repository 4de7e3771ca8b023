//! Accounts that other clients use too.

use std::collections::VecDeque;
use std::time::Duration;

use ratebook::{Bound, Metric, Provider};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, AccountBuilder, Cost, ManualClock, Model, OwnedPermit, Part, PoolSnapshot, Quota};

use super::{SECOND, model, ours, pool};

#[test]
fn a_shared_account_keeps_a_pace_backs_off_and_probes_again() {
    let clock = ManualClock::new();
    let ours = model(ours(&clock).shared_with_others(10));
    let (mut last, mut sent) = (None, 0);
    while clock.elapsed() < 60 * SECOND {
        match ours.try_acquire_owned(Cost::request()) {
            Ok(permit) => (last, sent) = (Some(permit), sent + 1),
            Err(_) => clock.advance(SECOND / 100),
        }
    }
    assert!((590..=600).contains(&sent), "{sent}");
    let limit = || pool(&ours, Metric::Requests).limit_units;
    last.unwrap().observe(429, &[("retry-after", "1")][..], b"");
    let after_refusal = sent - sent / 16;
    assert!(
        (after_refusal - 4..after_refusal).contains(&limit()),
        "a sixteenth less than the usage of the last minute: {}",
        limit()
    );
    let after_refusal = limit();
    clock.advance(60 * SECOND);
    assert_eq!(limit() - after_refusal, 25, "a 24th of the limit in the first window");
    clock.advance(60 * SECOND);
    assert_eq!(limit(), 600);
}

#[test]
fn the_share_after_a_refusal_is_a_share_of_the_stated_limit() {
    let clock = ManualClock::new();
    let after_refusal = |configured: u64| {
        let account = Account::custom("ours").clock(clock.clock()).dialect(Dialect::of(Provider::Openai));
        let account = account.shared_with_others(1).limit(Quota::requests(configured).per_day().of_model("ours"));
        let ours = model(account);
        ours.observe(200, &[("x-ratelimit-limit-requests", "500")][..], b"");
        (0..450).for_each(|_| drop(ours.try_acquire(Cost::request()).unwrap()));
        clock.advance(SECOND);
        ours.observe(429, &[("retry-after", "1")][..], b"");
        pool(&ours, Metric::Requests).limit_units
    };
    assert_eq!((after_refusal(500), after_refusal(1_000)), (421, 421));
}

/// A vendor with a sliding window of 600 calls per minute.
#[derive(Default)]
struct Vendor {
    calls: VecDeque<Duration>,
    over: usize,
}

impl Vendor {
    const LIMIT: usize = 600;

    /// Counts a call, and returns the remaining amount.
    fn take(&mut self, now: Duration) -> usize {
        while self.calls.front().is_some_and(|at| *at + 60 * SECOND <= now) {
            self.calls.pop_front();
        }
        self.calls.push_back(now);
        Self::LIMIT.saturating_sub(self.calls.len())
    }
}

/// Runs five minutes of calls, each with a response after half a second that states the remaining amount. After the
/// first minute, others send 30 calls per minute. Returns the number of calls over the vendor's limit, and of all
/// calls.
fn calls_beside_others(account: impl Fn(AccountBuilder) -> AccountBuilder) -> (usize, usize) {
    let clock = ManualClock::new();
    let ours = model(account(ours(&clock)));
    let (mut vendor, mut responses, mut sent) = (Vendor::default(), VecDeque::new(), 0);
    for tick in 0..15_000 {
        let now = tick * SECOND / 50;
        clock.set(now);
        if tick >= 3_000 && tick % 100 == 0 {
            vendor.take(now);
        }
        let is_due = |(at, ..): &(Duration, usize, OwnedPermit)| *at <= now;
        while responses.front().is_some_and(is_due)
            && let Some((_, left, permit)) = responses.pop_front()
        {
            permit.observe(200, &[("x-ratelimit-remaining-requests", left.to_string().as_str())][..], b"");
        }
        while let Ok(permit) = ours.try_acquire_owned(Cost::request()) {
            let left = vendor.take(now);
            vendor.over += usize::from(vendor.calls.len() > Vendor::LIMIT);
            responses.push_back((now + SECOND / 2, left, permit));
            sent += 1;
        }
    }
    (vendor.over, sent)
}

#[test]
fn remaining_amounts_keep_a_shared_account_within_the_vendors_window() {
    let (over, sent) = calls_beside_others(|account| account.shared_with_others(20));
    assert!(100 * over < sent && sent > 2_800, "{over} of {sent}");
}

/// An account of Fireworks, after a call of 100 input and 100 output tokens that was served over a limit.
fn over_limit(headers: &[(&str, &str)]) -> (ManualClock, Model) {
    let clock = ManualClock::new();
    let account =
        Account::builder(Provider::Fireworks).clock(clock.clock()).shared_with_others(20).slow_down_over_limit();
    let llama = account.build().unwrap().model("llama-v3p1-8b-instruct").unwrap();
    let permit = llama.try_acquire_owned(Cost::request().input(100).output(100)).unwrap();
    assert!(permit.observe(200, headers, b"").is_over_limit());
    (clock, llama)
}

/// Returns the guaranteed limits of a model.
fn guaranteed(model: &Model) -> Vec<PoolSnapshot> {
    let is_guaranteed = |pool: &PoolSnapshot| pool.limit.bound == Bound::Guaranteed && pool.limit.part == Part::Whole;
    model.account().snapshot().into_iter().filter(is_guaranteed).collect()
}

#[test]
fn a_call_over_a_limit_does_not_lower_limits_with_enough_remaining() {
    let headers = [
        ("x-ratelimit-over-limit", "yes"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-remaining-tokens-prompt", "59900"),
        ("x-ratelimit-remaining-tokens-generated", "99"),
    ];
    let (_, llama) = over_limit(&headers);
    let pools = guaranteed(&llama);
    let lowered: Vec<_> =
        pools.iter().map(|pool| (pool.limit.metric, pool.limit_units, pool.paused.is_some())).collect();
    let expected =
        [(Metric::Requests, 11, true), (Metric::InputTokens, 60_000, false), (Metric::OutputTokens, 1_199, true)];
    assert_eq!(lowered, expected, "to the floor of 20 percent, or not at all");
}

#[test]
fn a_lowered_limit_has_room_when_its_pause_ends() {
    let (clock, llama) = over_limit(&[("x-ratelimit-over-limit", "yes")]);
    clock.advance(4 * SECOND);
    for pool in guaranteed(&llama) {
        assert!(pool.paused.is_none() && pool.withheld < pool.limit_units && pool.left > 0, "{pool:?}");
    }
}
