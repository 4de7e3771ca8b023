//! The limiter as a layer of tower.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use crate::call::Call;
use crate::reply::Reply;
pub use crate::room::RoomFull;
use crate::room::Rooms;
use crate::watch::Watch;

/// Any error: of the service within, or one of these, to which it downcasts.
///
/// - [`Refused`](ratebook_limiter::Refused), where the limiter has not admitted the call: `Never`, if it can never be;
/// - [`Incurable`](crate::Incurable), where the vendor has refused it and no wait cures that;
/// - [`RoomFull`], where too many calls wait.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A layer that holds each request until the limiter admits it, observes its reply and settles it.
///
/// A closure reads from a request which model it calls and what that will cost; `None` lets a request pass that is no
/// call of a model. It belongs directly around the client: a call has to be sent when it is admitted, so what delays it
/// (a limit on concurrency, a buffer) belongs outside, and so does [`tower::retry`](https://docs.rs/tower): each try is
/// admitted anew, and finds the pause that the last refusal has asked for.
///
/// The replies' extensions have their [`Signals`](ratebook_limiter::feedback::Signals) and their
/// [`LateSignals`](crate::LateSignals).
///
/// It is ready when the service within is, and calls wait in their futures, those of each model by themselves: a model that
/// is stuck holds up no other. It needs a tokio runtime with its timer enabled.
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
    rooms: Option<Rooms>,
}

impl<P> LimitLayer<P> {
    /// A layer that asks a closure, `Fn(&Request) -> Option<Call>`.
    pub fn new(plan: P) -> Self {
        Self { plan, rooms: None }
    }

    /// How many calls of each model may wait for admission at one time, in all services of this layer. Default: any number.
    /// One more fails at once with [`RoomFull`]. A call that need not wait needs no place.
    ///
    /// Models that share all their limits share a room, and handles of two accounts or two priorities do not: a room is
    /// for [equal handles](ratebook_limiter::Model). [`Call::room`] parts it further.
    #[must_use]
    pub fn waiting_room(self, calls: usize) -> Self {
        Self { rooms: Some(Rooms::of(calls)), ..self }
    }
}

impl<S, P: Clone> Layer<S> for LimitLayer<P> {
    type Service = Limit<S, P>;

    fn layer(&self, inner: S) -> Limit<S, P> {
        Limit { inner, plan: self.plan.clone(), rooms: self.rooms.clone() }
    }
}

/// The service of a [`LimitLayer`]. Clones have the waiting rooms in common.
#[derive(Clone, Debug)]
pub struct Limit<S, P> {
    inner: S,
    plan: P,
    rooms: Option<Rooms>,
}

/// Waits until a call is admitted, where there is room for it to wait.
async fn admit(call: Call, rooms: Option<Rooms>) -> Result<Watch, BoxError> {
    let Some(rooms) = rooms else { return Ok(call.admit().await?) };
    let key = call.room_key();
    let mut admission = pin!(call.admit());
    // Asked once, it is admitted, or in the queue.
    let at_once = std::future::poll_fn(|context| Poll::Ready(admission.as_mut().poll(context))).await;
    if let Poll::Ready(admitted) = at_once {
        return Ok(admitted?);
    }
    let _place = rooms.enter(key)?;
    Ok(admission.await?)
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
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let call = (self.plan)(&request);
        // The one that is ready makes the call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let rooms = self.rooms.clone();
        Box::pin(async move {
            let watch = match call {
                Some(call) => Some(admit(call, rooms).await?),
                None => None,
            };
            let reply = inner.call(request).await.map_err(Into::into)?;
            Ok(reply.watched_by(watch).await?)
        })
    }
}
