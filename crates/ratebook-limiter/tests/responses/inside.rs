//! Refusals inside a response of status 200.

use ratebook::{Metric, Provider, Remedy};
use ratebook_limiter::feedback::{Dialect, Refusal, Signals};
use ratebook_limiter::{Account, Cost, Usage};

use super::{NONE, NOW, USUAL, clock, model, paused, pool, seconds, wait};

fn signals(dialect: Dialect, status: Option<u16>, body: &str) -> Signals {
    dialect.read_error(status, &(), body.as_bytes(), i128::from(NOW) * 1_000_000_000)
}

#[track_caller]
fn refused(dialect: Dialect, status: Option<u16>, body: &str) -> Refusal {
    signals(dialect, status, body).refusal().unwrap_or_else(|| panic!("no refusal: {body}"))
}

#[test]
fn inband_anthropic_overloaded() {
    let error =
        br#"{"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"}              }"#;
    let clock = clock();
    let model = model(&clock, Dialect::of(Provider::Anthropic), &USUAL);
    let permit = model.try_acquire(Cost::tokens(3_000)).unwrap();
    assert_eq!(permit.observe(200, &NONE[..], b"").refusal(), None);
    clock.advance(seconds(3));
    let refusal = permit.observe_error(None, &NONE[..], error).refusal().unwrap();
    assert_eq!((refusal.status, refusal.remedy), (529, Remedy::Elsewhere));
    let [(Metric::Requests, 60, pause)] = paused(&model)[..] else { panic!("{:?}", paused(&model)) };
    assert!(pause <= seconds(1), "{pause:?}");
    assert_eq!(pool(&model, Metric::Tokens, 60).used, 3_000, "charged until the permit is settled");
    permit.settle(Usage::new().input(2_095).output(3));
    assert_eq!(pool(&model, Metric::Tokens, 60).used, 2_098, "the usage stays charged");
}

#[test]
fn rate_limit_errors_inside_a_stream_pause_and_back_off() {
    let error = br#"{"type":"error","error":{"type":"rate_limit_error","message":"This would exceed a limit of 30,000 input tokens per minute."}}"#;
    let clock = clock();
    let limits = [(Metric::Requests, super::MINUTE, 50), (Metric::UncachedInputTokens, super::MINUTE, 30_000)];
    let model = model(&clock, Dialect::of(Provider::Anthropic), &limits);
    let mut longest = seconds(0);
    for _ in 0..8 {
        clock.advance(seconds(400));
        let permit = model.try_acquire(Cost::request().input(100)).unwrap();
        // The response begins with status 200, which does not end the backoff.
        permit.observe(200, &NONE[..], b"");
        clock.advance(seconds(1));
        let refusal = permit.observe_error(None, &NONE[..], error).refusal().unwrap();
        assert_eq!((refusal.status, refusal.remedy), (429, Remedy::Wait));
        assert_eq!((refusal.metric, refusal.window), (Some(Metric::UncachedInputTokens), Some(seconds(60))));
        let pauses = paused(&model);
        assert!(pauses.iter().all(|(metric, ..)| *metric == Metric::UncachedInputTokens), "{pauses:?}");
        longest = longest.max(pauses.first().map_or(seconds(0), |(.., pause)| *pause));
    }
    assert!(longest > seconds(4), "{longest:?}: the backoff has grown");
}

#[test]
fn a_completely_served_call_ends_the_backoff() {
    let clock = clock();
    let model = model(&clock, Dialect::of(Provider::Anthropic), &USUAL);
    let error = br#"{"type":"error","error":{"type":"overloaded_error"}}"#;
    for _ in 0..8 {
        clock.advance(seconds(400));
        let refused = model.try_acquire(Cost::tokens(10)).unwrap();
        refused.observe(200, &NONE[..], b"");
        clock.advance(seconds(1));
        refused.observe_error(None, &NONE[..], error);
        let pause = paused(&model).first().map_or(seconds(0), |(.., pause)| *pause);
        assert!(pause <= seconds(1), "{pause:?}");
        clock.advance(seconds(400));
        model.try_acquire(Cost::tokens(10)).unwrap().observe(200, &NONE[..], b"");
    }
}

