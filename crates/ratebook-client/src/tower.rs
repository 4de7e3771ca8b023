//! The limiter as a layer of tower.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::PollSemaphore;
use tower_layer::Layer;
use tower_service::Service;

use crate::call::Call;
use crate::reply::Reply;

/// How many calls of one layer wait for admission at one time, unless told.
const WAITING_ROOM: usize = 1_024;

/// Any error: of the service within, or the limiter's [`Refused`](ratebook_limiter::Refused).
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A layer that holds each request until the limiter admits it, observes its reply and settles it.
///
/// A closure reads from a request which model it calls and what that will cost; `None` lets a request pass that is no
/// call of a model. It belongs directly around the client: a call has to be sent when it is admitted, so what delays it
/// (a limit on concurrency, a buffer) belongs outside, and so does [`tower::retry`](https://docs.rs/tower): each try is
/// admitted anew, and finds the pause that the last refusal has asked for.
///
/// It needs a tokio runtime with its timer enabled.
///
/// ```
/// use ratebook::Provider;
/// use ratebook_client::{Call, tower::LimitLayer};
/// use ratebook_limiter::{Account, Cost};
/// use tower::ServiceBuilder;
///
/// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
/// let plan = move |request: &http::Request<String>| {
///     Some(Call::new(qwen.clone(), Cost::request().input(request.body().len() as u64 / 3).output(800)))
/// };
/// # let client = tower::service_fn(|_: http::Request<String>| async {
/// #     Ok::<_, std::convert::Infallible>(http::Response::new(http_body_util::Full::<bytes::Bytes>::default()))
/// # });
/// let limited = ServiceBuilder::new().layer(LimitLayer::new(plan)).service(client);
/// # let _: &dyn tower::Service<http::Request<String>, Response = _, Error = _, Future = _> = &limited;
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LimitLayer<P> {
    plan: P,
    waiting_room: Arc<Semaphore>,
}

impl<P> LimitLayer<P> {
    /// A layer that asks a closure, `Fn(&Request) -> Option<Call>`.
    pub fn new(plan: P) -> Self {
        Self { plan, waiting_room: Arc::new(Semaphore::new(WAITING_ROOM)) }
    }

    /// How many calls may wait for admission at one time, 1,024 unless told, 1 at least: beyond that, the services of this
    /// layer are not ready. Calls of all models wait in one room, and what is no call passes through it, too. With
    /// `tower::load_shed` outside, a call that finds no place is refused instead: make each on a clone of its own, as
    /// `oneshot` does, for a service that was not ready keeps its turn until it is asked again or dropped.
    #[must_use]
    pub fn waiting_room(self, calls: usize) -> Self {
        let calls = calls.clamp(1, Semaphore::MAX_PERMITS);
        Self { waiting_room: Arc::new(Semaphore::new(calls)), ..self }
    }
}

impl<S, P: Clone> Layer<S> for LimitLayer<P> {
    type Service = Limit<S, P>;

    fn layer(&self, inner: S) -> Limit<S, P> {
        Limit {
            inner,
            plan: self.plan.clone(),
            waiting_room: PollSemaphore::new(self.waiting_room.clone()),
            place: None,
        }
    }
}

/// The service of a [`LimitLayer`].
#[derive(Debug)]
pub struct Limit<S, P> {
    inner: S,
    plan: P,
    waiting_room: PollSemaphore,
    /// For the call that comes next.
    place: Option<OwnedSemaphorePermit>,
}

impl<S: Clone, P: Clone> Clone for Limit<S, P> {
    /// A clone has the waiting room in common, and no place in it yet.
    fn clone(&self) -> Self {
        let Self { inner, plan, waiting_room, .. } = self;
        Self { inner: inner.clone(), plan: plan.clone(), waiting_room: waiting_room.clone(), place: None }
    }
}

impl<S, P, R> Service<R> for Limit<S, P>
where
    S: Service<R> + Clone + Send + 'static,
    S::Response: Reply,
    S::Error: Into<BoxError>,
    S::Future: Send,
    P: Fn(&R) -> Option<Call>,
    R: Send + 'static,
{
    type Response = <S::Response as Reply>::Watched;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.place.is_none() {
            // It is never closed.
            self.place = ready!(self.waiting_room.poll_acquire(context));
        }
        self.inner.poll_ready(context).map_err(Into::into)
    }

    /// # Panics
    /// Where the service is not ready.
    fn call(&mut self, request: R) -> Self::Future {
        let place = self.place.take().expect("`poll_ready` comes before `call`");
        let call = (self.plan)(&request);
        // The one that is ready makes the call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let watch = match call {
                Some(call) => Some(call.admit().await?),
                None => None,
            };
            drop(place);
            let reply = inner.call(request).await.map_err(Into::into)?;
            Ok(reply.watched_by(watch).await)
        })
    }
}
