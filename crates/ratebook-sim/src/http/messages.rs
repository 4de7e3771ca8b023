//! Anthropic's route of the local provider: messages, with explicit caching of the prompt.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::api::parse;
use super::prompt_cache::Block;
use super::responses;
use super::state::{Request, ServerState};
use super::tokens::{generated, images_in, tokens_in, tokens_of};
use crate::call::Amounts;

/// `POST /v1/messages`.
pub(super) async fn messages(State(state): State<Arc<ServerState>>, body: Bytes) -> Response {
    reply(&state, &body).unwrap_or_else(|refusal| *refusal)
}

pub(super) fn reply(state: &Arc<ServerState>, body: &[u8]) -> Result<Response, Box<Response>> {
    let (request, model) = parse(state, body)?;
    let Some(most) = request["max_tokens"].as_u64() else {
        return Err(state.invalid(StatusCode::BAD_REQUEST, "expected `max_tokens`"));
    };
    let prompt = prompt(&request);
    let input = prompt.iter().map(|block| block.tokens).sum();
    let output = generated(input, Some(most));
    let (simulated, active) = state.decide(&Request {
        endpoint: "POST /v1/messages",
        model: &model,
        completions: 1,
        prompt: &prompt,
        counts_cache_writes: true,
        amounts: Amounts::none().with_input(input).with_output(output).with_images(images_in(&request["messages"])),
        max_output: most.max(output),
    })?;
    let real = active.call.real();
    let (cached_input, cache_written_input) = (real.cached_input(), real.cache_written_input());
    let usage = |output: u64| {
        json!({
            "input_tokens": input - cached_input - cache_written_input,
            "cache_creation_input_tokens": cache_written_input,
            "cache_read_input_tokens": cached_input,
            "output_tokens": output,
        })
    };
    let message = |content: Value, stop_reason: Value, output: u64| {
        json!({
            "id": "m-1", "type": "message", "role": "assistant", "model": model, "content": content,
            "stop_reason": stop_reason, "stop_sequence": null, "usage": usage(output),
        })
    };
    if request["stream"] != true {
        let content = json!([{ "type": "text", "text": "word ".repeat(output as usize) }]);
        return Ok(responses::complete(&simulated, &message(content, json!("end_turn"), output)));
    }
    let mut events = Vec::new();
    let mut event = |name: &str, rest: Value| {
        let mut data = json!({ "type": name });
        if let (Value::Object(data), Value::Object(rest)) = (&mut data, rest) {
            data.extend(rest);
        }
        events.push(format!("event: {name}\ndata: {data}\n\n"));
    };
    event("message_start", json!({ "message": message(json!([]), Value::Null, 0) }));
    event("content_block_start", json!({ "index": 0, "content_block": { "type": "text", "text": "" } }));
    for _ in 0..output {
        event("content_block_delta", json!({ "index": 0, "delta": { "type": "text_delta", "text": "word " } }));
    }
    event("content_block_stop", json!({ "index": 0 }));
    event("message_delta", json!({ "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": output } }));
    event("message_stop", json!({}));
    Ok(responses::stream(&simulated, events, active))
}

/// Returns the blocks of a prompt in the order of the cache: tools, the system prompt, and the messages. A block with
/// `cache_control` ends a cached beginning.
fn prompt(request: &Value) -> Vec<Block> {
    let tools = request["tools"].as_array().into_iter().flatten().map(|tool| {
        let source = tool.to_string();
        Block { tokens: tokens_of(&source), source, ends_cacheable_prefix: is_marked(tool) }
    });
    let messages = request["messages"].as_array().into_iter().flatten();
    let texts = [&request["system"]].into_iter().chain(messages.map(|message| &message["content"]));
    let blocks = texts.flat_map(|text| match text {
        Value::Array(blocks) => blocks.iter().collect(),
        Value::Null => Vec::new(),
        whole => vec![whole],
    });
    let blocks = blocks.map(|block| {
        let mut read = block.clone();
        if let Value::Object(fields) = &mut read {
            // Neither the mark nor the type is text.
            fields.remove("cache_control");
            fields.remove("type");
        }
        Block { tokens: tokens_in(&read), source: read.to_string(), ends_cacheable_prefix: is_marked(block) }
    });
    tools.chain(blocks).collect()
}

fn is_marked(block: &Value) -> bool {
    block["cache_control"].is_object()
}
