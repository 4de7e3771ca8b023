//! The limiter as a middleware of `reqwest-middleware`.

use std::fmt;

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};

use crate::call::PendingCall;
use crate::response::ObserveResponse;

/// A middleware that delays each request until the limiter admits it, observes the response and settles the call.
///
/// A closure reads the model and the estimated cost from a request. With `None`, the request passes unlimited.
///
/// Add it last, next to the client: an admitted call must be sent at once. Add a retry middleware before it: each
/// attempt is admitted again. It needs a tokio runtime with its timer enabled.
///
/// ```
/// use ratebook::Provider;
/// use ratebook_client::{PendingCall, reqwest::LimitMiddleware};
/// use ratebook_limiter::{Account, Cost};
/// use reqwest_middleware::ClientBuilder;
///
/// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
/// let to_call = move |request: &reqwest::Request| {
///     let text = request.body()?.as_bytes()?;
///     Some(PendingCall::new(qwen.clone(), Cost::request().input(text.len() as u64 / 3).output(800)))
/// };
/// let client = ClientBuilder::new(reqwest::Client::new()).with(LimitMiddleware::new(to_call)).build();
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct LimitMiddleware<F> {
    to_call: F,
}

impl<F: Fn(&Request) -> Option<PendingCall>> LimitMiddleware<F> {
    /// Creates a middleware from a closure.
    pub fn new(to_call: F) -> Self {
        Self { to_call }
    }
}

impl<F> fmt::Debug for LimitMiddleware<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitMiddleware").finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl<F> Middleware for LimitMiddleware<F>
where
    F: Fn(&Request) -> Option<PendingCall> + Send + Sync + 'static,
{
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let admitted = match (self.to_call)(&request) {
            Some(call) => Some(call.admit().await.map_err(Error::middleware)?),
            None => None,
        };
        let response = next.run(request, extensions).await?;
        response.observe_with(admitted).await.map_err(Error::middleware)
    }
}
