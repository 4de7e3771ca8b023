//! Random limits, calls and changes.

use fastrand::Rng;
use ratebook::{Metric, Period};

use crate::log::nanos;
use crate::scenario::{Amounts, Call, Change, DAY, End, HOUR, MILLI, MINUTE, Own, SECOND, of_a, tokens};

/// Returns `true` with a probability in percent.
pub(crate) fn chance(rng: &mut Rng, percent: u8) -> bool {
    rng.u8(0..100) < percent
}

pub(crate) fn one_of<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(0..choices.len())]
}

/// Returns a random length of time up to `most`, of any order of magnitude.
pub(crate) fn time(rng: &mut Rng, most: u64) -> u64 {
    let scale = one_of(rng, &[1, 10, 100, 1_000]);
    rng.u64(0..=most / scale)
}

/// What the oracle's own limits may count, in windows of any length.
const CANDIDATES: [(Metric, &str); 10] = [
    (Metric::Requests, "second"),
    (Metric::Requests, "10s"),
    (Metric::Requests, "minute"),
    (Metric::Tokens, "minute"),
    (Metric::Tokens, "10m"),
    (Metric::Tokens, "day"),
    (Metric::InputTokens, "minute"),
    (Metric::InputTokens, "7s"),
    (Metric::OutputTokens, "minute"),
    (Metric::OutputTokens, "5h"),
];

/// Returns some limits of a model. Token limits allow a few calls, or thousands.
pub(crate) fn limits(rng: &mut Rng) -> Vec<Own> {
    let scale = one_of(rng, &[1, 1, 40, 20_000]);
    let mut limits: Vec<_> = CANDIDATES
        .into_iter()
        .filter_map(|(metric, per)| {
            let per = Period::from_text(per).expect("a period");
            let longer = if nanos(per) > MINUTE { 3 } else { 1 };
            let amount = rng.u64(1..60) * longer * if metric == Metric::Requests { 1 } else { scale };
            chance(rng, 30).then(|| of_a(metric, per, amount))
        })
        .collect();
    if limits.is_empty() {
        limits.push(of_a(Metric::Tokens, Period::Minute, rng.u64(1..60) * scale));
    }
    limits
}

/// Returns random amounts of a call that fits under some limits.
pub(crate) fn amounts(rng: &mut Rng, limits: &[Own]) -> Amounts {
    let most = |metrics: &[Metric]| {
        let amounts = limits.iter().filter(|limit| metrics.contains(&limit.metric)).map(|limit| limit.amount);
        amounts.min().unwrap_or(1_000)
    };
    let (input, output) = (most(&[Metric::Tokens, Metric::InputTokens]), most(&[Metric::Tokens, Metric::OutputTokens]));
    // Half of the tokens each, so that both together fit, and usually less.
    let scale = one_of(rng, &[2, 4, 10, 30]);
    let (input, output) = (rng.u64(0..=input / scale), rng.u64(0..=output / scale));
    tokens(input, output)
}

/// What few calls have: limits on images, on uncached tokens, and on what batch jobs hold in a queue.
const RARE: [(Metric, Option<Period>, u64); 5] = [
    (Metric::Images, Some(Period::Minute), 40),
    (Metric::UncachedAndWrittenInputTokens, Some(Period::Minute), 400),
    (Metric::UncachedTokens, Some(Period::Minute), 600),
    (Metric::QueuedBatchRequests, None, 60),
    (Metric::QueuedBatchTokens, None, 2_000),
];

/// Returns some limits that few calls draw from.
pub(crate) fn rare_limits(rng: &mut Rng) -> Vec<Own> {
    let limits = RARE.into_iter().filter_map(|(metric, per, most)| {
        let amount = rng.u64(most / 10..=most);
        chance(rng, 60).then(|| of_a(metric, per, amount))
    });
    limits.collect()
}

/// Adds random amounts of what few calls have, each up to half of its limit.
pub(crate) fn with_rare(rng: &mut Rng, limits: &[Own], cost: Amounts) -> Amounts {
    let mut up_to_half = |metric: Metric| {
        let limit = limits.iter().find(|limit| limit.metric == metric);
        limit.map_or(0, |limit| rng.u64(0..=limit.amount / 2))
    };
    let (images, queued_requests) = (up_to_half(Metric::Images), up_to_half(Metric::QueuedBatchRequests));
    let queued_tokens = up_to_half(Metric::QueuedBatchTokens);
    Amounts { cached: rng.u64(0..=cost.input), images, queued_requests, queued_tokens, ..cost }
}

/// The longest window of some limits up to an hour, or an hour.
pub(crate) fn window(limits: &[Own]) -> u64 {
    let windows = limits.iter().filter_map(|limit| limit.per).map(nanos);
    windows.filter(|window| *window <= HOUR).max().unwrap_or(HOUR)
}

