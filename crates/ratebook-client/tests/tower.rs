//! The limiter as a layer of tower.
#![cfg(feature = "tower")]

mod vendor;

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use ratebook::{Metric, Period, Provider};
use ratebook_client::tower::{BoxError, Limit, LimitLayer, RoomFull};
use ratebook_client::{Call, Metered};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, AccountBuilder, Clock, Cost, Model, PoolSnapshot, Priority, Refused};
use tokio::time::Instant;
use tower::{Layer, ServiceExt};
use vendor::{Body, Vendor, reply};

const SECOND: Duration = Duration::from_secs(1);

/// A model with limits of its own.
const OURS: &str = "@cf/microsoft/phi-2";

/// Of this, the vendor in these tests allows two requests and 10,000 tokens a minute.
fn account() -> AccountBuilder {
    Account::builder(Provider::Cloudflare)
        .clock(Clock::tokio())
        .dialect(Dialect::OPENAI)
        .negotiated(OURS, Metric::Requests, Some(Period::Minute), 2)
        .negotiated(OURS, Metric::Tokens, Some(Period::Minute), 10_000)
}

fn model() -> Model {
    account().build().unwrap().model(OURS).unwrap()
}

fn pool(model: &Model, metric: Metric) -> PoolSnapshot {
    let pools = model.account().snapshot();
    pools.into_iter().find(|pool| pool.limit.metric == metric).unwrap()
}

/// A request's body is its estimate; one of no tokens is no call.
fn limited(model: &Model, vendor: Vendor) -> Limit<Vendor, impl Fn(&Request<u64>) -> Option<Call> + Clone + use<>> {
    let model = model.clone();
    LimitLayer::new(move |request: &Request<u64>| {
        (*request.body() > 0).then(|| Call::new(model.clone(), Cost::tokens(*request.body())))
    })
    .layer(vendor)
}

fn request(tokens: u64) -> Request<u64> {
    Request::new(tokens)
}

