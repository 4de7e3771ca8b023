//! The limiter and the local provider over real HTTP, on one clock that the test moves: nothing waits in real time.
#![cfg(feature = "http")]

use ratebook::Metric;
use ratebook_limiter::{Account, Cost, ManualClock, Quota, Refused, Usage};
use ratebook_sim::http::{LocalProvider, LocalServer};
use ratebook_sim::{Algorithm, SECOND, Server, SimRule};
use serde_json::Value;
use tokio::task::JoinSet;

const CALLS: u64 = 1_000;
const REQUESTS_PER_SECOND: u64 = 100;
const TOKENS_PER_SECOND: u64 = 6_000;

/// Four bytes are a token for the local provider: the prompt has ten.
const CHAT: &str =
    r#"{"model": "m", "max_tokens": 80, "messages": [{"content": "Name the longest river of the continent."}]}"#;

async fn server(clock: &ManualClock) -> LocalServer {
    let rule = |metric, limit| SimRule::new(metric, limit, SECOND, Algorithm::SlidingLog);
    let rules = vec![rule(Metric::Requests, REQUESTS_PER_SECOND), rule(Metric::Tokens, TOKENS_PER_SECOND)];
    let clock = clock.clone();
    LocalProvider::new().clock(move || clock.elapsed()).model("m", Server::new(rules)).serve().await.unwrap()
}

/// Sends a call. Returns its tokens, or `None` if it was refused.
async fn send(http: reqwest::Client, base_url: String) -> Option<u64> {
    let response = http.post(format!("{base_url}/chat/completions")).body(CHAT).send().await.unwrap();
    let is_served = response.status().is_success();
    let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    is_served.then(|| body["usage"]["total_tokens"].as_u64().unwrap())
}

#[tokio::test]
async fn calls_through_the_limiter_are_never_refused_and_use_the_limit() {
    let clock = ManualClock::new();
    let (server, http) = (server(&clock).await, reqwest::Client::new());
    let account = Account::custom("local")
        .clock(clock.clock())
        .limit(Quota::requests(REQUESTS_PER_SECOND).per_second())
        .limit(Quota::tokens(TOKENS_PER_SECOND).per_second());
    let model = account.build().unwrap().model("local").unwrap();
    let mut in_flight = JoinSet::new();
    for _ in 0..CALLS {
        let permit = loop {
            match model.try_acquire_owned(Cost::request().input(20).output(80)) {
                Ok(permit) => break permit,
                // The calls in flight arrive and settle before time passes.
                Err(Refused::Wait(_)) if !in_flight.is_empty() => {
                    in_flight.join_next().await.unwrap().unwrap();
                }
                Err(Refused::Wait(wait)) => clock.advance(wait.delay().unwrap()),
                Err(never) => panic!("{never}"),
            }
        };
        let (http, base_url) = (http.clone(), server.base_url());
        in_flight.spawn(async move {
            let tokens = send(http, base_url).await;
            permit.settle(tokens.map_or(Usage::new(), |tokens| Usage::new().tokens(tokens)));
        });
    }
    in_flight.join_all().await;
    assert_eq!((server.counts().served, server.counts().refused), (CALLS, 0));
    assert!(clock.elapsed().as_secs() < 2 * CALLS / REQUESTS_PER_SECOND, "{:?}", clock.elapsed());
}

#[tokio::test]
async fn calls_without_the_limiter_are_refused() {
    let clock = ManualClock::new();
    let (server, http) = (server(&clock).await, reqwest::Client::new());
    let calls: JoinSet<_> = (0..200).map(|_| send(http.clone(), server.base_url())).collect();
    let served = calls.join_all().await.into_iter().flatten().count() as u64;
    assert!(served <= REQUESTS_PER_SECOND);
    assert_eq!((server.counts().served, server.counts().refused), (served, 200 - served));
}
