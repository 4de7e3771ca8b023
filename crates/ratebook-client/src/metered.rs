//! A body that settles its call as it is read.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use ratebook_limiter::{OwnedPermit, Usage};

use crate::usage::UsageReader;

/// The body of a reply, handed on as it comes. At its end the call is settled with the usage that it says.
pub struct Metered<B: Body> {
    body: Pin<Box<B>>,
    /// What has been read of it before.
    begun: Bytes,
    /// How that reading failed.
    failed: Option<B::Error>,
    watched: Option<Unsettled>,
}

/// A call that is to be settled at the end of its reply's body.
#[derive(Debug)]
pub(crate) struct Unsettled {
    pub(crate) permit: OwnedPermit,
    pub(crate) reader: UsageReader,
    /// What it has used, as its headers say.
    pub(crate) told: Option<Usage>,
}

impl<B: Body<Data = Bytes>> Metered<B> {
    /// A body with nothing to settle.
    pub(crate) fn unwatched(body: B) -> Self {
        Self::read(Bytes::new(), Box::pin(body), None)
    }

    /// A body of which the beginning has been read.
    pub(crate) fn read(begun: Bytes, body: Pin<Box<B>>, failed: Option<B::Error>) -> Self {
        Self { body, begun, failed, watched: None }
    }

    /// The body of a call that is to be settled.
    pub(crate) fn watched(body: B, call: Unsettled) -> Self {
        let mut this = Self { watched: Some(call), ..Self::unwatched(body) };
        this.settle_at_end();
        this
    }

    /// Settles the call where all has been said.
    fn settle_at_end(&mut self) {
        if self.body.is_end_stream() || self.watched.as_ref().is_some_and(|call| call.reader.is_complete()) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        if let Some(Unsettled { permit, reader, told }) = self.watched.take()
            && let Some(usage) = reader.usage().or(told)
        {
            permit.settle(usage);
        }
    }
}

impl<B: Body<Data = Bytes>> Body for Metered<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if !self.begun.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.begun)))));
        }
        if let Some(failed) = self.failed.take() {
            return Poll::Ready(Some(Err(failed)));
        }
        let frame = ready!(self.body.as_mut().poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let (Some(call), Some(data)) = (&mut self.watched, frame.data_ref()) {
                    call.reader.push(data);
                }
                self.settle_at_end();
            }
            // It broke off: what was estimated may have been used.
            Some(Err(_)) => self.watched = None,
            None => self.settle(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.begun.is_empty() && self.failed.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, begun) = (self.body.size_hint(), self.begun.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(begun));
        }
        hint.set_lower(hint.lower().saturating_add(begun));
        hint
    }
}

// Nothing is pinned through it but the box, which moves without what is in it.
impl<B: Body> Unpin for Metered<B> {}

impl<B: Body> fmt::Debug for Metered<B> {
    // The bytes are somebody's conversation, and no log's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metered").field("watched", &self.watched).finish_non_exhaustive()
    }
}
