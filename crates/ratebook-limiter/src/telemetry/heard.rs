//! What a reply has changed, told when the account is free again.

#[cfg(feature = "tracing")]
use super::tracing::event;
use crate::feedback::{Refusal, Signals};
use crate::limit::LimitInForce;
use crate::meter::Meter;
use crate::nanos::Nanos;
use crate::route::Route;

/// What has come of a reply.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    changes: Vec<Change>,
}

#[cfg(any(feature = "metrics", feature = "tracing"))]
#[derive(Debug)]
#[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "only events tell all of it"))]
enum Change {
    /// The call was refused: the limit that is slowed by it, and how long it pauses.
    Refused { refusal: Refusal, limit: Option<LimitInForce>, pause: Option<Nanos> },
    /// A limit is another than it was.
    Limit { before: LimitInForce, now: LimitInForce },
    /// Less of a limit is left than was believed.
    Shrunk { limit: LimitInForce, left: u64 },
}

impl Heard {
    /// The reply was a refusal, which slows a limit, or none.
    pub(crate) fn refused(&mut self, refusal: Refusal, slowed: Option<&Meter>, pause: Option<Nanos>) {
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        self.changes.push(Change::Refused { refusal, limit: slowed.map(Meter::in_force), pause });
    }

    /// The reply has told what a limit is.
    pub(crate) fn limit(&mut self, before: LimitInForce, meter: &Meter) {
        #[cfg(feature = "tracing")]
        if before != meter.in_force() {
            self.changes.push(Change::Limit { before, now: meter.in_force() });
        }
    }

    /// The reply has told how much is left.
    pub(crate) fn left(&mut self, before: u64, meter: &Meter, now: Nanos) {
        #[cfg(feature = "tracing")]
        if meter.headroom(now) < before {
            self.changes.push(Change::Shrunk { limit: meter.in_force(), left: meter.headroom(now) });
        }
    }

    /// Tells it, with what made no sense.
    pub(crate) fn tell(&self, route: &Route, signals: &Signals) {
        #[cfg(feature = "metrics")]
        for change in &self.changes {
            if let Change::Refused { limit, .. } = change {
                let position = limit.and_then(|limit| route.position(&limit));
                route.teller.counts.refused(super::Reason::Vendor, position);
            }
        }
        #[cfg(feature = "tracing")]
        {
            self.changes.iter().for_each(|change| change.tell(route));
            signals.nonsense().for_each(|(at, why)| nonsense(route, at, why));
        }
    }
}

#[cfg(feature = "tracing")]
impl Change {
    fn tell(&self, route: &Route) {
        let about = &route.teller.about;
        let pool = |limit: &LimitInForce| about.pool(route.position(limit));
        match self {
            Self::Refused { refusal, limit, pause } => {
                let pool = limit.as_ref().and_then(pool);
                let limit = limit.as_ref().map(::tracing::field::display);
                let (metric, remedy) = (refusal.metric.map(ratebook::Metric::name), refusal.remedy.name());
                let pause_seconds = pause.map(|pause| pause.get() as f64 / 1e9);
                event!(
                    warn,
                    "vendor_refused",
                    about,
                    { pool, limit, metric, remedy, pause_seconds },
                    "the vendor has refused a call"
                );
            }
            Self::Limit { before, now } => {
                let (pool, before, limit) = (pool(now), before.amount, now);
                event!(
                    info,
                    "limit_changed",
                    about,
                    { pool, %limit, before },
                    "the vendor says that a limit is another"
                );
            }
            Self::Shrunk { limit, left } => {
                let pool = pool(limit);
                event!(debug, "shrunk", about, { pool, %limit, left }, "the vendor says that less is left");
            }
        }
    }
}

#[cfg(feature = "tracing")]
fn nonsense(route: &Route, at: &str, why: crate::feedback::Nonsense) {
    let about = &route.teller.about;
    event!(warn, "nonsense", about, { at, %why }, "a reply says what makes no sense");
}
