//! A local provider that speaks OpenAI's API over real HTTP, and enforces limits.
//!
//! It answers chat completions, whole or as a stream with the usage in the last chunk, and embeddings, on 127.0.0.1. A
//! token is four bytes of text, or one that the request names by its number, and what it says is made up. Of calls at one
//! time, a stream counts as one until it was sent or given up; a whole reply is over at once. A call is one request, however
//! many completions it asks for, except where an entry's provider counts each of them.

mod counts;
mod tokens;

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

use self::counts::Counts;
use self::tokens::{inputs, tokens_in, tokens_of};
use crate::answer::{Answer, Voice};
use crate::call::{Amounts, Call};
use crate::rule::{Enforcement, Rule};
use crate::server::Server;

/// What a completion has at most, where the request does not say.
const MOST_OUTPUT: u64 = 64;

/// What a completion has at most, whatever the request says.
const LONGEST: u64 = 4_096;

/// How many completions a request has at most.
const MOST_CHOICES: u64 = 128;

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
    models: HashMap<String, Served>,
}

/// A model that is served.
#[derive(Clone, Debug)]
struct Served {
    server: Server,
    counts: Counts,
}

impl LocalProvider {
    /// A provider without models.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves a model under some limits.
    #[must_use]
    pub fn model(self, name: impl Into<String>, server: Server) -> Self {
        self.serving(name.into(), Served { server, counts: Counts::Calls })
    }

    /// Serves an entry of the catalog under its limits, as its provider's policy enforces, counts and words them.
    #[must_use]
    pub fn entry(self, entry: Entry, by: Enforcement) -> Self {
        let rules = entry.limits().flat_map(|limit| Rule::every_of(&limit, by)).collect();
        let server = Server::new(rules).speaking(Voice::of(entry.provider()));
        self.serving(entry.name().into(), Served { server, counts: Counts::of(entry.provider()) })
    }

