//! Cases from the field: refusals inside replies of status 200, and what of replies reaches the caller.
#![cfg(feature = "tower")]

mod vendor;

use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use ratebook::{Metric, Period, Provider, Remedy};
use ratebook_client::tower::{BoxError, Limit, LimitLayer};
use ratebook_client::usage::Format;
use ratebook_client::{Call, Incurable, LateSignals, Metered};
use ratebook_limiter::feedback::{Dialect, Signals};
use ratebook_limiter::{Account, AccountBuilder, Clock, Cost, Model, PoolSnapshot, Quota, Refused};
use tower::{Layer, ServiceExt};
use vendor::{Body, Vendor, reply};

/// A model with limits of its own.
const OURS: &str = "@cf/microsoft/phi-2";

/// Of this, the vendor in these tests allows 100 requests and 100,000 tokens a minute.
fn account(dialect: Dialect) -> AccountBuilder {
    Account::builder(Provider::Cloudflare)
        .clock(Clock::tokio())
        .dialect(dialect)
        .negotiated(OURS, Metric::Requests, Some(Period::Minute), 100)
        .negotiated(OURS, Metric::Tokens, Some(Period::Minute), 100_000)
}

fn model(dialect: Dialect) -> Model {
    account(dialect).build().unwrap().model(OURS).unwrap()
}

fn pool(model: &Model, metric: Metric) -> PoolSnapshot {
    let pools = model.account().snapshot();
    pools.into_iter().find(|pool| pool.limit.metric == metric).unwrap()
}

fn tokens(model: &Model) -> u64 {
    pool(model, Metric::Tokens).used
}

fn is_paused(model: &Model) -> bool {
    model.account().snapshot().iter().any(|pool| pool.paused.is_some())
}

const PROMPT: u64 = 3_000;
const OUTPUT: u64 = 900;

/// A request's body is of no matter: each call has the same estimate.
fn limited(
    model: &Model,
    format: Format,
    reply: Response<Body>,
) -> Limit<Vendor, impl Fn(&Request<u64>) -> Option<Call> + Clone + use<>> {
    let model = model.clone();
    let plan = move |_: &Request<u64>| {
        Some(Call::new(model.clone(), Cost::request().input(PROMPT).output(OUTPUT)).format(format))
    };
    LimitLayer::new(plan).layer(Vendor::of([Ok(reply)]))
}

async fn call(model: &Model, format: Format, reply: Response<Body>) -> Response<Metered<Body>> {
    limited(model, format, reply).oneshot(Request::new(0)).await.unwrap()
}

