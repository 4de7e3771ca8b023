//! Spans and events of the limiter.
#![cfg(feature = "tracing")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ratebook::Provider;
use ratebook_limiter::{Account, AccountBuilder, Admission, Cost, ManualClock, Quota, Refused, telemetry};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// Limits of one model: 4 requests and 1,000 tokens per minute.
fn ours() -> AccountBuilder {
    Account::custom("ours")
        .name("main")
        .limit(Quota::requests(4).per_minute().of_model("ours"))
        .limit(Quota::tokens(1_000).per_minute().of_model("ours"))
}

/// An event, or the beginning or end of a span.
#[derive(Clone, Debug)]
struct Record {
    name: &'static str,
    level: Level,
    /// The span around it.
    within: Option<&'static str>,
    fields: BTreeMap<&'static str, String>,
}

impl Record {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

impl Visit for Record {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

/// Collects events and spans in order. The end of a span is named `-wait`: the limiter has no other spans.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Record>>>);

impl Collector {
    /// Runs a closure with a subscriber that collects.
    fn collect(run: impl FnOnce(&Self)) {
        let collector = Self::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(collector.clone()), || run(&collector));
    }

    /// Returns the records since the last call.
    fn take(&self) -> Vec<Record> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// Returns the only record since the last call.
    fn take_one(&self) -> Record {
        let records = self.take();
        let [record] = &records[..] else { panic!("{records:#?}") };
        record.clone()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        let within = context.span(id).and_then(|span| span.parent()).map(|parent| parent.name());
        let mut record = Record { name: metadata.name(), level: *metadata.level(), within, fields: BTreeMap::new() };
        attributes.record(&mut record);
        if metadata.target() == telemetry::TARGET {
            self.0.lock().unwrap().push(record);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let (metadata, within) = (event.metadata(), context.event_span(event).map(|span| span.name()));
        let mut record = Record { name: metadata.name(), level: *metadata.level(), within, fields: BTreeMap::new() };
        event.record(&mut record);
        if metadata.target() == telemetry::TARGET {
            self.0.lock().unwrap().push(record);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        if span.metadata().target() == telemetry::TARGET {
            let end = Record { name: "-wait", level: Level::DEBUG, within: None, fields: BTreeMap::new() };
            self.0.lock().unwrap().push(end);
        }
    }
}

#[cfg(feature = "tokio")]
#[test]
fn a_wait_is_a_span() {
    Collector::collect(|collector| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let account = ours().clock(ratebook_limiter::Clock::tokio()).build().unwrap();
            let model = account.model("ours").unwrap();
            let _first = model.acquire(Cost::tokens(1_000)).await.unwrap();
            assert!(collector.take().is_empty(), "no wait");
            let other = async {
                tokio::time::sleep(Duration::from_secs(30)).await;
                assert!(tracing::Span::current().is_none(), "not entered between two polls");
            };
            let (permit, ()) = tokio::join!(model.acquire(Cost::tokens(1)), other);
            let records = collector.take();
            assert!(tracing::Span::current().is_none(), "does not cover the call");
            let names: Vec<_> = records.iter().map(|record| record.name).collect();
            assert_eq!(names, ["wait", "admitted", "-wait"]);
            let (span, admitted) = (&records[0], &records[1]);
            assert_eq!((span.level, span.field("expected_seconds")), (Level::DEBUG, "60.0"));
            assert_eq!((span.field("provider"), span.field("account")), ("ours", "main"));
            assert_eq!(
                (span.field("model"), span.field("limit")),
                ("ours", "1000 tokens per 60s (ours, ours, as configured)")
            );
            assert_eq!((admitted.level, admitted.within), (Level::DEBUG, Some("wait")));
            assert_eq!((admitted.field("model"), admitted.field("waited_seconds")), ("ours", "60.0"));
            drop(permit);
        });
    });
}