    fn serving(mut self, name: String, served: Served) -> Self {
        self.models.insert(name, served);
        self
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
    models: Mutex<HashMap<String, Served>>,
    count: Mutex<Count>,
    since: Instant,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Serves {
    /// Has the limits of a model decide on a call of so many completions, input and output, which is over when it is let go;
    /// an error is the reply.
    fn decide(self: &Arc<Self>, model: &str, [completions, input, output]: [u64; 3]) -> Decided {
        let mut models = lock(&self.models);
        let Some(Served { server, counts }) = models.get_mut(model) else {
            return Err(Box::new(error(StatusCode::NOT_FOUND, &format!("the model `{model}` does not exist"))));
        };
        let real = Amounts { requests: counts.requests(completions), input, output, ..Amounts::default() };
        let call = Call { caller: 0, model: 0, estimate: real, real };
        // Of two calls at once, the second is decided on later.
        let answer = server.answer(self.since.elapsed().as_nanos() as u64, &call);
        drop(models);
        let mut count = lock(&self.count);
        if answer.is_served() {
            (count.served, count.tokens) = (count.served + 1, count.tokens + real.input + real.output);
            return Ok((answer, Held { serves: Arc::clone(self), model: model.to_owned(), call }));
        }
        count.refused += 1;
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
        let body = if answer.body.is_empty() { "{\"error\": {\"message\": \"\"}}" } else { &answer.body };
        Err(Box::new(with_headers(&answer, (status, body.to_owned()).into_response())))
    }
}

/// The answer to a call that is served, or the reply that refuses it.
type Decided = Result<(Answer, Held), Box<Response>>;

/// A call that was served and holds its place among those at one time, until this is dropped.
struct Held {
    serves: Arc<Serves>,
    model: String,
    call: Call,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(served) = lock(&self.serves.models).get_mut(&self.model) {
            served.server.end(&self.call);
        }
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

fn parse(body: &[u8]) -> Result<(Value, String), Box<Response>> {
    let request: Option<Value> = serde_json::from_slice(body).ok();
    let model = request.as_ref().and_then(|request| request["model"].as_str()).map(str::to_owned);
    request.zip(model).ok_or_else(|| Box::new(error(StatusCode::BAD_REQUEST, "no JSON object with a `model`")))
}

async fn chat(State(serves): State<Arc<Serves>>, body: Bytes) -> Response {
    complete(&serves, &body).unwrap_or_else(|refusal| *refusal)
}

fn complete(serves: &Arc<Serves>, body: &[u8]) -> Result<Response, Box<Response>> {
    let (request, model) = parse(body)?;
    let choices = request["n"].as_u64().unwrap_or(1);
    if !(1..=MOST_CHOICES).contains(&choices) {
        return Err(Box::new(error(StatusCode::BAD_REQUEST, &format!("`n` is from 1 to {MOST_CHOICES}"))));
    }
    // Tools are given to the model as they are written.
    let tools = if request["tools"].is_null() { 0 } else { tokens_of(&request["tools"].to_string()) };
    let input = tokens_in(&request["messages"]) + tools;
    let most = ["max_completion_tokens", "max_tokens"].into_iter().find_map(|name| request[name].as_u64());
    // Some answers are as long as they may be, most are shorter.
    let most = most.unwrap_or(MOST_OUTPUT).clamp(1, LONGEST);
    let each = 1 + input.wrapping_mul(7_919) % most;
    let output = each * choices;
    let (answer, held) = serves.decide(&model, [choices, input, output])?;
    let usage = json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output });
    let with = |object: &str, rest: Value| {
        let mut chunk = json!({ "id": "c-1", "object": object, "created": 0, "model": model });
        if let (Value::Object(chunk), Value::Object(rest)) = (&mut chunk, rest) {
            chunk.extend(rest);
        }
        chunk
    };
    if request["stream"] != true {
        let message = json!({ "role": "assistant", "content": "word ".repeat(each as usize) });
        let choices: Vec<_> = (0..choices)
            .map(|index| json!({ "index": index, "message": message, "finish_reason": "stop", "logprobs": null }))
            .collect();
        let reply = with("chat.completion", json!({ "choices": choices, "usage": usage }));
        let reply = ([(header::CONTENT_TYPE, "application/json")], reply.to_string()).into_response();
        return Ok(with_headers(&answer, reply));
    }
    let mut events = Vec::new();
    let mut event = |rest: Value| events.push(format!("data: {}\n\n", with("chat.completion.chunk", rest)));
    for index in 0..choices {
        for _ in 0..each {
            let delta = json!({ "role": "assistant", "content": "word " });
            event(json!({ "choices": [{ "index": index, "delta": delta, "finish_reason": null }], "usage": null }));
        }
        event(json!({ "choices": [{ "index": index, "delta": {}, "finish_reason": "stop" }], "usage": null }));
    }
    if request["stream_options"]["include_usage"] == true {
        event(json!({ "choices": [], "usage": usage }));
    }
    events.push("data: [DONE]\n\n".to_owned());
    let events = events.into_iter().map(move |event| {
        // It is held for as long as there is a stream.
        let _ = &held;
        Ok::<_, Infallible>(event)
    });
    let stream = Body::from_stream(tokio_stream::iter(events));
    Ok(with_headers(&answer, ([(header::CONTENT_TYPE, "text/event-stream")], stream).into_response()))
}

async fn embeddings(State(serves): State<Arc<Serves>>, body: Bytes) -> Response {
    embed(&serves, &body).unwrap_or_else(|refusal| *refusal)
}

fn embed(serves: &Arc<Serves>, body: &[u8]) -> Result<Response, Box<Response>> {
    let (request, model) = parse(body)?;
    let inputs = inputs(&request["input"]);
    let input = inputs.iter().sum();
    let (answer, _) = serves.decide(&model, [1, input, 0])?;
    let data: Vec<_> = (0..inputs.len())
        .map(|index| json!({ "object": "embedding", "index": index, "embedding": [0.5, -0.25, 0.125] }))
        .collect();
    let usage = json!({ "prompt_tokens": input, "total_tokens": input });
    let reply = json!({ "object": "list", "model": model, "data": data, "usage": usage });
    let reply = ([(header::CONTENT_TYPE, "application/json")], reply.to_string()).into_response();
    Ok(with_headers(&answer, reply))
}

#[cfg(test)]
mod tests {
    use ratebook::Metric;

    use super::*;
    use crate::SECOND;

    /// A provider of the model `m` under one limit.
    fn under(rule: Rule) -> Arc<Serves> {
        counting(Counts::Calls, rule)
    }

    fn counting(counts: Counts, rule: Rule) -> Arc<Serves> {
        let models = HashMap::from([("m".to_owned(), Served { server: Server::new(vec![rule]), counts })]);
        Arc::new(Serves { models: Mutex::new(models), count: Mutex::default(), since: Instant::now() })
    }

