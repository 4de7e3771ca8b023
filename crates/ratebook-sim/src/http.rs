//! A local HTTP server with OpenAI's API that enforces rate limits.
//!
//! It state chat completions, complete or streamed with the usage in the last chunk, and embeddings, on 127.0.0.1. Four
//! bytes of text are one token, and so is a token given by number. Generated text is a placeholder. A stream counts as a
//! concurrent call until it is sent or dropped; a complete response ends at once. A call is one request, unless the entry's
//! provider counts each completion.

mod api;
mod tokens;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ratebook::Entry;

use self::api::{error, with_headers};
use crate::call::{Amounts, SimCall};
use crate::response::{ResponseStyle, SimResponse};
use crate::rule::{Enforcement, Rule};
use crate::server::Server;

/// A local provider, before it is started with [`serve`](Self::serve).
///
/// ```
/// use ratebook::alibaba::international::QWEN_PLUS;
/// use ratebook_sim::Enforcement;
/// use ratebook_sim::http::LocalProvider;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = LocalProvider::new().entry(QWEN_PLUS, Enforcement::SlidingLog).serve().await?;
/// assert!(server.base_url().starts_with("http://127.0.0.1:"));
/// assert_eq!(server.counts().refused, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct LocalProvider {
    models: HashMap<String, ServedModel>,
    /// `None`: the system's monotonic clock.
    clock: Option<TimeSource>,
}

/// A model with its limits.
#[derive(Clone, Debug)]
struct ServedModel {
    server: Server,
    /// Whether a call counts as one request per completion, and not as one.
    request_per_completion: bool,
}

/// Returns the time since an arbitrary start.
#[derive(Clone)]
struct TimeSource(Arc<dyn Fn() -> Duration + Send + Sync>);

impl TimeSource {
    fn system() -> Self {
        let start = Instant::now();
        Self(Arc::new(move || start.elapsed()))
    }

    fn now_nanos(&self) -> u64 {
        u64::try_from((self.0)().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for TimeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeSource").finish_non_exhaustive()
    }
}

impl LocalProvider {
    /// Creates a provider without models.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a model with limits.
    #[must_use]
    pub fn model(self, name: impl Into<String>, server: Server) -> Self {
        self.insert(name.into(), ServedModel { server, request_per_completion: false })
    }

    /// Adds an entry of the catalog. The provider's policy decides how its limits are enforced, how requests count, and how
    /// responses describe them.
    #[must_use]
    pub fn entry(self, entry: Entry, by: Enforcement) -> Self {
        let rules = entry.limits().flat_map(|limit| Rule::every_of(&limit, by)).collect();
        let server = Server::new(rules).styled_as(ResponseStyle::of(entry.provider()));
        let request_per_completion = entry.provider().policy().request_per_completion;
        self.insert(entry.name().into(), ServedModel { server, request_per_completion })
    }

    /// Sets the clock that the limits are enforced by: a function that returns the time since an arbitrary start. Default:
    /// the system's monotonic clock.
    ///
    /// With a clock that the test controls, a test over real HTTP takes no real time.
    #[must_use]
    pub fn clock(self, now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { clock: Some(TimeSource(Arc::new(now))), ..self }
    }

    fn insert(mut self, name: String, model: ServedModel) -> Self {
        self.models.insert(name, model);
        self
    }

    fn into_state(self) -> Arc<ServerState> {
        let clock = self.clock.unwrap_or_else(TimeSource::system);
        Arc::new(ServerState { models: Mutex::new(self.models), counts: Mutex::default(), clock })
    }

    /// Starts the server on a free port of 127.0.0.1. It runs until the tokio runtime stops.
    ///
    /// # Errors
    /// If no port is available.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O enabled.
    pub async fn serve(self) -> io::Result<LocalServer> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = self.into_state();
        let router = Router::new()
            .route("/v1/chat/completions", post(api::chat))
            .route("/v1/embeddings", post(api::embeddings))
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(LocalServer { address, state })
    }
}

/// A running local provider.
#[derive(Clone)]
pub struct LocalServer {
    address: SocketAddr,
    state: Arc<ServerState>,
}

/// Calls that a local provider has served or refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// Calls served.
    pub served: u64,
    /// Calls refused by a limit.
    pub refused: u64,
    /// Tokens of served calls.
    pub tokens: u64,
}

impl LocalServer {
    /// Returns the base URL of the API: `http://127.0.0.1:4711/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Returns the calls served and refused so far.
    pub fn counts(&self) -> CallCounts {
        *lock(&self.state.counts)
    }
}

impl fmt::Debug for LocalServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalServer").field("address", &self.address).finish_non_exhaustive()
    }
}

struct ServerState {
    models: Mutex<HashMap<String, ServedModel>>,
    counts: Mutex<CallCounts>,
    clock: TimeSource,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ServerState {
    /// Decides on a call of a model with a number of completions, input and output tokens. The call ends when the
    /// [`ActiveCall`] is dropped. The error is the refusal.
    fn decide(self: &Arc<Self>, model: &str, [completions, input, output]: [u64; 3]) -> Decision {
        let mut models = lock(&self.models);
        let Some(ServedModel { server, request_per_completion }) = models.get_mut(model) else {
            return Err(Box::new(error(StatusCode::NOT_FOUND, &format!("the model `{model}` does not exist"))));
        };
        let requests = if *request_per_completion { completions } else { 1 };
        let real = Amounts { requests, input, output, ..Amounts::default() };
        let call = SimCall { caller: 0, model: 0, estimate: real, real };
        // The lock is held while the clock is read, so that calls are decided in the order of time.
        let simulated = server.respond(self.clock.now_nanos(), &call);
        drop(models);
        let mut counts = lock(&self.counts);
        if simulated.is_served() {
            counts.served += 1;
            counts.tokens += real.input + real.output;
            return Ok((simulated, ActiveCall { state: Arc::clone(self), model: model.to_owned(), call }));
        }
        counts.refused += 1;
        let status = StatusCode::from_u16(simulated.status).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
        let body = if simulated.body.is_empty() { "{\"error\": {\"message\": \"\"}}" } else { &simulated.body };
        Err(Box::new(with_headers(&simulated, (status, body.to_owned()).into_response())))
    }
}

/// The response to a served call, or the refusal.
type Decision = Result<(SimResponse, ActiveCall), Box<Response>>;

/// A served call. Dropping it ends the call and frees its slot in limits on concurrent calls.
struct ActiveCall {
    state: Arc<ServerState>,
    model: String,
    call: SimCall,
}

impl Drop for ActiveCall {
    fn drop(&mut self) {
        if let Some(model) = lock(&self.state.models).get_mut(&self.model) {
            model.server.end(&self.call);
        }
    }
}

#[cfg(test)]
mod tests;
