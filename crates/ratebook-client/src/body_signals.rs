//! Signals that are known only after the body has been read.

use std::sync::{Arc, OnceLock};

use ratebook_limiter::feedback::Signals;

/// What the body of a successful response contains beside its content: an error inside the body, or implausible usage.
///
/// The extensions of each successful response contain it. It is filled while the body is read. Clones share their
/// state. The signals of the status and the headers are available at once, as
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
/// use ratebook_client::{BodySignals, PendingCall};
/// use ratebook_limiter::{Account, Cost};
///
/// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
/// let admitted = PendingCall::new(qwen, Cost::tokens(1_200)).admit().await?;
/// let response = admitted.observe(send().await).await;
/// let signals = response.extensions().get::<BodySignals>().unwrap().clone();
/// assert_eq!(signals.error(), None);
/// let text = response.into_body().collect().await?;
/// assert_eq!(signals.error().unwrap().refusal().unwrap().status, 429);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct BodySignals(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    error: OnceLock<Signals>,
    implausible_usage: OnceLock<u64>,
}

impl BodySignals {
    /// Returns the signals of an error inside the body, or `None` if none was read so far. An error that is not a
    /// refusal, such as a server failure, has signals without a refusal.
    pub fn error(&self) -> Option<Signals> {
        self.0.error.get().copied()
    }

    /// Returns a reported count above [`MAX_USAGE`](crate::usage::MAX_USAGE), in tokens or milliseconds of audio. Such
    /// usage is ignored, and the estimate stays charged.
    pub fn implausible_usage(&self) -> Option<u64> {
        self.0.implausible_usage.get().copied()
    }

    pub(crate) fn set_error(&self, signals: Signals) {
        // The first error counts.
        let _ = self.0.error.set(signals);
    }

    pub(crate) fn set_implausible_usage(&self, count: u64) {
        if self.0.implausible_usage.set(count).is_ok() {
            #[cfg(feature = "tracing")]
            tracing::warn!(
                name: "implausible_usage",
                target: ratebook_limiter::telemetry::TARGET,
                count,
                max = crate::usage::MAX_USAGE,
                "ignored implausible usage in a response"
            );
        }
    }
}