    fn hour(metric: Metric, limit: u64) -> Rule {
        Rule::new(metric, limit, 3_600 * SECOND, Enforcement::SlidingLog)
    }

    fn chat(serves: &Arc<Serves>, rest: &str) -> Response {
        let body = format!(r#"{{"model": "m", "messages": [{{"role": "user", "content": "Hello, you"}}]{rest}}}"#);
        complete(serves, body.as_bytes()).unwrap_or_else(|refusal| *refusal)
    }

    #[test]
    fn wan_four_images_never() {
        let serves = under(hour(Metric::Requests, 2));
        let statuses = [(); 3].map(|()| chat(&serves, r#", "n": 4"#).status().as_u16());
        assert_eq!(statuses, [200, 200, 429], "a call is one request, and four are not above a limit of two");
    }

    #[test]
    fn an_entry_counts_as_its_provider_does() {
        use ratebook::{alibaba::international::QWEN_PLUS, fireworks::ACCOUNT};
        let provider = LocalProvider::new();
        for (entry, counts) in [(QWEN_PLUS, Counts::Calls), (ACCOUNT, Counts::Completions)] {
            let provider = provider.clone().entry(entry, Enforcement::SlidingLog);
            assert_eq!(provider.models[entry.name()].counts, counts);
        }
    }

    #[tokio::test]
    async fn several_completions_are_as_many_requests_where_each_is_counted() {
        let serves = counting(Counts::Completions, hour(Metric::Requests, 3));
        let reply = chat(&serves, r#", "n": 3, "max_tokens": 1"#);
        let body = axum::body::to_bytes(reply.into_body(), usize::MAX).await.unwrap();
        let reply: Value = serde_json::from_slice(&body).unwrap();
        let choices = reply["choices"].as_array().unwrap().iter().map(|choice| choice["index"].clone());
        assert_eq!(choices.collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(reply["usage"]["completion_tokens"], 3);
        assert_eq!(chat(&serves, "").status(), 429);
        assert_eq!(chat(&serves, r#", "n": 0"#).status(), 400);
    }

    #[test]
    fn tools_are_of_the_prompt() {
        let serves = under(hour(Metric::InputTokens, 1_000));
        let input = |rest| {
            let before = serves.count.lock().unwrap().tokens;
            chat(&serves, rest);
            serves.count.lock().unwrap().tokens - before
        };
        let plain = input(r#", "max_tokens": 1"#);
        let tools = r#"[{"function":{"name":"weather","parameters":{"properties":{"city":{}}}},"type":"function"}]"#;
        let with_tools = input(&format!(r#", "max_tokens": 1, "tools": {tools}"#));
        assert_eq!(with_tools - plain, tokens_of(tools));
    }

    #[tokio::test]
    async fn each_text_or_list_of_tokens_has_an_embedding() {
        let serves = under(hour(Metric::Requests, 100));
        for (input, embeddings, tokens) in [
            (r#""two tok""#, 1, 2),
            (r#"["two tok", "one"]"#, 2, 3),
            ("[1, 2, 3]", 1, 3),
            ("[[1, 2], [3]]", 2, 3),
            ("[]", 0, 0),
        ] {
            let body = format!(r#"{{"model": "m", "input": {input}}}"#);
            let reply = embed(&serves, body.as_bytes()).unwrap();
            let body = axum::body::to_bytes(reply.into_body(), usize::MAX).await.unwrap();
            let reply: Value = serde_json::from_slice(&body).unwrap();
            let data = reply["data"].as_array().unwrap();
            assert_eq!((data.len(), reply["usage"]["prompt_tokens"].as_u64()), (embeddings, Some(tokens)), "{input}");
        }
    }

    #[tokio::test]
    async fn a_stream_holds_its_place_until_it_was_sent_or_given_up() {
        let serves = under(Rule::concurrency(Metric::ConcurrentTasks, 1));
        let streamed = r#", "stream": true"#;
        let given_up = chat(&serves, streamed);
        assert_eq!((given_up.status().as_u16(), chat(&serves, streamed).status().as_u16()), (200, 429));
        drop(given_up);
        let sent = chat(&serves, streamed);
        assert_eq!((sent.status().as_u16(), chat(&serves, "").status().as_u16()), (200, 429));
        axum::body::to_bytes(sent.into_body(), usize::MAX).await.unwrap();
        // A whole reply is over at once.
        let whole = chat(&serves, "");
        assert_eq!((whole.status().as_u16(), chat(&serves, "").status().as_u16()), (200, 200));
    }
}
