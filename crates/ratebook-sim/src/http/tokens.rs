//! Token counts of requests: four bytes of text are one token, and so is a token given by number.

use serde_json::Value;

/// Returns the tokens of a text.
pub(super) fn tokens_of(text: &str) -> u64 {
    (text.len() as u64).div_ceil(4)
}

/// Returns the tokens of all texts in a value.
pub(super) fn tokens_in(value: &Value) -> u64 {
    match value {
        Value::String(text) => tokens_of(text),
        Value::Array(values) => values.iter().map(tokens_in).sum(),
        Value::Object(fields) => fields.values().map(tokens_in).sum(),
        _ => 0,
    }
}

/// Returns the tokens of each input of an embeddings request: a text or a list of tokens.
pub(super) fn inputs(input: &Value) -> Vec<u64> {
    match input {
        Value::Array(values) if values.iter().any(Value::is_number) => vec![values.len() as u64],
        Value::Array(values) => values.iter().map(|value| inputs(value).iter().sum()).collect(),
        value => vec![tokens_in(value)],
    }
}

/// Returns the images in the content of messages.
pub(super) fn images_in(messages: &Value) -> u64 {
    let contents = messages.as_array().into_iter().flatten().filter_map(|message| message["content"].as_array());
    let is_image = |part: &&Value| matches!(part["type"].as_str(), Some("image" | "image_url" | "input_image"));
    contents.flatten().filter(is_image).count() as u64
}

/// Maximum tokens of a completion without a limit in the request.
const DEFAULT_MAX_OUTPUT: u64 = 64;

/// Maximum tokens of a completion, whatever the request allows.
const MAX_OUTPUT: u64 = 4_096;

/// Returns the tokens of a completion, at least 1. Few completions reach the maximum, most are shorter.
pub(super) fn generated(input: u64, most: Option<u64>) -> u64 {
    1 + input.wrapping_mul(7_919) % most.unwrap_or(DEFAULT_MAX_OUTPUT).clamp(1, MAX_OUTPUT)
}
