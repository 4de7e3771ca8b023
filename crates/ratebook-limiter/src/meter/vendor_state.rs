//! What replies say of a limit.
#![cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "only replies change it"))]

use super::Meter;
#[cfg(feature = "feedback")]
use super::{Counter, Reach};
#[cfg(feature = "feedback")]
use crate::clock::ClockReading;
#[cfg(feature = "feedback")]
use crate::limit::Part;
use crate::nanos::Nanos;
use crate::withheld::Withheld;
#[cfg(feature = "feedback")]
use ratebook::Metric;

/// What is withheld of a limit, and why.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct VendorState {
    pub(super) withheld: Withheld,
    /// While a rate rises slowly, what a call that is larger needs of it.
    pub(super) floor: Option<u64>,
    /// Refusals one after the other, and when the last of them was vendor_state.
    refusals: u32,
    refused_at: Nanos,
    /// The refusals before a call that was served, and when that was charged.
    before_served: (u32, Nanos),
}

impl Meter {
    /// Drops what replies have said of it, and what follows from them.
    pub(crate) fn forget_replies(&mut self) {
        self.vendor_state = None;
        if let Some(state) = self.state_mut() {
            state.vendor_limit = None;
            state.sharing.iter_mut().for_each(|sharing| **sharing = sharing.whole());
        }
    }

    /// Ends a pause: what is withheld then comes back by its rate from now on.
    pub(crate) fn resume(&mut self, now: Nanos) -> bool {
        match &mut self.vendor_state {
            Some(vendor_state) if vendor_state.withheld.until() > now => {
                vendor_state.withheld = Withheld::default();
                true
            }
            _ => false,
        }
    }
}

#[cfg(feature = "feedback")]
impl Meter {
    /// Whether it enforces a limit, over its own window or a shorter one, rather than a pace or a share of the user's.
    pub(crate) fn is_vendors(&self) -> bool {
        matches!(self.stated.part, Part::Whole | Part::SubWindow)
    }

    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    pub(crate) fn metric(&self) -> Metric {
        self.stated.metric
    }

    /// Withholds what is left of it until a moment. Then a 64th of the limit is there at once, and the rest of what is
    /// free comes at a window's own rate, or of a calendar's period and of places within a minute.
    pub(crate) fn pause(&mut self, until: Nanos, now: Nanos) {
        if until <= self.paused_until().max(now) {
            return;
        }
        let amount = match &self.counter {
            Counter::Gcra(_) => 0,
            _ => self.headroom_at(until).saturating_add(self.withheld(until)).min(self.limit),
        };
        let rate = match &self.counter {
            Counter::Calendar(_) | Counter::Slots(_) => (amount, Nanos::MINUTE),
            _ => (self.limit, self.width()),
        };
        let at_once = if self.is_starting_slowly(now) { 0 } else { (self.limit / 64).max(1) };
        self.withhold(until, amount.saturating_sub(at_once), rate, now);
    }

    /// Withholds all but what a reply says is left. The reply counts the window as of when its call was charged: what was
    /// charged since is subtracted, what the window has freed since at its own rate is added. Others have used what is
    /// withheld, within the last window: it comes back evenly within a window, or within a calendar's period not at all.
    pub(crate) fn keep_left(&mut self, left: u64, charged_at: Nanos, reading: ClockReading) {
        let now = reading.earliest;
        let since = u128::from((now - charged_at).get());
        let (freed, charged) = match &self.counter {
            Counter::Sliding(window) => (
                u128::from(self.limit) * since / u128::from(window.width().get().max(1)),
                window.charged_since(charged_at),
            ),
            Counter::Gcra(_) | Counter::Calendar(_) | Counter::Slots(_) => (0, 0),
        };
        let left = left.saturating_add(u64::try_from(freed).unwrap_or(u64::MAX)).saturating_sub(charged);
        let surplus = self.headroom(now).saturating_sub(left);
        match &mut self.counter {
            Counter::Sliding(_) if surplus > 0 => {
                let withheld = self.withheld(now).saturating_add(surplus);
                // At the limit's own rate it would be back while others go on to use it.
                self.withhold(now, withheld, (withheld, self.width()), now);
            }
            Counter::Calendar(window) if surplus > 0 => {
                window.charge(reading, surplus);
            }
            _ => {}
        }
    }

