//! The routes of the local provider: chat completions and embeddings.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::responses::{error, with_headers};
use super::state::ServerState;
use super::tokens::{inputs, tokens_in, tokens_of};

/// Maximum tokens of a completion without a limit in the request.
const DEFAULT_MAX_OUTPUT: u64 = 64;

/// Maximum tokens of a completion, whatever the request allows.
const MAX_OUTPUT: u64 = 4_096;

/// Maximum completions of a request.
const MAX_CHOICES: u64 = 128;

fn parse(body: &[u8]) -> Result<(Value, String), Box<Response>> {
    let request: Option<Value> = serde_json::from_slice(body).ok();
    let model = request.as_ref().and_then(|request| request["model"].as_str()).map(str::to_owned);
    request.zip(model).ok_or_else(|| Box::new(error(StatusCode::BAD_REQUEST, "expected a JSON object with a `model`")))
}

/// `POST /v1/chat/completions`.
pub(super) async fn chat(State(state): State<Arc<ServerState>>, body: Bytes) -> Response {
    complete(&state, &body).unwrap_or_else(|refusal| *refusal)
}

pub(super) fn complete(state: &Arc<ServerState>, body: &[u8]) -> Result<Response, Box<Response>> {
    let (request, model) = parse(body)?;
    let choices = request["n"].as_u64().unwrap_or(1);
    if !(1..=MAX_CHOICES).contains(&choices) {
        return Err(Box::new(error(
            StatusCode::BAD_REQUEST,
            &format!("expected `n` from 1 to {MAX_CHOICES}, found {choices}"),
        )));
    }
    // The model reads tools as their JSON source.
    let tools = if request["tools"].is_null() { 0 } else { tokens_of(&request["tools"].to_string()) };
    let input = tokens_in(&request["messages"]) + tools;
    let most = ["max_completion_tokens", "max_tokens"].into_iter().find_map(|name| request[name].as_u64());
    // Few completions reach the maximum, most are shorter.
    let most = most.unwrap_or(DEFAULT_MAX_OUTPUT).clamp(1, MAX_OUTPUT);
    let each = 1 + input.wrapping_mul(7_919) % most;
    let output = each * choices;
    let (simulated, active) = state.decide(&model, [choices, input, output])?;
    let usage = json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output });
    let with = |object: &str, rest: Value| {
        let mut chunk = json!({ "id": "c-1", "object": object, "created": 0, "model": model });
        if let (Value::Object(chunk), Value::Object(rest)) = (&mut chunk, rest) {
            chunk.extend(rest);
        }
        chunk
    };
    if request["stream"] != true {
        let message = json!({ "role": "assistant", "content": "word ".repeat(each as usize) });
        let choices: Vec<_> = (0..choices)
            .map(|index| json!({ "index": index, "message": message, "finish_reason": "stop", "logprobs": null }))
            .collect();
        let response = with("chat.completion", json!({ "choices": choices, "usage": usage }));
        let response = ([(header::CONTENT_TYPE, "application/json")], response.to_string()).into_response();
        return Ok(with_headers(&simulated, response));
    }
    let mut events = Vec::new();
    let mut event = |rest: Value| events.push(format!("data: {}\n\n", with("chat.completion.chunk", rest)));
    for index in 0..choices {
        for _ in 0..each {
            let delta = json!({ "role": "assistant", "content": "word " });
            event(json!({ "choices": [{ "index": index, "delta": delta, "finish_reason": null }], "usage": null }));
        }
        event(json!({ "choices": [{ "index": index, "delta": {}, "finish_reason": "stop" }], "usage": null }));
    }
    if request["stream_options"]["include_usage"] == true {
        event(json!({ "choices": [], "usage": usage }));
    }
    events.push("data: [DONE]\n\n".to_owned());
    let events = events.into_iter().map(move |event| {
        // The call is active until the stream is dropped.
        let _ = &active;
        Ok::<_, Infallible>(event)
    });
    let stream = Body::from_stream(tokio_stream::iter(events));
    Ok(with_headers(&simulated, ([(header::CONTENT_TYPE, "text/event-stream")], stream).into_response()))
}

/// `POST /v1/embeddings`.
pub(super) async fn embeddings(State(state): State<Arc<ServerState>>, body: Bytes) -> Response {
    embed(&state, &body).unwrap_or_else(|refusal| *refusal)
}

pub(super) fn embed(state: &Arc<ServerState>, body: &[u8]) -> Result<Response, Box<Response>> {
    let (request, model) = parse(body)?;
    let inputs = inputs(&request["input"]);
    let input = inputs.iter().sum();
    let (simulated, _) = state.decide(&model, [1, input, 0])?;
    let data: Vec<_> = (0..inputs.len())
        .map(|index| json!({ "object": "embedding", "index": index, "embedding": [0.5, -0.25, 0.125] }))
        .collect();
    let usage = json!({ "prompt_tokens": input, "total_tokens": input });
    let response = json!({ "object": "list", "model": model, "data": data, "usage": usage });
    let response = ([(header::CONTENT_TYPE, "application/json")], response.to_string()).into_response();
    Ok(with_headers(&simulated, response))
}
