//! An admitted call until its reply is settled.

use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use ratebook::Metric;
use ratebook_limiter::OwnedPermit;
use ratebook_limiter::feedback::{Signal, Signals};

use crate::late::LateSignals;
use crate::metered::{Begun, Metered};
use crate::unsettled::{NOTHING, Unsettled};
use crate::usage::{Format, UsageReader};

/// What is read of an error's body to learn what it says of limits, in bytes.
const ERROR_BYTES: usize = 64 << 10;

/// How long an error's body is waited for.
const ERROR_TIME: Duration = Duration::from_secs(5);

/// An admitted call, which watches its reply: what that says of limits is obeyed, and what the call has used is settled.
///
/// The layer for tower and the middleware for reqwest do this; for another client, hand it the reply.
///
/// ```
/// # use http_body_util::{BodyExt, Full};
/// # async fn send() -> http::Response<Full<bytes::Bytes>> {
/// #     http::Response::new(Full::from(r#"{"usage": {"prompt_tokens": 310, "completion_tokens": 402}}"#))
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use ratebook::Provider;
/// use ratebook_client::Call;
/// use ratebook_limiter::{Account, Cost};
///
/// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
/// let watch = Call::new(qwen, Cost::tokens(1_200)).admit().await?;
/// let reply = watch.reply(send().await).await;
/// let text = reply.into_body().collect().await?; // at its end the call is settled, with 712 tokens
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "an admitted call has to be made"]
pub struct Watch {
    permit: OwnedPermit,
    format: Format,
}

impl Watch {
    pub(crate) fn new(permit: OwnedPermit, format: Format) -> Self {
        Self { permit, format }
    }

    /// Observes a reply. One that serves the call is settled when its body ends, or says at the end of a stream that it is
    /// done: with the usage that it says, or else its headers. Dropped before, it keeps what was estimated.
    ///
    /// An error inside such a reply ends the call: it is observed as the refusal that it is, what was used until then stays
    /// charged, and the rest of what was estimated is given back. That is what the body has said, with the text that has
    /// come since, as [`Rough`](crate::estimate::Rough) estimates it. Where the body has said nothing, it is the request
    /// alone if no text has come; else the estimated input and the text, together no more than was estimated. Tokens that
    /// the estimate does not divide may all be input.
    ///
    /// The body of an error is read at once, up to 64 KiB and five seconds of it, and handed on whole. An error that comes
    /// before anything was generated (400, 401, 403, 404, 413, 422, 429) keeps the request, which many vendors count, and
    /// gives the tokens back; any other keeps all.
    ///
    /// The reply's extensions have its [`Signals`], and where it serves the call the [`LateSignals`] of its body.
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, where the reply is an error.
    pub async fn reply<B: Body<Data = Bytes>>(self, reply: http::Response<B>) -> http::Response<Metered<B>> {
        let Self { permit, format } = self;
        let status = reply.status().as_u16();
        let (mut parts, body) = reply.into_parts();
        if parts.status.is_success() {
            // Whether it serves the call its body says: here it is the headers that are observed.
            let signals = permit.observe_error(None, &parts.headers, b"");
            let late = LateSignals::default();
            parts.extensions.insert(signals);
            parts.extensions.insert(late.clone());
            let call = Unsettled::new(permit, UsageReader::new(format), told(&signals), late);
            return http::Response::from_parts(parts, Metered::watched(body, call));
        }
        let mut begun = Begun::of(body);
        // What was read stays, however the reading ends.
        let _ = tokio::time::timeout(ERROR_TIME, begun.read(ERROR_BYTES)).await;
        parts.extensions.insert(permit.observe(status, &parts.headers, &begun.bytes));
        if let 400 | 401 | 403 | 404 | 413 | 422 | 429 = status {
            permit.settle(NOTHING);
        }
        http::Response::from_parts(parts, Metered::begun(begun))
    }
}

/// How many tokens a call has cost, as its headers say.
fn told(signals: &Signals) -> Option<u64> {
    signals.iter().find_map(|signal| match signal {
        Signal::Cost { of, amount } if of.metric == Some(Metric::Tokens) => Some(amount),
        _ => None,
    })
}
