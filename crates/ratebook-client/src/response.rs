//! Responses of HTTP clients.

use std::future::Future;

use bytes::Bytes;
use http_body::Body;

use crate::admitted::AdmittedCall;
use crate::metered::Metered;
use crate::non_retryable::NonRetryable;

/// A response type that an [`AdmittedCall`] can observe: `http::Response`, and `reqwest::Response` with the feature
/// `reqwest`.
pub trait ObserveResponse: Sized + Send {
    /// The response with a body that settles the call.
    type Observed;

    /// Observes the response to an admitted call. With `None`, the response is returned unchanged.
    ///
    /// # Errors
    /// [`NonRetryable`] if the response is a refusal that waiting does not resolve.
    fn observe_with(
        self,
        admitted: Option<AdmittedCall>,
    ) -> impl Future<Output = Result<Self::Observed, NonRetryable>> + Send;
}

impl<B> ObserveResponse for http::Response<B>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Send,
{
    type Observed = http::Response<Metered<B>>;

    async fn observe_with(self, admitted: Option<AdmittedCall>) -> Result<Self::Observed, NonRetryable> {
        match admitted {
            Some(admitted) => NonRetryable::check(admitted.observe(self).await),
            None => Ok(self.map(Metered::without_call)),
        }
    }
}

#[cfg(feature = "reqwest")]
impl ObserveResponse for reqwest::Response {
    type Observed = Self;

    async fn observe_with(self, admitted: Option<AdmittedCall>) -> Result<Self, NonRetryable> {
        use reqwest::ResponseBuilderExt;

        let Some(admitted) = admitted else { return Ok(self) };
        // The conversion to `http::Response` loses the URL and nothing else.
        let url = self.url().clone();
        let response = NonRetryable::check(admitted.observe(http::Response::from(self)).await)?;
        let (mut parts, body) = response.into_parts();
        if let Ok(with_url) = http::Response::builder().url(url).body(()) {
            parts.extensions.extend(with_url.into_parts().0.extensions);
        }
        Ok(http::Response::from_parts(parts, reqwest::Body::wrap(body)).into())
    }
}
