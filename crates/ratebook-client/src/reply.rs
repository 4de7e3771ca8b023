//! The replies of HTTP clients.

use std::future::Future;

use bytes::Bytes;
use http_body::Body;

use crate::incurable::Incurable;
use crate::metered::Metered;
use crate::watch::Watch;

/// A reply that a [`Watch`] can observe: of the `http` crate, and with the feature `reqwest` of that one.
pub trait Reply: Sized + Send {
    /// The same reply, watched.
    type Watched;

    /// Observes the reply to a call, and has it settled; one to no call of a model, `None`, is handed on.
    ///
    /// # Errors
    /// [`Incurable`], where it is a refusal that no wait cures.
    fn watched_by(self, watch: Option<Watch>) -> impl Future<Output = Result<Self::Watched, Incurable>> + Send;
}

impl<B> Reply for http::Response<B>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Send,
{
    type Watched = http::Response<Metered<B>>;

    async fn watched_by(self, watch: Option<Watch>) -> Result<Self::Watched, Incurable> {
        match watch {
            Some(watch) => Incurable::unless_curable(watch.reply(self).await),
            None => Ok(self.map(Metered::unwatched)),
        }
    }
}

#[cfg(feature = "reqwest")]
impl Reply for reqwest::Response {
    type Watched = Self;

    async fn watched_by(self, watch: Option<Watch>) -> Result<Self, Incurable> {
        use reqwest::ResponseBuilderExt;

        let Some(watch) = watch else { return Ok(self) };
        // Of all that a reply has, this conversion loses its address alone.
        let address = self.url().clone();
        let reply = Incurable::unless_curable(watch.reply(http::Response::from(self)).await)?;
        let (mut parts, body) = reply.into_parts();
        if let Ok(addressed) = http::Response::builder().url(address).body(()) {
            parts.extensions.extend(addressed.into_parts().0.extensions);
        }
        Ok(http::Response::from_parts(parts, reqwest::Body::wrap(body)).into())
    }
}
