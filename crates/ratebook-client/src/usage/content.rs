//! Finds the generated content in an object of a response.

use crate::json::{self, Fields};

/// Fields with generated content, in any format.
const CONTENT_FIELDS: [&str; 22] = [
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

/// Fields inside those that are metadata.
const METADATA_FIELDS: [&str; 14] = [
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

/// Objects and arrays nested deeper are not read.
const MAX_DEPTH: usize = 32;

/// A piece of generated content.
#[derive(Clone, Copy, Debug)]
pub(super) enum Generated<'a> {
    /// Text, as a raw JSON string.
    Text(&'a str),
    /// A number, for example of an embedding.
    Number,
    /// Content nested too deep to read.
    TooDeep,
}

/// Whether an object has generated content.
pub(super) fn has_any(fields: &Fields<'_>) -> bool {
    let mut any = false;
    each(fields, &mut |generated| any |= !matches!(generated, Generated::Text("\"\"")));
    any
}

/// Calls `visit` with each piece of generated content in an object.
pub(super) fn each(fields: &Fields<'_>, visit: &mut dyn FnMut(Generated<'_>)) {
    // The event that ends a piece repeats its text.
    if fields.iter().any(|(key, value)| key == "type" && value.ends_with(".done\"")) {
        return;
    }
    for (key, value) in fields {
        match &**key {
            // A `message` that is a string belongs to an error.
            "message" if value.starts_with('"') => {}
            // OpenAI's `response` object also has the instructions of the request.
            "response" if value.starts_with('{') => each(&json::fields(value).unwrap_or_default(), visit),
            key if CONTENT_FIELDS.contains(&key) => walk(value, visit, 0),
            _ => {}
        }
    }
}

fn walk(value: &str, visit: &mut dyn FnMut(Generated<'_>), depth: usize) {
    match value.as_bytes().first() {
        Some(b'[' | b'{') if depth > MAX_DEPTH => visit(Generated::TooDeep),
        Some(b'"') => visit(Generated::Text(value)),
        Some(b'{') => {
            for (key, value) in json::fields(value).unwrap_or_default() {
                if !METADATA_FIELDS.contains(&&*key) && value.starts_with(['"', '{', '[']) {
                    walk(value, visit, depth + 1);
                }
            }
        }
        Some(b'[') => {
            json::each(value, |element| walk(element, visit, depth + 1));
        }
        Some(b'-' | b'0'..=b'9') => visit(Generated::Number),
        _ => {}
    }
}
