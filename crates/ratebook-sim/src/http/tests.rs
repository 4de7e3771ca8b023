//! Calls of the local provider's routes, without HTTP.

use axum::response::Response;
use ratebook::Metric;
use serde_json::Value;

use super::api::{complete, embed};
use super::tokens::tokens_of;
use super::*;
use crate::SECOND;

/// A provider of the model `m` with one limit. Its clock stands still.
fn provider_of(rule: SimRule) -> Arc<ServerState> {
    provider_counting(false, rule)
}

fn provider_counting(request_per_completion: bool, rule: SimRule) -> Arc<ServerState> {
    let model = ServedModel { server: Server::new(vec![rule]), request_per_completion };
    LocalProvider::new().clock(|| Duration::ZERO).insert("m".to_owned(), model).into_state()
}

fn per_hour(metric: Metric, limit: u64) -> SimRule {
    SimRule::new(metric, limit, 3_600 * SECOND, Enforcement::SlidingLog)
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
    use ratebook::{alibaba::international::QWEN_PLUS, fireworks::ACCOUNT};
    let provider = LocalProvider::new();
    for (entry, per_completion) in [(QWEN_PLUS, false), (ACCOUNT, true)] {
        let provider = provider.clone().entry(entry, Enforcement::SlidingLog);
        assert_eq!(provider.models[entry.name()].request_per_completion, per_completion);
    }
}

#[tokio::test]
async fn each_completion_is_a_request_if_the_provider_counts_them() {
    let state = provider_counting(true, per_hour(Metric::Requests, 3));
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
