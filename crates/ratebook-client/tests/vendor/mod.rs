//! A vendor within the process, for tests of the layer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use ratebook_client::tower::BoxError;
use tower::Service;

pub(crate) type Body = StreamBody<tokio_stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, String>>>>;

fn body(pieces: &[&str]) -> Body {
    let frames = pieces.iter().map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece.as_bytes()))));
    StreamBody::new(tokio_stream::iter(frames.collect::<Vec<_>>()))
}

/// A reply whose body comes in these pieces.
pub(crate) fn reply(status: u16, headers: &[(&str, &str)], pieces: &[&str]) -> Response<Body> {
    let builder =
        headers.iter().fold(Response::builder().status(status), |reply, (name, value)| reply.header(*name, *value));
    builder.body(body(pieces)).unwrap()
}

type Answer = Result<Response<Body>, &'static str>;

/// A vendor that answers so, in turn.
#[derive(Clone)]
pub(crate) struct Vendor(Arc<Mutex<VecDeque<Answer>>>);

impl Vendor {
    pub(crate) fn of(replies: impl IntoIterator<Item = Answer>) -> Self {
        Self(Arc::new(Mutex::new(replies.into_iter().collect())))
    }
}

impl Service<Request<u64>> for Vendor {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<u64>) -> Self::Future {
        let reply = self.0.lock().unwrap().pop_front().expect("no more calls than replies");
        std::future::ready(reply.map_err(Into::into))
    }
}
