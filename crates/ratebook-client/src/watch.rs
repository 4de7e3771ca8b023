//! An admitted call until its reply is settled.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;
use ratebook::Metric;
use ratebook_limiter::feedback::{Signal, Signals};
use ratebook_limiter::{OwnedPermit, Usage};

use crate::metered::{Metered, Unsettled};
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

    /// Observes a reply. One that serves the call is settled when its body ends, or says its usage at the end of a
    /// stream, or else with what its headers say; dropped before, it keeps what was estimated. Of an error, the body is read at once, up to 64 KiB and five
    /// seconds of it, and handed on: an error of the caller (4xx) keeps the request, which many vendors count, and gives
    /// the tokens back.
    pub async fn reply<B: Body<Data = Bytes>>(self, reply: http::Response<B>) -> http::Response<Metered<B>> {
        let status = reply.status();
        if status.is_success() {
            let signals = self.permit.observe(status.as_u16(), reply.headers(), b"");
            let reader = UsageReader::new(self.format);
            return reply
                .map(|body| Metered::watched(body, Unsettled { permit: self.permit, reader, told: told(&signals) }));
        }
        let (parts, body) = reply.into_parts();
        let mut body = Box::pin(body);
        let mut begun = BytesMut::new();
        // What was read stays, however the reading ends.
        let ended = tokio::time::timeout(ERROR_TIME, read_begin(&mut body, &mut begun)).await;
        self.permit.observe(status.as_u16(), &parts.headers, &begun);
        if status.is_client_error() {
            self.permit.settle(Usage::new().tokens(0).audio_millis(0).micro_usd(0));
        }
        let failed = ended.ok().and_then(Result::err);
        http::Response::from_parts(parts, Metered::read(begun.freeze(), body, failed))
    }
}

/// What headers say that a call has cost.
fn told(signals: &Signals) -> Option<Usage> {
    signals.iter().find_map(|signal| match signal {
        Signal::Cost { of, amount } if of.metric == Some(Metric::Tokens) => Some(Usage::new().tokens(amount)),
        _ => None,
    })
}

async fn read_begin<B: Body<Data = Bytes> + Unpin>(body: &mut B, begun: &mut BytesMut) -> Result<(), B::Error> {
    while begun.len() < ERROR_BYTES
        && let Some(frame) = body.frame().await
    {
        if let Ok(data) = frame?.into_data() {
            begun.extend_from_slice(&data);
        }
    }
    Ok(())
}
