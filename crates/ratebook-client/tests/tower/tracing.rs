//! Tracing events.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use http::Request;
use http_body_util::BodyExt;
use ratebook::Provider;
use ratebook_client::PendingCall;
use ratebook_client::tower::LimitLayer;
use ratebook_limiter::{Account, Cost};
use tower::{Layer, ServiceExt};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::vendor::{Vendor, response};

/// An event: its level, name and numeric fields.
type Recorded = (Level, &'static str, Vec<u64>);

/// Records the events of the limiter's target.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Recorded>>>);

#[derive(Default)]
struct Numbers(Vec<u64>);

impl Visit for Numbers {
    fn record_u64(&mut self, _: &Field, value: u64) {
        self.0.push(value);
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == ratebook_limiter::telemetry::TARGET
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut numbers = Numbers::default();
        event.record(&mut numbers);
        self.0.lock().unwrap().push((*event.metadata().level(), event.metadata().name(), numbers.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn implausible_usage_is_an_event() {
    let recorder = Recorder::default();
    let _guard = tracing::subscriber::set_default(recorder.clone());
    let qwen = Account::builder(Provider::Alibaba).region("international").build().unwrap().model("qwen-plus").unwrap();
    let to_call = move |_: &Request<u64>| Some(PendingCall::new(qwen.clone(), Cost::tokens(900)));
    let bodies = [r#"{"usage":{"total_tokens":70}}"#, r#"{"usage":{"total_tokens":9223372036854775807}}"#];
    let service = LimitLayer::new(to_call).layer(Vendor::new(bodies.map(|body| Ok(response(200, &[], &[body])))));
    for _ in bodies {
        service.clone().oneshot(Request::new(0)).await.unwrap().into_body().collect().await.unwrap();
    }
    let events = recorder.0.lock().unwrap();
    assert_eq!(*events, [(Level::WARN, "implausible_usage", vec![i64::MAX as u64, 1 << 32])]);
}
