//! The limit that a meter enforces: its amount and window in force, derived from the state of the whole limit.

use ratebook::{Bound, Metric, Period};

use super::{Counter, Meter, MeterId};
#[cfg(feature = "load")]
use crate::limit::Origin;
use crate::limit::{LimitInForce, Part};
use crate::limit_state::{LimitState, PartKind};
use crate::nanos::Nanos;

impl Meter {
    /// The limit with the amount and the window in force.
    pub(crate) fn in_force(&self) -> LimitInForce {
        LimitInForce { amount: self.limit / self.scale, window: self.window.get(), ..self.stated }
    }

    pub(crate) fn is_guaranteed(&self) -> bool {
        self.stated.bound == Bound::Guaranteed
    }

    /// Whether a response may state a higher limit: the page states a guarantee, a floor or a typical amount.
    #[cfg(feature = "feedback")]
    pub(crate) fn may_be_widened(&self) -> bool {
        matches!(self.stated.bound, Bound::Guaranteed | Bound::Floor | Bound::Typical)
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    pub(crate) fn scale(&self) -> u64 {
        self.scale
    }

    /// Whether this is a limit itself, not a sub-window, a pace or a share of one.
    pub(crate) fn is_whole(&self) -> bool {
        self.stated.part == Part::Whole
    }

    pub(crate) fn whole_meter(&self) -> MeterId {
        self.whole_meter
    }

    pub(crate) fn counts(&self, metric: Metric, per: Option<Period>) -> bool {
        self.stated.metric == metric && self.per.is(per)
    }

    /// The window as stated, without jitter.
    pub(crate) fn stated_window(&self) -> Nanos {
        Nanos::new(self.stated.window)
    }

    /// What the amount of a whole limit follows from. `None` for a part.
    pub(crate) fn state(&self) -> Option<&LimitState> {
        self.state.as_deref()
    }

    /// The amount in force as it would be without responses.
    #[cfg(feature = "feedback")]
    pub(crate) fn configured(&self) -> u64 {
        self.max_debt
    }

    /// The amount that the vendor grants the account, without responses and before shares.
    #[cfg(feature = "feedback")]
    pub(crate) fn granted(&self) -> u64 {
        self.state.as_ref().map_or(self.max_debt, |state| state.granted())
    }

    /// This process's share of an amount that the vendor states, which is in units of the metric. The result is in
    /// units of the dimension.
    #[cfg(feature = "feedback")]
    pub(crate) fn ours(&self, amount: u64) -> u64 {
        let amount = amount.saturating_mul(self.scale);
        self.state.as_ref().map_or(amount, |state| state.share_of(amount))
    }

    pub(crate) fn state_mut(&mut self) -> Option<&mut LimitState> {
        self.state.as_deref_mut()
    }

    /// Derives the amounts and the window from those of the whole limit: the amount in force, the amount without other
    /// clients, and the amount without responses. Returns whether the amount in force or the window has changed.
    pub(crate) fn set_amounts(&mut self, amounts: [u64; 3], window: Nanos, now: Nanos) -> bool {
        let [in_force, ours, granted] = amounts;
        let (limit, window_in_force) = self.part.of(in_force, window);
        (self.promised, _) = self.part.of(ours, window);
        (self.max_debt, _) = self.part.of(granted, window);
        if (limit, window_in_force) == (self.limit, self.window) {
            return false;
        }
        (self.limit, self.window) = (limit, window_in_force);
        let width = window_in_force + self.jitter;
        match &mut self.counter {
            Counter::Sliding(window) => window.set_shape(limit, width),
            Counter::Gcra(gcra) => gcra.set_shape(limit, width, now),
            Counter::Calendar(_) | Counter::Concurrency(_) => {}
        }
        true
    }

    /// Sets the amount and the origin of the whole limit, as another catalog states them. Returns whether the amount
    /// has changed. The amount in force changes with the next [`set_amounts`](Self::set_amounts).
    #[cfg(feature = "load")]
    pub(crate) fn restate(&mut self, amount: u64, origin: Origin) -> bool {
        let has_changed = self.stated.amount != amount;
        (self.stated.amount, self.stated.origin) = (amount, origin);
        has_changed
    }

    /// Sets the percentage of a share. The amount changes with the next [`set_amounts`](Self::set_amounts). No effect
    /// on other parts.
    pub(crate) fn set_share(&mut self, percent: u8) {
        if let PartKind::Share(share) = &mut self.part {
            *share = percent;
        }
    }
}
