//! Errors inside a reply of status 200: which objects are one, and which are the model's own words.

use std::fmt;

use super::content;
use crate::json::{self, Fields};

/// An error inside a reply of status 200, before which the reply may have served something: an `error` event of a stream,
/// or an error object as the body.
///
/// It is the vendor's, never the model's words: it stands in an event named `error` or beside another status than 200, or
/// is an object with a top-level `error`, or `code` and `message`, and no content.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InnerError {
    /// The HTTP status, where the stream itself says one, as DashScope's comment line `:HTTP_STATUS/429` does.
    pub status: Option<u16>,
    /// The error object as the vendor wrote it, without what the reply may have beside it: what
    /// [`Permit::observe_error`](ratebook_limiter::Permit) takes.
    pub body: Vec<u8>,
}

impl fmt::Debug for InnerError {
    // A message may repeat the conversation, and is no log's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InnerError").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Types of objects, and names of events, that are errors by themselves.
const ERRORS: [&str; 5] = ["error", "exception", "response.failed", "response.error", "conversation.response.error"];

/// The fields under which an object has its error.
const UNDER: [&str; 6] = ["error", "Error", "last_error", "errors", "base_resp", "ErrorMsg"];

/// The fields that hold an error's code, and its message.
const CODES: [&str; 8] =
    ["code", "Code", "error_code", "errorCode", "status_code", "statusCode", "http_code", "__type"];
const MESSAGES: [&str; 11] = [
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

/// Whether an event of this name is an error.
pub(super) fn is_error_event(name: &[u8]) -> bool {
    ERRORS.iter().any(|error| name.eq_ignore_ascii_case(error.as_bytes()))
}

/// The error that an object of a reply is or has, as it is to be read.
pub(super) fn of(object: &str, fields: &Fields<'_>) -> Option<String> {
    let kind = fields.iter().find(|(key, value)| is_kind(key) && ERRORS.contains(&&*json::decoded(value)));
    let is_failed = kind.is_some() || fields.iter().any(|(key, value)| key == "status" && *value == "\"failed\"");
    let is_exception = match &fields[..] {
        [(key, value)] => key.ends_with("Exception") && value.starts_with('{'),
        _ => false,
    };
    let own = under(fields, is_failed);
    if (kind.is_some() || own.is_some() || is_exception || is_pair(fields)) && !content::has_any(fields) {
        return Some(object.to_owned());
    }
    // Beside content it counts where the reply says that it has failed, and is read without that.
    let within = within(fields, is_failed);
    match (kind, own.filter(|_| kind.is_some()).or(within)) {
        (_, Some(error)) => Some(format!("{{\"error\":{error}}}")),
        (Some((_, kind)), None) => Some(format!("{{\"type\":{kind}}}")),
        (None, None) => None,
    }
}

fn is_kind(key: &str) -> bool {
    matches!(key, "type" | "object")
}

/// The error that stands further inside: in a response that has failed, or with a choice that ends in an error.
fn within<'a>(fields: &Fields<'a>, is_failed: bool) -> Option<&'a str> {
    fields.iter().find_map(|(key, value)| match &**key {
        "response" if is_failed && value.starts_with('{') => under(&json::fields(value)?, true),
        // Tencent's.
        "Response" if value.starts_with('{') => under(&json::fields(value)?, true),
        // OpenRouter's.
        "choices" if value.contains("\"error\"") => {
            let mut found = None;
            json::each(value, |choice| {
                let choice = json::fields(choice).unwrap_or_default();
                let is_end = choice.iter().any(|(key, value)| key == "finish_reason" && *value == "\"error\"");
                found = found.or_else(|| under(&choice, false).or_else(|| under(fields, false)).filter(|_| is_end));
            });
            found
        }
        _ => None,
    })
}

/// The error that an object has in one of its fields.
fn under<'a>(fields: &Fields<'a>, is_failed: bool) -> Option<&'a str> {
    let is_meant = |key: &str| UNDER.contains(&key) && (key != "last_error" || is_failed);
    let mut errors = fields.iter().filter(|(key, _)| is_meant(key));
    errors.find(|(_, value)| is_failure(value) || *value == "true" && has_message(fields)).map(|(_, value)| *value)
}

/// Whether an error's value says that there is one. Gateways write an empty object, or a success, beside every reply.
fn is_failure(value: &str) -> bool {
    match value.as_bytes().first() {
        Some(b'"') => !json::decoded(value).trim().is_empty(),
        Some(b'{') => {
            let fields = json::fields(value).unwrap_or_default();
            match code_of(&fields) {
                Code::Absent => has_message(&fields),
                Code::Success => false,
                Code::Failure => true,
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

/// Whether an object has a code that is an error's beside a message, as DashScope and others write errors.
fn is_pair(fields: &Fields<'_>) -> bool {
    let has_status = || fields.iter().any(|(key, value)| key == "status" && matches!(value.parse(), Ok(400..=599)));
    let is_failure = match code_of(fields) {
        Code::Failure => true,
        Code::Absent => has_status(),
        Code::Success => false,
    };
    is_failure && has_message(fields)
}

fn has_message(fields: &Fields<'_>) -> bool {
    let is_text = |value: &str| value.starts_with('"') && !json::decoded(value).trim().is_empty();
    fields.iter().any(|(key, value)| MESSAGES.contains(&&**key) && is_text(value))
}

/// What an error's code says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Code {
    /// There is none, or it is empty.
    Absent,
    /// It is that of a success: zero, 200, `Success`.
    Success,
    Failure,
}

fn code_of(fields: &Fields<'_>) -> Code {
    let mut code = Code::Absent;
    let is_scalar = |value: &str| value.starts_with(|first: char| matches!(first, '"' | '-' | '0'..='9'));
    for (_, value) in fields.iter().filter(|(key, value)| CODES.contains(&&**key) && is_scalar(value)) {
        match &*json::decoded(value).trim().to_ascii_lowercase() {
            "" | "null" | "none" => {}
            "0" | "ok" | "success" | "succeeded" | "200" | "201" | "202" => code = Code::Success,
            _ => return Code::Failure,
        }
    }
    code
}
