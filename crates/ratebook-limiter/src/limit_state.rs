//! What a limit is, and all that has been said of it.
//!
//! The amount in force is worked out from what was published or negotiated, what `set_limit` says, how far the limit has
//! grown, what replies say, and the share of it that is ours; the amount of each part (a shorter window, a class's or a
//! tenant's share, an even pace) from the amount of the whole. Nothing is worked out from an amount that was rounded before, so whatever
//! is said and then taken back leaves every amount as it was.

use std::sync::Arc;

use crate::aimd::AimdShare;
use crate::nanos::Nanos;
use crate::ramp::RampState;

/// What has been said of a limit, in units of its dimension.
#[derive(Clone, Debug)]
pub(crate) struct LimitState {
    /// As published, or as negotiated.
    pub(crate) stated: u64,
    /// Its growth by use from there.
    pub(crate) ramp: Option<Box<RampState>>,
    /// As `Model::set_limit` says.
    pub(crate) set: Option<u64>,
    /// As `Account::set_limit` says.
    pub(crate) set_for_all: Option<u64>,
    /// As replies say.
    pub(crate) vendor_limit: Option<VendorLimit>,
    /// Percentages of it that the account may use, one of the other.
    pub(crate) shares: Arc<[u8]>,
    /// What others leave of it, where others draw from it unseen.
    pub(crate) sharing: Option<Box<AimdShare>>,
}

/// A limit by the vendor's word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VendorLimit {
    pub(crate) limit: u64,
    /// Whether it may be more than was published.
    pub(crate) widens: bool,
    /// When it is forgotten, unless it is said again.
    pub(crate) until: Nanos,
}

impl VendorLimit {
    /// The limit in force, of one that would be so much without it.
    pub(crate) fn of(self, limit: u64) -> u64 {
        if self.widens { self.limit } else { self.limit.min(limit) }
    }
}

impl LimitState {
    /// A limit of which nothing more is said.
    pub(crate) fn new(stated: u64) -> Self {
        let (ramp, set, set_for_all, vendor_limit, sharing) = (None, None, None, None, None);
        Self { stated, ramp, set, set_for_all, vendor_limit, shares: Arc::new([]), sharing }
    }

    /// What the vendor allows the account, replies apart.
    pub(crate) fn granted(&self) -> u64 {
        let set = self.set.or(self.set_for_all);
        set.unwrap_or_else(|| self.ramp.as_ref().map_or(self.stated, |ramp| ramp.in_force()))
    }

    /// What of an amount is ours.
    pub(crate) fn share_of(&self, amount: u64) -> u64 {
        self.shares.iter().fold(amount, |amount, percent| share(amount, *percent))
    }

    /// What of it is ours, whatever others draw from it unseen.
    pub(crate) fn ours(&self) -> u64 {
        let granted = self.granted();
        self.share_of(self.vendor_limit.map_or(granted, |vendor_limit| vendor_limit.of(granted)))
    }

    /// What of it would be ours without replies.
    pub(crate) fn without_replies(&self) -> u64 {
        self.share_of(self.granted())
    }

    /// What of it may be used now.
    pub(crate) fn in_force(&self) -> u64 {
        let ours = self.ours();
        self.sharing.as_ref().map_or(ours, |sharing| sharing.of(ours))
    }

    /// Lets time pass; whether the amount may be another.
    pub(crate) fn advance(&mut self, now: Nanos) -> bool {
        let is_forgotten = self.vendor_limit.take_if(|vendor_limit| now >= vendor_limit.until).is_some();
        self.ramp.iter_mut().for_each(|ramp| ramp.advance(now));
        self.sharing.iter_mut().for_each(|sharing| sharing.advance(now));
        is_forgotten || self.ramp.is_some() || self.sharing.is_some()
    }

    /// When time alone next changes it.
    pub(crate) fn next_change(&self) -> Option<Nanos> {
        let grows = self.ramp.as_ref().and_then(|ramp| ramp.next_change());
        let rises = self.sharing.as_ref().and_then(|sharing| sharing.next_change());
        let forgets = self.vendor_limit.map(|vendor_limit| vendor_limit.until);
        grows.into_iter().chain(rises).chain(forgets).min()
    }
}

/// A share of an amount, never of something nothing.
pub(crate) fn share(amount: u64, percent: u8) -> u64 {
    let share = u128::from(amount) * u128::from(percent) / 100;
    u64::try_from(share).unwrap_or(u64::MAX).max(amount.min(1))
}

/// How the amount and the window of a meter follow from those of the whole limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartKind {
    /// The limit itself.
    Whole,
    /// A class's or a tenant's percentage of it.
    Share(u8),
    /// Its part in a shorter window.
    SubWindow(Nanos),
    /// Its even pace, over the whole window or a shorter one.
    Pace(Option<Nanos>),
}

impl PartKind {
    /// The amount and the window, of those of the whole.
    pub(crate) fn of(self, amount: u64, window: Nanos) -> (u64, Nanos) {
        match self {
            Self::Whole | Self::Pace(None) => (amount, window),
            Self::Share(percent) => (share(amount, percent), window),
            Self::SubWindow(part) | Self::Pace(Some(part)) => {
                if amount == 0 {
                    return (0, part);
                }
                // A limit of less than one in the shorter window is one in a longer one.
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
    fn a_sixtieth_of_a_minute_holds_each_second_and_less_than_one_in_more_seconds() {
        let of = |amount| PartKind::SubWindow(Nanos::SECOND).of(amount, Nanos::MINUTE);
        assert_eq!(of(600), (10, Nanos::SECOND));
        assert_eq!(of(90), (1, Nanos::SECOND));
        assert_eq!(of(30), (1, Nanos::SECOND.times(2)));
        assert_eq!(of(1), (1, Nanos::MINUTE));
        assert_eq!(of(0), (0, Nanos::SECOND));
    }

    proptest! {
        /// Whatever is said and taken back, the amount and all parts of it are as they were.
        #[test]
        fn what_is_taken_back_leaves_every_amount_as_it_was(
            stated in any::<u64>(),
            percent in 1u8..=100,
            said in prop::collection::vec((any::<u64>(), any::<u64>(), any::<u64>()), 1..20),
        ) {
            let mut state = LimitState { shares: Arc::new([percent]), ..LimitState::new(stated) };
            let rules = [PartKind::Whole, PartKind::Share(25), PartKind::SubWindow(Nanos::SECOND), PartKind::Pace(None)];
            let parts = |state: &LimitState| rules.map(|rule| rule.of(state.in_force(), Nanos::MINUTE));
            let before = parts(&state);
            for (set, set_for_all, limit) in said {
                (state.set, state.set_for_all) = (Some(set), Some(set_for_all));
                state.vendor_limit = Some(VendorLimit { limit, widens: limit % 2 == 0, until: Nanos::MAX });
                parts(&state);
            }
            (state.set, state.set_for_all, state.vendor_limit) = (None, None, None);
            prop_assert_eq!(parts(&state), before);
        }
    }
}
