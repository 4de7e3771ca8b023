//! Recording what a reply has changed, once the account's lock is free again.

use super::IS_ON;
use super::reason::Reason;
use super::recorder::Recorder;
use crate::feedback::{Refusal, Signals};
use crate::limit::LimitInForce;
use crate::meter::Meter;
use crate::nanos::Nanos;

/// What a reply has changed.
#[derive(Debug, Default)]
pub(crate) struct FeedbackRecord {
    changes: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    /// The call was refused: the limit that is slowed by it, and how long it pauses.
    Refused { refusal: Refusal, limit: Option<LimitInForce>, pause: Option<Nanos> },
    /// A limit is another than it was.
    Limit { before: LimitInForce, now: LimitInForce },
    /// Less of a limit is left than was believed.
    Shrunk { limit: LimitInForce, left: u64 },
}

impl FeedbackRecord {
    /// Notes that the reply was a refusal, and the limit that it slows.
    pub(crate) fn refused(&mut self, refusal: Refusal, slowed: Option<&Meter>, pause: Option<Nanos>) {
        if IS_ON {
            self.changes.push(Change::Refused { refusal, limit: slowed.map(Meter::in_force), pause });
        }
    }

    /// Notes what a limit was before the reply stated it.
    pub(crate) fn limit(&mut self, before: LimitInForce, meter: &Meter) {
        if IS_ON && before != meter.in_force() {
            self.changes.push(Change::Limit { before, now: meter.in_force() });
        }
    }

    /// Notes what was left of a limit before the reply stated it.
    pub(crate) fn left(&mut self, before: u64, meter: &Meter, now: Nanos) {
        if IS_ON && meter.headroom(now) < before {
            self.changes.push(Change::Shrunk { limit: meter.in_force(), left: meter.headroom(now) });
        }
    }

    /// Records the changes, and the values of the reply that were not believed.
    pub(crate) fn record(&self, recorder: &Recorder, signals: &Signals) {
        let events = &recorder.events;
        for change in &self.changes {
            match change {
                Change::Refused { refusal, limit, pause } => {
                    let position = limit.and_then(|limit| recorder.position(&limit));
                    recorder.counts.refused(Reason::Vendor, position);
                    events.vendor_refused(refusal, position, limit.as_ref(), *pause);
                }
                Change::Limit { before, now } => events.limit_changed(recorder.position(now), before, now),
                Change::Shrunk { limit, left } => events.shrunk(recorder.position(limit), limit, *left),
            }
        }
        signals.invalid_values().for_each(|(at, why)| events.invalid_value(at, why));
    }
}