async fn text(reply: Response<Metered<Body>>) -> String {
    String::from_utf8(reply.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn late(reply: &Response<Metered<Body>>) -> LateSignals {
    reply.extensions().get::<LateSignals>().unwrap().clone()
}

const DASHSCOPE: &str = "id:1\nevent:error\n:HTTP_STATUS/429\n\
    data:{\"code\":\"Throttling.AllocationQuota\",\"message\":\"Allocated quota exceeded\",\"request_id\":\"r-1\"}\n\n";

#[tokio::test(start_paused = true)]
async fn inband_dashscope_sse_429() {
    // As the body comes whole, and byte by byte.
    let bytes: Vec<_> = DASHSCOPE.split_inclusive(|_| true).collect();
    for pieces in [&[DASHSCOPE][..], &bytes] {
        let model = model(Dialect::of(Provider::Alibaba));
        let reply = call(&model, Format::DashScope, reply(200, &[("content-type", "text/event-stream")], pieces)).await;
        let late = late(&reply);
        assert_eq!((late.error(), tokens(&model)), (None, PROMPT + OUTPUT));
        assert_eq!(text(reply).await, DASHSCOPE, "it is handed on as it came");
        let refusal = late.error().unwrap().refusal().unwrap();
        assert_eq!((refusal.status, refusal.metric, refusal.remedy), (429, Some(Metric::Tokens), Remedy::Wait));
        // As for an HTTP 429: the request stays, the tokens are given back, the token pool is paused.
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
async fn inband_anthropic_overloaded() {
    for (kind, status) in [("overloaded_error", 529), ("rate_limit_error", 429)] {
        let model = model(Dialect::ANTHROPIC);
        let body = ANTHROPIC.replace("overloaded_error", kind);
        let reply = call(&model, Format::Anthropic, reply(200, &[], &[&body])).await;
        let late = late(&reply);
        text(reply).await;
        assert_eq!(late.error().unwrap().refusal().unwrap().status, status);
        // What was used before stays charged: some of the output, too.
        assert_eq!(tokens(&model), 2_095 + 3, "{kind}");
        // Where the vendor is busy, no limit is used up.
        if status == 429 {
            assert!(is_paused(&model));
        }
    }
}

/// A refusal in every form that a body of status 200 has.
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
async fn a_refusal_inside_a_reply_pauses_whatever_its_form() {
    for refusal in REFUSALS {
        for dialect in [Dialect::OPENAI, Dialect::ANTHROPIC, Dialect::PLAIN, Dialect::of(Provider::Alibaba)] {
            let model = model(dialect);
            let reply = call(&model, Format::OpenAi, reply(200, &[], &[refusal])).await;
            let late = late(&reply);
            text(reply).await;
            assert_eq!(
                late.error().and_then(|error| error.refusal()).map(|refusal| refusal.status),
                Some(429),
                "{refusal}"
            );
            assert!(is_paused(&model), "{refusal}");
            assert_eq!((pool(&model, Metric::Requests).used, tokens(&model)), (1, 0), "{refusal}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_counts_though_the_body_is_dropped_or_breaks_off_at_it() {
    let refusal = "event: error\ndata: {\"error\":{\"code\":429,\"message\":\"m\"}}\n";
    let model = model(Dialect::OPENAI);
    let mut reply = call(&model, Format::OpenAi, reply(200, &[], &[refusal, "\n", "more"])).await;
    reply.body_mut().frame().await.unwrap().unwrap();
    assert!(!is_paused(&model), "its event may say more");
    drop(reply);
    assert!(is_paused(&model));
    assert_eq!(tokens(&model), 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_said_of_usage_before_an_error_stays_charged() {
    let used = "data: {\"choices\":[{\"delta\":{\"content\":\"Snow\"}}],\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":2}}\n\n";
    let error = "data: {\"error\":{\"code\":\"server_error\",\"message\":\"gone\"},\"choices\":[]}\n\n";
    let model = model(Dialect::OPENAI);
    let reply = call(&model, Format::OpenAi, reply(200, &[], &[used, error])).await;
    let late = late(&reply);
    text(reply).await;
    assert_eq!(tokens(&model), 52);
    // A failure of the server is no refusal.
    assert_eq!(late.error().map(|signals| signals.refusal()), Some(None));
    assert!(!is_paused(&model));
}

const CHUNK: &str =
    "data: {\"choices\":[{\"delta\":{\"content\":\"Snow and fog.\"},\"finish_reason\":null}],\"usage\":null}\n\n";
const LIMITED: &str = "data: {\"error\":{\"code\":429,\"message\":\"m\"}}\n\n";

/// What is charged of a call after some text and an error, with no word of usage: input, what of it no cache is known to
/// hold, output, and both together.
async fn charged_until_error(cost: Cost, chunks: usize) -> [u64; 4] {
    let metrics = [Metric::InputTokens, Metric::UncachedInputTokens, Metric::OutputTokens, Metric::Tokens];
    let account = metrics
        .iter()
        .fold(Account::custom("gateway"), |account, metric| account.limit(Quota::new(*metric, 100_000).per_minute()));
    let model = account.clock(Clock::tokio()).dialect(Dialect::OPENAI).build().unwrap().model("gpt").unwrap();
    let planned = model.clone();
    let plan = move |_: &Request<u64>| Some(Call::new(planned.clone(), cost));
    let mut pieces = vec![CHUNK; chunks];
    pieces.push(LIMITED);
    let service = LimitLayer::new(plan).layer(Vendor::of([Ok(reply(200, &[], &pieces))]));
    text(service.oneshot(Request::new(0)).await.unwrap()).await;
    assert!(is_paused(&model));
    metrics.map(|metric| pool(&model, metric).used)
}

#[tokio::test(start_paused = true)]
async fn where_nothing_was_said_of_usage_the_prompt_stays_and_the_text() {
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

/// All but the text may be of the prompt, and no more than was estimated is charged.
#[tokio::test(start_paused = true)]
async fn of_an_estimate_that_is_not_divided_the_text_is_output_and_the_rest_the_prompt() {
    use ratebook_client::estimate::{Estimate, Rough};
    let made = Rough::default().tokens("Snow and fog.");
    let charged = charged_until_error(Cost::tokens(1_000), 1).await;
    assert_eq!(charged, [1_000 - made, 1_000 - made, made, 1_000]);
    assert_eq!(charged_until_error(Cost::tokens(1_000), 1_000).await, [0, 0, 1_000, 1_000]);
    assert_eq!(charged_until_error(Cost::request(), 3).await, [0; 4]);
}

#[cfg(feature = "body")]
#[tokio::test(start_paused = true)]
async fn a_body_that_was_asked_by_is_settled_alike() {
    use ratebook_client::estimate::{Bytes, Estimate, Rough, asked_by};
    let model = model(Dialect::OPENAI);
    let planned = model.clone();
    let plan = move |_: &Request<u64>| {
        let body = format!(r#"{{"prompt": "{}", "max_tokens": {OUTPUT}}}"#, "x".repeat(97));
        Some(Call::asked(planned.clone(), asked_by(&Bytes, body.as_bytes())?))
    };
    let service = LimitLayer::new(plan).layer(Vendor::of([Ok(reply(200, &[], &[CHUNK, LIMITED]))]));
    text(service.oneshot(Request::new(0)).await.unwrap()).await;
    assert_eq!(tokens(&model), 100 + Rough::default().tokens("Snow and fog."));
}

/// Anthropic counts the output at the beginning, and then only at the end.
#[tokio::test(start_paused = true)]
async fn text_that_has_come_since_the_output_was_counted_is_output() {
    use ratebook_client::estimate::{Estimate, Rough};
    let more = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"some words more \"}}\n\n";
    let (begin, end) = ANTHROPIC.split_at(ANTHROPIC.find("event: error").unwrap());
    let model = model(Dialect::ANTHROPIC);
    let mut pieces = vec![begin];
    pieces.extend([more; 40]);
    pieces.push(end);
    text(call(&model, Format::Anthropic, reply(200, &[], &pieces)).await).await;
    let made = Rough::default().tokens("Partial") + 40 * Rough::default().tokens("some words more ");
    assert!(made > 100, "{made}");
    assert_eq!(tokens(&model), 2_095 + made);
}

#[tokio::test(start_paused = true)]
async fn the_models_own_words_pause_nothing() {
    let words = r#"{\"error\":{\"code\":429,\"message\":\"Rate limit reached on tokens per min\"}}"#;
    for body in [
        format!(
            r#"{{"choices":[{{"message":{{"content":"{words}"}}}}],"usage":{{"prompt_tokens":50,"completion_tokens":20}}}}"#
        ),
        format!(
            "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{words}\"}}}}],\"usage\":{{\"prompt_tokens\":50,\"completion_tokens\":20}}}}\n\ndata: [DONE]\n\n"
        ),
    ] {
        let model = model(Dialect::OPENAI);
        let reply = call(&model, Format::OpenAi, reply(200, &[], &[&body])).await;
        let late = late(&reply);
        text(reply).await;
        assert_eq!((late.error(), is_paused(&model), tokens(&model)), (None, false, 70), "{body}");
    }
}

/// Each reply opens with 200, and none serves: the backoff rises as it does for replies of status 429.
#[tokio::test(start_paused = true)]
async fn refusals_inside_replies_back_off_longer_each_time() {
    let longest = |bodies: &'static [&'static str], status| async move {
        let mut longest = Duration::ZERO;
        for seed in 0..20 {
            let model = account(Dialect::OPENAI).backoff_seed(seed).build().unwrap().model(OURS).unwrap();
            for _ in 0..7 {
                text(call(&model, Format::OpenAi, reply(status, &[], bodies)).await).await;
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
async fn absurd_usage_is_refused_told_and_settled_by_the_estimate() {
    for (format, usage) in [
        (Format::OpenAi, r#"{"total_tokens":9223372036854775807}"#),
        (Format::OpenAi, r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":9223372036854775808}"#),
        (Format::Anthropic, r#"{"input_tokens":18446744073709551615,"output_tokens":1}"#),
        (Format::OpenAi, r#"{"prompt_tokens":4294967297}"#),
    ] {
        let model = model(Dialect::OPENAI);
        for calls in 1..=3 {
            let reply = call(&model, format, reply(200, &[], &[&format!("{{\"usage\":{usage}}}")])).await;
            let late = late(&reply);
            text(reply).await;
            assert!(late.absurd_usage().unwrap() > 1 << 32, "{usage}");
            assert_eq!(tokens(&model), calls * (PROMPT + OUTPUT), "{usage}");
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(tokens(&model), 0, "it is over after a window");
    }
}

#[tokio::test(start_paused = true)]
async fn an_absurd_cost_of_the_headers_is_refused_too() {
    let model = model(Dialect::MISTRAL);
    let headers = [("x-ratelimit-tokens-query-cost", "9223372036854775807")];
    let reply = call(&model, Format::OpenAi, reply(200, &headers, &["{}"])).await;
    let late = late(&reply);
    text(reply).await;
    assert_eq!((late.absurd_usage(), tokens(&model)), (Some(i64::MAX as u64), PROMPT + OUTPUT));
}

#[tokio::test(start_paused = true)]
async fn signals_are_among_the_extensions_of_every_reply_to_a_call() {
    let headers = [("x-ratelimit-remaining-tokens", "5000"), ("retry-after", "7")];
    for status in [200, 429, 500] {
        let reply = call(&model(Dialect::OPENAI), Format::OpenAi, reply(status, &headers, &["{}"])).await;
        let signals = reply.extensions().get::<Signals>().unwrap();
        assert!(signals.iter().next().is_some(), "{status}");
        assert_eq!(signals.refusal().map(|refusal| refusal.status), (status == 429).then_some(429));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_no_wait_cures_is_an_error_that_one_can_match() {
    for (status, body, remedy) in [
        (429, r#"{"error":{"code":"insufficient_quota","message":"m"}}"#, Remedy::Raise),
        (402, "", Remedy::Raise),
        (413, r#"{"error":{"message":"m"}}"#, Remedy::Split),
        (429, r#"{"error":{"message":"Request too large for gpt"}}"#, Remedy::Split),
    ] {
        let model = model(Dialect::OPENAI);
        let reply = reply(status, &[("x-request-id", "r-1")], &[body]);
        let error: BoxError = limited(&model, Format::OpenAi, reply).oneshot(Request::new(0)).await.unwrap_err();
        let refused = error.downcast_ref::<Incurable>().unwrap();
        assert_eq!((refused.status().as_u16(), refused.refusal().remedy), (status, remedy), "{refused}");
        assert_eq!(refused.response().body(), body);
        assert_eq!(refused.response().headers()["x-request-id"], "r-1");
        assert!(!format!("{refused:?}").contains("error"), "{refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_a_wait_cures_is_a_reply() {
    for (status, body) in
        [(429, ""), (503, ""), (429, r#"{"error":{"message":"Rate limit reached on tokens per min"}}"#)]
    {
        let reply = call(&model(Dialect::OPENAI), Format::OpenAi, reply(status, &[], &[body])).await;
        assert_eq!(reply.status().as_u16(), status);
        assert_eq!(text(reply).await, body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_can_never_be_admitted_is_an_error_that_one_can_match() {
    let model = model(Dialect::OPENAI);
    let plan = move |_: &Request<u64>| Some(Call::new(model.clone(), Cost::tokens(100_001)));
    let error: BoxError = LimitLayer::new(plan).layer(Vendor::of([])).oneshot(Request::new(0)).await.unwrap_err();
    assert!(matches!(error.downcast_ref::<Refused>(), Some(Refused::Never(_))), "{error}");
}
