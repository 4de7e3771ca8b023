//! A call as the limiter sees it.

#[cfg(feature = "tower")]
use std::sync::Arc;
use std::time::Duration;

use ratebook::Provider;
use ratebook_limiter::{Cost, Model, Refused};

use crate::usage::Format;
use crate::watch::Watch;

/// What the limiter has to know of a request: the model whose limits it is under, and what it will cost.
///
/// ```
/// use ratebook::Provider;
/// use ratebook_client::Call;
/// use ratebook_limiter::{Account, Cost};
///
/// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
/// let call = Call::new(qwen, Cost::request().input(1_200).output(400));
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a call is made through a layer or a middleware"]
pub struct Call {
    model: Model,
    cost: Cost,
    format: Format,
    within: Option<Duration>,
    #[cfg(feature = "tower")]
    room: Option<Arc<str>>,
}

/// The provider in the catalog of a model's account; `None` of one that is described at run time.
pub(crate) fn provider_of(model: &Model) -> Option<Provider> {
    model.account().provider()
}

impl Call {
    /// A call of a model. Its usage is read from the reply in the form of the model's provider, or OpenAI's where that is
    /// not in the catalog.
    pub fn new(model: Model, cost: Cost) -> Self {
        let format = provider_of(&model).map_or(Format::OpenAi, Format::of);
        Self {
            model,
            cost,
            format,
            within: None,
            #[cfg(feature = "tower")]
            room: None,
        }
    }

    /// A call of a model that asks for so much, at the cost that its provider counts: see
    /// [`Asked::cost_at`](crate::estimate::Asked::cost_at).
    ///
    /// ```
    /// use ratebook::Provider;
    /// use ratebook_client::Call;
    /// use ratebook_client::estimate::{Rough, asked_by};
    /// use ratebook_limiter::Account;
    ///
    /// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
    /// let asked = asked_by(&Rough::QWEN, br#"{"prompt": "Who built the lighthouse?", "n": 2}"#).unwrap();
    /// let call = Call::asked(qwen, asked.or_output(400));
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    #[cfg(feature = "body")]
    pub fn asked(model: Model, asked: crate::estimate::Asked) -> Self {
        let cost = provider_of(&model).map_or_else(|| asked.cost(), |provider| asked.cost_at(provider));
        Self::new(model, cost)
    }

    /// Reads the usage in another form: of Anthropic's API at a provider that serves that, too.
    pub fn format(self, format: Format) -> Self {
        Self { format, ..self }
    }

    /// Is refused where it would have to wait longer; that bounds the waiting alone, not the call.
    pub fn within(self, time: Duration) -> Self {
        Self { within: Some(time), ..self }
    }

    /// Waits in a room of this name, such as the tenant's, where the layer has
    /// [waiting rooms](crate::tower::LimitLayer::waiting_room).
    #[cfg(feature = "tower")]
    pub fn room(self, name: impl Into<Arc<str>>) -> Self {
        Self { room: Some(name.into()), ..self }
    }

    #[cfg(feature = "tower")]
    pub(crate) fn room_key(&self) -> crate::room::Key {
        crate::room::Key { model: self.model.clone(), name: self.room.clone() }
    }

    /// Waits until the call is admitted; then it has to be made at once.
    ///
    /// # Errors
    /// Where it would wait longer than it may, or can never be admitted.
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, where it has to wait.
    pub async fn admit(self) -> Result<Watch, Refused> {
        let permit = match self.within {
            Some(time) => self.model.acquire_owned_within(self.cost, time).await?,
            None => self.model.acquire_owned(self.cost).await?,
        };
        Ok(Watch::new(permit, self.format))
    }
}