    /// Withholds what is left of it, and what the refused call has taken, but for a floor that was served before, and sets
    /// it free evenly within so many nanoseconds, or those that it has been vendor_limit before: who goes on as before may.
    pub(crate) fn start_slowly(&mut self, refused: u64, floor: u64, over: Option<Nanos>, now: Nanos) {
        let left = self.limit.saturating_sub(self.used_by_calls(now));
        let amount = left.saturating_add(refused).min(self.limit.saturating_sub(floor));
        // A larger call than the floor does not wait for all of it.
        let floor = (self.limit - amount).max(self.limit / 16).max(1);
        let vendor_state = self.vendor_state.get_or_insert_default();
        let over = over.unwrap_or_else(|| vendor_state.withheld.over());
        let until = vendor_state.withheld.until().max(now);
        vendor_state.withheld = Withheld::new(until, amount, (amount, over));
        vendor_state.floor = Some(floor);
        self.vendor_withholds();
    }

    /// What is withheld is by the vendor's word now.
    fn vendor_withholds(&mut self) {
        self.slow_start.iter_mut().for_each(|slow_start| slow_start.withholds = false);
    }

    /// Whether its rate rises slowly.
    fn is_starting_slowly(&self, now: Nanos) -> bool {
        self.vendor_state
            .as_ref()
            .is_some_and(|vendor_state| vendor_state.floor.is_some() && !vendor_state.withheld.is_over(now))
    }

    /// Withholds everything until a moment, and an amount from then on, which is set free at a rate, or at that of a slow
    /// rise that is not over.
    fn withhold(&mut self, until: Nanos, amount: u64, rate: (u64, Nanos), now: Nanos) {
        let (limit, is_starting_slowly) = (self.limit, self.is_starting_slowly(now));
        let vendor_state = self.vendor_state.get_or_insert_default();
        let rate = if is_starting_slowly { vendor_state.withheld.slower(rate) } else { rate };
        vendor_state.withheld = Withheld::new(until, amount.min(limit), rate);
        self.vendor_withholds();
    }

    /// Notes the refusal of a call that was charged at a moment: how many there have been one after the other, or `None`
    /// where the call was on its way before the last one was vendor_state, and says nothing new.
    pub(crate) fn count_refusal(&mut self, charged_at: Nanos, now: Nanos) -> Option<u32> {
        let vendor_state = self.vendor_state.get_or_insert_default();
        if vendor_state.refusals > 0 && charged_at <= vendor_state.refused_at {
            return None;
        }
        vendor_state.refusals = vendor_state.refusals.saturating_add(1);
        vendor_state.refused_at = now;
        Some(vendor_state.refusals)
    }

    /// How many refusals there have been one after the other.
    pub(crate) fn refusals(&self) -> u32 {
        self.vendor_state.as_ref().map_or(0, |vendor_state| vendor_state.refusals)
    }

    /// Notes that a call was served that was charged at a moment.
    pub(crate) fn record_served(&mut self, charged_at: Nanos) {
        if let Some(vendor_state) = &mut self.vendor_state
            && charged_at > vendor_state.refused_at
        {
            if vendor_state.refusals > 0 {
                vendor_state.before_served = (vendor_state.refusals, charged_at);
            }
            vendor_state.refusals = 0;
        }
    }

    /// Notes that a call was refused after its reply had begun as one that is served: what it has ended goes on.
    pub(crate) fn undo_served(&mut self, charged_at: Nanos) {
        if let Some(vendor_state) = &mut self.vendor_state
            && vendor_state.refusals == 0
            && vendor_state.before_served.1 == charged_at
        {
            vendor_state.refusals = vendor_state.before_served.0;
        }
    }
}
