//! Records waits: the duration and the outcome.

use super::recorder::Recorder;
use super::wait_outcome::WaitOutcome;
use super::{IS_ON, tracing};
use crate::clock::Clock;
use crate::nanos::Nanos;
use crate::refusal::Wait;

/// A wait. Its end is recorded once.
#[derive(Debug)]
pub(crate) struct WaitRecord {
    /// The beginning, on the account's clock. `None` if there was no wait, or its end is recorded.
    since: Option<Nanos>,
    span: tracing::WaitSpan,
}

impl WaitRecord {
    /// Records the beginning of a wait, if there is one.
    pub(crate) fn begin(recorder: &Recorder, clock: &Clock, wait: Option<Wait>) -> Self {
        if wait.is_some() {
            recorder.counts.wait_begins();
        }
        let since = wait.filter(|_| IS_ON).map(|_| clock.now());
        Self { since, span: recorder.events.wait(wait.as_ref()) }
    }

    /// Runs a closure within the span of the wait. The span is not entered otherwise: between polls another task may
    /// run.
    pub(crate) fn in_span<R>(&self, run: impl FnOnce() -> R) -> R {
        self.span.in_scope(run)
    }

    /// Records the end of the wait and closes its span. Does nothing if it has ended before.
    pub(crate) fn end(&mut self, recorder: &Recorder, clock: &Clock, outcome: WaitOutcome) {
        let Some(since) = self.since.take() else { return };
        let seconds = (clock.now() - since).get() as f64 / 1e9;
        recorder.counts.wait_ends(outcome, seconds);
        self.in_span(|| match outcome {
            WaitOutcome::Admitted => recorder.events.admitted(seconds),
            WaitOutcome::Left => recorder.events.left(seconds),
            // The refusal itself is recorded with its reason.
            WaitOutcome::Refused => {}
        });
        self.span.end();
    }
}
