//! OpenAI's routes of the local provider: chat completions, embeddings, and images.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::prompt_cache::Block;
use super::responses;
use super::state::{Request, ServerState};
use super::tokens::{generated, images_in, inputs, tokens_in, tokens_of};
use crate::call::Amounts;

/// Maximum completions or images of a request.
const MAX_CHOICES: u64 = 128;

/// Returns the JSON object of a request, and the model's name in it.
pub(super) fn parse(state: &ServerState, body: &[u8]) -> Result<(Value, String), Box<Response>> {
    let request: Option<Value> = serde_json::from_slice(body).ok();
    let model = request.as_ref().and_then(|request| request["model"].as_str()).map(str::to_owned);
    let expected = "expected a JSON object with a `model`";
    request.zip(model).ok_or_else(|| state.invalid(StatusCode::BAD_REQUEST, expected))
}

/// Returns the number of completions or images of a request.
fn choices(state: &ServerState, request: &Value) -> Result<u64, Box<Response>> {
    let choices = request["n"].as_u64().unwrap_or(1);
    if (1..=MAX_CHOICES).contains(&choices) {
        return Ok(choices);
    }
    Err(state.invalid(StatusCode::BAD_REQUEST, &format!("expected `n` from 1 to {MAX_CHOICES}, found {choices}")))
}

/// `POST /v1/chat/completions`.
pub(super) async fn chat(State(state): State<Arc<ServerState>>, body: Bytes) -> Response {
    complete(&state, &body).unwrap_or_else(|refusal| *refusal)
}

pub(super) fn complete(state: &Arc<ServerState>, body: &[u8]) -> Result<Response, Box<Response>> {
    let (request, model) = parse(state, body)?;
    let choices = choices(state, &request)?;
    let prompt = prompt(&request);
    let input = prompt.iter().map(|block| block.tokens).sum();
    let most = ["max_completion_tokens", "max_tokens"].into_iter().find_map(|name| request[name].as_u64());
    let each = generated(input, most);
    let output = each * choices;
    let max_output = most.unwrap_or(each).max(each) * choices;
    let (simulated, active) = state.decide(&Request {
        endpoint: "POST /v1/chat/completions",
        model: &model,
        completions: choices,
        prompt: &prompt,
        counts_cache_writes: false,
        amounts: Amounts::none().with_input(input).with_output(output).with_images(images_in(&request["messages"])),
        max_output,
    })?;
    let usage = json!({
        "prompt_tokens": input,
        "completion_tokens": output,
        "total_tokens": input + output,
        "prompt_tokens_details": { "cached_tokens": active.call.real().cached_input() },
    });
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
        let body = with("chat.completion", json!({ "choices": choices, "usage": usage }));
        return Ok(responses::complete(&simulated, &body));
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
    Ok(responses::stream(&simulated, events, active))
}

/// Returns the prompt of a chat: the tools, which the model reads as their JSON source, and each message. Every
/// beginning of it that ends with a message is cached.
fn prompt(request: &Value) -> Vec<Block> {
    let tools = Some(&request["tools"]).filter(|tools| !tools.is_null()).map(|tools| {
        let source = tools.to_string();
        Block { tokens: tokens_of(&source), source, ends_cacheable_prefix: true }
    });
    let messages = request["messages"].as_array().into_iter().flatten();
    let messages = messages.map(|message| Block {
        tokens: tokens_in(message),
        source: message.to_string(),
        ends_cacheable_prefix: true,
    });
    tools.into_iter().chain(messages).collect()
}

/// `POST /v1/embeddings`.
pub(super) async fn embeddings(State(state): State<Arc<ServerState>>, body: Bytes) -> Response {
    embed(&state, &body).unwrap_or_else(|refusal| *refusal)
}

pub(super) fn embed(state: &Arc<ServerState>, body: &[u8]) -> Result<Response, Box<Response>> {
    let (request, model) = parse(state, body)?;
    let inputs = inputs(&request["input"]);
    let input = inputs.iter().sum();
    let (simulated, _) = state.decide(&Request {
        endpoint: "POST /v1/embeddings",
        model: &model,
        completions: 1,
        prompt: &[],
        counts_cache_writes: false,
        amounts: Amounts::none().with_input(input).with_inputs(inputs.len() as u64),
        max_output: 0,
    })?;
    let data: Vec<_> = (0..inputs.len())
        .map(|index| json!({ "object": "embedding", "index": index, "embedding": [0.5, -0.25, 0.125] }))
        .collect();
    let usage = json!({ "prompt_tokens": input, "total_tokens": input });
    let body = json!({ "object": "list", "model": model, "data": data, "usage": usage });
    Ok(responses::complete(&simulated, &body))
}

/// `POST /v1/images/generations`.
pub(super) async fn images(State(state): State<Arc<ServerState>>, body: Bytes) -> Response {
    draw(&state, &body).unwrap_or_else(|refusal| *refusal)
}

pub(super) fn draw(state: &Arc<ServerState>, body: &[u8]) -> Result<Response, Box<Response>> {
    let (request, model) = parse(state, body)?;
    let images = choices(state, &request)?;
    let input = tokens_in(&request["prompt"]);
    let (simulated, _) = state.decide(&Request {
        endpoint: "POST /v1/images/generations",
        model: &model,
        completions: images,
        prompt: &[],
        counts_cache_writes: false,
        amounts: Amounts::none().with_input(input).with_images(images),
        max_output: 0,
    })?;
    let data: Vec<_> = (0..images).map(|_| json!({ "b64_json": "AA==" })).collect();
    let usage = json!({ "input_tokens": input, "output_tokens": 0, "total_tokens": input });
    Ok(responses::complete(&simulated, &json!({ "created": 0, "data": data, "usage": usage })))
}
