//! What is told of a wait.

#[cfg(feature = "tracing")]
use ::tracing::Span;

use crate::clock::Clock;
#[cfg(any(feature = "metrics", feature = "tracing"))]
use crate::nanos::Nanos;
use crate::refusal::Wait;
use crate::route::Route;

/// How a wait ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Admitted,
    /// A limit has sunk below the call's cost, or its time is over.
    Refused,
    /// Nobody waits any more.
    Left,
}

#[cfg(feature = "metrics")]
impl End {
    pub(super) const ALL: [Self; 3] = [Self::Admitted, Self::Refused, Self::Left];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::Refused => "refused",
            Self::Left => "left",
        }
    }
}

/// A wait, of which it is told once how it ends.
#[derive(Debug)]
pub(crate) struct Waited {
    /// By the account's clock; `None` where nothing is waited for, or any more.
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    since: Option<Nanos>,
    #[cfg(feature = "tracing")]
    span: Span,
}

impl Waited {
    /// Begins, where there is something to wait for.
    pub(crate) fn new(route: &Route, clock: &Clock, wait: Option<Wait>) -> Self {
        #[cfg(feature = "metrics")]
        if wait.is_some() {
            route.teller.counts.waits();
        }
        Self {
            #[cfg(any(feature = "metrics", feature = "tracing"))]
            since: wait.map(|_| clock.now()),
            #[cfg(feature = "tracing")]
            span: wait.map_or_else(Span::none, |wait| route.teller.about.wait(&wait)),
        }
    }

    /// Does something within the span, which is never entered for longer than that.
    pub(crate) fn within<R>(&self, run: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tracing")]
        return self.span.in_scope(run);
        #[cfg(not(feature = "tracing"))]
        run()
    }

    /// Tells how it ends, where it has not ended before; the span ends with it.
    pub(crate) fn end(&mut self, route: &Route, clock: &Clock, end: End) {
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        if let Some(since) = self.since.take() {
            let seconds = (clock.now() - since).get() as f64 / 1e9;
            #[cfg(feature = "metrics")]
            route.teller.counts.waited(end, seconds);
            #[cfg(feature = "tracing")]
            self.within(|| match end {
                End::Admitted => route.teller.about.admitted(seconds),
                End::Left => route.teller.about.left(seconds),
                // Told with its reason.
                End::Refused => {}
            });
            #[cfg(feature = "tracing")]
            drop(std::mem::replace(&mut self.span, Span::none()));
        }
    }
}