#[test]
fn inband_dashscope_sse_429() {
    let error = br#"{"code":"Throttling.AllocationQuota","message":"Allocated quota exceeded","request_id":"r-1"}"#;
    // The status is in the comment line, or follows from the code.
    for status in [Some(429), None] {
        let clock = clock();
        let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock()).backoff_seed(4);
        let qwen = account.build().unwrap().model("qwen-plus").unwrap();
        let permit = qwen.try_acquire(Cost::tokens(1_000)).unwrap();
        permit.observe(200, &NONE[..], b"");
        clock.advance(seconds(2));
        let refusal = permit.observe_error(status, &NONE[..], error).refusal().unwrap();
        assert_eq!((refusal.status, refusal.metric, refusal.remedy), (429, Some(Metric::Tokens), Remedy::Wait));
        assert!(matches!(paused(&qwen)[..], [(Metric::Tokens, 60, _)]), "{:?}", paused(&qwen));
        permit.cancel_unsent();
        assert_eq!(pool(&qwen, Metric::Tokens, 60).used, 0, "like after a response of status 429");
    }
}

#[test]
fn errors_of_every_vendor_have_a_status() {
    let cloudflare = Dialect::of(Provider::Cloudflare);
    let fireworks = Dialect::of(Provider::Fireworks);
    let alibaba = Dialect::of(Provider::Alibaba);
    for (dialect, body, status, remedy) in [
        (alibaba, r#"{"code":"Throttling.RateQuota","message":"Requests rate limit exceeded"}"#, 429, Remedy::Wait),
        (alibaba, r#"{"error":{"code":"limit_burst_rate","message":"m"}}"#, 429, Remedy::Smooth),
        (alibaba, r#"{"code":"AllocationQuota.FreeTierOnly","message":"m"}"#, 403, Remedy::Raise),
        (
            Dialect::of(Provider::Anthropic),
            r#"{"type":"error","error":{"type":"billing_error","message":"m"}}"#,
            402,
            Remedy::Raise,
        ),
        (
            Dialect::of(Provider::Openai),
            r#"{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            429,
            Remedy::Raise,
        ),
        (
            Dialect::of(Provider::Openai),
            r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"m"}}}"#,
            429,
            Remedy::Wait,
        ),
        (
            Dialect::of(Provider::Openai),
            r#"{"type":"error","error":{"type":"service_unavailable_error","code":"server_is_overloaded"}}"#,
            503,
            Remedy::Elsewhere,
        ),
        (Dialect::of(Provider::Openai), r#"{"error":{"code":"slow_down","message":"Slow down"}}"#, 503, Remedy::Smooth),
        (
            Dialect::of(Provider::Gemini),
            r#"[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}]"#,
            429,
            Remedy::Wait,
        ),
        (
            Dialect::of(Provider::Gemini),
            r#"{"error":{"message":"m","status":"RESOURCE_EXHAUSTED"}}"#,
            429,
            Remedy::Wait,
        ),
        (
            Dialect::of(Provider::Gemini),
            r#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#,
            503,
            Remedy::Elsewhere,
        ),
        (
            Dialect::of(Provider::Mistral),
            r#"{"object":"error","message":"Requests rate limit exceeded","type":"rate_limited","code":"1300"}"#,
            429,
            Remedy::Wait,
        ),
        (
            Dialect::of(Provider::Mistral),
            r#"{"object":"error","message":"m","raw_status_code":429}"#,
            429,
            Remedy::Wait,
        ),
        (Dialect::of(Provider::Cohere), r#"{"type":"error","status_code":429,"message":"m"}"#, 429, Remedy::Wait),
        (
            Dialect::OPENROUTER,
            r#"{"id":"x","error":{"code":429,"message":"m"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#,
            429,
            Remedy::Wait,
        ),
        (Dialect::OPENROUTER, r#"{"error":{"code":402,"message":"m"}}"#, 402, Remedy::Raise),
        (
            Dialect::of(Provider::Groq),
            r#"{"error":{"message":"m","type":"tokens","code":"rate_limit_exceeded"}}"#,
            429,
            Remedy::Wait,
        ),
        (
            Dialect::of(Provider::Groq),
            r#"{"error":{"message":"m","type":"capacity_exceeded","code":"capacity_exceeded"}}"#,
            503,
            Remedy::Elsewhere,
        ),
        (Dialect::MOONSHOT, r#"{"error":{"message":"m","type":"engine_overloaded_error"}}"#, 429, Remedy::Elsewhere),
        (
            Dialect::PLAIN,
            r#"{"throttlingException":{"message":"Too many tokens, please wait before trying again."}}"#,
            429,
            Remedy::Wait,
        ),
        (Dialect::PLAIN, r#"{"serviceUnavailableException":{"message":"m"}}"#, 503, Remedy::Elsewhere),
        (Dialect::PLAIN, r#"{"error":"Model is overloaded","error_type":"overloaded"}"#, 503, Remedy::Elsewhere),
        (
            Dialect::PLAIN,
            r#"{"error":{"type":"server_error","code":500,"reason":"rate_limit_exceeded"}}"#,
            429,
            Remedy::Wait,
        ),
        // Identified only by the wording.
        (
            fireworks,
            r#"{"error":{"message":"Account acme is suspended","code":"PRECONDITION_FAILED"}}"#,
            412,
            Remedy::Raise,
        ),
        (
            cloudflare,
            r#"{"errors":[{"message":"you have used up your daily free allocation of 10,000 neurons","code":4006}]}"#,
            429,
            Remedy::Wait,
        ),
    ] {
        let refusal = refused(dialect, None, body);
        assert_eq!((refusal.status, refusal.remedy), (status, remedy), "{body}");
    }
}

#[test]
fn a_header_may_name_the_kind_of_error() {
    for name in ["x-amzn-errortype", ":exception-type"] {
        let headers = [(name, "throttlingException")];
        let body = br#"{"message":"Too many tokens per day, please wait before trying again."}"#;
        let refusal = Dialect::PLAIN.read_error(None, &headers[..], body, 0).refusal().unwrap();
        assert_eq!(
            (refusal.status, refusal.metric, refusal.window),
            (429, Some(Metric::Tokens), Some(seconds(86_400)))
        );
    }
}

#[test]
fn the_status_of_the_stream_takes_precedence() {
    let body = r#"{"error":{"code":503,"type":"overloaded_error"}}"#;
    assert_eq!(refused(Dialect::PLAIN, Some(429), body).status, 429);
    assert_eq!(refused(Dialect::PLAIN, Some(200), body).status, 503, "a 200 is ignored");
    assert_eq!(signals(Dialect::PLAIN, Some(500), body).refusal(), None);
}

#[test]
fn other_errors_are_not_refusals_and_pause_nothing() {
    let clock = clock();
    let model = model(&clock, Dialect::of(Provider::Openai), &USUAL);
    for body in [
        r#"{"error":{"message":"bad","type":"invalid_request_error","code":null}}"#,
        r#"{"error":{"message":"m","code":"content_filter"}}"#,
        r#"{"error":{"message":"the error code 429 means rate_limit_error","type":"invalid_request_error"}}"#,
        r#"{"error":{"code":400,"message":"on tokens per"}}"#,
        r#"{"error":{"code":500,"message":"m","status":"INTERNAL"}}"#,
        r#"{"error":{"message":"","type":"","param":"","code":null}}"#,
        "",
        "{",
    ] {
        let signals = model.observe_error(None, &NONE[..], body.as_bytes());
        assert_eq!(signals.refusal(), None, "{body}");
    }
    assert_eq!(wait(&model, Cost::tokens(100)), seconds(0));
}
