//! Cases from the field through reqwest, against a server over HTTP.
#![cfg(feature = "reqwest-middleware")]

use ratebook::{Metric, Period, Provider, Remedy};
use ratebook_client::reqwest::LimitMiddleware;
use ratebook_client::{Call, Incurable, LateSignals};
use ratebook_limiter::feedback::{Dialect, Signals};
use ratebook_limiter::{Account, Cost, Model, Refused};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A model with limits of its own.
const MODEL: &str = "@cf/microsoft/phi-2";

fn model() -> Model {
    let account = Account::builder(Provider::Cloudflare).dialect(Dialect::of(Provider::Alibaba)).negotiated(
        MODEL,
        Metric::Tokens,
        Some(Period::Minute),
        10_000,
    );
    account.build().unwrap().model(MODEL).unwrap()
}

fn client(model: &Model) -> ClientWithMiddleware {
    let model = model.clone();
    let plan = move |_: &reqwest::Request| Some(Call::new(model.clone(), Cost::tokens(900)));
    ClientBuilder::new(reqwest::Client::new()).with(LimitMiddleware::new(plan)).build()
}

/// The address of a server that answers one request so, the body in pieces of their own.
async fn server(head: &'static str, pieces: &'static [&'static str]) -> String {
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
        for piece in pieces.iter().chain(&[""]) {
            connection.write_all(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes()).await.unwrap();
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

#[tokio::test]
async fn inband_dashscope_sse_429() {
    let model = model();
    let pieces = &[
        "id:1\nevent:error\n:HTTP_STA",
        "TUS/429\ndata:{\"code\":\"Throttling.AllocationQuota\",\"message\":\"Allocated quota exceeded\",\"request_id\":\"r-1\"}\n",
        "\n",
    ];
    let url = server("200 OK\r\ncontent-type: text/event-stream", pieces).await;
    let reply = client(&model).get(&url).send().await.unwrap();
    assert!(reply.extensions().get::<Signals>().is_some());
    let late = reply.extensions().get::<LateSignals>().unwrap().clone();
    assert_eq!((reply.status().as_u16(), reply.url().as_str(), late.error()), (200, &*url, None));
    assert_eq!(reply.text().await.unwrap(), pieces.concat());
    assert_eq!(late.error().unwrap().refusal().unwrap().status, 429);
    assert_eq!((used(&model, Metric::Requests), used(&model, Metric::Tokens)), (1, 0));
    assert_eq!(paused(&model), [Metric::Tokens]);
}

#[tokio::test]
async fn an_error_object_as_the_whole_body_of_a_200() {
    let model = model();
    let url = server("200 OK", &["{\"code\":\"Throttling.RateQuota\",", "\"message\":\"m\"}"]).await;
    let reply = client(&model).get(&url).send().await.unwrap();
    reply.bytes().await.unwrap();
    assert_eq!((paused(&model), used(&model, Metric::Tokens)), (vec![Metric::Requests], 0));
}

#[tokio::test]
async fn a_refusal_that_no_wait_cures_is_an_error_that_one_can_match() {
    let url = server("402 Payment Required", &["{\"error\":", "\"no credit\"}"]).await;
    let error = client(&model()).get(&url).send().await.unwrap_err();
    let Error::Middleware(error) = error else { panic!("{error}") };
    let refused = error.downcast_ref::<Incurable>().unwrap();
    assert_eq!((refused.status().as_u16(), refused.refusal().remedy), (402, Remedy::Raise));
    assert_eq!(refused.response().body(), "{\"error\":\"no credit\"}");
}

#[tokio::test]
async fn a_call_that_can_never_be_admitted_is_an_error_that_one_can_match() {
    let model = model();
    let plan = move |_: &reqwest::Request| Some(Call::new(model.clone(), Cost::tokens(10_001)));
    let client = ClientBuilder::new(reqwest::Client::new()).with(LimitMiddleware::new(plan)).build();
    let Error::Middleware(error) = client.get("http://127.0.0.1:1/").send().await.unwrap_err() else { panic!() };
    assert!(matches!(error.downcast_ref::<Refused>(), Some(Refused::Never(_))), "{error}");
}
