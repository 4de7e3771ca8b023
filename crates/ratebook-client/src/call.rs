//! A call before it is admitted: its model and its estimated cost.

#[cfg(feature = "tower")]
use std::sync::Arc;
use std::time::Duration;

use ratebook::Provider;
use ratebook_limiter::{Cost, Model, Refused};

use crate::admitted::AdmittedCall;
use crate::usage::Format;

/// What the limiter needs to know about a request: the model whose limits apply, and the estimated cost.
///
/// ```
/// use ratebook::Provider;
/// use ratebook_client::PendingCall;
/// use ratebook_limiter::{Account, Cost};
///
/// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
/// let call = PendingCall::new(qwen, Cost::request().input(1_200).output(400));
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it is admitted"]
pub struct PendingCall {
    model: Model,
    cost: Cost,
    format: Format,
    /// Longest wait for admission. `None`: the account's longest wait applies.
    max_wait: Option<Duration>,
    #[cfg(feature = "tower")]
    waiting_room: Option<Arc<str>>,
}

/// Returns the catalog's provider of a model's account, or `None` for an account described at run time.
pub(crate) fn provider_of(model: &Model) -> Option<Provider> {
    model.account().provider()
}

impl PendingCall {
    /// Creates a call of a model with an estimated cost.
    ///
    /// Usage is read from the response in the format of the model's provider. Default for a provider that is not in the
    /// catalog: [`Format::Openai`].
    pub fn new(model: Model, cost: Cost) -> Self {
        let format = provider_of(&model).map_or(Format::Openai, Format::of);
        Self {
            model,
            cost,
            format,
            max_wait: None,
            #[cfg(feature = "tower")]
            waiting_room: None,
        }
    }

    /// Creates a call from the estimate of a request body. The provider decides how many requests the call counts as:
    /// see [`RequestEstimate::cost_at`](crate::estimate::RequestEstimate::cost_at).
    ///
    /// ```
    /// use ratebook::Provider;
    /// use ratebook_client::PendingCall;
    /// use ratebook_client::estimate::{Rough, estimate_request};
    /// use ratebook_limiter::Account;
    ///
    /// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
    /// let estimate = estimate_request(&Rough::QWEN, br#"{"prompt": "Who built the lighthouse?", "n": 2}"#).unwrap();
    /// let call = PendingCall::estimated(qwen, estimate.or_output(400));
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    #[cfg(feature = "body")]
    pub fn estimated(model: Model, estimate: crate::estimate::RequestEstimate) -> Self {
        let cost = provider_of(&model).map_or_else(|| estimate.cost(), |provider| estimate.cost_at(provider));
        Self::new(model, cost)
    }

    /// Sets the format in which the response reports usage. Default: the format of the model's provider.
    ///
    /// Set [`Format::Anthropic`] for a provider that also serves Anthropic's API.
    pub fn format(self, format: Format) -> Self {
        Self { format, ..self }
    }

    /// Sets the longest wait for admission. Default: the account's longest wait.
    ///
    /// The call fails at once if it would have to wait longer. The bound does not apply to the HTTP exchange.
    pub fn within(self, time: Duration) -> Self {
        Self { max_wait: Some(time), ..self }
    }

    /// Sets the name of the waiting room that the call waits in, for example a tenant. Default: the model's unnamed
    /// one.
    ///
    /// Only used by a layer with [waiting rooms](crate::tower::LimitLayer::waiting_room).
    #[cfg(feature = "tower")]
    pub fn waiting_room(self, name: impl Into<Arc<str>>) -> Self {
        Self { waiting_room: Some(name.into()), ..self }
    }

    #[cfg(feature = "tower")]
    pub(crate) fn waiting_room_key(&self) -> crate::waiting_room::WaitingRoomKey {
        crate::waiting_room::WaitingRoomKey { model: self.model.clone(), name: self.waiting_room.clone() }
    }

    /// Waits until the limiter admits the call. Send the request right after.
    ///
    /// # Errors
    /// [`Refused::Wait`] if the wait would exceed the longest wait, [`Refused::Never`] if the call can never be
    /// admitted.
    ///
    /// # Panics
    /// If the call has to wait outside of a tokio runtime with its timer enabled.
    pub async fn admit(self) -> Result<AdmittedCall, Refused> {
        let permit = match self.max_wait {
            Some(time) => self.model.acquire_owned_within(self.cost, time).await?,
            None => self.model.acquire_owned(self.cost).await?,
        };
        Ok(AdmittedCall::new(permit, self.format))
    }
}