#[cfg(feature = "tokio")]
#[test]
fn a_wait_above_the_deadline_is_refused_and_a_dropped_wait_is_left() {
    Collector::collect(|collector| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let account = ours().clock(ratebook_limiter::Clock::tokio()).build().unwrap();
            let model = account.model("ours").unwrap();
            let _first = model.acquire(Cost::tokens(1_000)).await.unwrap();
            assert!(model.acquire_within(Cost::tokens(1), Duration::from_secs(59)).await.is_err());
            let refused = collector.take_one();
            assert_eq!((refused.name, refused.level, refused.within), ("refused", Level::DEBUG, None));
            assert_eq!((refused.field("reason"), refused.field("pool")), ("deadline", "ours"));
            assert_eq!(
                (refused.field("limit"), refused.field("wait_seconds")),
                ("1000 tokens per 60s (ours, ours, as configured)", "60.0")
            );
            let dropped = tokio::time::timeout(Duration::from_secs(7), model.acquire(Cost::tokens(1))).await;
            assert!(dropped.is_err());
            let records = collector.take();
            let names: Vec<_> = records.iter().map(|record| record.name).collect();
            assert_eq!(names, ["wait", "left", "-wait"]);
            assert_eq!(records[1].field("waited_seconds"), "7.0");
        });
    });
}

/// The span of a wait does not make its future `!Send`.
#[cfg(feature = "tokio")]
#[test]
fn a_waiting_future_is_send() {
    fn is_send(_: impl Send) {}
    let model = ours().build().unwrap().model("ours").unwrap();
    is_send(model.acquire(Cost::request()));
    is_send(model.acquire_owned(Cost::request()));
}

#[test]
fn a_final_refusal_is_an_event_and_a_refusal_with_a_wait_is_not() {
    Collector::collect(|collector| {
        let clock = ManualClock::new();
        let account = Account::builder(Provider::Castai).plan("starter").clock(clock.clock()).build().unwrap();
        let llama = account.model("Llama 3.3 70B").unwrap();
        let _first = llama.try_acquire(Cost::tokens(30_000)).unwrap();
        (0..2).for_each(|_| assert!(matches!(llama.try_acquire(Cost::tokens(1)), Err(Refused::Wait(_)))));
        assert!(collector.take().is_empty());
        assert!(llama.try_acquire(Cost::tokens(30_001)).is_err());
        let refused = collector.take_one();
        assert_eq!((refused.name, refused.level), ("refused", Level::DEBUG));
        assert_eq!((refused.field("reason"), refused.field("pool")), ("never", "size:large"));
        assert!(refused.field("limit").starts_with("30000 tokens per 60s (castai, starter, large, line "));
        assert_eq!((refused.field("account"), refused.field("wait_seconds")), ("", ""), "none");
    });
}

#[test]
fn a_ticket_has_the_events_of_a_wait() {
    Collector::collect(|collector| {
        let clock = ManualClock::new();
        let model = ours().clock(clock.clock()).build().unwrap().model("ours").unwrap();
        let _first = model.try_acquire(Cost::tokens(1_000)).unwrap();
        let ticket = model.enqueue(Cost::tokens(1)).unwrap();
        clock.advance(Duration::from_secs(60));
        let Admission::Granted(_permit) = ticket.poll_admission(None) else { panic!("the ticket is first") };
        let records = collector.take();
        let [span, admitted, end] = &records[..] else { panic!("{records:#?}") };
        assert_eq!((span.name, span.field("expected_seconds"), end.name), ("wait", "60.0", "-wait"));
        assert_eq!((admitted.within, admitted.field("waited_seconds")), (Some("wait"), "60.0"));
    });
}

#[test]
fn shadow_mode_sends_an_event_for_a_call_that_it_would_have_held_back() {
    Collector::collect(|collector| {
        let clock = ManualClock::new();
        let model = ours().shadow().clock(clock.clock()).build().unwrap().model("ours").unwrap();
        (0..5).for_each(|_| drop(model.try_acquire(Cost::tokens(1)).unwrap()));
        let would_have_waited = collector.take_one();
        assert_eq!(
            (would_have_waited.name, would_have_waited.field("limit")),
            ("would_have_waited", "4 requests per 60s (ours, ours, as configured)")
        );
    });
}

#[cfg(feature = "feedback")]
mod responses {
    use ratebook_limiter::feedback::Dialect;

    use super::*;

    const NONE: [(&str, &str); 0] = [];

    fn model() -> (ManualClock, ratebook_limiter::Model) {
        let clock = ManualClock::new();
        let account = ours().dialect(Dialect::of(Provider::Openai)).clock(clock.clock()).build().unwrap();
        (clock, account.model("ours").unwrap())
    }

