//! The limiter as a reqwest middleware, over real HTTP and on simulated time.
#![cfg(feature = "reqwest-middleware")]

#[allow(dead_code, reason = "the tower client is for other tests")]
mod simulated_time;

use ratebook::{Metric, Period, Provider, Remedy};
use ratebook_client::reqwest::LimitMiddleware;
use ratebook_client::{BodySignals, NonRetryable, PendingCall};
use ratebook_limiter::feedback::{Dialect, Signals};
use ratebook_limiter::{Account, Clock, Cost, Model, Refused};
use ratebook_sim::http::{LocalProvider, LocalServer};
use ratebook_sim::{Algorithm, ResponseStyle, SECOND, Server, SimRule};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error};
use simulated_time::{TimeLock, tokio_clock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// Requests that the local provider serves per second.
const REQUESTS: u64 = 40;

/// The model of these tests. The account sets its limits.
const MODEL: &str = "@cf/microsoft/phi-2";

const CHAT: &str = r#"{"model": "small", "messages": [{"role": "user", "content": "Name a river."}]}"#;

/// The estimate of [`CHAT`], in tokens.
const ESTIMATE: u64 = CHAT.len() as u64 / 2 + 64;

async fn provider() -> LocalServer {
    let dialect = Dialect::of(Provider::Openai);
    let rule = SimRule::new(Metric::Requests, REQUESTS, SECOND, Algorithm::SlidingLog);
    let server = Server::new(vec![rule]).styled_as(ResponseStyle::new(dialect.headers(), dialect.responses()));
    LocalProvider::new().clock(tokio_clock()).model("small", server).serve().await.unwrap()
}

/// A model with [`REQUESTS`] per second and 100,000 tokens per minute.
fn model(dialect: Dialect) -> Model {
    let account = Account::builder(Provider::Cloudflare)
        .clock(Clock::tokio())
        .dialect(dialect)
        .negotiated(MODEL, Metric::Requests, Some(Period::Second), REQUESTS)
        .negotiated(MODEL, Metric::Tokens, Some(Period::Minute), 100_000);
    account.build().unwrap().model(MODEL).unwrap()
}

fn client(model: &Model) -> ClientWithMiddleware {
    let model = model.clone();
    let to_call = move |request: &reqwest::Request| {
        let bytes = request.body().and_then(reqwest::Body::as_bytes).map_or(0, <[u8]>::len);
        Some(PendingCall::new(model.clone(), Cost::request().input(bytes as u64 / 2).output(64)))
    };
    ClientBuilder::new(reqwest::Client::new()).with(LimitMiddleware::new(to_call)).with(TimeLock::default()).build()
}

/// Starts a server that answers one request with a head and a chunked body. Returns its URL.
async fn respond_once(head: &'static str, chunks: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(connection.read_u8().await.unwrap());
        }
        let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        for chunk in chunks.iter().chain(&[""]) {
            connection.write_all(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes()).await.unwrap();
        }
    });
    format!("http://{address}/v1")
}

fn used(model: &Model, metric: Metric) -> u64 {
    let pools = model.account().snapshot();
    pools.iter().find(|pool| pool.limit.metric == metric).unwrap().used
}

fn paused(model: &Model) -> Vec<Metric> {
    let pools = model.account().snapshot().into_iter();
    pools.filter(|pool| pool.paused.is_some()).map(|pool| pool.limit.metric).collect()
}

#[tokio::test(start_paused = true)]
async fn a_response_is_unchanged_and_settles_the_call() {
    let (server, model) = (provider().await, model(Dialect::of(Provider::Openai)));
    let url = format!("{}/chat/completions", server.base_url());
    let response = client(&model).post(&url).body(CHAT).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.url().as_str()), (200, url.as_str()));
    assert!(response.headers().contains_key("x-ratelimit-remaining-requests"));
    assert_eq!(used(&model, Metric::Tokens), ESTIMATE, "until the body has been read");
    let text = response.text().await.unwrap();
    assert!(text.contains("\"choices\""), "{text}");
    assert_eq!(used(&model, Metric::Tokens), server.counts().tokens);
}

