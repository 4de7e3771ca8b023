//! The limiter as a middleware of reqwest, against a provider over real HTTP.
#![cfg(feature = "reqwest-middleware")]

use std::time::Duration;

use ratebook::{Metric, Period, Provider};
use ratebook_client::Call;
use ratebook_client::reqwest::LimitMiddleware;
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, Cost, Model, Refused};
use ratebook_sim::http::{LocalProvider, Serving};
use ratebook_sim::{Enforcement, Rule, SECOND, Server, Voice};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error};

/// Requests that the provider serves in a second, of a model named `small`.
const REQUESTS: u64 = 40;

/// A model with limits of its own, and more a minute than these tests call.
const LIMITED_AS: &str = "@cf/qwen/qwen1.5-0.5b-chat";

async fn provider() -> Serving {
    let dialect = Dialect::OPENAI;
    let rule = Rule::new(Metric::Requests, REQUESTS, SECOND, Enforcement::SlidingLog);
    let server = Server::new(vec![rule]).speaking(Voice::new(dialect.headers(), dialect.replies()));
    LocalProvider::new().model("small", server).serve().await.unwrap()
}

/// Calls that leave half a second closer than a second apart may arrive a second apart, on a busy machine.
fn model(requests: u64) -> Model {
    let account = Account::builder(Provider::Cloudflare)
        .dialect(Dialect::OPENAI)
        .jitter(Duration::from_millis(500))
        .negotiated(LIMITED_AS, Metric::Requests, Some(Period::Second), requests)
        .negotiated(LIMITED_AS, Metric::Tokens, Some(Period::Minute), 100_000);
    account.build().unwrap().model(LIMITED_AS).unwrap()
}

fn client(model: &Model) -> ClientWithMiddleware {
    let model = model.clone();
    let plan = move |request: &reqwest::Request| {
        let text = request.body()?.as_bytes()?;
        Some(Call::new(model.clone(), Cost::request().input(text.len() as u64 / 2).output(64)))
    };
    ClientBuilder::new(reqwest::Client::new()).with(LimitMiddleware::new(plan)).build()
}

fn used(model: &Model) -> u64 {
    let pools = model.account().snapshot();
    pools.iter().find(|pool| pool.limit.metric == Metric::Tokens).unwrap().used
}

const CHAT: &str = r#"{"model": "small", "messages": [{"role": "user", "content": "Name a river."}]}"#;

#[tokio::test]
async fn a_reply_is_handed_on_as_it_came_and_settled() {
    let (serving, model) = (provider().await, model(REQUESTS));
    let url = format!("{}/chat/completions", serving.base_url());
    let reply = client(&model).post(&url).body(CHAT).send().await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.url().as_str()), (200, url.as_str()));
    assert!(reply.headers().contains_key("x-ratelimit-remaining-requests"));
    assert_eq!(used(&model), CHAT.len() as u64 / 2 + 64, "an estimate, until the body has been read");
    let text = reply.text().await.unwrap();
    assert!(text.contains("\"choices\""), "{text}");
    assert_eq!(used(&model), serving.count().tokens);
}

#[tokio::test]
async fn calls_at_once_are_all_served_and_none_refused() {
    let (serving, model) = (provider().await, model(REQUESTS));
    let (url, client) = (format!("{}/chat/completions", serving.base_url()), client(&model));
    let calls = (0..150).map(|_| {
        let (client, url) = (client.clone(), url.clone());
        tokio::spawn(async move { client.post(url).body(CHAT).send().await.unwrap().text().await.unwrap() })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!((serving.count().served, serving.count().refused), (150, 0));
    assert_eq!(used(&model), serving.count().tokens);
}

#[tokio::test]
async fn a_refusal_is_heard_and_its_body_handed_on() {
    // Somebody else has used up the limit.
    let (serving, model) = (provider().await, model(REQUESTS));
    let url = format!("{}/chat/completions", serving.base_url());
    let others = reqwest::Client::new();
    for _ in 0..REQUESTS {
        others.post(&url).body(CHAT).send().await.unwrap();
    }
    let reply = client(&model).post(&url).body(CHAT).send().await.unwrap();
    assert_eq!(reply.status(), 429);
    let text = reply.text().await.unwrap();
    assert!(text.contains("on requests per"), "{text}");
    let paused = model.account().snapshot().into_iter().filter(|pool| pool.paused.is_some());
    assert_eq!(paused.map(|pool| pool.limit.metric).collect::<Vec<_>>(), [Metric::Requests]);
    assert_eq!(used(&model), 0);
}

#[tokio::test]
async fn what_can_never_be_admitted_is_an_error_that_says_so() {
    let model = model(REQUESTS);
    let long = "x".repeat(300_000);
    let error = client(&model).post("http://127.0.0.1:1/").body(long).send().await.unwrap_err();
    let Error::Middleware(error) = error else { panic!("{error}") };
    assert!(matches!(error.downcast_ref(), Some(Refused::Never(_))), "{error}");
}
