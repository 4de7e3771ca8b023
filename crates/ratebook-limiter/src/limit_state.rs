//! The state that the amount of a limit follows from.
//!
//! The amount in force is computed from the published or negotiated amount, `set_limit`, growth by use, the limit that
//! responses state, and the share of this process. The amounts of parts (sub-windows, shares of classes and tenants, an
//! even pace) are computed from the amount of the whole limit. Nothing is computed from a rounded amount, so undoing a
//! change restores every amount exactly.

use std::sync::Arc;

use crate::aimd::AimdShare;
use crate::growth::GrowthState;
use crate::nanos::Nanos;
use crate::ramp::RampState;

/// What the amount of a limit follows from, in units of its dimension.
#[derive(Clone, Debug)]
pub(crate) struct LimitState {
    /// The published or negotiated amount.
    pub(crate) stated: u64,
    /// Growth by use. Without it, the vendor grants `stated`.
    pub(crate) growth: Option<Box<GrowthByUse>>,
    /// Set by `Model::set_limit`; overrides `set_for_all`.
    pub(crate) set: Option<u64>,
    /// Set by `Account::set_limit`.
    pub(crate) set_for_all: Option<u64>,
    /// Stated by a response.
    pub(crate) vendor_limit: Option<VendorLimit>,
    /// Percentages that this account may use, applied one after the other.
    pub(crate) shares: Arc<[u8]>,
    /// The usable share, if clients outside this process draw from the limit.
    pub(crate) sharing: Option<Box<AimdShare>>,
}

/// A limit that a response states.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VendorLimit {
    pub(crate) limit: u64,
    /// Whether it may exceed the published limit.
    pub(crate) widens: bool,
    /// When it is forgotten, unless it is stated again.
    pub(crate) until: Nanos,
}

impl VendorLimit {
    /// Returns the limit in force, given the limit without the response.
    pub(crate) fn of(self, limit: u64) -> u64 {
        if self.widens { self.limit } else { self.limit.min(limit) }
    }
}

impl LimitState {
    /// Returns the state of a limit with nothing but a stated amount.
    pub(crate) fn new(stated: u64) -> Self {
        let (growth, set, set_for_all, vendor_limit, sharing) = (None, None, None, None, None);
        Self { stated, growth, set, set_for_all, vendor_limit, shares: Arc::new([]), sharing }
    }

    /// The amount that the vendor grants, without responses and before shares.
    pub(crate) fn granted(&self) -> u64 {
        let set = self.set.or(self.set_for_all);
        set.unwrap_or_else(|| self.growth.as_ref().map_or(self.stated, |growth| growth.in_force()))
    }

    /// This process's share of an amount.
    pub(crate) fn share_of(&self, amount: u64) -> u64 {
        self.shares.iter().fold(amount, |amount, percent| share(amount, *percent))
    }

    /// This process's share of the limit, even if other clients leave less at the moment.
    pub(crate) fn ours(&self) -> u64 {
        let granted = self.granted();
        self.share_of(self.vendor_limit.map_or(granted, |vendor_limit| vendor_limit.of(granted)))
    }

    /// This process's share of the limit as it would be without responses.
    pub(crate) fn without_responses(&self) -> u64 {
        let set = self.set.or(self.set_for_all);
        let granted = set.or_else(|| self.growth.as_ref().map(|growth| growth.without_responses()));
        self.share_of(granted.unwrap_or(self.stated))
    }

    /// The amount that may be used now.
    pub(crate) fn in_force(&self) -> u64 {
        let ours = self.ours();
        self.sharing.as_ref().map_or(ours, |sharing| sharing.of(ours))
    }

    /// Advances to `now`. Returns whether the amount may have changed.
    pub(crate) fn advance(&mut self, now: Nanos) -> bool {
        let has_expired = self.vendor_limit.take_if(|vendor_limit| now >= vendor_limit.until).is_some();
        self.growth.iter_mut().for_each(|growth| growth.advance(now));
        self.sharing.iter_mut().for_each(|sharing| sharing.advance(now));
        has_expired || self.growth.is_some() || self.sharing.is_some()
    }

    /// The next time at which the passage of time alone changes the amount.
    pub(crate) fn next_change(&self) -> Option<Nanos> {
        let grows = self.growth.as_ref().and_then(|growth| growth.next_change());
        let rises = self.sharing.as_ref().and_then(|sharing| sharing.next_change());
        let expires = self.vendor_limit.map(|vendor_limit| vendor_limit.until);
        grows.into_iter().chain(rises).chain(expires).min()
    }
}

/// How a limit changes with its use. Amounts are in units of the dimension.
#[derive(Clone, Debug)]
pub(crate) enum GrowthByUse {
    /// By the points that the page states for the limit.
    Ramp(RampState),
    /// By a rule of the policy.
    Rule(GrowthState),
}

impl GrowthByUse {
    /// Counts an amount used at `at` or earlier.
    pub(crate) fn charge(&mut self, amount: u64, at: Nanos) {
        match self {
            Self::Ramp(ramp) => ramp.charge(amount),
            Self::Rule(growth) => growth.charge(amount, at),
        }
    }