/// What calls and their callers may do.
#[derive(Clone, Copy, Default)]
pub(crate) struct Habits {
    /// Poll late, or not at all for a while.
    pub(crate) late: bool,
    /// Use more tokens than any limit allows.
    pub(crate) absurd: bool,
}

/// Returns a random end of a call, given its estimate.
fn end(rng: &mut Rng, estimate: Amounts, absurd: bool) -> End {
    let part = |rng: &mut Rng, whole: u64| rng.u64(0..=whole);
    match rng.u8(0..10) {
        0..4 => End::Settle(tokens(part(rng, estimate.input), part(rng, estimate.output))),
        4 => End::Settle(Amounts::default()),
        5 => End::Settle(tokens(estimate.input + rng.u64(0..40), estimate.output + rng.u64(0..40))),
        6 if absurd => End::Settle(tokens(one_of(rng, &[u64::MAX, 1 << 63, 1 << 60]), one_of(rng, &[0, u64::MAX]))),
        7 => End::Cancel,
        8 => End::Never,
        _ => End::Drop,
    }
}

/// Returns a random call that arrives at `last` or earlier.
pub(crate) fn call(rng: &mut Rng, last: u64, cost: Amounts, window: u64, habits: Habits) -> Call {
    let arrives = rng.u64(0..=last);
    let busy = (habits.late && chance(rng, 25)).then(|| {
        let from = arrives + time(rng, window);
        (from, from + time(rng, 2 * window) + MILLI)
    });
    let latency = if habits.late && chance(rng, 20) { time(rng, SECOND) } else { 0 };
    Call {
        waits: chance(rng, 70),
        patience: chance(rng, 15).then(|| time(rng, window)),
        latency,
        busy,
        takes: time(rng, 5 * window / 2),
        end: end(rng, cost, habits.absurd),
        ..Call::waiting(arrives, 0, cost)
    }
}

/// Returns random changes of some limits, and reads of the pools, at `last` or earlier.
pub(crate) fn changes(rng: &mut Rng, limits: &[Own], last: u64) -> Vec<(u64, Change)> {
    let mut changes = Vec::new();
    for _ in 0..rng.usize(0..8) {
        let Own { metric, per, amount, .. } = limits[rng.usize(0..limits.len())];
        let amount = match rng.u8(0..5) {
            0 => 0,
            1 => rng.u64(0..=amount),
            2 => amount * rng.u64(1..4),
            _ => amount,
        };
        let is_reset = chance(rng, 25);
        let change =
            if is_reset { Change::ResetLimit { metric, per } } else { Change::SetLimit { metric, per, amount } };
        changes.push((rng.u64(0..=last), change));
    }
    for _ in 0..rng.usize(0..10) {
        changes.push((rng.u64(0..=last), Change::Look));
    }
    changes
}

/// Returns random responses in OpenAI's dialect, about requests and tokens per minute.
pub(crate) fn responses(rng: &mut Rng, limits: &[Own], last: u64) -> Vec<(u64, Change)> {
    let tokens = limits.iter().find(|limit| limit.metric == Metric::Tokens).map_or(1_000, |limit| limit.amount);
    let requests = limits.iter().find(|limit| limit.metric == Metric::Requests).map_or(60, |limit| limit.amount);
    let response = |rng: &mut Rng| {
        let (limit_of_tokens, left) = (rng.u64(0..=2 * tokens), rng.u64(0..=tokens));
        let refused = ("retry-after", rng.u64(0..100).to_string());
        match rng.u8(0..6) {
            0 => (429, vec![refused], r#"{"error":{"message":"Rate limit reached on tokens per min (TPM)"}}"#),
            1 => (429, vec![], "{}"),
            2 => (200, vec![("x-ratelimit-limit-tokens", limit_of_tokens.to_string())], ""),
            3 => (200, vec![("x-ratelimit-remaining-tokens", left.to_string())], ""),
            4 => (200, vec![("x-ratelimit-limit-requests", rng.u64(0..=2 * requests).to_string())], ""),
            _ => (200, vec![("x-ratelimit-reset-tokens", "6m0s".to_owned())], ""),
        }
    };
    (0..rng.usize(0..10))
        .map(|_| {
            let change = match rng.u8(0..8) {
                0 => Change::Forget,
                1 => Change::Resume,
                _ => {
                    let (status, headers, body) = response(rng);
                    Change::Response { status, headers, body }
                }
            };
            (rng.u64(0..=last), change)
        })
        .collect()
}

/// The end of a number of windows, at most ten days.
pub(crate) fn span(window: u64, windows: u64) -> u64 {
    (window * windows).min(10 * DAY)
}
