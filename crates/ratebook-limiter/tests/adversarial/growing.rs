//! Calls above a limit that grows, or that a response has lowered.

use ratebook::Provider;
use ratebook_limiter::{Fallback, Refused};
use tokio::time::{Instant, sleep, timeout};

use super::*;

/// Runs a future for at most one simulated day.
async fn within_a_day<F: Future>(future: F) -> F::Output {
    timeout(s(86_400), future).await.expect("still waiting after a day")
}

fn fireworks() -> Model {
    let account = Account::builder(Provider::Fireworks).plan("tier-2").clock(Clock::tokio());
    account.build().unwrap().model("llama-v3p1-8b-instruct").unwrap()
}

#[tokio::test(start_paused = true)]
async fn f1_a_call_above_a_limit_that_grows_blocks_no_other() {
    let model = fireworks();
    let begin = Instant::now();
    // 6,000 output tokens are guaranteed at first, and 144,000 after long use.
    assert!(
        matches!(within_a_day(model.acquire(Cost::tokens(8_000))).await, Err(Refused::Never(never)) if never.limit.amount == 6_000)
    );
    assert!(matches!(model.acquire_within(Cost::tokens(8_000), s(10)).await, Err(Refused::Never(_))));
    assert!(matches!(model.try_acquire(Cost::tokens(8_000)), Err(Refused::Never(_))));
    assert!(model.enqueue(Cost::tokens(8_000)).is_err());
    assert!(within_a_day(model.acquire(Cost::tokens(10))).await.is_ok());
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn f1_a_limit_grows_while_calls_above_it_are_refused() {
    let model = fireworks();
    let begin = Instant::now();
    let large = tokio::spawn({
        let model = model.clone();
        async move {
            // A caller that retries each minute.
            while model.acquire_owned(Cost::tokens(8_000)).await.is_err() {
                sleep(s(60)).await;
            }
            begin.elapsed()
        }
    });
    let small = tokio::spawn(async move {
        loop {
            drop(model.acquire(Cost::tokens(500)).await.unwrap());
        }
    });
    let large = within_a_day(large).await.unwrap();
    assert!(large <= s(3 * 3_600), "{large:?}");
    small.abort();
}

#[tokio::test(start_paused = true)]
async fn f1_a_fallback_takes_a_call_above_a_limit_that_grows_to_the_next_model() {
    let castai = Account::builder(Provider::Castai).plan("growth").clock(Clock::tokio()).build().unwrap();
    let either = Fallback::first(fireworks()).then(castai.model("Llama 3.3 70B").unwrap());
    let begin = Instant::now();
    for _ in 0..3 {
        assert_eq!(within_a_day(either.acquire(Cost::tokens(8_000))).await.unwrap().position, 1);
    }
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

#[cfg(feature = "feedback")]
mod by_responses {
    use std::sync::{Arc, Mutex};

    use ratebook_limiter::feedback::Dialect;

    use super::*;

    /// 100,000 tokens per minute, at a vendor whose headers state its limits.
    fn with_headers() -> Model {
        let account = Account::custom("ours").dialect(Dialect::of(Provider::Openai)).clock(Clock::tokio());
        account.limit(Quota::tokens(100_000).per_minute()).build().unwrap().model("ours").unwrap()
    }

    const LOWER: &[(&str, &str)] = &[("x-ratelimit-limit-tokens", "10000")];

    #[tokio::test(start_paused = true)]
    async fn f1_a_call_above_a_limit_that_a_response_has_lowered_blocks_no_other() {
        let model = with_headers();
        let permit = model.try_acquire(Cost::tokens(10)).unwrap();
        permit.observe(200, LOWER, b"");
        let begin = Instant::now();
        let large = within_a_day(model.acquire(Cost::tokens(20_000))).await.map(drop);
        assert!(matches!(large, Err(Refused::Never(never)) if never.limit.amount == 10_000), "{large:?}");
        assert!(within_a_day(model.acquire(Cost::tokens(10))).await.is_ok());
        assert_eq!(begin.elapsed(), Duration::ZERO);
        // The lower limit is forgotten after ten minutes without another response.
        sleep(s(600)).await;
        assert!(within_a_day(model.acquire(Cost::tokens(20_000))).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn f1_a_response_that_lowers_a_limit_refuses_waiting_calls_above_it() {
        let model = with_headers();
        let first = model.try_acquire_owned(Cost::tokens(100_000)).unwrap();
        let begin = Instant::now();
        let spawn = |tokens| {
            let model = model.clone();
            tokio::spawn(async move { (model.acquire_owned(Cost::tokens(tokens)).await.map(drop), begin.elapsed()) })
        };
        let (large, small) = (spawn(20_000), spawn(10));
        sleep(s(1)).await;
        first.observe(200, LOWER, b"");
        let (large, at) = within_a_day(large).await.unwrap();
        assert!(matches!(large, Err(Refused::Never(_))) && at == s(1), "{large:?} {at:?}");
        assert_eq!(within_a_day(small).await.unwrap(), (Ok(()), s(60)));
    }

    #[tokio::test(start_paused = true)]
    async fn f1_a_limit_that_each_response_lowers_again_blocks_no_call_below_it() {
        let model = with_headers();
        model.observe(200, LOWER, b"");
        let probe = tokio::spawn({
            let model = model.clone();
            async move {
                loop {
                    sleep(s(30)).await;
                    model.observe(200, LOWER, b"");
                }
            }
        });
        let refused = Arc::new(Mutex::new(0));
        let large = tokio::spawn({
            let (model, refused) = (model.clone(), Arc::clone(&refused));
            async move {
                loop {
                    assert!(model.acquire(Cost::tokens(20_000)).await.is_err());
                    *refused.lock().unwrap() += 1;
                    sleep(s(60)).await;
                }
            }
        });
        let begin = Instant::now();
        let small = async {
            for _ in 0..1_000 {
                drop(model.acquire(Cost::tokens(1_000)).await.unwrap());
            }
        };
        // 10,000 per minute: the last ten calls go in the 99th minute.
        within_a_day(small).await;
        assert_eq!(begin.elapsed().as_secs(), 99 * 60);
        assert!(*refused.lock().unwrap() >= 99);
        probe.abort();
        large.abort();
    }
}
