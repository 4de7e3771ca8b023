//! A refusal that waiting does not resolve.

use std::fmt;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::Body;
use ratebook::Remedy;
use ratebook_limiter::feedback::{Refusal, Signals};

use crate::metered::Metered;

/// The vendor refused the call, and a retry will be refused too: credit must be added, a limit raised, or the call made
/// smaller. The tower layer and the reqwest middleware return it as their error, so that no retry policy sees a
/// response.
///
/// A call that the limiter can never admit is not sent: see [`Refused::Never`](ratebook_limiter::Refused).
///
/// ```
/// use ratebook::Remedy;
/// use ratebook_client::NonRetryable;
///
/// fn advice(error: &(dyn std::error::Error + Send + Sync + 'static)) -> &'static str {
///     match error.downcast_ref::<NonRetryable>().map(|error| error.refusal().remedy) {
///         Some(Remedy::Raise) => "add credit",
///         Some(Remedy::Split) => "send less at a time",
///         _ => "try again",
///     }
/// }
/// # let _ = advice;
/// ```
pub struct NonRetryable {
    response: Box<Response<Bytes>>,
    refusal: Refusal,
}

impl NonRetryable {
    /// Returns the refusal as read from the response.
    pub fn refusal(&self) -> Refusal {
        self.refusal
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Returns the response with at most 64 KiB of its body. Its extensions contain the
    /// [`Signals`](ratebook_limiter::feedback::Signals).
    pub fn response(&self) -> &Response<Bytes> {
        &self.response
    }

    /// Returns the response, or an error if it is a refusal that waiting does not resolve.
    pub(crate) fn check<B: Body<Data = Bytes>>(response: Response<Metered<B>>) -> Result<Response<Metered<B>>, Self> {
        let refusal = response.extensions().get::<Signals>().and_then(Signals::refusal);
        match refusal.filter(|refusal| is_non_retryable(refusal.remedy)) {
            Some(refusal) => Err(Self { response: Box::new(response.map(Metered::into_buffered)), refusal }),
            None => Ok(response),
        }
    }
}

fn is_non_retryable(remedy: Remedy) -> bool {
    matches!(remedy, Remedy::Raise | Remedy::Split)
}

impl fmt::Display for NonRetryable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remedy = if self.refusal.remedy == Remedy::Split {
            "make the call smaller"
        } else {
            "add credit or ask for a higher limit"
        };
        write!(f, "the vendor refused the call with status {}, do not retry: {remedy}", self.status().as_u16())
    }
}

impl fmt::Debug for NonRetryable {
    // The body may quote the conversation: keep it out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { response, refusal } = self;
        f.debug_struct("NonRetryable")
            .field("status", &response.status())
            .field("refusal", refusal)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for NonRetryable {}
