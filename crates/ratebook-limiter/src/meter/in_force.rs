//! Which limit a meter enforces: its amount and window in force, from what is said of the whole limit.

use ratebook::{Bound, Metric, Period};

use super::{Counter, Meter, MeterId};
use crate::limit::{LimitInForce, Part};
use crate::limit_state::{LimitState, PartKind};
use crate::nanos::Nanos;

impl Meter {
    /// The limit with the amount and the window now in force.
    pub(crate) fn in_force(&self) -> LimitInForce {
        LimitInForce { amount: self.limit / self.scale, window: self.window.get(), ..self.stated }
    }

    pub(crate) fn is_guaranteed(&self) -> bool {
        self.stated.bound == Bound::Guaranteed
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    pub(crate) fn scale(&self) -> u64 {
        self.scale
    }

    /// Whether it is a limit itself, not a part or a share of one.
    pub(crate) fn is_whole(&self) -> bool {
        self.stated.part == Part::Whole
    }

    pub(crate) fn whole(&self) -> MeterId {
        self.whole
    }

    pub(crate) fn counts(&self, metric: Metric, per: Option<Period>) -> bool {
        self.stated.metric == metric && self.per.is(per)
    }

    /// The window as stated.
    pub(crate) fn stated_window(&self) -> Nanos {
        Nanos::new(self.stated.window)
    }

    /// What has been said of the limit, of a whole.
    pub(crate) fn state(&self) -> Option<&LimitState> {
        self.state.as_deref()
    }

    /// The amount in force as it would be without replies.
    #[cfg(feature = "feedback")]
    pub(crate) fn configured(&self) -> u64 {
        self.owed_most
    }

    /// What the vendor allows the account without replies, of which a share may be ours.
    #[cfg(feature = "feedback")]
    pub(crate) fn granted(&self) -> u64 {
        self.state.as_ref().map_or(self.owed_most, |state| state.granted())
    }

    /// What is ours of an amount of the vendor's, in units of the metric.
    #[cfg(feature = "feedback")]
    pub(crate) fn ours(&self, amount: u64) -> u64 {
        let amount = amount.saturating_mul(self.scale);
        self.state.as_ref().map_or(amount, |state| state.share_of(amount))
    }

    pub(crate) fn state_mut(&mut self) -> Option<&mut LimitState> {
        self.state.as_deref_mut()
    }

    /// Sets the amounts and the window by those of the whole: what is in force, what is ours of the limit whatever others
    /// use, and what would be without replies; whether the first or the window is another than before.
    pub(crate) fn fit(&mut self, amounts: [u64; 3], window: Nanos, now: Nanos) -> bool {
        let [in_force, ours, granted] = amounts;
        let (limit, window_in_force) = self.rule.of(in_force, window);
        (self.promised, _) = self.rule.of(ours, window);
        (self.owed_most, _) = self.rule.of(granted, window);
        if (limit, window_in_force) == (self.limit, self.window) {
            return false;
        }
        (self.limit, self.window) = (limit, window_in_force);
        let width = window_in_force + self.jitter;
        match &mut self.counter {
            Counter::Sliding(window) => window.set_shape(limit, width),
            Counter::Gcra(gcra) => gcra.set_shape(limit, width, now),
            Counter::Calendar(_) | Counter::Slots(_) => {}
        }
        true
    }

    /// Sets the percentage of the whole that it is, where it is a share: `fit` brings the amount.
    pub(crate) fn set_share(&mut self, percent: u8) {
        if let PartKind::Share(share) = &mut self.rule {
            *share = percent;
        }
    }
}
