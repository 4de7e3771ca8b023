//! Errors inside responses of status 200, implausible usage, and the errors and signals a caller sees.

use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use ratebook::{Metric, Provider, Remedy};
use ratebook_client::tower::{BoxError, LimitLayer, LimitService};
use ratebook_client::usage::Format;
use ratebook_client::{BodySignals, Metered, NonRetryable, PendingCall};
use ratebook_limiter::feedback::{Dialect, Signals};
use ratebook_limiter::{Account, Clock, Cost, Model, Quota, Refused};
use tower::{Layer, ServiceExt};

use crate::vendor::{Body, Vendor, response};
use crate::{MODEL, account, pool, text};

/// A model with 100 requests and 100,000 tokens per minute.
fn model(dialect: Dialect) -> Model {
    account(dialect, 100, 100_000).build().unwrap().model(MODEL).unwrap()
}

fn tokens(model: &Model) -> u64 {
    pool(model, Metric::Tokens).used
}

fn is_paused(model: &Model) -> bool {
    model.account().snapshot().iter().any(|pool| pool.paused.is_some())
}

const PROMPT: u64 = 3_000;
const OUTPUT: u64 = 900;

/// A service with one scripted response. Each call has the same estimate, whatever the request.
fn limited(
    model: &Model,
    format: Format,
    response: Response<Body>,
) -> LimitService<Vendor, impl Fn(&Request<u64>) -> Option<PendingCall> + Clone + use<>> {
    let model = model.clone();
    let to_call = move |_: &Request<u64>| {
        Some(PendingCall::new(model.clone(), Cost::request().input(PROMPT).output(OUTPUT)).format(format))
    };
    LimitLayer::new(to_call).layer(Vendor::new([Ok(response)]))
}

async fn call(model: &Model, format: Format, response: Response<Body>) -> Response<Metered<Body>> {
    limited(model, format, response).oneshot(Request::new(0)).await.unwrap()
}

fn body_signals(response: &Response<Metered<Body>>) -> BodySignals {
    response.extensions().get::<BodySignals>().unwrap().clone()
}

const DASHSCOPE: &str = "id:1\nevent:error\n:HTTP_STATUS/429\n\
    data:{\"code\":\"Throttling.AllocationQuota\",\"message\":\"Allocated quota exceeded\",\"request_id\":\"r-1\"}\n\n";

#[tokio::test(start_paused = true)]
async fn a_dashscope_error_event_pauses_like_an_http_429() {
    // The body arrives complete, and byte by byte.
    let bytes: Vec<_> = DASHSCOPE.split_inclusive(|_| true).collect();
    for chunks in [&[DASHSCOPE][..], &bytes] {
        let model = model(Dialect::of(Provider::Alibaba));
        let response =
            call(&model, Format::DashScope, response(200, &[("content-type", "text/event-stream")], chunks)).await;
        let signals = body_signals(&response);
        assert_eq!((signals.error(), tokens(&model)), (None, PROMPT + OUTPUT));
        assert_eq!(text(response).await, DASHSCOPE, "the body is unchanged");
        let refusal = signals.error().unwrap().refusal().unwrap();
        assert_eq!((refusal.status, refusal.metric, refusal.remedy), (429, Some(Metric::Tokens), Remedy::Wait));
        // Like an HTTP 429: the request stays charged, the tokens are returned, the token pool is paused.
        assert_eq!((pool(&model, Metric::Requests).used, tokens(&model)), (1, 0));
        assert!(pool(&model, Metric::Tokens).paused.is_some());
        assert_eq!(pool(&model, Metric::Requests).paused, None);
    }
}

const ANTHROPIC: &str = r#"event: message_start
data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"usage":{"input_tokens":2095,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":3}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Partial"}}

event: error
data: {"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"}              }

"#;

#[tokio::test(start_paused = true)]
async fn an_anthropic_error_event_keeps_the_usage_reported_before() {
    for (kind, status) in [("overloaded_error", 529), ("rate_limit_error", 429)] {
        let model = model(Dialect::of(Provider::Anthropic));
        let body = ANTHROPIC.replace("overloaded_error", kind);
        let response = call(&model, Format::Anthropic, response(200, &[], &[&body])).await;
        let signals = body_signals(&response);
        text(response).await;
        assert_eq!(signals.error().unwrap().refusal().unwrap().status, status);
        // The usage before the error stays charged, output included.
        assert_eq!(tokens(&model), 2_095 + 3, "{kind}");
        // An overloaded vendor says nothing about limits.
        if status == 429 {
            assert!(is_paused(&model));
        }
    }
}

