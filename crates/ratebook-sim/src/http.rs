//! A local HTTP server with OpenAI's and Anthropic's API that enforces rate limits.
//!
//! It serves chat completions and messages, complete or streamed with the usage, embeddings, and images, on 127.0.0.1.
//! Four bytes of text are one token, and so is a token given by number. Generated text and images are placeholders. A
//! stream counts as a concurrent call until it is sent or dropped; a complete response ends at once. A call is one
//! request, unless the entry's provider counts each completion, and counts what it generates, unless the provider
//! charges its maximum output.
//!
//! | route | counts |
//! |---|---|
//! | `POST /v1/chat/completions` | tokens, images sent. Messages with which an earlier call of the model began are read from the cache |
//! | `POST /v1/messages` | tokens, images sent. Blocks up to one with `cache_control` are written to the cache, and read from it later |
//! | `POST /v1/embeddings` | tokens, inputs |
//! | `POST /v1/images/generations` | tokens of the prompt, images |
//!
//! Invalid requests, and those of unknown models, count as failed calls for the penalties of every account. During a
//! penalty, each request is answered with the status 429.

mod api;
mod messages;
mod prompt_cache;
mod responses;
mod state;
mod tokens;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use ratebook::Entry;

use self::prompt_cache::PromptCache;
pub use self::state::CallCounts;
use self::state::{Accounts, ServedAccount, ServedModel, ServerState, TimeSource, lock};
use crate::account::SimAccount;
use crate::algorithm::Algorithm;
use crate::response::ResponseStyle;
use crate::rule::SimRule;
use crate::server::Server;

/// A local provider, before it is started with [`serve`](Self::serve).
///
/// ```
/// use ratebook::providers::alibaba::international::QWEN_PLUS;
/// use ratebook_sim::Algorithm;
/// use ratebook_sim::http::LocalProvider;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = LocalProvider::new().entry(QWEN_PLUS, Algorithm::SlidingLog).serve().await?;
/// assert!(server.base_url().starts_with("http://127.0.0.1:"));
/// assert_eq!(server.counts().refused, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct LocalProvider {
    accounts: Vec<ServedAccount>,
    models: HashMap<String, Vec<ServedModel>>,
    /// `None`: the system's monotonic clock.
    clock: Option<TimeSource>,
}

impl LocalProvider {
    /// Creates a provider without models.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a model with limits, as an account of its own.
    #[must_use]
    pub fn model(self, name: impl Into<String>, server: Server) -> Self {
        let account = ServedAccount { server, request_per_completion: false, charges_max_output: false };
        self.insert(account, [(name.into(), None)])
    }

    /// Adds an entry of the catalog, as an account of its own. The provider's policy decides how its limits are
    /// enforced, how requests count, and how responses describe them.
    #[must_use]
    pub fn entry(self, entry: Entry, algorithm: Algorithm) -> Self {
        let policy = entry.provider().policy();
        let rules = entry.limits().flat_map(|limit| SimRule::every_of(&limit, algorithm)).collect();
        let server = Server::new(rules).styled_as(ResponseStyle::of(entry.provider())).with_penalties(policy.penalties);
        self.insert(ServedAccount::of(server, policy), [(entry.name().into(), None)])
    }

    /// Adds an account with the models of a provider. They share limits and penalties. A model that was added with an
    /// endpoint serves that endpoint only. Of equal names and endpoints, the first is served.
    #[must_use]
    pub fn account(self, account: SimAccount) -> Self {
        let (names, policy) = (account.names().to_vec(), account.provider().policy());
        self.insert(ServedAccount::of(account.server(), policy), names)
    }

    /// Sets the clock that the limits are enforced by: a function that returns the time since an arbitrary start.
    /// Default: the system's monotonic clock.
    ///
    /// With a clock that the test controls, a test over real HTTP takes no real time.
    #[must_use]
    pub fn clock(self, now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { clock: Some(TimeSource(Arc::new(now))), ..self }
    }

    /// Adds an account, with the name and endpoint of each of its models.
    fn insert(mut self, account: ServedAccount, names: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        for (number, (name, endpoint)) in names.into_iter().enumerate() {
            let model = ServedModel { account: self.accounts.len(), number, endpoint };
            self.models.entry(name).or_default().push(model);
        }
        self.accounts.push(account);
        self
    }

    fn into_state(self) -> Arc<ServerState> {
        let clock = self.clock.unwrap_or_else(TimeSource::system);
        let accounts = Mutex::new(Accounts { accounts: self.accounts, cache: PromptCache::default() });
        Arc::new(ServerState { accounts, models: self.models, counts: Mutex::default(), clock })
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
            .route("/v1/images/generations", post(api::images))
            .route("/v1/messages", post(messages::messages))
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

#[cfg(test)]
mod tests;
