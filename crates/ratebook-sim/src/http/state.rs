//! The state of a running local provider: its models, and what it has decided.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::responses::{error, with_headers};
use crate::call::{Amounts, SimCall};
use crate::response::SimResponse;
use crate::server::Server;

/// A model with its limits.
#[derive(Clone, Debug)]
pub(super) struct ServedModel {
    pub(super) server: Server,
    /// Whether a call counts as one request per completion, and not as one.
    pub(super) request_per_completion: bool,
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
pub struct CallCounts {
    /// Calls served.
    pub served: u64,
    /// Calls refused by a limit.
    pub refused: u64,
    /// Tokens of served calls.
    pub tokens: u64,
}

pub(super) struct ServerState {
    pub(super) models: Mutex<HashMap<String, ServedModel>>,
    pub(super) counts: Mutex<CallCounts>,
    pub(super) clock: TimeSource,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ServerState {
    /// Decides on a call of a model with a number of completions, input and output tokens. The call ends when the
    /// [`ActiveCall`] is dropped. The error is the refusal.
    pub(super) fn decide(self: &Arc<Self>, model: &str, [completions, input, output]: [u64; 3]) -> Decision {
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
pub(super) type Decision = Result<(SimResponse, ActiveCall), Box<Response>>;

/// A served call. Dropping it ends the call and frees its slot in limits on concurrent calls.
pub(super) struct ActiveCall {
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
