//! A call as the limiter sees it.

use std::time::Duration;

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
}

impl Call {
    /// A call of a model. Its usage is read from the reply in the form of the model's provider.
    pub fn new(model: Model, cost: Cost) -> Self {
        let format = Format::of(model.account().provider());
        Self { model, cost, format, within: None }
    }

    /// Reads the usage in another form: of Anthropic's API at a provider that serves that, too.
    pub fn format(self, format: Format) -> Self {
        Self { format, ..self }
    }

    /// Is refused where it would have to wait longer; that bounds the waiting alone, not the call.
    pub fn within(self, time: Duration) -> Self {
        Self { within: Some(time), ..self }
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
