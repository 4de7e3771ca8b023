//! A body that settles its call as it is read.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;

use crate::unsettled::Unsettled;

/// The body of a reply, handed on as it comes. At its end the call is settled with the usage that it says.
pub struct Metered<B: Body> {
    begun: Begun<B>,
    watched: Option<Unsettled>,
}

/// A body of which the beginning has been read, and is handed on first.
pub(crate) struct Begun<B: Body> {
    body: Pin<Box<B>>,
    pub(crate) bytes: BytesMut,
    /// What came after the bytes: trailers, or a failure.
    next: Option<Result<Frame<Bytes>, B::Error>>,
    /// Whether the body is over: it must not be asked again.
    has_ended: bool,
}

impl<B: Body<Data = Bytes>> Begun<B> {
    pub(crate) fn of(body: B) -> Self {
        Self { body: Box::pin(body), bytes: BytesMut::new(), next: None, has_ended: false }
    }

    /// Reads until it has so many bytes, or there are no more. Dropped, it keeps what it has read.
    pub(crate) async fn read(&mut self, bytes: usize) {
        while self.bytes.len() < bytes && self.next.is_none() && !self.has_ended {
            match self.body.frame().await {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.bytes.extend_from_slice(&data),
                    Err(trailers) => self.next = Some(Ok(trailers)),
                },
                Some(Err(failure)) => (self.next, self.has_ended) = (Some(Err(failure)), true),
                None => self.has_ended = true,
            }
        }
    }

    fn is_over(&self) -> bool {
        self.bytes.is_empty() && self.next.is_none() && (self.has_ended || self.body.is_end_stream())
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if !self.bytes.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.bytes).freeze()))));
        }
        if let Some(next) = self.next.take() {
            return Poll::Ready(Some(next));
        }
        if self.has_ended {
            return Poll::Ready(None);
        }
        let frame = ready!(self.body.as_mut().poll_frame(context));
        self.has_ended = !matches!(frame, Some(Ok(_)));
        Poll::Ready(frame)
    }
}

impl<B: Body<Data = Bytes>> Metered<B> {
    /// A body with nothing to settle.
    pub(crate) fn unwatched(body: B) -> Self {
        Self::begun(Begun::of(body))
    }

    /// A body of which the beginning has been read, with nothing to settle.
    pub(crate) fn begun(begun: Begun<B>) -> Self {
        Self { begun, watched: None }
    }

    /// The body of a call that is to be settled.
    pub(crate) fn watched(body: B, call: Unsettled) -> Self {
        let mut this = Self { watched: Some(call), ..Self::unwatched(body) };
        this.settle_at_end();
        this
    }

    /// The bytes that have been read, out of a body that has no more to settle.
    pub(crate) fn into_begun(self) -> Bytes {
        self.begun.bytes.freeze()
    }

    /// Settles the call where all has been said.
    fn settle_at_end(&mut self) {
        if self.begun.is_over() || self.watched.as_ref().is_some_and(Unsettled::is_complete) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        if let Some(call) = self.watched.take() {
            call.settle();
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
        let frame = ready!(self.begun.poll(context));
        match &frame {
            Some(Ok(frame)) => {
                if let (Some(call), Some(data)) = (&mut self.watched, frame.data_ref()) {
                    call.push(data);
                }
                self.settle_at_end();
            }
            // It broke off: what was estimated may have been used, unless it has said why.
            Some(Err(_)) => self.watched = None,
            None => self.settle(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.begun.is_over()
    }

    fn size_hint(&self) -> SizeHint {
        let begun = self.begun.bytes.len() as u64;
        if self.begun.has_ended {
            return SizeHint::with_exact(begun);
        }
        let mut hint = self.begun.body.size_hint();
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
