//! The limiter as a tower layer.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use crate::admitted::AdmittedCall;
use crate::call::PendingCall;
use crate::response::ObserveResponse;
pub use crate::waiting_room::WaitingRoomFull;
use crate::waiting_room::WaitingRooms;

/// The error of [`LimitService`]: an error of the inner service, or one of these, to which it downcasts.
///
/// - [`Refused`](ratebook_limiter::Refused): the limiter did not admit the call;
/// - [`NonRetryable`](crate::NonRetryable): the vendor refused the call, and waiting does not help;
/// - [`WaitingRoomFull`]: too many calls of the model are waiting.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A layer that delays each request until the limiter admits it, observes the response and settles the call.
///
/// A closure, `Fn(&Request) -> Option<PendingCall>`, reads the model and the estimated cost from a request. With
/// `None`, the request passes unlimited.
///
/// Put the layer directly around the client: an admitted call must be sent at once, so anything that delays it (a
/// concurrency limit, a buffer) belongs outside. So does [`tower::retry`](https://docs.rs/tower): each attempt is
/// admitted again, after the pause that the last refusal asked for.
///
/// The extensions of each response contain its [`Signals`](ratebook_limiter::feedback::Signals) and
/// [`BodySignals`](crate::BodySignals).
///
/// The service is ready when the inner service is. Calls wait in their futures, so a model without quota does not block
/// other models. The futures need a tokio runtime with its timer enabled.
///
/// ```
/// use ratebook::Provider;
/// use ratebook_client::{PendingCall, tower::LimitLayer};
/// use ratebook_limiter::{Account, Cost};
/// use tower::ServiceBuilder;
///
/// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
/// let to_call = move |request: &http::Request<String>| {
///     Some(PendingCall::new(qwen.clone(), Cost::request().input(request.body().len() as u64 / 3).output(800)))
/// };
/// # let client = tower::service_fn(|_: http::Request<String>| async {
/// #     Ok::<_, std::convert::Infallible>(http::Response::new(http_body_util::Full::<bytes::Bytes>::default()))
/// # });
/// let limited = ServiceBuilder::new().layer(LimitLayer::new(to_call)).service(client);
/// # let _: &dyn tower::Service<http::Request<String>, Response = _, Error = _, Future = _> = &limited;
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
#[derive(Clone)]
pub struct LimitLayer<F> {
    to_call: F,
    waiting_rooms: Option<WaitingRooms>,
}

impl<F> LimitLayer<F> {
    /// Creates a layer from a closure, `Fn(&Request) -> Option<PendingCall>`.
    pub fn new(to_call: F) -> Self {
        Self { to_call, waiting_rooms: None }
    }

    /// Sets how many calls of each model may wait for admission at the same time, over all services of this layer.
    /// Default: unlimited.
    ///
    /// A further call fails at once with [`WaitingRoomFull`]. A call that is admitted without waiting needs no slot.
    ///
    /// [Equal handles](ratebook_limiter::Model) share a room: models that share all their limits do, handles of two
    /// accounts or two priorities do not. [`PendingCall::waiting_room`] divides a room by name.
    #[must_use]
    pub fn waiting_room(self, capacity: usize) -> Self {
        Self { waiting_rooms: Some(WaitingRooms::with_capacity(capacity)), ..self }
    }
}

impl<F> fmt::Debug for LimitLayer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitLayer").field("waiting_rooms", &self.waiting_rooms).finish_non_exhaustive()
    }
}

impl<S, F: Clone> Layer<S> for LimitLayer<F> {
    type Service = LimitService<S, F>;

    fn layer(&self, inner: S) -> LimitService<S, F> {
        LimitService { inner, to_call: self.to_call.clone(), waiting_rooms: self.waiting_rooms.clone() }
    }
}

/// The service of a [`LimitLayer`]. Clones share the waiting rooms.
#[derive(Clone)]
pub struct LimitService<S, F> {
    inner: S,
    to_call: F,
    waiting_rooms: Option<WaitingRooms>,
}

impl<S, F> LimitService<S, F> {
    /// Returns a reference to the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns a mutable reference to the inner service.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: fmt::Debug, F> fmt::Debug for LimitService<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitService")
            .field("inner", &self.inner)
            .field("waiting_rooms", &self.waiting_rooms)
            .finish_non_exhaustive()
    }
}

/// Waits until the call is admitted. A call that is not admitted at once takes a slot in its waiting room.
async fn admit(call: PendingCall, waiting_rooms: Option<WaitingRooms>) -> Result<AdmittedCall, BoxError> {
    let Some(waiting_rooms) = waiting_rooms else { return Ok(call.admit().await?) };
    let key = call.waiting_room_key();
    let mut admission = pin!(call.admit());
    // The first poll admits the call, or puts it in the limiter's queue.
    let first_poll = std::future::poll_fn(|context| Poll::Ready(admission.as_mut().poll(context))).await;
    if let Poll::Ready(admitted) = first_poll {
        return Ok(admitted?);
    }
    let _slot = waiting_rooms.enter(key)?;
    Ok(admission.await?)
}

impl<S, F, R> Service<R> for LimitService<S, F>
where
    S: Service<R> + Clone + Send + 'static,
    S::Response: ObserveResponse,
    S::Error: Into<BoxError>,
    S::Future: Send,
    F: Fn(&R) -> Option<PendingCall>,
    R: Send + 'static,
{
    type Response = <S::Response as ObserveResponse>::Observed;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let call = (self.to_call)(&request);
        // The service that `poll_ready` has made ready sends the request. The clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let waiting_rooms = self.waiting_rooms.clone();
        Box::pin(async move {
            let admitted = match call {
                Some(call) => Some(admit(call, waiting_rooms).await?),
                None => None,
            };
            let response = inner.call(request).await.map_err(Into::into)?;
            Ok(response.observe_with(admitted).await?)
        })
    }
}
