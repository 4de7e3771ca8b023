//! A refusal that no wait cures.

use std::fmt;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::Body;
use ratebook::Remedy;
use ratebook_limiter::feedback::{Refusal, Signals};

use crate::metered::Metered;

/// The vendor has refused a call, and no wait cures it: credit has to be added or a higher limit asked for, or the call
/// made smaller. The layer for tower and the middleware for reqwest give it as their error, so that nothing tries again.
///
/// A call that the limiter knows can never be admitted is
/// [`Refused::Never`](ratebook_limiter::Refused), and was not sent.
///
/// ```
/// use ratebook::Remedy;
/// use ratebook_client::Incurable;
///
/// fn advice(error: &(dyn std::error::Error + Send + Sync + 'static)) -> &'static str {
///     match error.downcast_ref::<Incurable>().map(|refused| refused.refusal().remedy) {
///         Some(Remedy::Raise) => "add credit",
///         Some(Remedy::Split) => "send less at a time",
///         _ => "try again",
///     }
/// }
/// # let _ = advice;
/// ```
pub struct Incurable {
    response: Box<Response<Bytes>>,
    refusal: Refusal,
}

impl Incurable {
    /// What the vendor said.
    pub fn refusal(&self) -> Refusal {
        self.refusal
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The reply, with 64 KiB of its body at most, and among its extensions the
    /// [`Signals`](ratebook_limiter::feedback::Signals).
    pub fn response(&self) -> &Response<Bytes> {
        &self.response
    }

    /// The same reply, where it is one that no wait cures.
    pub(crate) fn unless_curable<B: Body<Data = Bytes>>(
        reply: Response<Metered<B>>,
    ) -> Result<Response<Metered<B>>, Self> {
        let refusal = reply.extensions().get::<Signals>().and_then(Signals::refusal);
        match refusal.filter(|refusal| is_incurable(refusal.remedy)) {
            Some(refusal) => Err(Self { response: Box::new(reply.map(Metered::into_begun)), refusal }),
            None => Ok(reply),
        }
    }
}

fn is_incurable(remedy: Remedy) -> bool {
    matches!(remedy, Remedy::Raise | Remedy::Split)
}

impl fmt::Display for Incurable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cure = if self.refusal.remedy == Remedy::Split {
            "make the call smaller"
        } else {
            "add credit or ask for a higher limit"
        };
        write!(
            f,
            "the vendor has refused the call with status {}, and no wait cures it: {cure}",
            self.status().as_u16()
        )
    }
}

impl fmt::Debug for Incurable {
    // The body may repeat the conversation, and is no log's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { response, refusal } = self;
        f.debug_struct("Incurable")
            .field("status", &response.status())
            .field("refusal", refusal)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Incurable {}
