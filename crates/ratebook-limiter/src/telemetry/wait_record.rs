//! Recording a wait: how long it was, and how it ended.

use super::recorder::Recorder;
use super::{IS_ON, tracing};
use crate::clock::Clock;
use crate::nanos::Nanos;
use crate::refusal::Wait;

/// How a wait ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitOutcome {
    Admitted,
    /// A limit has sunk below the call's cost, or its time is over.
    Refused,
    /// The caller has gone away.
    Left,
}

impl WaitOutcome {
    #[cfg(feature = "metrics")]
    pub(super) const ALL: [Self; 3] = [Self::Admitted, Self::Refused, Self::Left];

    #[cfg(feature = "metrics")]
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::Refused => "refused",
            Self::Left => "left",
        }
    }
}

/// A wait, whose end is recorded once.
#[derive(Debug)]
pub(crate) struct WaitRecord {
    /// When it began, by the account's clock; `None` where there is no wait, or none any more.
    since: Option<Nanos>,
    span: tracing::WaitSpan,
}

impl WaitRecord {
    /// Records the beginning of a wait, where there is one.
    pub(crate) fn begin(recorder: &Recorder, clock: &Clock, wait: Option<Wait>) -> Self {
        if wait.is_some() {
            recorder.counts.wait_begins();
        }
        let since = wait.filter(|_| IS_ON).map(|_| clock.now());
        Self { since, span: recorder.events.wait(wait.as_ref()) }
    }

    /// Runs something within the span of the wait, which is never entered for longer than that.
    pub(crate) fn in_span<R>(&self, run: impl FnOnce() -> R) -> R {
        self.span.in_scope(run)
    }

    /// Records the end of the wait, unless it has ended before, and closes its span.
    pub(crate) fn end(&mut self, recorder: &Recorder, clock: &Clock, outcome: WaitOutcome) {
        let Some(since) = self.since.take() else { return };
        let seconds = (clock.now() - since).get() as f64 / 1e9;
        recorder.counts.wait_ends(outcome, seconds);
        self.in_span(|| match outcome {
            WaitOutcome::Admitted => recorder.events.admitted(seconds),
            WaitOutcome::Left => recorder.events.left(seconds),
            // The refusal was recorded with its reason.
            WaitOutcome::Refused => {}
        });
        self.span.end();
    }
}
