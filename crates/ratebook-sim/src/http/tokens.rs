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
