//! What a reply's body says of limits, once it has been read.

use std::sync::{Arc, OnceLock};

use ratebook_limiter::feedback::Signals;

/// What is known of a reply only when its body has been read: whether there was an error inside it, and whether its usage
/// was absurd. It is among the extensions of each reply that serves a call. Clones see the same.
///
/// What the status and the headers say is there from the beginning, as
/// [`Signals`](ratebook_limiter::feedback::Signals).
///
/// ```
/// # use http_body_util::{BodyExt, Full};
/// # async fn send() -> http::Response<Full<bytes::Bytes>> {
/// #     http::Response::new(Full::from(r#"{"error": {"code": 429, "message": "Rate limit reached"}}"#))
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use ratebook::Provider;
/// use ratebook_client::{Call, LateSignals};
/// use ratebook_limiter::{Account, Cost};
///
/// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
/// let watch = Call::new(qwen, Cost::tokens(1_200)).admit().await?;
/// let reply = watch.reply(send().await).await;
/// let late = reply.extensions().get::<LateSignals>().unwrap().clone();
/// assert_eq!(late.error(), None);
/// let text = reply.into_body().collect().await?;
/// assert_eq!(late.error().unwrap().refusal().unwrap().status, 429);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct LateSignals(Arc<Late>);

#[derive(Debug, Default)]
struct Late {
    error: OnceLock<Signals>,
    absurd_usage: OnceLock<u64>,
}

impl LateSignals {
    /// What an error inside the reply says of limits; `None` where there was none until now. An error that is no refusal,
    /// such as a failure of the server, has signals without one.
    pub fn error(&self) -> Option<Signals> {
        self.0.error.get().copied()
    }

    /// A count of the reply's usage that no call can have used: more than [`MOST`](crate::usage::MOST) tokens or
    /// milliseconds of audio. The call stays settled as it was estimated.
    pub fn absurd_usage(&self) -> Option<u64> {
        self.0.absurd_usage.get().copied()
    }

    pub(crate) fn set_error(&self, signals: Signals) {
        // The first counts.
        let _ = self.0.error.set(signals);
    }

    pub(crate) fn set_absurd_usage(&self, count: u64) {
        if self.0.absurd_usage.set(count).is_ok() {
            #[cfg(feature = "tracing")]
            tracing::warn!(
                name: "absurd_usage",
                target: ratebook_limiter::telemetry::TARGET,
                count,
                most = crate::usage::MOST,
                "the usage of a reply is not believed"
            );
        }
    }
}
