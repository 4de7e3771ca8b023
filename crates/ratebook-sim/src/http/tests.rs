//! Calls of the local provider's routes, without HTTP.

use axum::response::Response;
use ratebook::Metric;
use serde_json::Value;

use super::api::{complete, draw, embed};
use super::messages::reply;
use super::tokens::tokens_of;
use super::*;
use crate::{ModelKey, SECOND};

/// A provider of the model `m` with one limit. Its clock stands still.
fn provider_of(rule: SimRule) -> Arc<ServerState> {
    provider_counting(false, false, rule)
}

fn provider_counting(request_per_completion: bool, charges_max_output: bool, rule: SimRule) -> Arc<ServerState> {
    let account = ServedAccount { server: Server::new(vec![rule]), request_per_completion, charges_max_output };
    LocalProvider::new().clock(|| Duration::ZERO).insert(account, [("m".to_owned(), None)]).into_state()
}

fn per_hour(metric: Metric, limit: u64) -> SimRule {
    SimRule::new(metric, limit, 3_600 * SECOND, Algorithm::SlidingLog)
}

fn chat(state: &Arc<ServerState>, rest: &str) -> Response {
    let body = format!(r#"{{"model": "m", "messages": [{{"role": "user", "content": "Hello, you"}}]{rest}}}"#);
    complete(state, body.as_bytes()).unwrap_or_else(|refusal| *refusal)
}

#[test]
fn several_completions_of_a_call_are_one_request() {
    let state = provider_of(per_hour(Metric::Requests, 2));
    let statuses = [(); 3].map(|()| chat(&state, r#", "n": 4"#).status().as_u16());
    assert_eq!(statuses, [200, 200, 429], "four completions are one request");
}

#[test]
fn an_entry_counts_requests_as_its_provider_does() {
    use ratebook::providers::{alibaba::international::QWEN_PLUS, fireworks::ACCOUNT};
    let provider = LocalProvider::new();
    for (entry, per_completion) in [(QWEN_PLUS, false), (ACCOUNT, true)] {
        let provider = provider.clone().entry(entry, Algorithm::SlidingLog);
        assert_eq!(provider.accounts[0].request_per_completion, per_completion);
    }
}

#[tokio::test]
async fn each_completion_is_a_request_if_the_provider_counts_them() {
    let state = provider_counting(true, false, per_hour(Metric::Requests, 3));
    let response = chat(&state, r#", "n": 3, "max_tokens": 1"#);
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let response: Value = serde_json::from_slice(&body).unwrap();
    let choices = response["choices"].as_array().unwrap().iter().map(|choice| choice["index"].clone());
    assert_eq!(choices.collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(response["usage"]["completion_tokens"], 3);
    assert_eq!(chat(&state, "").status(), 429);
    assert_eq!(chat(&state, r#", "n": 0"#).status(), 400);
}

#[test]
fn the_maximum_output_counts_if_the_provider_charges_it() {
    for (charges, status) in [(true, 429), (false, 200)] {
        let state = provider_counting(false, charges, per_hour(Metric::OutputTokens, 190));
        let statuses = [(); 2].map(|()| chat(&state, r#", "max_tokens": 100"#).status().as_u16());
        assert_eq!(statuses, [200, status], "the answers have few tokens");
    }
}

#[test]
fn tools_count_as_input() {
    let state = provider_of(per_hour(Metric::InputTokens, 1_000));
    let input = |rest| {
        let before = state.counts.lock().unwrap().tokens;
        chat(&state, rest);
        state.counts.lock().unwrap().tokens - before
    };
    let plain = input(r#", "max_tokens": 1"#);
    let tools = r#"[{"function":{"name":"weather","parameters":{"properties":{"city":{}}}},"type":"function"}]"#;
    let with_tools = input(&format!(r#", "max_tokens": 1, "tools": {tools}"#));
    assert_eq!(with_tools - plain, tokens_of(tools));
}

#[tokio::test]
async fn each_text_or_list_of_tokens_has_an_embedding() {
    let state = provider_of(per_hour(Metric::Requests, 100));
    for (input, embeddings, tokens) in [
        (r#""two tok""#, 1, 2),
        (r#"["two tok", "one"]"#, 2, 3),
        ("[1, 2, 3]", 1, 3),
        ("[[1, 2], [3]]", 2, 3),
        ("[]", 0, 0),
    ] {
        let body = format!(r#"{{"model": "m", "input": {input}}}"#);
        let response = embed(&state, body.as_bytes()).unwrap();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let response: Value = serde_json::from_slice(&body).unwrap();
        let data = response["data"].as_array().unwrap();
        assert_eq!((data.len(), response["usage"]["prompt_tokens"].as_u64()), (embeddings, Some(tokens)), "{input}");
    }
}

#[tokio::test]
async fn a_stream_is_a_concurrent_call_until_it_is_sent_or_dropped() {
    let state = provider_of(SimRule::concurrency(Metric::ConcurrentTasks, 1));
    let streamed = r#", "stream": true"#;
    let dropped = chat(&state, streamed);
    assert_eq!((dropped.status().as_u16(), chat(&state, streamed).status().as_u16()), (200, 429));
    drop(dropped);
    let sent = chat(&state, streamed);
    assert_eq!((sent.status().as_u16(), chat(&state, "").status().as_u16()), (200, 429));
    axum::body::to_bytes(sent.into_body(), usize::MAX).await.unwrap();
    // A complete response ends at once.
    let whole = chat(&state, "");
    assert_eq!((whole.status().as_u16(), chat(&state, "").status().as_u16()), (200, 200));
}

async fn json_of(response: Response) -> Value {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn a_chat_reads_earlier_messages_from_the_cache() {
    let state = provider_of(per_hour(Metric::UncachedInputTokens, 30));
    let usage = async |messages: &str| {
        let body = format!(r#"{{"model": "m", "max_tokens": 1, "messages": [{messages}]}}"#);
        let response = complete(&state, body.as_bytes()).unwrap_or_else(|refusal| *refusal);
        let usage = &json_of(response).await["usage"];
        let count = |value: &Value| value.as_u64();
        (count(&usage["prompt_tokens"]), count(&usage["prompt_tokens_details"]["cached_tokens"]))
    };
    // 11 tokens each: one of the role, and ten of the text.
    let [first, second, third] =
        ["a", "b", "c"].map(|text| format!(r#"{{"role": "user", "content": "{}"}}"#, text.repeat(40)));
    assert_eq!(usage(&first).await, (Some(11), Some(0)));
    assert_eq!(usage(&format!("{first}, {second}")).await, (Some(22), Some(11)));
    assert_eq!(usage(&format!("{first}, {second}")).await, (Some(22), Some(22)));
    // Eight uncached tokens are left.
    assert_eq!(usage(&third).await, (None, None));
}

#[tokio::test]
async fn a_message_writes_marked_blocks_to_the_cache_and_reads_them_later() {
    // anthropic, rate-limits.md: what is read from the cache does not count.
    let state = provider_of(per_hour(Metric::UncachedAndWrittenInputTokens, 131));
    let send = |question: &str, rest: &str| {
        let body = format!(
            r#"{{"model": "m", "max_tokens": 1{rest}, "messages": [{{"role": "user", "content": "{question}"}}],
                "system": [{{"type": "text", "text": "{}", "cache_control": {{"type": "ephemeral"}}}}]}}"#,
            "s".repeat(400),
        );
        reply(&state, body.as_bytes()).unwrap_or_else(|refusal| *refusal)
    };
    let counts = |usage: &Value| {
        let names = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"];
        names.map(|name| usage[name].as_u64())
    };
    let question = "q".repeat(40);
    assert_eq!(counts(&json_of(send(&question, "")).await["usage"]), [Some(10), Some(100), Some(0), Some(1)]);
    assert_eq!(counts(&json_of(send(&question, "")).await["usage"]), [Some(10), Some(0), Some(100), Some(1)]);
    let streamed = send(&question, r#", "stream": true"#);
    let events = axum::body::to_bytes(streamed.into_body(), usize::MAX).await.unwrap();
    let events = String::from_utf8(events.to_vec()).unwrap();
    let (_, start) = events.split_once("event: message_start\ndata: ").unwrap();
    let start: Value = serde_json::from_str(start.lines().next().unwrap()).unwrap();
    assert_eq!(counts(&start["message"]["usage"]), [Some(10), Some(0), Some(100), Some(0)]);
    // 130 of 131 tokens are used.
    assert_eq!(send(&question, "").status(), 429);
    assert_eq!(reply(&state, br#"{"model": "m", "messages": []}"#).unwrap_err().status(), 400);
}

#[test]
fn images_sent_and_generated_are_counted() {
    // gemini, rate-limits_2026-08-18.md: images per minute
    let state = provider_of(per_hour(Metric::Images, 5));
    let generate = |count: u64| {
        let body = format!(r#"{{"model": "m", "prompt": "A river", "n": {count}}}"#);
        draw(&state, body.as_bytes()).unwrap_or_else(|refusal| *refusal).status().as_u16()
    };
    let image = r#"{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}"#;
    let sent = format!(r#"{{"model": "m", "messages": [{{"role": "user", "content": [{image}, {image}]}}]}}"#);
    let send = || complete(&state, sent.as_bytes()).unwrap_or_else(|refusal| *refusal).status().as_u16();
    assert_eq!([generate(3), generate(3), send(), send(), generate(1)], [200, 429, 200, 429, 429]);
}

#[test]
fn the_texts_of_an_embeddings_request_are_counted() {
    // cohere, rate-limits.mdx: inputs per minute
    let state = provider_of(per_hour(Metric::Inputs, 3));
    let send = |input: &str| {
        let body = format!(r#"{{"model": "m", "input": {input}}}"#);
        embed(&state, body.as_bytes()).unwrap_or_else(|refusal| *refusal).status().as_u16()
    };
    assert_eq!([send(r#"["a", "b"]"#), send(r#"["a", "b"]"#), send(r#""a""#)], [200, 429, 200]);
}

/// An account of the made-up provider, whose clock stands still.
fn acme() -> Arc<ServerState> {
    let account = SimAccount::new(ratebook::Provider::Acme, Algorithm::SlidingLog);
    let embeddings = ModelKey::new("painter").with_endpoint("POST /v1/embeddings");
    let account = account.model(&ModelKey::new("painter")).unwrap().model(&ModelKey::new("comet-4-large")).unwrap();
    LocalProvider::new().clock(|| Duration::ZERO).account(account.model(&embeddings).unwrap()).into_state()
}

#[test]
fn a_penalty_answers_429_to_everything() {
    let state = acme();
    let five = br#"{"model": "painter", "prompt": "A river", "n": 5}"#;
    assert_eq!(draw(&state, five).unwrap().status(), 200);
    // stability, rest-api-v2beta_rate-limiting_excerpt.md
    assert_eq!(draw(&state, five).unwrap_err().status(), 429);
    let other = br#"{"model": "comet-4-large", "messages": [], "max_tokens": 1}"#;
    let responses = [
        complete(&state, other),
        reply(&state, other),
        embed(&state, br#"{"model": "painter", "input": "a"}"#),
        complete(&state, b"no JSON"),
        complete(&state, br#"{"model": "no-such-model", "messages": []}"#),
    ];
    assert_eq!(responses.map(|response| response.unwrap_err().status().as_u16()), [429; 5]);
    let counts = *lock(&state.counts);
    assert_eq!((counts.served, counts.refused, counts.failed), (1, 6, 0));
}

#[test]
fn invalid_requests_cause_a_penalty() {
    // venice, rate-limiting.mdx
    let state = acme();
    let invalid = || complete(&state, b"no JSON").unwrap_err().status().as_u16();
    let statuses: Vec<u16> = (0..21).map(|_| invalid()).collect();
    assert_eq!((&statuses[..20], statuses[20]), (&[400; 20][..], 429));
}

#[test]
fn an_endpoint_with_limits_of_its_own_has_them_beside_the_models() {
    let state = acme();
    let texts = vec!["a"; 1_001];
    let body = serde_json::json!({ "model": "painter", "input": texts }).to_string();
    let statuses =
        [(); 2].map(|()| embed(&state, body.as_bytes()).unwrap_or_else(|refusal| *refusal).status().as_u16());
    assert_eq!(statuses, [200, 429], "2,000 inputs a minute");
}
