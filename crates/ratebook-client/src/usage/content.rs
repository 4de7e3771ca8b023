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

/// Objects and arrays further inside than this are not read.
const DEEPEST: usize = 32;

/// Something that a model has made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Made<'a> {
    /// A text, as the JSON string that it is written in.
    Text(&'a str),
    /// A number, as of an embedding.
    Number,
    /// What lies too deep to be read.
    Deep,
}

/// Whether an object has anything that a model has made.
pub(super) fn has_any(fields: &Fields<'_>) -> bool {
    let mut any = false;
    each(fields, &mut |made| any |= !matches!(made, Made::Text("\"\"")));
    any
}

/// Passes on each thing in an object that a model has made.
pub(super) fn each(fields: &Fields<'_>, made: &mut dyn FnMut(Made<'_>)) {
    // What ends a piece says it once more.
    if fields.iter().any(|(key, value)| key == "type" && value.ends_with(".done\"")) {
        return;
    }
    for (key, value) in fields {
        match &**key {
            // As a string, a message is the error's.
            "message" if value.starts_with('"') => {}
            // Of OpenAI's, which has the request's instructions, too.
            "response" if value.starts_with('{') => each(&json::fields(value).unwrap_or_default(), made),
            key if CONTENT.contains(&key) => walk(value, made, 0),
            _ => {}
        }
    }
}

fn walk(value: &str, made: &mut dyn FnMut(Made<'_>), depth: usize) {
    match value.as_bytes().first() {
        Some(b'[' | b'{') if depth > DEEPEST => made(Made::Deep),
        Some(b'"') => made(Made::Text(value)),
        Some(b'{') => {
            for (key, value) in json::fields(value).unwrap_or_default() {
                if !FORM.contains(&&*key) && value.starts_with(['"', '{', '[']) {
                    walk(value, made, depth + 1);
                }
            }
        }
        Some(b'[') => {
            json::each(value, |element| walk(element, made, depth + 1));
        }
        Some(b'-' | b'0'..=b'9') => made(Made::Number),
        _ => {}
    }
}