    #[test]
    fn a_refusal_is_an_event_with_the_paused_pool_and_the_duration() {
        Collector::collect(|collector| {
            let (_clock, model) = model();
            let body = br#"{"error":{"message":"Rate limit reached on tokens per min (TPM): Limit 1000"}}"#;
            model.observe(429, &[("retry-after", "5")][..], body);
            let refused = collector.take_one();
            assert_eq!((refused.name, refused.level), ("vendor_refused", Level::WARN));
            assert_eq!(
                (refused.field("pool"), refused.field("limit")),
                ("ours", "1000 tokens per 60s (ours, ours, as configured)")
            );
            assert_eq!((refused.field("metric"), refused.field("remedy")), ("tokens", "wait"));
            assert_eq!((refused.field("pause_seconds"), refused.field("account")), ("5.0", "main"));
        });
    }

    #[test]
    fn a_penalty_is_an_event_with_its_kind_of_calls_and_its_duration() {
        Collector::collect(|collector| {
            let after = ratebook::PenaltyTrigger::Failed;
            let penalty = ratebook::Penalty::new(after, 2, 30).within(9);
            let account = ours().clock(ManualClock::new().clock()).penalty(penalty).build().unwrap();
            let model = account.model("ours").unwrap();
            model.observe(400, &NONE[..], b"");
            assert!(collector.take().is_empty());
            model.observe(400, &NONE[..], b"");
            let penalized = collector.take_one();
            assert_eq!((penalized.name, penalized.level), ("penalized", Level::WARN));
            assert_eq!((penalized.field("after"), penalized.field("pause_seconds")), ("failed", "30.0"));
        });
    }

    #[test]
    fn a_refusal_that_waiting_does_not_help_pauses_nothing() {
        Collector::collect(|collector| {
            let (_clock, model) = model();
            let body = br#"{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}"#;
            model.observe(429, &NONE[..], body);
            let refused = collector.take_one();
            assert_eq!((refused.name, refused.field("remedy")), ("vendor_refused", "raise"));
            assert_eq!((refused.field("pool"), refused.field("pause_seconds")), ("", ""));
        });
    }

    #[test]
    fn a_changed_limit_and_a_shrunk_pool_are_events() {
        Collector::collect(|collector| {
            let (_clock, model) = model();
            let headers = [("x-ratelimit-limit-tokens", "500"), ("x-ratelimit-remaining-tokens", "100")];
            model.observe(200, &headers[..], b"");
            let records = collector.take();
            let [changed, shrunk] = &records[..] else { panic!("{records:#?}") };
            assert_eq!((changed.name, changed.level, changed.field("pool")), ("limit_changed", Level::INFO, "ours"));
            assert_eq!(
                (changed.field("before"), changed.field("limit")),
                ("1000", "500 tokens per 60s (ours, ours, as configured)")
            );
            assert_eq!((shrunk.name, shrunk.level, shrunk.field("remaining")), ("shrunk", Level::DEBUG, "100"));
            model.observe(200, &headers[..], b"");
            assert!(collector.take().is_empty(), "nothing new");
        });
    }

    #[test]
    fn an_invalid_value_is_an_event_with_its_header() {
        Collector::collect(|collector| {
            let (_clock, model) = model();
            model.observe(200, &[("x-ratelimit-remaining-tokens", "many")][..], b"");
            let invalid = collector.take_one();
            assert_eq!((invalid.name, invalid.level), ("invalid_value", Level::WARN));
            assert_eq!(invalid.field("at"), "x-ratelimit-remaining-tokens");
            assert_eq!(invalid.field("why"), "expected the format of the dialect, found another");
        });
    }

    /// Reads the account at each event. Deadlocks if an event is sent while the account is locked.
    struct ReadsAccount(ratebook_limiter::Model);

    impl<S: Subscriber> Layer<S> for ReadsAccount {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            self.0.account().snapshot();
        }
    }

    #[test]
    fn a_subscriber_may_read_the_account() {
        let (clock, model) = model();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(ReadsAccount(model.clone())), || {
            let _first = model.try_acquire(Cost::tokens(1_000)).unwrap();
            let (ticket, left) = (model.enqueue(Cost::tokens(1)).unwrap(), model.enqueue(Cost::tokens(1)).unwrap());
            model.observe(429, &[("retry-after", "-5"), ("x-ratelimit-limit-tokens", "900")][..], b"");
            assert!(model.try_acquire(Cost::tokens(1_001)).is_err());
            clock.advance(Duration::from_secs(3_600));
            drop(left);
            drop(ticket.poll_admission(None));
        });
    }
}
