//! How many tokens a request has: a token is four bytes of text, or one that the request names by its number.

use serde_json::Value;

pub(super) fn tokens_of(text: &str) -> u64 {
    (text.len() as u64).div_ceil(4)
}

/// Tokens of all texts within a value.
pub(super) fn tokens_in(value: &Value) -> u64 {
    match value {
        Value::String(text) => tokens_of(text),
        Value::Array(values) => values.iter().map(tokens_in).sum(),
        Value::Object(fields) => fields.values().map(tokens_in).sum(),
        _ => 0,
    }
}

/// What a request for embeddings has: of each text or list of tokens its tokens.
pub(super) fn inputs(input: &Value) -> Vec<u64> {
    match input {
        Value::Array(values) if values.iter().any(Value::is_number) => vec![values.len() as u64],
        Value::Array(values) => values.iter().map(|value| inputs(value).iter().sum()).collect(),
        value => vec![tokens_in(value)],
    }
}
