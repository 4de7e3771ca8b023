//! Records what a response has changed, after the account's lock is released.

use ratebook::PenaltyTrigger;

use super::IS_ON;
use super::reason::Reason;
use super::recorder::Recorder;
use crate::feedback::{Refusal, Signals};
use crate::limit::LimitInForce;
use crate::meter::Meter;
use crate::nanos::Nanos;

/// The changes that a response has made. Collected under the account's lock.
#[derive(Debug, Default)]
pub(crate) struct FeedbackRecord {
    changes: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    /// The vendor refused the call. `limit` is paused or slowed, and `pause` is the duration of the pause.
    Refused { refusal: Refusal, limit: Option<LimitInForce>, pause: Option<Nanos> },
    /// The vendor refuses every call for a time, after too many calls of a kind.
    Penalized { after: PenaltyTrigger, pause: Nanos },
    /// The amount of a limit changed.
    Limit { before: LimitInForce, now: LimitInForce },
    /// The remaining amount of a limit decreased to `left`.
    Shrunk { limit: LimitInForce, left: u64 },
}

impl FeedbackRecord {
    /// Notes a refusal, with the limit that it pauses or slows.
    pub(crate) fn refused(&mut self, refusal: Refusal, slowed: Option<&Meter>, pause: Option<Nanos>) {
        if IS_ON {
            self.changes.push(Change::Refused { refusal, limit: slowed.map(Meter::in_force), pause });
        }
    }

    /// Notes a penalty, with the duration of the pause.
    pub(crate) fn penalized(&mut self, after: PenaltyTrigger, pause: Nanos) {
        if IS_ON {
            self.changes.push(Change::Penalized { after, pause });
        }
    }

    /// Notes a change of a limit, if it differs from the limit before the response.
    pub(crate) fn limit(&mut self, before: LimitInForce, meter: &Meter) {
        if IS_ON && before != meter.in_force() {
            self.changes.push(Change::Limit { before, now: meter.in_force() });
        }
    }

    /// Notes a decrease of the remaining amount, if it is below the amount before the response.
    pub(crate) fn left(&mut self, before: u64, meter: &Meter, now: Nanos) {
        if IS_ON && meter.headroom(now) < before {
            self.changes.push(Change::Shrunk { limit: meter.in_force(), left: meter.headroom(now) });
        }
    }

    /// Records the changes, and the invalid values of the response.
    pub(crate) fn record(&self, recorder: &Recorder, signals: &Signals) {
        let events = &recorder.events;
        for change in &self.changes {
            match change {
                Change::Refused { refusal, limit, pause } => {
                    let position = limit.and_then(|limit| recorder.position(&limit));
                    recorder.counts.refused(Reason::Vendor, position);
                    events.vendor_refused(refusal, position, limit.as_ref(), *pause);
                }
                Change::Penalized { after, pause } => events.penalized(*after, *pause),
                Change::Limit { before, now } => events.limit_changed(recorder.position(now), before, now),
                Change::Shrunk { limit, left } => events.shrunk(recorder.position(limit), limit, *left),
            }
        }
        signals.invalid_values().for_each(|(at, why)| events.invalid_value(at, why));
    }
}
