//! What a reply's object has of the model's own words.

use crate::json::{self, Fields};

/// The fields that hold what a model has made, in any of the forms.
const CONTENT: [&str; 22] = [
    "choices",
    "output",
    "outputs",
    "content",
    "content_block",
    "candidates",
    "message",
    "delta",
    "response",
    "result",
    "results",
    "data",
    "text",
    "token",
    "transcript",
    "completion",
    "generated_text",
    "generations",
    "embedding",
    "embeddings",
    "images",
    "predictions",
];

/// Fields within these that are of the form only.
const FORM: [&str; 14] = [
    "id",
    "type",
    "object",
    "role",
    "name",
    "model",
    "status",
    "index",
    "finish_reason",
    "native_finish_reason",
    "stop_reason",
    "logprobs",
    "usage",
    "error",
];

/// Objects and arrays further inside than this count as they are written.
const DEEPEST: usize = 32;

/// Whether an object has anything that a model has made.
pub(super) fn has_any(fields: &Fields<'_>) -> bool {
    made(fields) > 0
}

/// How many bytes of text an object has that a model has made; a number of an embedding is one.
pub(super) fn made(fields: &Fields<'_>) -> u64 {
    // What ends a piece says it once more.
    if fields.iter().any(|(key, value)| key == "type" && value.ends_with(".done\"")) {
        return 0;
    }
    fields.iter().fold(0, |sum, (key, value)| {
        let made = match &**key {
            // As a string, a message is the error's.
            "message" if value.starts_with('"') => 0,
            // Of OpenAI's, which has the request's instructions, too.
            "response" if value.starts_with('{') => made(&json::fields(value).unwrap_or_default()),
            key if CONTENT.contains(&key) => walk(value, 0),
            _ => 0,
        };
        sum.saturating_add(made)
    })
}

fn walk(value: &str, depth: usize) -> u64 {
    let mut sum = 0_u64;
    match value.as_bytes().first() {
        Some(b'[' | b'{') if depth > DEEPEST => sum = value.len() as u64,
        Some(b'"') => sum = value.len().saturating_sub(2) as u64,
        Some(b'{') => {
            for (key, value) in json::fields(value).unwrap_or_default() {
                if !FORM.contains(&&*key) && value.starts_with(['"', '{', '[']) {
                    sum = sum.saturating_add(walk(value, depth + 1));
                }
            }
        }
        Some(b'[') => {
            json::each(value, |element| sum = sum.saturating_add(walk(element, depth + 1)));
        }
        Some(b'-' | b'0'..=b'9') => sum = 1,
        _ => {}
    }
    sum
}
