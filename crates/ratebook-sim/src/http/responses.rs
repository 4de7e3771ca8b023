//! Parts of HTTP responses.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::response::SimResponse;

/// Returns an error response in OpenAI's format.
pub(super) fn error(status: StatusCode, message: &str) -> Response {
    (status, json!({ "error": { "message": message } }).to_string()).into_response()
}

/// Adds the simulated rate limit headers to a response.
pub(super) fn with_headers(simulated: &SimResponse, mut response: Response) -> Response {
    for (name, value) in &simulated.headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(*name, value);
        }
    }
    response
}
