//! An admitted call, from admission to the response.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use ratebook::Metric;
use ratebook_limiter::OwnedPermit;
use ratebook_limiter::feedback::{Signal, Signals};

use crate::body_signals::BodySignals;
use crate::metered::{Buffered, Metered};
use crate::pending::{PendingSettlement, REQUEST_ONLY};
use crate::usage::{Format, UsageReader};

/// Bytes of an error body that are read before the response is returned.
const MAX_ERROR_BYTES: usize = 64 << 10;

/// Longest wait for an error body.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// An admitted call. [`observe`](Self::observe) passes the response's rate-limit signals to the limiter and settles the
/// permit with the real usage.
///
/// The tower layer and the reqwest middleware do this for you. With any other client, pass the response yourself:
///
/// ```
/// # use http_body_util::{BodyExt, Full};
/// # async fn send() -> http::Response<Full<bytes::Bytes>> {
/// #     http::Response::new(Full::from(r#"{"usage": {"prompt_tokens": 310, "completion_tokens": 402}}"#))
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use ratebook::Provider;
/// use ratebook_client::PendingCall;
/// use ratebook_limiter::{Account, Cost};
///
/// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
/// let admitted = PendingCall::new(qwen, Cost::tokens(1_200)).admit().await?;
/// let response = admitted.observe(send().await).await;
/// let text = response.into_body().collect().await?; // the end of the body settles the call with 712 tokens
/// # Ok(())
/// # }
/// ```
#[must_use = "send the request and pass the response to `observe`"]
pub struct AdmittedCall {
    permit: OwnedPermit,
    format: Format,
}

impl AdmittedCall {
    pub(crate) fn new(permit: OwnedPermit, format: Format) -> Self {
        Self { permit, format }
    }

    /// Observes a response and settles the call.
    ///
    /// A successful response is settled at the end of its body, or at the event that ends a stream, with the usage in
    /// the body or else in the headers. If the body is dropped before that, the estimate stays charged.
    ///
    /// An error inside a successful response ends the call. The limiter observes it like an HTTP error. What stays charged:
    ///
    /// - If usage was reported: that, plus the text generated since, estimated by [`Rough`](crate::estimate::Rough).
    /// - If neither was: the request alone.
    /// - If only text was generated: the estimated input plus the text, at most the estimate. With
    ///   [`Cost::tokens`](ratebook_limiter::Cost::tokens), which does not split input and output, the whole estimate.
    ///
    /// The body of an error response is read before the response is returned: up to 64 KiB, for at most 5 seconds. The
    /// caller still receives the whole body. A status sent before anything is generated (400, 401, 403, 404, 413, 422,
    /// 429) keeps the request charged, because many vendors count it, and returns the tokens. Any other error status
    /// keeps the whole estimate charged.
    ///
    /// The extensions of the response contain its [`Signals`]. Those of a successful response also contain its
    /// [`BodySignals`].
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, if the response has an error status.
    pub async fn observe<B: Body<Data = Bytes>>(self, response: http::Response<B>) -> http::Response<Metered<B>> {
        let Self { permit, format } = self;
        let status = response.status().as_u16();
        let (mut parts, body) = response.into_parts();
        if parts.status.is_success() {
            // Only the headers are observed here: the body may still contain an error.
            let signals = permit.observe_error(None, &parts.headers, b"");
            let body_signals = BodySignals::default();
            parts.extensions.insert(signals);
            parts.extensions.insert(body_signals.clone());
            let reader = UsageReader::new(format);
            let pending = PendingSettlement::new(permit, reader, header_usage(&signals), body_signals);
            return http::Response::from_parts(parts, Metered::settling(body, pending));
        }
        let mut buffered = Buffered::new(body);
        // After a timeout, what was read is still used and returned.
        let _ = tokio::time::timeout(ERROR_BODY_TIMEOUT, buffered.buffer_at_least(MAX_ERROR_BYTES)).await;
        parts.extensions.insert(permit.observe(status, &parts.headers, &buffered.bytes));
        if let 400 | 401 | 403 | 404 | 413 | 422 | 429 = status {
            permit.settle(REQUEST_ONLY);
        }
        http::Response::from_parts(parts, Metered::from_buffered(buffered))
    }
}

impl fmt::Debug for AdmittedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdmittedCall").field("format", &self.format).finish_non_exhaustive()
    }
}

/// Returns the tokens that the headers report for this call.
fn header_usage(signals: &Signals) -> Option<u64> {
    signals.iter().find_map(|signal| match signal {
        Signal::Cost { counted, amount } if counted.metric == Some(Metric::Tokens) => Some(amount),
        _ => None,
    })
}