#[tokio::test(start_paused = true)]
async fn concurrent_calls_are_all_served_and_none_refused() {
    let (server, model) = (provider().await, model(Dialect::of(Provider::Openai)));
    let (url, client) = (format!("{}/chat/completions", server.base_url()), client(&model));
    let begin = Instant::now();
    let calls = (0..150).map(|_| {
        let (client, url) = (client.clone(), url.clone());
        tokio::spawn(async move { client.post(url).body(CHAT).send().await.unwrap().text().await.unwrap() })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!((server.counts().served, server.counts().refused), (150, 0));
    assert_eq!(begin.elapsed().as_secs(), 3, "40 calls per second");
    // The window of the tokens is a minute: all calls are in it.
    assert_eq!(used(&model, Metric::Tokens), server.counts().tokens);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_pauses_its_pool_and_returns_its_body() {
    let (server, model) = (provider().await, model(Dialect::of(Provider::Openai)));
    let url = format!("{}/chat/completions", server.base_url());
    // Another client uses up the limit.
    let other = ClientBuilder::new(reqwest::Client::new()).with(TimeLock::default()).build();
    for _ in 0..REQUESTS {
        other.post(&url).body(CHAT).send().await.unwrap();
    }
    let response = client(&model).post(&url).body(CHAT).send().await.unwrap();
    assert_eq!(response.status(), 429);
    let text = response.text().await.unwrap();
    assert!(text.contains("on requests per"), "{text}");
    assert_eq!((paused(&model), used(&model, Metric::Tokens)), (vec![Metric::Requests], 0));
}

#[tokio::test(start_paused = true)]
async fn a_dashscope_error_event_pauses_like_an_http_429() {
    let model = model(Dialect::of(Provider::Alibaba));
    let chunks = &[
        "id:1\nevent:error\n:HTTP_STA",
        "TUS/429\ndata:{\"code\":\"Throttling.AllocationQuota\",\"message\":\"Allocated quota exceeded\",\"request_id\":\"r-1\"}\n",
        "\n",
    ];
    let url = respond_once("200 OK\r\ncontent-type: text/event-stream", chunks).await;
    let response = client(&model).get(&url).send().await.unwrap();
    assert!(response.extensions().get::<Signals>().is_some());
    let signals = response.extensions().get::<BodySignals>().unwrap().clone();
    assert_eq!((response.status().as_u16(), response.url().as_str(), signals.error()), (200, &*url, None));
    assert_eq!(response.text().await.unwrap(), chunks.concat());
    assert_eq!(signals.error().unwrap().refusal().unwrap().status, 429);
    assert_eq!((used(&model, Metric::Requests), used(&model, Metric::Tokens)), (1, 0));
    assert_eq!(paused(&model), [Metric::Tokens]);
}

#[tokio::test(start_paused = true)]
async fn an_error_object_as_the_body_pauses_like_an_http_429() {
    let model = model(Dialect::of(Provider::Alibaba));
    let url = respond_once("200 OK", &["{\"code\":\"Throttling.RateQuota\",", "\"message\":\"m\"}"]).await;
    let response = client(&model).get(&url).send().await.unwrap();
    response.bytes().await.unwrap();
    assert_eq!((paused(&model), used(&model, Metric::Tokens)), (vec![Metric::Requests], 0));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_waiting_does_not_resolve_is_a_non_retryable_error() {
    let url = respond_once("402 Payment Required", &["{\"error\":", "\"no credit\"}"]).await;
    let error = client(&model(Dialect::of(Provider::Alibaba))).get(&url).send().await.unwrap_err();
    let Error::Middleware(error) = error else { panic!("{error}") };
    let refused = error.downcast_ref::<NonRetryable>().unwrap();
    assert_eq!((refused.status().as_u16(), refused.refusal().remedy), (402, Remedy::Raise));
    assert_eq!(refused.response().body(), "{\"error\":\"no credit\"}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_can_never_be_admitted_fails_with_never() {
    let long = "x".repeat(300_000);
    let error =
        client(&model(Dialect::of(Provider::Openai))).post("http://127.0.0.1:1/").body(long).send().await.unwrap_err();
    let Error::Middleware(error) = error else { panic!("{error}") };
    assert!(matches!(error.downcast_ref(), Some(Refused::Never(_))), "{error}");
}
