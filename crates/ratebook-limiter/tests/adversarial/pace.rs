//! F9: an even pace under a sliding counter. F10: a rate that rose too quickly.

use std::collections::VecDeque;

use ratebook_limiter::{Burst, OwnedPermit, Usage};

use super::*;

/// The most that a server counts which estimates by the last fixed window in proportion and the present one in full, over
/// 64 phases of its windows; of calls by their final costs, with when they came in milliseconds.
fn sliding_counter(calls: &[(u64, u64)], window: u64) -> u64 {
    let of_phase = |phase: u64| {
        let (mut last, mut present, mut at, mut most) = (0, 0, 0, 0);
        for (came, cost) in calls {
            let came = came + phase * window / 64;
            let number = came / window;
            if number != at {
                (last, present, at) = (if number == at + 1 { present } else { 0 }, 0, number);
            }
            present += cost;
            most = most.max((last * (window - came % window) + present * window) / window);
        }
        most
    };
    (0..64).map(of_phase).max().unwrap()
}

/// Sends all that is admitted, of estimate 1,000, and settles each call after a time; by turns with little use and with all.
fn send_and_settle(clock: &ManualClock, model: &Model, step: u64, takes: u64, turns: u64) -> Vec<(u64, u64)> {
    let mut open: VecDeque<(u64, OwnedPermit, usize, u64)> = VecDeque::new();
    let mut calls: Vec<(u64, u64)> = Vec::new();
    for now in (0..6_000).map(|number| number * step) {
        while open.front().is_some_and(|(due, ..)| *due <= now) {
            let Some((_, permit, number, real)) = open.pop_front() else { break };
            permit.settle(Usage::new().tokens(real));
            calls[number].1 = real;
        }
        while let Ok(permit) = model.try_acquire_owned(Cost::tokens(1_000)) {
            let real = if (now / turns).is_multiple_of(2) { 50 + calls.len() as u64 * 37 % 100 } else { 1_000 };
            open.push_back((now + takes, permit, calls.len(), real));
            calls.push((now, 1_000));
        }
        clock.advance(ms(step));
    }
    open.into_iter().for_each(|(_, _, number, real)| calls[number].1 = real);
    calls
}

#[test]
fn f9_an_even_pace_keeps_under_a_sliding_counter_after_settlements() {
    for takes in [2_000, 20_000, 59_000, 90_000, 200_000] {
        let clock = ManualClock::new();
        let account = Account::custom("ours").clock(clock.clock()).burst(Burst::Smooth);
        let account = account.limit(Quota::tokens(60_000).per_minute()).build().unwrap();
        let calls = send_and_settle(&clock, &account.model("ours").unwrap(), 100, takes, 120_000);
        assert!(calls.len() > 400, "{}", calls.len());
        let most = sliding_counter(&calls, 60_000);
        assert!(most <= 60_000, "calls that take {takes} ms: {most}");
    }
}

#[test]
fn f9_an_even_pace_of_seconds_keeps_under_a_sliding_counter_after_settlements() {
    for takes in [500, 5_000] {
        let clock = ManualClock::new();
        let account = alibaba(&clock).burst(Burst::Smooth).slow_start(100, Duration::ZERO);
        let account = account.negotiated("qwen-plus", Metric::Requests, MINUTE, 60_000).build().unwrap();
        let calls = send_and_settle(&clock, &account.model("qwen-plus").unwrap(), 10, takes, 10_000);
        assert!(calls.len() > 600, "{}", calls.len());
        let most = sliding_counter(&calls, 1_000);
        assert!(most <= 16_666, "calls that take {takes} ms: {most}");
    }
}

#[cfg(feature = "feedback")]
#[test]
fn f10_a_rate_that_rose_too_quickly_keeps_to_the_seconds_part() {
    let clock = ManualClock::new();
    let model = alibaba(&clock).build().unwrap().model("qwen-plus").unwrap();
    let permit = model.try_acquire(Cost::tokens(1_000)).unwrap();
    let body =
        br#"{"code":"limit_burst_rate","message":"Request rate increased too quickly. To ensure system stability"}"#;
    permit.observe(429, &[][..] as &[(&str, &str)], body);
    drop(permit);
    let (mut all, mut large) = (0, 0);
    for _ in 0..120 {
        let sizes = [15_000, 16_000, 15_500];
        let sum: u64 = sizes.into_iter().filter(|size| model.try_acquire(Cost::tokens(*size)).is_ok()).sum();
        assert!(sum <= 16_666, "{sum} tokens within a second");
        all += sum;
        large += usize::from(sum > 0);
        clock.advance(s(1));
    }
    assert!(all > 0 && large > 60, "it rises again: {large}");
}
