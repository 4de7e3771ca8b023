//! Recording what becomes of the calls of a route.

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

/// What a caller does when its call is not admitted now, which decides whether that counts as a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnRefusal {
    /// It gives up.
    GiveUp,
    /// It gives up, because the wait would be longer than it may be.
    GiveUpAtDeadline,
    /// It waits.
    Wait,
    /// It asks another model.
    AskElsewhere,
}

impl OnRefusal {
    /// The reason that a call is refused for which would have to wait; `None` where it is not refused.
    const fn reason_to_wait(self) -> Option<Reason> {
        match self {
            Self::GiveUp => Some(Reason::Wait),
            Self::GiveUpAtDeadline => Some(Reason::Deadline),
            Self::Wait | Self::AskElsewhere => None,
        }
    }

    /// Whether a call that can never be admitted is refused.
    const fn is_refused_for_good(self) -> bool {
        !matches!(self, Self::AskElsewhere)
    }
}

/// Records the calls that draw from some limits, as metrics and events. Clones record as one.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    /// The limits, in the order of the metrics' and events' pools.
    draws: Arc<[Draw]>,
    pub(super) counts: metrics::Counts,
    pub(super) events: tracing::Events,
}

impl Recorder {
    /// `limits` are those of the draws, in their order.
    pub(crate) fn new(settings: &Settings, draws: Arc<[Draw]>, limits: &[&PoolKey]) -> Self {
        let (counts, events) = (metrics::Counts::new(settings, limits), tracing::Events::new(settings, limits));
        Self { draws, counts, events }
    }

    /// Records a call that was admitted at once.
    #[inline(always)]
    pub(crate) fn record_admitted(&self) {
        self.counts.admitted();
    }

    /// Records a call that was refused like one before it in the same tick, by the limit at a position.
    #[inline(always)]
    pub(crate) fn record_known_refusal(&self, position: usize, on_refusal: OnRefusal) {
        if let Some(reason) = on_refusal.reason_to_wait() {
            self.counts.refused(reason, Some(position));
        }
    }

    /// Records a call that the schedule has refused.
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

    /// Records a call that the schedule has admitted.
    pub(crate) fn record_charge(&self, charge: &Charge) {
        self.record_admitted();
        if let AdmissionNote::WouldHaveWaited { meter, .. } = charge.note
            && let Some(draw) = self.draws.iter().find(|draw| draw.meter == meter)
        {
            self.record(Reason::Shadow, &draw.limit, None);
        }
    }

    fn record(&self, reason: Reason, limit: &LimitInForce, wait: Option<Duration>) {
        let position = self.position(limit);
        self.counts.refused(reason, position);
        self.events.refused(reason, position, limit, wait);
    }

    /// Records usage that was reported and not charged, since more is owed than a window allows.
    pub(crate) fn record_dropped(&self, limit: &LimitInForce, amount: u64) {
        let position = self.position(limit);
        self.counts.dropped(position, amount);
        self.events.dropped(position, limit, amount);
    }

    /// Where a limit is among the draws, whatever its amount and its window are now.
    pub(super) fn position(&self, limit: &LimitInForce) -> Option<usize> {
        let is_same = |draw: &Draw| LimitInForce { amount: limit.amount, window: limit.window, ..draw.limit } == *limit;
        self.draws.iter().position(is_same)
    }
}
