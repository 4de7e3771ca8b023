//! The cost of a refusal relative to a grant: `cargo bench -p ratebook-limiter --bench by_turns`.
//!
//! Both run through the same code, alternating every few microseconds, so that neither code placement nor a noisy
//! minute looks like a difference.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ratebook::{Metric, Period, Provider};
use ratebook_limiter::{Account, Cost, Model};

const ROUNDS: usize = 4_001;
const CALLS: u32 = 10_000;

/// Requests and tokens per minute, and a sixtieth of each per second.
fn four_limits(amount: u64) -> Model {
    let per_minute = |builder: ratebook_limiter::AccountBuilder, metric| {
        builder.negotiated("*", metric, Some(Period::Minute), amount)
    };
    let builder = per_minute(per_minute(Account::builder(Provider::Alibaba), Metric::Requests), Metric::Tokens);
    builder.region("international").build().unwrap().model("qwen-plus").unwrap()
}

#[inline(never)]
fn round(model: &Model, admits: bool) -> Duration {
    let begin = Instant::now();
    for _ in 0..CALLS {
        assert_eq!(model.try_acquire(Cost::tokens(black_box(50))).is_ok(), admits);
    }
    begin.elapsed()
}

fn main() {
    let (open, shut) = (four_limits(1 << 50), four_limits(60));
    assert!(shut.try_acquire(Cost::tokens(60)).is_ok(), "the first call uses up the minute");
    let mut ratios: Vec<f64> = Vec::with_capacity(ROUNDS);
    let mut times = [Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS)];
    for _ in 0..ROUNDS {
        let (granted, refused) = (round(&open, true), round(&shut, false));
        ratios.push(refused.as_secs_f64() / granted.as_secs_f64());
        [granted, refused].into_iter().zip(&mut times).for_each(|(time, times)| times.push(time));
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let [granted, refused] = times.map(|mut times| {
        times.sort_unstable();
        (times[ROUNDS / 2] / CALLS, times[0].as_nanos() as f64 / f64::from(CALLS))
    });
    println!("a grant {granted:?}, a refusal {refused:?} (median, minimum in ns)");
    let at = |share: usize| ratios[(ROUNDS - 1) * share / 4];
    println!("a refusal takes {:.2} of a grant (quartiles {:.2} and {:.2})", at(2), at(1), at(3));
}
