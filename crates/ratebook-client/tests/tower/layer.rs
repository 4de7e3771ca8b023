//! Admission, observation and settlement of calls.

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use ratebook::{Metric, Provider};
use ratebook_client::tower::{BoxError, LimitLayer, LimitService};
use ratebook_client::{Metered, PendingCall};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Cost, Model, Refused};
use tokio::time::Instant;
use tower::{Layer, ServiceExt};

use crate::vendor::{Body, Vendor, response};
use crate::{MODEL, SECOND, USED_70, account, pool, request, text};

/// A model with 2 requests and 10,000 tokens per minute.
fn model() -> Model {
    account(Dialect::of(Provider::Openai), 2, 10_000).build().unwrap().model(MODEL).unwrap()
}

/// The body of a request is its estimate. Zero tokens: not a call.
fn limited(
    model: &Model,
    vendor: Vendor,
) -> LimitService<Vendor, impl Fn(&Request<u64>) -> Option<PendingCall> + Clone + use<>> {
    let model = model.clone();
    LimitLayer::new(move |request: &Request<u64>| {
        (*request.body() > 0).then(|| PendingCall::new(model.clone(), Cost::tokens(*request.body())))
    })
    .layer(vendor)
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_until_it_is_admitted() {
    let model = model();
    let service = limited(&model, Vendor::new((0..3).map(|_| Ok(response(200, &[], &[USED_70])))));
    let begin = Instant::now();
    for seconds in [0, 0, 60] {
        service.clone().oneshot(request(100)).await.unwrap();
        assert_eq!(begin.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_body_settles_the_call_with_its_usage() {
    let model = model();
    let service = limited(&model, Vendor::new([Ok(response(200, &[], &[&USED_70[..20], &USED_70[20..]]))]));
    let response = service.oneshot(request(900)).await.unwrap();
    assert_eq!(pool(&model, Metric::Tokens).used, 900);
    assert_eq!(text(response).await, USED_70);
    assert_eq!(pool(&model, Metric::Tokens).used, 70);
}

#[tokio::test(start_paused = true)]
async fn header_usage_counts_if_the_body_has_none() {
    let model = account(Dialect::of(Provider::Mistral), 2, 10_000).build().unwrap().model(MODEL).unwrap();
    let cost = [("x-ratelimit-tokens-query-cost", "85")];
    let responses = [Ok(response(200, &cost, &["{}"])), Ok(response(200, &cost, &[USED_70]))];
    let service = limited(&model, Vendor::new(responses));
    for used in [85, 85 + 70] {
        text(service.clone().oneshot(request(900)).await.unwrap()).await;
        assert_eq!(pool(&model, Metric::Tokens).used, used);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_settled_at_its_last_event_and_not_if_it_is_dropped_before() {
    let model = model();
    let chunks = [
        "data: {\"choices\": [{}], \"usage\": null}\n\n",
        "data: {\"choices\": [], \"usage\": {\"prompt_tokens\": 50, \"completion_tokens\": 20}}\n\n",
        "data: [DONE]\n\n",
        "\n",
    ];
    for (read, used) in [(3, 70), (2, 970)] {
        let service = limited(&model, Vendor::new([Ok(response(200, &[], &chunks))]));
        let mut body = service.oneshot(request(900)).await.unwrap().into_body();
        for _ in 0..read {
            body.frame().await.unwrap().unwrap();
        }
        drop(body);
        assert_eq!(pool(&model, Metric::Tokens).used, used, "after {read} chunks");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_pauses_the_pool_that_its_body_names_and_returns_the_body() {
    let model = model();
    let refusal = ["{\"error\": {\"message\": \"Rate limit reached on tok", "ens per min. Please try again in 7s.\"}}"];
    let service = limited(&model, Vendor::new([Ok(response(429, &[], &refusal))]));
    let response = service.oneshot(request(900)).await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(pool(&model, Metric::Tokens).paused, Some(7 * SECOND));
    assert_eq!(pool(&model, Metric::Requests).paused, None);
    assert_eq!((pool(&model, Metric::Requests).used, pool(&model, Metric::Tokens).used), (1, 0));
    assert_eq!(text(response).await, refusal.concat());
}

#[tokio::test(start_paused = true)]
async fn an_error_body_of_any_length_is_returned_complete() {
    let piece = "x".repeat(40 << 10);
    let data = || Ok(Frame::data(Bytes::from(piece.clone())));
    let ends = [
        (vec![data(), data(), data()], (120 << 10, None)),
        (vec![data(), Err("torn".to_owned())], (40 << 10, Some("torn".to_owned()))),
    ];
    for (frames, expected) in ends {
        let response = Response::builder().status(500).body(StreamBody::new(tokio_stream::iter(frames))).unwrap();
        let service = limited(&model(), Vendor::new([Ok(response)]));
        let mut body = service.oneshot(request(1)).await.unwrap().into_body();
        let (mut read, mut failed) = (0, None);
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => read += frame.into_data().unwrap().len(),
                Err(error) => failed = Some(error),
            }
        }
        assert_eq!((read, failed), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_body_is_not_polled_after_its_end_and_keeps_its_trailers() {
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", "8".parse().unwrap());
    let sent = trailers.clone();
    let once = tower::service_fn(move |_: Request<u64>| {
        let frames = [Frame::data(Bytes::from_static(b"busy")), Frame::trailers(sent.clone())];
        // This stream panics if it is polled after its end.
        let stream = futures::stream::unfold(frames.into_iter(), |mut frames| async move {
            Some((Ok::<_, String>(frames.next()?), frames))
        });
        let response = Response::builder().status(500).body(StreamBody::new(Box::pin(stream))).unwrap();
        async move { Ok::<_, BoxError>(response) }
    });
    let model = model();
    let to_call = move |_: &Request<u64>| Some(PendingCall::new(model.clone(), Cost::tokens(1)));
    let response = LimitLayer::new(to_call).layer(once).oneshot(request(1)).await.unwrap();
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.trailers(), Some(&trailers));
    assert_eq!(body.to_bytes(), "busy");
}

#[tokio::test(start_paused = true)]
async fn an_error_after_which_tokens_may_have_been_used_keeps_the_estimate() {
    for (status, used) in [(400, 0), (408, 900), (499, 900), (502, 900)] {
        let model = model();
        let service = limited(&model, Vendor::new([Ok(response(status, &[], &["no"]))]));
        text(service.oneshot(request(900)).await.unwrap()).await;
        assert_eq!(pool(&model, Metric::Tokens).used, used, "{status}");
    }
}

/// Retries refused calls at once. The limiter delays them.
#[derive(Clone)]
struct RetryRefused;

impl<E> tower::retry::Policy<Request<u64>, Response<Metered<Body>>, E> for RetryRefused {
    type Future = std::future::Ready<()>;

    fn retry(&mut self, _: &mut Request<u64>, result: &mut Result<Response<Metered<Body>>, E>) -> Option<Self::Future> {
        let is_refused = result.as_ref().is_ok_and(|response| response.status() == 429);
        is_refused.then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, request: &Request<u64>) -> Option<Request<u64>> {
        Some(request.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn retries_outside_wait_for_the_pause_of_the_refusal() {
    let model = model();
    let responses = [Ok(response(429, &[("retry-after", "5")], &[])), Ok(response(200, &[], &[USED_70]))];
    let service = tower::retry::Retry::new(RetryRefused, limited(&model, Vendor::new(responses)));
    let begin = Instant::now();
    let response = service.oneshot(request(100)).await.unwrap();
    assert_eq!((response.status().as_u16(), begin.elapsed().as_secs()), (200, 5));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_admitted_fails_with_refused() {
    let model = model();
    let error = limited(&model, Vendor::new([])).oneshot(request(10_001)).await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(Refused::Never(_))), "{error}");
    let hurried = model.clone();
    let to_call = move |_: &Request<u64>| Some(PendingCall::new(hurried.clone(), Cost::tokens(6_000)).within(SECOND));
    let service = LimitLayer::new(to_call).layer(Vendor::new([Ok(response(200, &[], &[]))]));
    service.clone().oneshot(request(1)).await.unwrap();
    let error = service.oneshot(request(1)).await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(Refused::Wait(_))), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_exchange_keeps_the_estimate_charged() {
    let model = model();
    let error = limited(&model, Vendor::new([Err("reset")])).oneshot(request(900)).await.unwrap_err();
    assert_eq!((error.to_string().as_str(), pool(&model, Metric::Tokens).used), ("reset", 900));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_a_call_passes() {
    let model = model();
    let responses = (0..9).map(|_| Ok(response(200, &[], &["a list of models"])));
    let service = limited(&model, Vendor::new(responses));
    for _ in 0..9 {
        assert_eq!(text(service.clone().oneshot(request(0)).await.unwrap()).await, "a list of models");
    }
    assert_eq!(pool(&model, Metric::Requests).used, 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_dropped_while_it_waits_is_not_charged() {
    let model = model();
    let service = limited(&model, Vendor::new((0..2).map(|_| Ok(response(200, &[], &[USED_70])))));
    for _ in 0..2 {
        service.clone().oneshot(request(100)).await.unwrap();
    }
    let waited = tokio::time::timeout(SECOND, service.oneshot(request(100))).await;
    assert!(waited.is_err());
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(pool(&model, Metric::Requests).used, 0);
}
