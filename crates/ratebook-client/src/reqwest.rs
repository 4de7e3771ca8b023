//! The limiter as a middleware of `reqwest-middleware`.

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};

use crate::call::Call;
use crate::reply::Reply;

/// A middleware that holds each request until the limiter admits it, observes its reply and settles it.
///
/// A closure reads from a request which model it calls and what that will cost; `None` lets a request pass that is no
/// call of a model. It belongs last, next to the client: a call has to be sent when it is admitted. A middleware that
/// retries belongs before it: each try is admitted anew. It needs a tokio runtime with its timer enabled.
///
/// ```
/// use ratebook::Provider;
/// use ratebook_client::{Call, reqwest::LimitMiddleware};
/// use ratebook_limiter::{Account, Cost};
/// use reqwest_middleware::ClientBuilder;
///
/// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
/// let plan = move |request: &reqwest::Request| {
///     let text = request.body()?.as_bytes()?;
///     Some(Call::new(qwen.clone(), Cost::request().input(text.len() as u64 / 3).output(800)))
/// };
/// let client = ClientBuilder::new(reqwest::Client::new()).with(LimitMiddleware::new(plan)).build();
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LimitMiddleware<P> {
    plan: P,
}

impl<P: Fn(&Request) -> Option<Call>> LimitMiddleware<P> {
    /// A middleware that asks a closure.
    pub fn new(plan: P) -> Self {
        Self { plan }
    }
}

#[async_trait::async_trait]
impl<P> Middleware for LimitMiddleware<P>
where
    P: Fn(&Request) -> Option<Call> + Send + Sync + 'static,
{
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let watch = match (self.plan)(&request) {
            Some(call) => Some(call.admit().await.map_err(Error::middleware)?),
            None => None,
        };
        let reply = next.run(request, extensions).await?;
        reply.watched_by(watch).await.map_err(Error::middleware)
    }
}
