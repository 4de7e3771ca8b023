//! Finds errors inside successful responses. Generated content is never taken for an error.

use std::fmt;

use super::content;
use crate::json::{self, Fields};

/// An error inside a response of status 200: an `error` event of a stream, or an error object as the body. Content may
/// have been sent before it.
///
/// Generated content is never taken for an error. An error is an event named `error` or with a status other than 200,
/// or an object with a top-level `error`, or with `code` and `message`, and without content.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InnerError {
    /// The HTTP status inside the stream, such as DashScope's comment line `:HTTP_STATUS/429`. `None` if there is none.
    pub status: Option<u16>,
    /// The raw error object, without the fields beside it. Pass it to
    /// [`Permit::observe_error`](ratebook_limiter::Permit).
    pub body: Vec<u8>,
}

impl fmt::Debug for InnerError {
    // The message may quote the conversation: keep it out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InnerError").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Object types and event names that mark an error.
const ERROR_TYPES: [&str; 5] =
    ["error", "exception", "response.failed", "response.error", "conversation.response.error"];

/// Fields that contain an error.
const ERROR_FIELDS: [&str; 6] = ["error", "Error", "last_error", "errors", "base_resp", "ErrorMsg"];

/// Fields with an error code.
const CODE_FIELDS: [&str; 8] =
    ["code", "Code", "error_code", "errorCode", "status_code", "statusCode", "http_code", "__type"];
/// Fields with an error message.
const MESSAGE_FIELDS: [&str; 11] = [
    "message",
    "Message",
    "msg",
    "Msg",
    "error_msg",
    "errorMsg",
    "error_message",
    "errorMessage",
    "status_msg",
    "detail",
    "title",
];

/// Whether the name of an event marks an error.
pub(super) fn is_error_event(name: &[u8]) -> bool {
    ERROR_TYPES.iter().any(|error| name.eq_ignore_ascii_case(error.as_bytes()))
}

/// Returns the error that a response object is or contains, as a JSON object.
pub(super) fn find(object: &str, fields: &Fields<'_>) -> Option<String> {
    let kind = fields.iter().find(|(key, value)| is_kind(key) && ERROR_TYPES.contains(&&*json::decoded(value)));
    let is_failed = kind.is_some() || fields.iter().any(|(key, value)| key == "status" && *value == "\"failed\"");
    let is_exception = match &fields[..] {
        [(key, value)] => key.ends_with("Exception") && value.starts_with('{'),
        _ => false,
    };
    let own = error_field(fields, is_failed);
    if (kind.is_some() || own.is_some() || is_exception || is_code_and_message(fields)) && !content::has_any(fields) {
        return Some(object.to_owned());
    }
    // Beside content, an error counts only if the response is marked as failed. It is returned without the content.
    let nested = nested_error(fields, is_failed);
    match (kind, own.filter(|_| kind.is_some()).or(nested)) {
        (_, Some(error)) => Some(format!("{{\"error\":{error}}}")),
        (Some((_, kind)), None) => Some(format!("{{\"type\":{kind}}}")),
        (None, None) => None,
    }
}

fn is_kind(key: &str) -> bool {
    matches!(key, "type" | "object")
}

/// Returns the error in a nested object: in a failed response, or beside a choice that ends in an error.
fn nested_error<'a>(fields: &Fields<'a>, is_failed: bool) -> Option<&'a str> {
    fields.iter().find_map(|(key, value)| match &**key {
        "response" if is_failed && value.starts_with('{') => error_field(&json::fields(value)?, true),
        // Tencent.
        "Response" if value.starts_with('{') => error_field(&json::fields(value)?, true),
        // OpenRouter.
        "choices" if value.contains("\"error\"") => {
            let mut found = None;
            json::each(value, |choice| {
                let choice = json::fields(choice).unwrap_or_default();
                let is_end = choice.iter().any(|(key, value)| key == "finish_reason" && *value == "\"error\"");
                found = found
                    .or_else(|| error_field(&choice, false).or_else(|| error_field(fields, false)).filter(|_| is_end));
            });
            found
        }
        _ => None,
    })
}

/// Returns the error in one of an object's error fields.
fn error_field<'a>(fields: &Fields<'a>, is_failed: bool) -> Option<&'a str> {
    let is_error_field = |key: &str| ERROR_FIELDS.contains(&key) && (key != "last_error" || is_failed);
    let mut errors = fields.iter().filter(|(key, _)| is_error_field(key));
    errors.find(|(_, value)| is_failure(value) || *value == "true" && has_message(fields)).map(|(_, value)| *value)
}

/// Whether the value of an error field is an error. Some gateways send an empty object or a success with every
/// response.
fn is_failure(value: &str) -> bool {
    match value.as_bytes().first() {
        Some(b'"') => !json::decoded(value).trim().is_empty(),
        Some(b'{') => {
            let fields = json::fields(value).unwrap_or_default();
            match code_of(&fields) {
                CodeMeaning::Absent => has_message(&fields),
                CodeMeaning::Success => false,
                CodeMeaning::Failure => true,
            }
        }
        Some(b'[') => {
            let mut any = false;
            json::each(value, |element| any |= is_failure(element));
            any
        }
        _ => false,
    }
}

/// Whether an object is an error with a code and a message, the format of DashScope and others.
fn is_code_and_message(fields: &Fields<'_>) -> bool {
    let has_status = || fields.iter().any(|(key, value)| key == "status" && matches!(value.parse(), Ok(400..=599)));
    let is_failure = match code_of(fields) {
        CodeMeaning::Failure => true,
        CodeMeaning::Absent => has_status(),
        CodeMeaning::Success => false,
    };
    is_failure && has_message(fields)
}

fn has_message(fields: &Fields<'_>) -> bool {
    let is_text = |value: &str| value.starts_with('"') && !json::decoded(value).trim().is_empty();
    fields.iter().any(|(key, value)| MESSAGE_FIELDS.contains(&&**key) && is_text(value))
}

/// The meaning of an error code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CodeMeaning {
    /// No code, or an empty one.
    Absent,
    /// A success: zero, 200, `Success`.
    Success,
    /// Any other code.
    Failure,
}

fn code_of(fields: &Fields<'_>) -> CodeMeaning {
    let mut code = CodeMeaning::Absent;
    let is_scalar = |value: &str| value.starts_with(|first: char| matches!(first, '"' | '-' | '0'..='9'));
    for (_, value) in fields.iter().filter(|(key, value)| CODE_FIELDS.contains(&&**key) && is_scalar(value)) {
        match &*json::decoded(value).trim().to_ascii_lowercase() {
            "" | "null" | "none" => {}
            "0" | "ok" | "success" | "succeeded" | "200" | "201" | "202" => code = CodeMeaning::Success,
            _ => return CodeMeaning::Failure,
        }
    }
    code
}
