//! A vendor inside the process: a tower service with scripted responses.

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

fn body(chunks: &[&str]) -> Body {
    let frames = chunks.iter().map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece.as_bytes()))));
    StreamBody::new(tokio_stream::iter(frames.collect::<Vec<_>>()))
}

/// Returns a response whose body arrives in these chunks.
pub(crate) fn response(status: u16, headers: &[(&str, &str)], chunks: &[&str]) -> Response<Body> {
    let builder =
        headers.iter().fold(Response::builder().status(status), |builder, (name, value)| builder.header(*name, *value));
    builder.body(body(chunks)).unwrap()
}

type Outcome = Result<Response<Body>, &'static str>;

/// Returns the scripted responses in order.
#[derive(Clone)]
pub(crate) struct Vendor(Arc<Mutex<VecDeque<Outcome>>>);

impl Vendor {
    pub(crate) fn new(responses: impl IntoIterator<Item = Outcome>) -> Self {
        Self(Arc::new(Mutex::new(responses.into_iter().collect())))
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
        let outcome = self.0.lock().unwrap().pop_front().expect("a response for each call");
        std::future::ready(outcome.map_err(Into::into))
    }
}