/// A refusal in every format that a body of status 200 has.
const REFUSALS: [&str; 9] = [
    "data: {\"error\":{\"message\":\"m\",\"code\":429}}\n\n",
    "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"m\"}}\n\n",
    "data: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}\n\n",
    "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}}}\n\n",
    "{\"error\":{\"status\":\"RESOURCE_EXHAUSTED\",\"message\":\"m\"}}\n",
    "[{\"error\":{\"code\":429,\"message\":\"m\"}}]",
    "{\"error\":{\"message\":\"m\",\"type\":\"rate_limit_exceeded\"}}",
    "{\"code\":\"Throttling.RateQuota\",\"message\":\"m\",\"request_id\":\"r\"}",
    "{\"throttlingException\":{\"message\":\"m\"}}",
];

#[tokio::test(start_paused = true)]
async fn a_refusal_inside_a_response_pauses_in_every_format() {
    for refusal in REFUSALS {
        for dialect in [
            Dialect::of(Provider::Openai),
            Dialect::of(Provider::Anthropic),
            Dialect::PLAIN,
            Dialect::of(Provider::Alibaba),
        ] {
            let model = model(dialect);
            let response = call(&model, Format::Openai, response(200, &[], &[refusal])).await;
            let signals = body_signals(&response);
            text(response).await;
            assert_eq!(
                signals.error().and_then(|error| error.refusal()).map(|refusal| refusal.status),
                Some(429),
                "{refusal}"
            );
            assert!(is_paused(&model), "{refusal}");
            assert_eq!((pool(&model, Metric::Requests).used, tokens(&model)), (1, 0), "{refusal}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_counts_even_if_the_body_is_dropped_at_it() {
    let refusal = "event: error\ndata: {\"error\":{\"code\":429,\"message\":\"m\"}}\n";
    let model = model(Dialect::of(Provider::Openai));
    let mut response = call(&model, Format::Openai, response(200, &[], &[refusal, "\n", "more"])).await;
    response.body_mut().frame().await.unwrap().unwrap();
    assert!(!is_paused(&model), "the event has not ended");
    drop(response);
    assert!(is_paused(&model));
    assert_eq!(tokens(&model), 0);
}

#[tokio::test(start_paused = true)]
async fn usage_reported_before_an_error_stays_charged() {
    let used = "data: {\"choices\":[{\"delta\":{\"content\":\"Snow\"}}],\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":2}}\n\n";
    let error = "data: {\"error\":{\"code\":\"server_error\",\"message\":\"gone\"},\"choices\":[]}\n\n";
    let model = model(Dialect::of(Provider::Openai));
    let response = call(&model, Format::Openai, response(200, &[], &[used, error])).await;
    let signals = body_signals(&response);
    text(response).await;
    assert_eq!(tokens(&model), 52);
    // A server failure is not a refusal.
    assert_eq!(signals.error().map(|signals| signals.refusal()), Some(None));
    assert!(!is_paused(&model));
}

const CHUNK: &str =
    "data: {\"choices\":[{\"delta\":{\"content\":\"Snow and fog.\"},\"finish_reason\":null}],\"usage\":null}\n\n";
const LIMITED: &str = "data: {\"error\":{\"code\":429,\"message\":\"m\"}}\n\n";

/// Returns what is charged after some text and an error, without reported usage: input, uncached input, output, total.
async fn charged_until_error(cost: Cost, chunks: usize) -> [u64; 4] {
    let metrics = [Metric::InputTokens, Metric::UncachedInputTokens, Metric::OutputTokens, Metric::Tokens];
    let account = metrics
        .iter()
        .fold(Account::custom("gateway"), |account, metric| account.limit(Quota::new(*metric, 100_000).per_minute()));
    let model =
        account.clock(Clock::tokio()).dialect(Dialect::of(Provider::Openai)).build().unwrap().model("gpt").unwrap();
    let planned = model.clone();
    let to_call = move |_: &Request<u64>| Some(PendingCall::new(planned.clone(), cost));
    let mut chunks = vec![CHUNK; chunks];
    chunks.push(LIMITED);
    let service = LimitLayer::new(to_call).layer(Vendor::new([Ok(response(200, &[], &chunks))]));
    text(service.oneshot(Request::new(0)).await.unwrap()).await;
    assert!(is_paused(&model));
    metrics.map(|metric| pool(&model, metric).used)
}

#[tokio::test(start_paused = true)]
async fn without_reported_usage_the_prompt_and_the_text_stay_charged() {
    use ratebook_client::estimate::{Estimate, Rough};
    let each = Rough::default().tokens("Snow and fog.");
    for (chunks, made) in [(1, each), (3, 3 * each), (1_000, OUTPUT)] {
        let cost = Cost::request().input(PROMPT).output(OUTPUT);
        assert_eq!(charged_until_error(cost, chunks).await, [PROMPT, PROMPT, made, PROMPT + made], "{chunks} chunks");
    }
    let cost = Cost::request().input(PROMPT).cached_input(500).output(OUTPUT);
    assert_eq!(charged_until_error(cost, 1).await, [PROMPT + 500, PROMPT, each, PROMPT + 500 + each]);
    assert_eq!(charged_until_error(Cost::request().input(PROMPT).output(OUTPUT), 0).await, [0; 4]);
}

/// All but the text may be the prompt, and at most the estimate is charged.
#[tokio::test(start_paused = true)]
async fn of_an_undivided_estimate_the_text_is_output_and_the_rest_input() {
    use ratebook_client::estimate::{Estimate, Rough};
    let made = Rough::default().tokens("Snow and fog.");
    let charged = charged_until_error(Cost::tokens(1_000), 1).await;
    assert_eq!(charged, [1_000 - made, 1_000 - made, made, 1_000]);
    assert_eq!(charged_until_error(Cost::tokens(1_000), 1_000).await, [0, 0, 1_000, 1_000]);
    assert_eq!(charged_until_error(Cost::request(), 3).await, [0; 4]);
}

#[cfg(feature = "body")]
#[tokio::test(start_paused = true)]
async fn a_call_estimated_from_its_body_is_settled_alike() {
    use ratebook_client::estimate::{Bytes, Estimate, Rough, estimate_request};
    let model = model(Dialect::of(Provider::Openai));
    let planned = model.clone();
    let to_call = move |_: &Request<u64>| {
        let body = format!(r#"{{"prompt": "{}", "max_tokens": {OUTPUT}}}"#, "x".repeat(97));
        Some(PendingCall::estimated(planned.clone(), estimate_request(&Bytes, body.as_bytes())?))
    };
    let service = LimitLayer::new(to_call).layer(Vendor::new([Ok(response(200, &[], &[CHUNK, LIMITED]))]));
    text(service.oneshot(Request::new(0)).await.unwrap()).await;
    assert_eq!(tokens(&model), 100 + Rough::default().tokens("Snow and fog."));
}

/// Anthropic reports output at the beginning, and then only at the end.
#[tokio::test(start_paused = true)]
async fn text_since_the_last_reported_output_is_output() {
    use ratebook_client::estimate::{Estimate, Rough};
    let more = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"some words more \"}}\n\n";
    let (begin, end) = ANTHROPIC.split_at(ANTHROPIC.find("event: error").unwrap());
    let model = model(Dialect::of(Provider::Anthropic));
    let mut chunks = vec![begin];
    chunks.extend([more; 40]);
    chunks.push(end);
    text(call(&model, Format::Anthropic, response(200, &[], &chunks)).await).await;
    let made = Rough::default().tokens("Partial") + 40 * Rough::default().tokens("some words more ");
    assert!(made > 100, "{made}");
    assert_eq!(tokens(&model), 2_095 + made);
}

#[tokio::test(start_paused = true)]
async fn generated_text_pauses_nothing() {
    let words = r#"{\"error\":{\"code\":429,\"message\":\"Rate limit reached on tokens per min\"}}"#;
    for body in [
        format!(
            r#"{{"choices":[{{"message":{{"content":"{words}"}}}}],"usage":{{"prompt_tokens":50,"completion_tokens":20}}}}"#
        ),
        format!(
            "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{words}\"}}}}],\"usage\":{{\"prompt_tokens\":50,\"completion_tokens\":20}}}}\n\ndata: [DONE]\n\n"
        ),
    ] {
        let model = model(Dialect::of(Provider::Openai));
        let response = call(&model, Format::Openai, response(200, &[], &[&body])).await;
        let signals = body_signals(&response);
        text(response).await;
        assert_eq!((signals.error(), is_paused(&model), tokens(&model)), (None, false, 70), "{body}");
    }
}

/// Each response has status 200 and contains a refusal: the backoff grows as it does for status 429.
#[tokio::test(start_paused = true)]
async fn refusals_inside_responses_back_off_exponentially() {
    let longest = |bodies: &'static [&'static str], status| async move {
        let mut longest = Duration::ZERO;
        for seed in 0..20 {
            let model = account(Dialect::of(Provider::Openai), 100, 100_000)
                .backoff_seed(seed)
                .build()
                .unwrap()
                .model(MODEL)
                .unwrap();
            for _ in 0..7 {
                text(call(&model, Format::Openai, response(status, &[], bodies)).await).await;
                let pauses = model.account().snapshot().into_iter().filter_map(|pool| pool.paused);
                longest = longest.max(pauses.max().unwrap_or_default());
                tokio::time::sleep(Duration::from_secs(300)).await;
            }
        }
        longest
    };
    let inside = longest(&["data: {\"error\":", "{\"code\":429,\"message\":\"m\"}}\n\n"], 200).await;
    assert_eq!(inside, longest(&["{\"error\":{\"message\":\"m\"}}"], 429).await);
    assert!(inside > Duration::from_secs(20), "{inside:?}");
}

#[tokio::test(start_paused = true)]
async fn implausible_usage_is_reported_and_the_estimate_stays_charged() {
    for (format, usage) in [
        (Format::Openai, r#"{"total_tokens":9223372036854775807}"#),
        (Format::Openai, r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":9223372036854775808}"#),
        (Format::Anthropic, r#"{"input_tokens":18446744073709551615,"output_tokens":1}"#),
        (Format::Openai, r#"{"prompt_tokens":4294967297}"#),
    ] {
        let model = model(Dialect::of(Provider::Openai));
        for calls in 1..=3 {
            let response = call(&model, format, response(200, &[], &[&format!("{{\"usage\":{usage}}}")])).await;
            let signals = body_signals(&response);
            text(response).await;
            assert!(signals.implausible_usage().unwrap() > 1 << 32, "{usage}");
            assert_eq!(tokens(&model), calls * (PROMPT + OUTPUT), "{usage}");
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(tokens(&model), 0, "the window has passed");
    }
}

#[tokio::test(start_paused = true)]
async fn implausible_header_usage_is_reported_too() {
    let model = model(Dialect::of(Provider::Mistral));
    let headers = [("x-ratelimit-tokens-query-cost", "9223372036854775807")];
    let response = call(&model, Format::Openai, response(200, &headers, &["{}"])).await;
    let signals = body_signals(&response);
    text(response).await;
    assert_eq!((signals.implausible_usage(), tokens(&model)), (Some(i64::MAX as u64), PROMPT + OUTPUT));
}

#[tokio::test(start_paused = true)]
async fn the_extensions_of_every_response_contain_its_signals() {
    let headers = [("x-ratelimit-remaining-tokens", "5000"), ("retry-after", "7")];
    for status in [200, 429, 500] {
        let response =
            call(&model(Dialect::of(Provider::Openai)), Format::Openai, response(status, &headers, &["{}"])).await;
        let signals = response.extensions().get::<Signals>().unwrap();
        assert!(signals.iter().next().is_some(), "{status}");
        assert_eq!(signals.refusal().map(|refusal| refusal.status), (status == 429).then_some(429));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_waiting_does_not_resolve_is_a_non_retryable_error() {
    for (status, body, remedy) in [
        (429, r#"{"error":{"code":"insufficient_quota","message":"m"}}"#, Remedy::Raise),
        (402, "", Remedy::Raise),
        (413, r#"{"error":{"message":"m"}}"#, Remedy::Split),
        (429, r#"{"error":{"message":"Request too large for gpt"}}"#, Remedy::Split),
    ] {
        let model = model(Dialect::of(Provider::Openai));
        let response = response(status, &[("x-request-id", "r-1")], &[body]);
        let error: BoxError = limited(&model, Format::Openai, response).oneshot(Request::new(0)).await.unwrap_err();
        let refused = error.downcast_ref::<NonRetryable>().unwrap();
        assert_eq!((refused.status().as_u16(), refused.refusal().remedy), (status, remedy), "{refused}");
        assert_eq!(refused.response().body(), body);
        assert_eq!(refused.response().headers()["x-request-id"], "r-1");
        assert!(!format!("{refused:?}").contains("error"), "{refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_waiting_resolves_is_a_response() {
    for (status, body) in
        [(429, ""), (503, ""), (429, r#"{"error":{"message":"Rate limit reached on tokens per min"}}"#)]
    {
        let response =
            call(&model(Dialect::of(Provider::Openai)), Format::Openai, response(status, &[], &[body])).await;
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(text(response).await, body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_can_never_be_admitted_fails_with_never() {
    let model = model(Dialect::of(Provider::Openai));
    let to_call = move |_: &Request<u64>| Some(PendingCall::new(model.clone(), Cost::tokens(100_001)));
    let error: BoxError = LimitLayer::new(to_call).layer(Vendor::new([])).oneshot(Request::new(0)).await.unwrap_err();
    assert!(matches!(error.downcast_ref::<Refused>(), Some(Refused::Never(_))), "{error}");
}
