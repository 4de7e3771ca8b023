//! A response body that settles its call as it is read.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;

use crate::pending::PendingSettlement;

/// A response body that is passed on unchanged. Its end settles the call with the usage it reports.
pub struct Metered<B: Body> {
    buffered: Buffered<B>,
    /// `None` once the call is settled, or if there is no call to settle.
    pending: Option<PendingSettlement>,
}

/// A body whose beginning was read into a buffer. The buffer is returned first.
pub(crate) struct Buffered<B: Body> {
    body: Pin<Box<B>>,
    pub(crate) bytes: BytesMut,
    /// The frame after the buffered bytes: trailers, or a failure.
    next: Option<Result<Frame<Bytes>, B::Error>>,
    /// The body has ended. It must not be polled again.
    has_ended: bool,
}

impl<B: Body<Data = Bytes>> Buffered<B> {
    pub(crate) fn new(body: B) -> Self {
        Self { body: Box::pin(body), bytes: BytesMut::new(), next: None, has_ended: false }
    }

    /// Reads until the buffer has at least `bytes` bytes, or the data ends. Cancel safe: the buffer keeps what was
    /// read.
    pub(crate) async fn buffer_at_least(&mut self, bytes: usize) {
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

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty() && self.next.is_none() && (self.has_ended || self.body.is_end_stream())
    }

    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
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
    /// Wraps the body of a response without a call to settle.
    pub(crate) fn without_call(body: B) -> Self {
        Self::from_buffered(Buffered::new(body))
    }

    /// Wraps a partly read body without a call to settle.
    pub(crate) fn from_buffered(buffered: Buffered<B>) -> Self {
        Self { buffered, pending: None }
    }

    /// Wraps the body whose end settles a call.
    pub(crate) fn settling(body: B, pending: PendingSettlement) -> Self {
        let mut this = Self { pending: Some(pending), ..Self::without_call(body) };
        this.settle_at_end();
        this
    }

    /// Returns the buffered bytes. The rest of the body is dropped.
    pub(crate) fn into_buffered(self) -> Bytes {
        self.buffered.bytes.freeze()
    }

    /// Settles the call if the body has ended, or its stream has sent the last event.
    fn settle_at_end(&mut self) {
        if self.buffered.is_end_stream() || self.pending.as_ref().is_some_and(PendingSettlement::is_complete) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        if let Some(pending) = self.pending.take() {
            pending.settle();
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
        let frame = ready!(self.buffered.poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let (Some(pending), Some(data)) = (&mut self.pending, frame.data_ref()) {
                    pending.push(data);
                }
                self.settle_at_end();
            }
            // The connection failed: the estimate stays charged, unless the body contained an error.
            Some(Err(_)) => self.pending = None,
            None => self.settle(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.buffered.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let bytes = self.buffered.bytes.len() as u64;
        if self.buffered.has_ended {
            return SizeHint::with_exact(bytes);
        }
        let mut hint = self.buffered.body.size_hint();
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(bytes));
        }
        hint.set_lower(hint.lower().saturating_add(bytes));
        hint
    }
}

// The only pinned data is the inner body, which is boxed.
impl<B: Body> Unpin for Metered<B> {}

impl<B: Body> fmt::Debug for Metered<B> {
    // The bytes are a user's conversation: keep them out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metered").field("is_settled", &self.pending.is_none()).finish_non_exhaustive()
    }
}
