//! Waiting rooms, and calls of several models.

use http::Request;
use ratebook::{Metric, Period, Provider};
use ratebook_client::PendingCall;
use ratebook_client::tower::{LimitLayer, LimitService, WaitingRoomFull};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, Clock, Cost, Priority};
use tokio::time::Instant;
use tower::{Layer, ServiceExt};

use crate::vendor::{Vendor, response};
use crate::{MODEL, SECOND, USED_70, account, request};

/// A second model.
const OTHER_MODEL: &str = "@cf/tinyllama/tinyllama-1.1b-chat-v1.0";

/// A service for two models, each with its own limits and waiting room.
fn two_models(capacity: Option<usize>) -> LimitService<Vendor, impl Fn(&Request<u64>) -> Option<PendingCall> + Clone> {
    let account = [(MODEL, 2), (OTHER_MODEL, 3)]
        .into_iter()
        .fold(Account::builder(Provider::Cloudflare).clock(Clock::tokio()), |account, (name, requests)| {
            account.negotiated(name, Metric::Requests, Some(Period::Minute), requests)
        });
    let account = account.build().unwrap();
    let [first, second] = [MODEL, OTHER_MODEL].map(|name| account.model(name).unwrap());
    let to_call = move |request: &Request<u64>| {
        let model = if *request.body() == OTHER { &second } else { &first };
        Some(PendingCall::new(model.clone(), Cost::tokens(1)))
    };
    let layer = LimitLayer::new(to_call);
    let layer = if let Some(capacity) = capacity { layer.waiting_room(capacity) } else { layer };
    layer.layer(Vendor::new((0..5_000).map(|_| Ok(response(200, &[], &[USED_70])))))
}

/// The body of a request of the second model, or in the second room.
const OTHER: u64 = 7;

#[tokio::test(start_paused = true)]
async fn a_model_without_quota_does_not_block_others() {
    for capacity in [None, Some(2_000)] {
        let service = two_models(capacity);
        let begin = Instant::now();
        let stuck = (0..2_000).map(|_| tokio::spawn(service.clone().oneshot(request(1)))).collect::<Vec<_>>();
        tokio::time::sleep(SECOND).await;
        assert_eq!(stuck.iter().filter(|call| call.is_finished()).count(), 2);
        service.clone().oneshot(request(OTHER)).await.unwrap();
        assert_eq!(begin.elapsed(), SECOND, "{capacity:?}");
        stuck.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

#[tokio::test(start_paused = true)]
async fn each_model_has_a_waiting_room_and_a_call_beyond_its_capacity_fails_at_once() {
    let service = two_models(Some(1));
    let begin = Instant::now();
    for (body, requests) in [(1, 2), (OTHER, 3)] {
        for _ in 0..requests {
            service.clone().oneshot(request(body)).await.unwrap();
        }
        let waits = tokio::spawn(service.clone().oneshot(request(body)));
        tokio::time::sleep(SECOND).await;
        let error = service.clone().oneshot(request(body)).await.unwrap_err();
        assert_eq!(error.downcast_ref::<WaitingRoomFull>().map(|full| full.capacity), Some(1), "{error}");
        assert!(!waits.is_finished());
        waits.await.unwrap().unwrap();
    }
    assert_eq!(begin.elapsed().as_secs(), 120);
    // The slot is free again, and a call that need not wait needs none.
    service.clone().oneshot(request(OTHER)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_frees_its_slot_in_the_waiting_room() {
    let model = account(Dialect::of(Provider::Openai), 2, 10_000).build().unwrap().model(MODEL).unwrap();
    let to_call = move |request: &Request<u64>| {
        let call = PendingCall::new(model.clone(), Cost::tokens(1));
        Some(if *request.body() == OTHER { call.waiting_room("second") } else { call })
    };
    let vendor = Vendor::new((0..9).map(|_| Ok(response(200, &[], &[USED_70]))));
    let service = LimitLayer::new(to_call).waiting_room(1).layer(vendor);
    for _ in 0..2 {
        service.clone().oneshot(request(1)).await.unwrap();
    }
    for body in [1, OTHER, 1, OTHER] {
        let waited = tokio::time::timeout(SECOND, service.clone().oneshot(request(body))).await;
        assert!(waited.is_err(), "it waits, and is dropped");
    }
    let _waits = tokio::spawn(service.clone().oneshot(request(1)));
    tokio::time::sleep(SECOND).await;
    assert!(service.clone().oneshot(request(1)).await.is_err_and(|error| error.is::<WaitingRoomFull>()));
    let apart = tokio::time::timeout(SECOND, service.clone().oneshot(request(OTHER))).await;
    assert!(apart.is_err(), "a named room is separate");
}

#[tokio::test(start_paused = true)]
async fn handles_of_two_accounts_or_priorities_have_separate_rooms() {
    let same = account(Dialect::of(Provider::Openai), 2, 10_000).build().unwrap();
    let other = account(Dialect::of(Provider::Openai), 2, 10_000).build().unwrap();
    let batch = same.model_builder(MODEL).priority(Priority::Batch).build().unwrap();
    // All four have the same limits. The last handle equals the first.
    let handles = [same.model(MODEL).unwrap(), batch, other.model(MODEL).unwrap(), same.model(MODEL).unwrap()];
    let to_call = move |request: &Request<u64>| {
        Some(PendingCall::new(handles[usize::try_from(*request.body()).unwrap()].clone(), Cost::tokens(1)))
    };
    let vendor = Vendor::new((0..4).map(|_| Ok(response(200, &[], &[USED_70]))));
    let service = LimitLayer::new(to_call).waiting_room(1).layer(vendor);
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
