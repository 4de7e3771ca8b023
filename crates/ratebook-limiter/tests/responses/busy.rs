//! Refusals by a busy vendor, without an exhausted limit.

use ratebook::{Metric, Provider, Remedy};
use ratebook_limiter::Cost;
use ratebook_limiter::feedback::Dialect;

use super::{NONE, USUAL, clock, model, paused, pool, refusal, seconds, vendor, wait};

const UNAVAILABLE: &str = r#"{"error":{"code":503,"message":"This model is currently experiencing high demand. Please try again later.","status":"UNAVAILABLE"}}"#;
const OVERLOADED: &str = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;

#[test]
fn retry_after_of_503_and_529() {
    for (dialect, status, after, body) in [
        (Dialect::of(Provider::Gemini), 503, "30", UNAVAILABLE),
        (Dialect::of(Provider::Anthropic), 529, "12", OVERLOADED),
    ] {
        let headers = [("retry-after", after), ("x-should-retry", "true")];
        let refused = refusal(dialect, status, &headers, body);
        let after = seconds(after.parse().unwrap());
        assert_eq!((refused.remedy, refused.retry_after), (Remedy::Elsewhere, Some(after)), "{body}");
        let clock = clock();
        let model = model(&clock, dialect, &USUAL);
        model.observe(status, &headers[..], body.as_bytes());
        assert_eq!(wait(&model, Cost::tokens(100)), after, "{body}");
        let sent = (0..100).filter(|_| {
            clock.advance(seconds(1) / 10);
            model.try_acquire(Cost::tokens(100)).is_ok()
        });
        assert_eq!(sent.count(), 0, "none within ten seconds");
    }
}

#[test]
fn retry_after_may_be_a_date_with_any_body() {
    for dialect in super::all() {
        let clock = clock();
        let model = model(&clock, dialect, &USUAL);
        model.observe(
            503,
            &[("retry-after", "Thu, 05 Feb 2026 15:03:41 GMT")][..],
            b"<html>Service Unavailable</html>",
        );
        assert_eq!(wait(&model, Cost::request()), seconds(60));
    }
}

#[test]
fn a_503_without_a_time_pauses_nothing() {
    let clock = clock();
    let model = model(&clock, Dialect::of(Provider::Gemini), &USUAL);
    for headers in [&[][..], &[("retry-after", "0")]] {
        model.observe(503, headers, UNAVAILABLE.as_bytes());
        assert_eq!(wait(&model, Cost::tokens(100)), seconds(0));
    }
}

#[test]
fn a_529_without_a_time_starts_a_backoff() {
    let clock = clock();
    let model = model(&clock, Dialect::of(Provider::Anthropic), &USUAL);
    let pauses: Vec<_> = (0..12)
        .map(|_| {
            clock.advance(seconds(400));
            let permit = model.try_acquire(Cost::tokens(100)).unwrap();
            clock.advance(seconds(1));
            permit.observe(529, &NONE[..], OVERLOADED.as_bytes());
            pool(&model, Metric::Requests, 60).paused.unwrap_or_default()
        })
        .collect();
    for (doublings, pause) in pauses.iter().enumerate() {
        assert!(*pause <= seconds(1 << doublings.min(6)) && *pause <= seconds(60), "{doublings}: {pause:?}");
    }
    assert!(pauses.iter().any(|pause| *pause > seconds(8)), "{pauses:?}");
}

#[test]
fn a_refusal_of_a_steep_rise_pauses_for_the_stated_time() {
    let clock = clock();
    let openai = model(&clock, Dialect::of(Provider::Openai), &USUAL);
    let permit = openai.try_acquire(Cost::tokens(100)).unwrap();
    clock.advance(seconds(1));
    let body = br#"{"error":{"message":"Slow down","code":"slow_down"}}"#;
    let signals = permit.observe(503, &[("retry-after", "30")][..], body);
    assert_eq!(signals.refusal().unwrap().remedy, Remedy::Smooth);
    let pause = wait(&openai, Cost::request());
    assert!((seconds(30)..seconds(45)).contains(&pause), "{pause:?}");
}

#[test]
fn the_body_of_a_503_may_state_the_time() {
    let clock = clock();
    let model = model(&clock, Dialect::PLAIN, &USUAL);
    model.observe(503, &NONE[..], b"The server is overloaded. Please try again in 30 seconds.");
    assert_eq!(wait(&model, Cost::tokens(100)), seconds(30));
}

#[test]
fn a_busy_vendor_does_not_lower_the_share_of_a_shared_account() {
    let clock = clock();
    let shared = vendor(&clock, Dialect::PLAIN, &USUAL).shared_with_others(10).build().unwrap();
    let model = shared.model("ours").unwrap();
    let before = pool(&model, Metric::Requests, 60).limit_units;
    let permit = model.try_acquire(Cost::tokens(100)).unwrap();
    clock.advance(seconds(1));
    permit.observe(503, &[("retry-after", "5")][..], b"");
    assert_eq!(pool(&model, Metric::Requests, 60).limit_units, before);
    assert!(paused(&model).iter().any(|(.., pause)| *pause == seconds(5)));
}

#[test]
fn a_full_queue_pauses_only_if_it_states_a_time() {
    let body = r#"{"message":"We're experiencing high traffic right now! Please try again soon.","type":"too_many_requests_error","param":"queue","code":"queue_exceeded"}"#;
    assert_eq!(refusal(Dialect::CEREBRAS, 429, &[], body).remedy, Remedy::Elsewhere);
    for (dialect, body) in [
        (
            Dialect::of(Provider::Mistral),
            r#"{"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","code":"3505"}"#,
        ),
        (Dialect::VENICE, r#"{"error":{"code":"MODEL_OVERLOADED"}}"#),
        (Dialect::of(Provider::Openai), r#"{"error":{"code":"resource_unavailable","message":"m"}}"#),
    ] {
        assert_eq!(refusal(dialect, 429, &[], body).remedy, Remedy::Elsewhere, "{body}");
    }
    let clock = clock();
    let model = model(&clock, Dialect::CEREBRAS, &USUAL);
    model.observe(429, &NONE[..], body.as_bytes());
    assert_eq!(wait(&model, Cost::request()), seconds(0));
    model.observe(429, &[("retry-after", "7")][..], body.as_bytes());
    assert_eq!(wait(&model, Cost::request()), seconds(7));
}
