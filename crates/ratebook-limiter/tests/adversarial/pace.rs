//! An even pace under a sliding counter, and a rate that rises too steeply.

use ratebook_limiter::{Burst, OwnedPermit, Usage};

use super::*;

/// Returns the largest estimate of a server that counts the last fixed window in proportion and the present one in
/// full, over 64 phases of its windows. Calls have their final costs, and arrive at times in milliseconds.
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

/// Sends all that is admitted for ten windows, in steps of a 240th, and settles each call when it ends. In random
/// blocks of time, calls are sent or not, use little or all of their estimates, and end soon or late.
fn send_and_settle(seed: u64, clock: &ManualClock, model: &Model, window: u64, largest: u64) -> Vec<(u64, u64)> {
    let mut number = numbers(seed);
    let mut open: Vec<(u64, OwnedPermit, usize, u64)> = Vec::new();
    let mut calls: Vec<(u64, u64)> = Vec::new();
    let (mut until, mut sends, mut percent, mut takes) = (0, true, 100, 0);
    for now in (0..2_400).map(|step| step * window / 240) {
        if now >= until {
            until = now + window / 20 + number(window);
            (sends, percent) = (number(6) > 0, [2, 10, 50, 100, 100][number(5) as usize]);
            takes = window * [1, 10, 40, 80, 150][number(5) as usize] / 100;
        }
        for (_, permit, at, real) in open.extract_if(.., |(due, ..)| *due <= now) {
            permit.settle(Usage::new().tokens(real));
            calls[at].1 = real;
        }
        for _ in 0..if sends { 10_000 } else { 0 } {
            let estimate = largest / [1, 2, 8][number(3) as usize];
            let Ok(permit) = model.try_acquire_owned(Cost::tokens(estimate)) else { break };
            open.push((now + takes / 2 + number(takes), permit, calls.len(), (estimate * percent / 100).max(1)));
            calls.push((now, estimate));
        }
        clock.advance(ms(window / 240));
    }
    open.into_iter().for_each(|(_, _, at, real)| calls[at].1 = real);
    calls
}

#[test]
fn f9_an_even_pace_stays_below_a_sliding_counter_after_settlements() {
    for seed in 0..300 {
        let clock = ManualClock::new();
        let account = Account::custom("ours").clock(clock.clock()).burst(Burst::Smooth);
        let account = account.limit(Quota::tokens(60_000).per_minute()).build().unwrap();
        let calls = send_and_settle(seed, &clock, &account.model("ours").unwrap(), 60_000, 2_000);
        assert!(calls.len() > 200, "{}", calls.len());
        let most = sliding_counter(&calls, 60_000);
        assert!(most <= 60_000, "seed {seed}: {most}");
    }
}

#[test]
fn f9_an_even_pace_of_seconds_stays_below_a_sliding_counter_after_settlements() {
    for seed in 0..100 {
        let clock = ManualClock::new();
        let account = alibaba(&clock).burst(Burst::Smooth).slow_start(100, Duration::ZERO);
        let account = account.negotiated("qwen-plus", Metric::Requests, MINUTE, 60_000).build().unwrap();
        let calls = send_and_settle(seed, &clock, &account.model("qwen-plus").unwrap(), 960, 2_000);
        assert!(calls.len() > 50, "{}", calls.len());
        let most = sliding_counter(&calls, 1_000);
        assert!(most <= 16_666, "seed {seed}: {most}");
    }
}

#[cfg(feature = "feedback")]
#[test]
fn f10_a_rate_that_rose_too_steeply_stays_within_the_seconds_part() {
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