    pub(crate) fn refund(&mut self, amount: u64) {
        match self {
            Self::Ramp(ramp) => ramp.refund(amount),
            Self::Rule(growth) => growth.refund(amount),
        }
    }

    fn advance(&mut self, now: Nanos) {
        match self {
            Self::Ramp(ramp) => ramp.advance(now),
            Self::Rule(growth) => growth.advance(now),
        }
    }

    /// The next time at which the passage of time may change the limit.
    fn next_change(&self) -> Option<Nanos> {
        match self {
            Self::Ramp(ramp) => ramp.next_change(),
            Self::Rule(growth) => growth.next_change(),
        }
    }

    /// Whether the limit is where it started.
    pub(crate) fn is_at_start(&self) -> bool {
        match self {
            Self::Ramp(ramp) => ramp.is_at_start(),
            Self::Rule(growth) => growth.is_at_start(),
        }
    }

    fn in_force(&self) -> u64 {
        match self {
            Self::Ramp(ramp) => ramp.in_force(),
            Self::Rule(growth) => growth.in_force(),
        }
    }

    /// The limit in force as it would be without responses.
    fn without_responses(&self) -> u64 {
        match self {
            Self::Ramp(ramp) => ramp.in_force(),
            Self::Rule(growth) => growth.without_responses(),
        }
    }

    /// Continues from the amount that a response states, if only responses state the beginning.
    pub(crate) fn continue_from(&mut self, stated: u64, now: Nanos) {
        match self {
            Self::Ramp(_) => {}
            Self::Rule(growth) => growth.continue_from(stated, now),
        }
    }

    /// Discards what responses have stated.
    pub(crate) fn forget_responses(&mut self) {
        match self {
            Self::Ramp(_) => {}
            Self::Rule(growth) => growth.forget_responses(),
        }
    }
}

/// Returns a percentage of an amount, rounded down, but at least 1 of an amount above 0.
pub(crate) fn share(amount: u64, percent: u8) -> u64 {
    let share = u128::from(amount) * u128::from(percent) / 100;
    u64::try_from(share).unwrap_or(u64::MAX).max(amount.min(1))
}

/// How a meter's amount and window follow from those of the whole limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartKind {
    /// The whole limit.
    Whole,
    /// A percentage, for a class or a tenant.
    Share(u8),
    /// The vendor's sub-window of this length.
    SubWindow(Nanos),
    /// An even pace, over the whole window or a sub-window.
    Pace(Option<Nanos>),
}

impl PartKind {
    /// Derives amount and window from those of the whole limit.
    pub(crate) fn of(self, amount: u64, window: Nanos) -> (u64, Nanos) {
        match self {
            Self::Whole | Self::Pace(None) => (amount, window),
            Self::Share(percent) => (share(amount, percent), window),
            Self::SubWindow(part) | Self::Pace(Some(part)) => {
                if amount == 0 {
                    return (0, part);
                }
                // A sub-window of less than one unit is lengthened until it holds one.
                let limit = (amount / (window.get() / part.get().max(1)).max(1)).max(1);
                let fair = u128::from(window.get()) * u128::from(limit) / u128::from(amount);
                (limit, part.max(Nanos::new(u64::try_from(fair).unwrap_or(u64::MAX))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sub_window_of_less_than_one_unit_is_lengthened_to_hold_one() {
        let sub_window = |amount| PartKind::SubWindow(Nanos::SECOND).of(amount, Nanos::MINUTE);
        assert_eq!(sub_window(600), (10, Nanos::SECOND));
        assert_eq!(sub_window(90), (1, Nanos::SECOND));
        assert_eq!(sub_window(30), (1, Nanos::SECOND.times(2)));
        assert_eq!(sub_window(1), (1, Nanos::MINUTE));
        assert_eq!(sub_window(0), (0, Nanos::SECOND));
    }

    proptest! {
        /// After any changes, undoing them restores the whole limit and all parts.
        #[test]
        fn undoing_every_change_restores_all_amounts(
            stated in any::<u64>(),
            percent in 1u8..=100,
            statements in prop::collection::vec((any::<u64>(), any::<u64>(), any::<u64>()), 1..20),
        ) {
            let mut state = LimitState { shares: Arc::new([percent]), ..LimitState::new(stated) };
            let parts = [PartKind::Whole, PartKind::Share(25), PartKind::SubWindow(Nanos::SECOND), PartKind::Pace(None)];
            let amounts = |state: &LimitState| parts.map(|part| part.of(state.in_force(), Nanos::MINUTE));
            let before = amounts(&state);
            for (set, set_for_all, limit) in statements {
                (state.set, state.set_for_all) = (Some(set), Some(set_for_all));
                state.vendor_limit = Some(VendorLimit { limit, widens: limit % 2 == 0, until: Nanos::MAX });
                amounts(&state);
            }
            (state.set, state.set_for_all, state.vendor_limit) = (None, None, None);
            prop_assert_eq!(amounts(&state), before);
        }
    }
}
