//! The example `async_openai`, over real HTTP and on simulated time.
#![cfg(all(feature = "body", feature = "reqwest", feature = "tower"))]

#[path = "../examples/async_openai.rs"]
mod async_openai;
#[allow(dead_code, reason = "the reqwest middleware is for other tests")]
mod simulated_time;

use async_openai::{account, compare, provider};
use ratebook_limiter::Clock;
use simulated_time::{TimedClient, tokio_clock};

const CALLS: usize = 600;

#[tokio::test(start_paused = true)]
async fn an_unmodified_client_is_never_refused_with_the_limiter() {
    let (provider, account) = (provider().clock(tokio_clock()), account().clock(Clock::tokio()));
    let [with, without] = compare(provider, account, TimedClient::default(), CALLS).await.unwrap();
    assert_eq!((with.answered, with.counts.refused), (CALLS, 0));
    assert!(without.answered < CALLS && without.counts.refused > 100, "{:?}", without.counts);
}