async fn text(reply: Response<Metered<Body>>) -> String {
    String::from_utf8(reply.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

const USED_70: &str = r#"{"usage": {"prompt_tokens": 50, "completion_tokens": 20}}"#;

#[tokio::test(start_paused = true)]
async fn a_request_is_held_until_it_is_admitted() {
    let model = model();
    let service = limited(&model, Vendor::of((0..3).map(|_| Ok(reply(200, &[], &[USED_70])))));
    let begin = Instant::now();
    for seconds in [0, 0, 60] {
        service.clone().oneshot(request(100)).await.unwrap();
        assert_eq!(begin.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_settled_with_the_usage_of_its_reply_when_that_has_been_read() {
    let model = model();
    let service = limited(&model, Vendor::of([Ok(reply(200, &[], &[&USED_70[..20], &USED_70[20..]]))]));
    let reply = service.oneshot(request(900)).await.unwrap();
    assert_eq!(pool(&model, Metric::Tokens).used, 900);
    assert_eq!(text(reply).await, USED_70);
    assert_eq!(pool(&model, Metric::Tokens).used, 70);
}

#[tokio::test(start_paused = true)]
async fn where_the_body_does_not_say_it_what_the_headers_say_counts() {
    let model = account().dialect(Dialect::MISTRAL).build().unwrap().model(OURS).unwrap();
    let cost = [("x-ratelimit-tokens-query-cost", "85")];
    let replies = [Ok(reply(200, &cost, &["{}"])), Ok(reply(200, &cost, &[USED_70]))];
    let service = limited(&model, Vendor::of(replies));
    for used in [85, 85 + 70] {
        text(service.clone().oneshot(request(900)).await.unwrap()).await;
        assert_eq!(pool(&model, Metric::Tokens).used, used);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_settled_when_it_says_that_it_is_done_and_one_that_breaks_off_is_not() {
    let model = model();
    let chunks = [
        "data: {\"choices\": [{}], \"usage\": null}\n\n",
        "data: {\"choices\": [], \"usage\": {\"prompt_tokens\": 50, \"completion_tokens\": 20}}\n\n",
        "data: [DONE]\n\n",
        "\n",
    ];
    for (read, used) in [(3, 70), (2, 970)] {
        let service = limited(&model, Vendor::of([Ok(reply(200, &[], &chunks))]));
        let mut body = service.oneshot(request(900)).await.unwrap().into_body();
        for _ in 0..read {
            body.frame().await.unwrap().unwrap();
        }
        drop(body);
        assert_eq!(pool(&model, Metric::Tokens).used, used, "after {read} chunks");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_obeyed_by_what_its_body_says_and_its_body_handed_on() {
    let model = model();
    let refusal = ["{\"error\": {\"message\": \"Rate limit reached on tok", "ens per min. Please try again in 7s.\"}}"];
    let service = limited(&model, Vendor::of([Ok(reply(429, &[], &refusal))]));
    let reply = service.oneshot(request(900)).await.unwrap();
    assert_eq!(reply.status(), 429);
    assert_eq!(pool(&model, Metric::Tokens).paused, Some(7 * SECOND));
    assert_eq!(pool(&model, Metric::Requests).paused, None);
    assert_eq!((pool(&model, Metric::Requests).used, pool(&model, Metric::Tokens).used), (1, 0));
    assert_eq!(text(reply).await, refusal.concat());
}

#[tokio::test(start_paused = true)]
async fn an_errors_body_of_any_length_is_handed_on_whole_with_its_end() {
    let piece = "x".repeat(40 << 10);
    let data = || Ok(Frame::data(Bytes::from(piece.clone())));
    let ends = [
        (vec![data(), data(), data()], (120 << 10, None)),
        (vec![data(), Err("torn".to_owned())], (40 << 10, Some("torn".to_owned()))),
    ];
    for (frames, expected) in ends {
        let reply = Response::builder().status(500).body(StreamBody::new(tokio_stream::iter(frames))).unwrap();
        let service = limited(&model(), Vendor::of([Ok(reply)]));
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
async fn an_errors_body_is_not_asked_again_after_its_end_and_keeps_its_trailers() {
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", "8".parse().unwrap());
    let sent = trailers.clone();
    let once = tower::service_fn(move |_: Request<u64>| {
        let frames = [Frame::data(Bytes::from_static(b"busy")), Frame::trailers(sent.clone())];
        // It panics where it is polled after its end.
        let stream = futures::stream::unfold(frames.into_iter(), |mut frames| async move {
            Some((Ok::<_, String>(frames.next()?), frames))
        });
        let reply = Response::builder().status(500).body(StreamBody::new(Box::pin(stream))).unwrap();
        async move { Ok::<_, BoxError>(reply) }
    });
    let model = model();
    let plan = move |_: &Request<u64>| Some(Call::new(model.clone(), Cost::tokens(1)));
    let reply = LimitLayer::new(plan).layer(once).oneshot(request(1)).await.unwrap();
    let body = reply.into_body().collect().await.unwrap();
    assert_eq!(body.trailers(), Some(&trailers));
    assert_eq!(body.to_bytes(), "busy");
}

#[tokio::test(start_paused = true)]
async fn an_error_after_which_tokens_may_have_been_used_keeps_them() {
    for (status, used) in [(400, 0), (408, 900), (499, 900), (502, 900)] {
        let model = model();
        let service = limited(&model, Vendor::of([Ok(reply(status, &[], &["no"]))]));
        text(service.oneshot(request(900)).await.unwrap()).await;
        assert_eq!(pool(&model, Metric::Tokens).used, used, "{status}");
    }
}

/// Another.
const OTHERS: &str = "@cf/tinyllama/tinyllama-1.1b-chat-v1.0";

/// Calls of two models, each with limits and a waiting room of its own.
fn two_models(places: Option<usize>) -> Limit<Vendor, impl Fn(&Request<u64>) -> Option<Call> + Clone> {
    let account = [(OURS, 2), (OTHERS, 3)]
        .into_iter()
        .fold(Account::builder(Provider::Cloudflare).clock(Clock::tokio()), |account, (name, requests)| {
            account.negotiated(name, Metric::Requests, Some(Period::Minute), requests)
        });
    let account = account.build().unwrap();
    let [ours, theirs] = [OURS, OTHERS].map(|name| account.model(name).unwrap());
    let plan = move |request: &Request<u64>| {
        let model = if *request.body() == THEIRS { &theirs } else { &ours };
        Some(Call::new(model.clone(), Cost::tokens(1)))
    };
    let layer = LimitLayer::new(plan);
    let layer = if let Some(places) = places { layer.waiting_room(places) } else { layer };
    layer.layer(Vendor::of((0..5_000).map(|_| Ok(reply(200, &[], &[USED_70])))))
}

/// The body of a request for the other model, or in the other room.
const THEIRS: u64 = 7;

#[tokio::test(start_paused = true)]
async fn a_model_that_is_stuck_holds_up_no_other() {
    for places in [None, Some(2_000)] {
        let service = two_models(places);
        let begin = Instant::now();
        let stuck = (0..2_000).map(|_| tokio::spawn(service.clone().oneshot(request(1)))).collect::<Vec<_>>();
        tokio::time::sleep(SECOND).await;
        assert_eq!(stuck.iter().filter(|call| call.is_finished()).count(), 2);
        service.clone().oneshot(request(THEIRS)).await.unwrap();
        assert_eq!(begin.elapsed(), SECOND, "{places:?}");
        stuck.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

#[tokio::test(start_paused = true)]
async fn each_model_has_a_waiting_room_and_beyond_it_a_call_fails_at_once() {
    let service = two_models(Some(1));
    let begin = Instant::now();
    for (of, requests) in [(1, 2), (THEIRS, 3)] {
        for _ in 0..requests {
            service.clone().oneshot(request(of)).await.unwrap();
        }
        let waits = tokio::spawn(service.clone().oneshot(request(of)));
        tokio::time::sleep(SECOND).await;
        let error = service.clone().oneshot(request(of)).await.unwrap_err();
        assert_eq!(error.downcast_ref::<RoomFull>().map(|full| full.places), Some(1), "{error}");
        assert!(!waits.is_finished());
        waits.await.unwrap().unwrap();
    }
    assert_eq!(begin.elapsed().as_secs(), 120);
    // The place is free again, and who need not wait needs none.
    service.clone().oneshot(request(THEIRS)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_leaves_the_waiting_room_makes_room() {
    let model = model();
    let plan = move |request: &Request<u64>| {
        let call = Call::new(model.clone(), Cost::tokens(1));
        Some(if *request.body() == THEIRS { call.room("theirs") } else { call })
    };
    let vendor = Vendor::of((0..9).map(|_| Ok(reply(200, &[], &[USED_70]))));
    let service = LimitLayer::new(plan).waiting_room(1).layer(vendor);
    for _ in 0..2 {
        service.clone().oneshot(request(1)).await.unwrap();
    }
    for of in [1, THEIRS, 1, THEIRS] {
        let waited = tokio::time::timeout(SECOND, service.clone().oneshot(request(of))).await;
        assert!(waited.is_err(), "it waits, and is given up");
    }
    let _waits = tokio::spawn(service.clone().oneshot(request(1)));
    tokio::time::sleep(SECOND).await;
    assert!(service.clone().oneshot(request(1)).await.is_err_and(|error| error.is::<RoomFull>()));
    let apart = tokio::time::timeout(SECOND, service.clone().oneshot(request(THEIRS))).await;
    assert!(apart.is_err(), "a room by its own name");
}

#[tokio::test(start_paused = true)]
async fn handles_of_two_accounts_or_two_priorities_wait_in_rooms_of_their_own() {
    let same = account().build().unwrap();
    let batch = same.model_builder(OURS).priority(Priority::Batch).build().unwrap();
    // All four are under limits that are alike; the last is the first once more.
    let handles = [same.model(OURS).unwrap(), batch, model(), same.model(OURS).unwrap()];
    let plan = move |request: &Request<u64>| {
        Some(Call::new(handles[usize::try_from(*request.body()).unwrap()].clone(), Cost::tokens(1)))
    };
    let vendor = Vendor::of((0..4).map(|_| Ok(reply(200, &[], &[USED_70]))));
    let service = LimitLayer::new(plan).waiting_room(1).layer(vendor);
    for handle in [0, 0, 2, 2] {
        service.clone().oneshot(request(handle)).await.unwrap();
    }
    let mut waiting = Vec::new();
    for (handle, is_full) in [(0, false), (1, false), (2, false), (3, true), (0, true), (1, true), (2, true)] {
        let call = tokio::spawn(service.clone().oneshot(request(handle)));
        tokio::time::sleep(SECOND).await;
        assert_eq!(call.is_finished(), is_full, "{handle}");
        waiting.push(call);
    }
}

/// Tries refused calls again, at once: the limiter holds them back.
#[derive(Clone)]
struct Again;

impl<E> tower::retry::Policy<Request<u64>, Response<Metered<Body>>, E> for Again {
    type Future = std::future::Ready<()>;

    fn retry(&mut self, _: &mut Request<u64>, result: &mut Result<Response<Metered<Body>>, E>) -> Option<Self::Future> {
        let is_refused = result.as_ref().is_ok_and(|reply| reply.status() == 429);
        is_refused.then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, request: &Request<u64>) -> Option<Request<u64>> {
        Some(request.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn retries_outside_find_the_pause_that_the_refusal_asked_for() {
    let model = model();
    let replies = [Ok(reply(429, &[("retry-after", "5")], &[])), Ok(reply(200, &[], &[USED_70]))];
    let service = tower::retry::Retry::new(Again, limited(&model, Vendor::of(replies)));
    let begin = Instant::now();
    let reply = service.oneshot(request(100)).await.unwrap();
    assert_eq!((reply.status().as_u16(), begin.elapsed().as_secs()), (200, 5));
}

#[tokio::test(start_paused = true)]
async fn what_can_never_be_admitted_or_not_in_time_is_an_error_that_says_so() {
    let model = model();
    let error = limited(&model, Vendor::of([])).oneshot(request(10_001)).await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(Refused::Never(_))), "{error}");
    let hurried = model.clone();
    let plan = move |_: &Request<u64>| Some(Call::new(hurried.clone(), Cost::tokens(6_000)).within(SECOND));
    let service = LimitLayer::new(plan).layer(Vendor::of([Ok(reply(200, &[], &[]))]));
    service.clone().oneshot(request(1)).await.unwrap();
    let error = service.oneshot(request(1)).await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(Refused::Wait(_))), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_on_its_way_keeps_its_charge() {
    let model = model();
    let error = limited(&model, Vendor::of([Err("reset")])).oneshot(request(900)).await.unwrap_err();
    assert_eq!((error.to_string().as_str(), pool(&model, Metric::Tokens).used), ("reset", 900));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_no_call_passes() {
    let model = model();
    let replies = (0..9).map(|_| Ok(reply(200, &[], &["a list of models"])));
    let service = limited(&model, Vendor::of(replies));
    for _ in 0..9 {
        assert_eq!(text(service.clone().oneshot(request(0)).await.unwrap()).await, "a list of models");
    }
    assert_eq!(pool(&model, Metric::Requests).used, 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_dropped_while_it_waits_takes_nothing() {
    let model = model();
    let service = limited(&model, Vendor::of((0..2).map(|_| Ok(reply(200, &[], &[USED_70])))));
    for _ in 0..2 {
        service.clone().oneshot(request(100)).await.unwrap();
    }
    let waited = tokio::time::timeout(SECOND, service.oneshot(request(100))).await;
    assert!(waited.is_err());
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(pool(&model, Metric::Requests).used, 0);
}
