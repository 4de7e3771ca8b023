//! A local provider that speaks OpenAI's API over real HTTP, and enforces limits.
//!
//! It answers chat completions, whole or as a stream with the usage in the last chunk, and embeddings, on 127.0.0.1. A
//! token is four bytes of text, and what it says is made up.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ratebook::Entry;
use serde_json::{Value, json};

use crate::answer::{Answer, Voice};
use crate::call::{Amounts, Call};
use crate::rule::{Enforcement, Rule};
use crate::server::Server;

/// What a completion has at most, where the request does not say.
const MOST_OUTPUT: u64 = 64;

/// A local provider of some models, before it serves.
///
/// ```
/// use ratebook::alibaba::international::QWEN_PLUS;
/// use ratebook_sim::Enforcement;
/// use ratebook_sim::http::LocalProvider;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let serving = LocalProvider::new().entry(QWEN_PLUS, Enforcement::SlidingLog).serve().await?;
/// assert!(serving.base_url().starts_with("http://127.0.0.1:"));
/// assert_eq!(serving.count().refused, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct LocalProvider {
    models: HashMap<String, Server>,
}

impl LocalProvider {
    /// A provider without models.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves a model under some limits.
    #[must_use]
    pub fn model(mut self, name: impl Into<String>, server: Server) -> Self {
        self.models.insert(name.into(), server);
        self
    }

    /// Serves an entry of the catalog under its limits, as its provider's policy enforces and words them.
    #[must_use]
    pub fn entry(self, entry: Entry, by: Enforcement) -> Self {
        let rules = entry.limits().flat_map(|limit| Rule::every_of(&limit, by)).collect();
        self.model(entry.name(), Server::new(rules).speaking(Voice::of(entry.provider())))
    }

    /// Serves on a free port of 127.0.0.1, as long as the runtime runs.
    ///
    /// # Errors
    /// Where no port can be had.
    ///
    /// # Panics
    /// Outside of a tokio runtime with its I/O enabled.
    pub async fn serve(self) -> io::Result<Serving> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state =
            Arc::new(Serves { models: Mutex::new(self.models), count: Mutex::default(), since: Instant::now() });
        let router = Router::new()
            .route("/v1/chat/completions", post(chat))
            .route("/v1/embeddings", post(embeddings))
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Serving { address, state })
    }
}

/// A provider that serves.
#[derive(Clone, Debug)]
pub struct Serving {
    address: SocketAddr,
    state: Arc<Serves>,
}

/// Calls that a provider has answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Those served.
    pub served: u64,
    /// Those refused for a limit.
    pub refused: u64,
    /// Tokens of those served.
    pub tokens: u64,
}

impl Serving {
    /// What clients take for the address of the API: `http://127.0.0.1:4711/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Calls answered so far.
    pub fn count(&self) -> Count {
        *lock(&self.state.count)
    }
}

