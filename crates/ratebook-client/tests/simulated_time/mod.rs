//! Simulated time for tests over real sockets.
//!
//! tokio's paused clock advances when the runtime is idle, and a runtime that waits for a socket is idle: time would
//! run ahead of the network. tokio does not advance the clock while a blocking task runs, so [`TimeLock`] keeps one
//! running while any HTTP exchange is in flight. Limiter and server share the clock: a call arrives at the moment it
//! was admitted.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll};
use std::time::Duration;

use reqwest::{Request, Response};
use tower::Service;

/// Stops the paused clock while HTTP exchanges are in flight. Clones share their state.
#[derive(Clone, Default)]
pub(crate) struct TimeLock(Arc<Mutex<InFlight>>);

#[derive(Default)]
struct InFlight {
    exchanges: usize,
    /// Dropping it ends the blocking task.
    blocking: Option<mpsc::Sender<()>>,
}

/// An HTTP exchange in flight.
pub(crate) struct Exchange(TimeLock);

impl TimeLock {
    /// Stops the clock until the exchange is dropped.
    pub(crate) fn begin(&self) -> Exchange {
        let mut in_flight = self.0.lock().unwrap();
        in_flight.exchanges += 1;
        if in_flight.blocking.is_none() {
            let (sender, receiver) = mpsc::channel();
            tokio::task::spawn_blocking(move || receiver.recv());
            in_flight.blocking = Some(sender);
        }
        Exchange(self.clone())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut in_flight = self.0.0.lock().unwrap();
        in_flight.exchanges -= 1;
        if in_flight.exchanges == 0 {
            in_flight.blocking = None;
        }
    }
}

/// Returns tokio's time since now, as a clock for the server.
pub(crate) fn tokio_clock() -> impl Fn() -> Duration + Send + Sync + 'static {
    let start = tokio::time::Instant::now();
    move || start.elapsed()
}

/// A reqwest client whose exchanges stop the clock until the response headers have arrived.
#[derive(Clone, Default)]
pub(crate) struct TimedClient {
    http: reqwest::Client,
    lock: TimeLock,
}

impl Service<Request> for TimedClient {
    type Response = Response;
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, reqwest::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), reqwest::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (http, exchange) = (self.http.clone(), self.lock.begin());
        Box::pin(async move {
            let response = http.execute(request).await;
            drop(exchange);
            response
        })
    }
}

#[cfg(feature = "reqwest-middleware")]
#[async_trait::async_trait]
impl reqwest_middleware::Middleware for TimeLock {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut http::Extensions,
        next: reqwest_middleware::Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let _exchange = self.begin();
        next.run(request, extensions).await
    }
}
