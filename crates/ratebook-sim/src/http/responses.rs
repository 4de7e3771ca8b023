//! Parts of HTTP responses.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::response::SimResponse;

/// Returns an error response in OpenAI's format.
pub(super) fn error(status: StatusCode, message: &str) -> Response {
    (status, json!({ "error": { "message": message } }).to_string()).into_response()
}

/// Returns a complete response with a JSON body.
pub(super) fn complete(simulated: &SimResponse, body: &Value) -> Response {
    with_headers(simulated, ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response())
}

/// Returns a stream of server-sent events. It owns the call, `active`, which is dropped with the stream once it is sent
/// or abandoned.
pub(super) fn stream(simulated: &SimResponse, events: Vec<String>, active: impl Send + 'static) -> Response {
    let events = events.into_iter().map(move |event| {
        let _ = &active;
        Ok::<_, Infallible>(event)
    });
    let stream = Body::from_stream(tokio_stream::iter(events));
    with_headers(simulated, ([(header::CONTENT_TYPE, "text/event-stream")], stream).into_response())
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