#[derive(Debug)]
struct Serves {
    models: Mutex<HashMap<String, Server>>,
    count: Mutex<Count>,
    since: Instant,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Serves {
    /// Has the limits of a model decide on a call; an error is the reply.
    fn decide(&self, model: &str, input: u64, output: u64) -> Result<Answer, Box<Response>> {
        let now = self.since.elapsed().as_nanos() as u64;
        let real = Amounts { requests: 1, input, output, ..Amounts::default() };
        let call = Call { caller: 0, model: 0, estimate: real, real };
        let mut models = lock(&self.models);
        let Some(server) = models.get_mut(model) else {
            return Err(Box::new(error(StatusCode::NOT_FOUND, &format!("the model `{model}` does not exist"))));
        };
        let answer = server.answer(now, &call);
        // What it says of calls at one time is not simulated: each is over at once.
        if answer.is_served() {
            server.end(&call);
        }
        let mut count = lock(&self.count);
        if answer.is_served() {
            (count.served, count.tokens) = (count.served + 1, count.tokens + input + output);
            return Ok(answer);
        }
        count.refused += 1;
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
        let body = if answer.body.is_empty() { "{\"error\": {\"message\": \"\"}}" } else { &answer.body };
        Err(Box::new(with_headers(&answer, (status, body.to_owned()).into_response())))
    }
}

fn error(status: StatusCode, message: &str) -> Response {
    (status, json!({ "error": { "message": message } }).to_string()).into_response()
}

fn with_headers(answer: &Answer, mut reply: Response) -> Response {
    for (name, value) in &answer.headers {
        if let Ok(value) = value.parse() {
            reply.headers_mut().insert(*name, value);
        }
    }
    reply
}

fn tokens_of(text: &str) -> u64 {
    (text.len() as u64).div_ceil(4)
}

/// Tokens of all texts within a value.
fn tokens_in(value: &Value) -> u64 {
    match value {
        Value::String(text) => tokens_of(text),
        Value::Array(values) => values.iter().map(tokens_in).sum(),
        Value::Object(fields) => fields.values().map(tokens_in).sum(),
        _ => 0,
    }
}

fn parse(body: &[u8]) -> Result<(Value, String), Box<Response>> {
    let request: Option<Value> = serde_json::from_slice(body).ok();
    let model = request.as_ref().and_then(|request| request["model"].as_str()).map(str::to_owned);
    request.zip(model).ok_or_else(|| Box::new(error(StatusCode::BAD_REQUEST, "no JSON object with a `model`")))
}

async fn chat(State(serves): State<Arc<Serves>>, body: Bytes) -> Response {
    complete(&serves, &body).unwrap_or_else(|refusal| *refusal)
}

fn complete(serves: &Serves, body: &[u8]) -> Result<Response, Box<Response>> {
    let (request, model) = parse(body)?;
    let input = tokens_in(&request["messages"]);
    let most = ["max_completion_tokens", "max_tokens"].into_iter().find_map(|name| request[name].as_u64());
    // Some answers are as long as they may be, most are shorter.
    let most = most.unwrap_or(MOST_OUTPUT).max(1);
    let output = 1 + input.wrapping_mul(7_919) % most;
    let answer = serves.decide(&model, input, output)?;
    let usage = json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output });
    let with = |object: &str, rest: Value| {
        let mut chunk = json!({ "id": "c-1", "object": object, "created": 0, "model": model });
        if let (Value::Object(chunk), Value::Object(rest)) = (&mut chunk, rest) {
            chunk.extend(rest);
        }
        chunk
    };
    if request["stream"] != true {
        let message = json!({ "role": "assistant", "content": "word ".repeat(output as usize) });
        let choice = json!({ "index": 0, "message": message, "finish_reason": "stop", "logprobs": null });
        let reply = with("chat.completion", json!({ "choices": [choice], "usage": usage }));
        let reply = ([(header::CONTENT_TYPE, "application/json")], reply.to_string()).into_response();
        return Ok(with_headers(&answer, reply));
    }
    let mut events = Vec::new();
    let mut event = |rest: Value| events.push(format!("data: {}\n\n", with("chat.completion.chunk", rest)));
    for _ in 0..output {
        let delta = json!({ "role": "assistant", "content": "word " });
        event(json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }], "usage": null }));
    }
    event(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }], "usage": null }));
    if request["stream_options"]["include_usage"] == true {
        event(json!({ "choices": [], "usage": usage }));
    }
    events.push("data: [DONE]\n\n".to_owned());
    let stream = Body::from_stream(tokio_stream::iter(events.into_iter().map(Ok::<_, Infallible>)));
    Ok(with_headers(&answer, ([(header::CONTENT_TYPE, "text/event-stream")], stream).into_response()))
}

async fn embeddings(State(serves): State<Arc<Serves>>, body: Bytes) -> Response {
    embed(&serves, &body).unwrap_or_else(|refusal| *refusal)
}

fn embed(serves: &Serves, body: &[u8]) -> Result<Response, Box<Response>> {
    let (request, model) = parse(body)?;
    let input = tokens_in(&request["input"]);
    let answer = serves.decide(&model, input, 0)?;
    let texts = request["input"].as_array().map_or(1, Vec::len);
    let data: Vec<_> = (0..texts)
        .map(|index| json!({ "object": "embedding", "index": index, "embedding": [0.5, -0.25, 0.125] }))
        .collect();
    let usage = json!({ "prompt_tokens": input, "total_tokens": input });
    let reply = json!({ "object": "list", "model": model, "data": data, "usage": usage });
    let reply = ([(header::CONTENT_TYPE, "application/json")], reply.to_string()).into_response();
    Ok(with_headers(&answer, reply))
}
