//! The state of a running local provider: its accounts and models, and what it has decided.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ratebook::{MaxOutput, Policy};

use super::prompt_cache::{Block, PromptCache};
use super::responses::{error, with_headers};
use crate::call::{Amounts, SimCall};
use crate::response::SimResponse;
use crate::server::Server;

/// An account with its limits.
#[derive(Clone, Debug)]
pub(super) struct ServedAccount {
    pub(super) server: Server,
    /// Whether a call counts as one request per completion, and not as one.
    pub(super) request_per_completion: bool,
    /// Whether a call counts its maximum output, and not what it generates.
    pub(super) charges_max_output: bool,
}

impl ServedAccount {
    /// Returns an account whose calls count as in a policy.
    pub(super) fn of(server: Server, policy: &Policy) -> Self {
        let Policy { request_per_completion, max_output, .. } = *policy;
        Self { server, request_per_completion, charges_max_output: max_output == MaxOutput::Charged }
    }
}

/// A model of an account, or its calls of one endpoint.
#[derive(Clone, Debug)]
pub(super) struct ServedModel {
    /// The index of the account.
    pub(super) account: usize,
    /// The number of the model in the account's server.
    pub(super) number: usize,
    /// The endpoint, such as `POST /v1/embeddings`, or `None` for those without limits of their own.
    pub(super) endpoint: Option<String>,
}

/// Returns the time since an arbitrary start.
#[derive(Clone)]
pub(super) struct TimeSource(pub(super) Arc<dyn Fn() -> Duration + Send + Sync>);

impl TimeSource {
    pub(super) fn system() -> Self {
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

/// Calls that a local provider has served or refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallCounts {
    /// Calls served.
    pub served: u64,
    /// Calls refused by a limit or a penalty.
    pub refused: u64,
    /// Calls answered with another error: invalid ones, and those of unknown models.
    pub failed: u64,
    /// Tokens of served calls.
    pub tokens: u64,
}

pub(super) struct ServerState {
    pub(super) accounts: Mutex<Accounts>,
    pub(super) models: HashMap<String, Vec<ServedModel>>,
    pub(super) counts: Mutex<CallCounts>,
    pub(super) clock: TimeSource,
}

/// What changes with each call.
pub(super) struct Accounts {
    pub(super) accounts: Vec<ServedAccount>,
    pub(super) cache: PromptCache,
}

/// What a request asks for.
pub(super) struct Request<'a> {
    /// The method and path: `POST /v1/embeddings`.
    pub(super) endpoint: &'static str,
    pub(super) model: &'a str,
    /// The number of completions.
    pub(super) completions: u64,
    /// The prompt, as far as it can be cached.
    pub(super) prompt: &'a [Block],
    /// Whether tokens that are written to the cache are counted as such. Otherwise they are usual input.
    pub(super) counts_cache_writes: bool,
    /// Its amounts, without requests and cached tokens.
    pub(super) amounts: Amounts,
    /// The output tokens that it allows.
    pub(super) max_output: u64,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ServerState {
    /// Decides on a call. The call ends when the [`ActiveCall`] is dropped. The error is the refusal.
    pub(super) fn decide(self: &Arc<Self>, request: &Request<'_>) -> Decision {
        let Some(&ServedModel { account, number, .. }) = self.model(request.model, request.endpoint) else {
            let message = format!("the model `{}` does not exist", request.model);
            return Err(self.invalid(StatusCode::NOT_FOUND, &message));
        };
        let mut accounts = lock(&self.accounts);
        let Accounts { accounts: of_all, cache } = &mut *accounts;
        let ServedAccount { server, request_per_completion, charges_max_output } = &mut of_all[account];
        let requests = if *request_per_completion { request.completions } else { 1 };
        let output = if *charges_max_output { request.max_output } else { request.amounts.output() };
        let cached = cache.look_up(request.model, request.prompt);
        let cache_written_input = if request.counts_cache_writes { cached.written } else { 0 };
        let real = request
            .amounts
            .with_requests(requests)
            .with_cached_input(cached.read)
            .with_cache_written_input(cache_written_input)
            .with_output(output);
        let call = SimCall::of(real).with_model(number);
        // The lock is held while the clock is read, so that calls are decided in the order of time.
        let simulated = server.respond(self.clock.now_nanos(), &call);
        if simulated.is_served() {
            cache.insert(request.model, request.prompt);
        }
        drop(accounts);
        if !simulated.is_served() {
            return Err(self.refuse(&simulated));
        }
        let mut counts = lock(&self.counts);
        counts.served += 1;
        counts.tokens += real.input() + request.amounts.output();
        Ok((simulated, ActiveCall { state: Arc::clone(self), account, call }))
    }

    /// Returns the response to a request that is answered with an error before any limit. Every account counts it. A
    /// penalty in force refuses it first.
    pub(super) fn invalid(&self, status: StatusCode, message: &str) -> Box<Response> {
        let mut accounts = lock(&self.accounts);
        let now = self.clock.now_nanos();
        let locked_out: Vec<SimResponse> =
            accounts.accounts.iter_mut().filter_map(|account| account.server.note_invalid(now)).collect();
        drop(accounts);
        if let Some(simulated) = locked_out.first() {
            return self.refuse(simulated);
        }
        lock(&self.counts).failed += 1;
        Box::new(error(status, message))
    }

    /// Returns the model of a name: with limits for the endpoint, or else without an endpoint.
    fn model(&self, name: &str, endpoint: &str) -> Option<&ServedModel> {
        let models = self.models.get(name)?;
        let with_endpoint = |endpoint: Option<&str>| models.iter().find(|model| model.endpoint.as_deref() == endpoint);
        with_endpoint(Some(endpoint)).or_else(|| with_endpoint(None))
    }

    fn refuse(&self, simulated: &SimResponse) -> Box<Response> {
        let mut counts = lock(&self.counts);
        *(if simulated.is_failure { &mut counts.failed } else { &mut counts.refused }) += 1;
        let status = StatusCode::from_u16(simulated.status).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
        let body = if simulated.body.is_empty() { "{\"error\": {\"message\": \"\"}}" } else { &simulated.body };
        Box::new(with_headers(simulated, (status, body.to_owned()).into_response()))
    }
}

/// The response to a served call, or the refusal.
pub(super) type Decision = Result<(SimResponse, ActiveCall), Box<Response>>;

/// A served call. Dropping it ends the call and frees what it holds.
pub(super) struct ActiveCall {
    state: Arc<ServerState>,
    account: usize,
    pub(super) call: SimCall,
}

impl Drop for ActiveCall {
    fn drop(&mut self) {
        lock(&self.state.accounts).accounts[self.account].server.end(&self.call);
    }
}
