//! Records the decisions on a route's calls.

use std::sync::Arc;
use std::time::Duration;

use super::reason::Reason;
use super::{metrics, tracing};
use crate::charge::{AdmissionNote, Charge};
use crate::draw::Draw;
use crate::limit::LimitInForce;
use crate::pool::PoolKey;
use crate::refusal::Refused;
use crate::settings::Settings;

/// What a caller does if its call is not admitted now. Decides whether it counts as a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnRefusal {
    /// The caller gives up.
    GiveUp,
    /// The caller gives up, because the wait is longer than it allows.
    GiveUpAtDeadline,
    /// The caller waits.
    Wait,
    /// The caller tries another model.
    AskElsewhere,
}

impl OnRefusal {
    /// Returns the reason of the refusal for a call that has to wait. `None` if that is not a refusal.
    const fn reason_to_wait(self) -> Option<Reason> {
        match self {
            Self::GiveUp => Some(Reason::Wait),
            Self::GiveUpAtDeadline => Some(Reason::Deadline),
            Self::Wait | Self::AskElsewhere => None,
        }
    }

    /// Whether a call above a limit counts as a refusal.
    const fn is_refused_for_good(self) -> bool {
        !matches!(self, Self::AskElsewhere)
    }
}

/// Records the decisions on a route's calls, as metrics and events. Clones share their counters.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    /// The route's draws. Metrics and events identify a limit by its position here.
    draws: Arc<[Draw]>,
    pub(super) counts: metrics::Counts,
    pub(super) events: tracing::Events,
}

impl Recorder {
    /// Creates a recorder. `limits` are the limits of `draws`, in the same order.
    pub(crate) fn new(settings: &Settings, draws: Arc<[Draw]>, limits: &[&PoolKey]) -> Self {
        let (counts, events) = (metrics::Counts::new(settings, limits), tracing::Events::new(settings, limits));
        Self { draws, counts, events }
    }

    /// Records a call that was admitted at once.
    #[inline(always)]
    pub(crate) fn record_admitted(&self) {
        self.counts.admitted();
    }

    /// Records a call that the refusal cache refused, by the limit at a position in the draws.
    #[inline(always)]
    pub(crate) fn record_known_refusal(&self, position: usize, on_refusal: OnRefusal) {
        if let Some(reason) = on_refusal.reason_to_wait() {
            self.counts.refused(reason, Some(position));
        }
    }

    /// Records a call that the schedule refused.
    pub(crate) fn record_refused(&self, refused: &Refused, on_refusal: OnRefusal) {
        match refused {
            Refused::Never(never) if on_refusal.is_refused_for_good() => {
                self.record(Reason::Never, &never.limit, None);
            }
            Refused::Never(_) => {}
            Refused::Wait(wait) => {
                if let Some(reason) = on_refusal.reason_to_wait() {
                    self.record(reason, &wait.limit, wait.delay());
                }
            }
        }
    }

    /// Records a call that the schedule admitted.
    pub(crate) fn record_charge(&self, charge: &Charge) {
        self.record_admitted();
        if let AdmissionNote::WouldHaveWaited { meter, .. } = charge.note
            && let Some(draw) = self.draws.iter().find(|draw| draw.meter == meter)
        {
            self.record(Reason::Shadow, &draw.limit, None);
        }
    }

    /// Records a refusal.
    fn record(&self, reason: Reason, limit: &LimitInForce, wait: Option<Duration>) {
        let position = self.position(limit);
        self.counts.refused(reason, position);
        self.events.refused(reason, position, limit, wait);
    }

    /// Records usage that was reported but not charged, because the limit's debt is at its maximum of one window.
    pub(crate) fn record_dropped(&self, limit: &LimitInForce, amount: u64) {
        let position = self.position(limit);
        self.counts.dropped(position, amount);
        self.events.dropped(position, limit, amount);
    }

    /// Returns the position of a limit in the draws. Ignores its amount, window and pause, which may have changed.
    pub(super) fn position(&self, limit: &LimitInForce) -> Option<usize> {
        let is_same = |draw: &Draw| {
            let LimitInForce { amount, window, pause, .. } = *limit;
            LimitInForce { amount, window, pause, ..draw.limit } == *limit
        };
        self.draws.iter().position(is_same)
    }
}
