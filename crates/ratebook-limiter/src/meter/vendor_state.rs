//! What responses withhold of a limit, and the refusals they were derived from.
#![cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "used with `feedback` only"))]

use super::Meter;
#[cfg(feature = "feedback")]
use super::{Counter, Reach};
#[cfg(feature = "feedback")]
use crate::clock::ClockReading;
#[cfg(feature = "feedback")]
use crate::limit::Part;
use crate::nanos::Nanos;
use crate::pause::PauseReason;
use crate::withheld::Withheld;
#[cfg(feature = "feedback")]
use ratebook::Metric;

/// What is withheld of a limit, and why.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct VendorState {
    pub(super) withheld: Withheld,
    /// The reason of the last pause.
    pause_reason: PauseReason,
    /// During a slow start: the headroom that a larger call needs.
    pub(super) floor: Option<u64>,
    /// Consecutive refusals, and the time of the last.
    refusals: u32,
    refused_at: Nanos,
    /// The refusals before a call that was served, and when that call was charged.
    before_served: (u32, Nanos),
}

impl Meter {
    /// Drops everything that responses have stated, and what follows from it.
    pub(crate) fn forget_responses(&mut self) {
        self.vendor_state = None;
        if let Some(state) = self.state_mut() {
            state.vendor_limit = None;
            state.growth.iter_mut().for_each(|growth| growth.forget_responses());
            state.sharing.iter_mut().for_each(|sharing| **sharing = sharing.reset());
        }
    }

    /// The reason why everything is withheld at `now`; `None` if there is no pause.
    pub(crate) fn pause_reason(&self, now: Nanos) -> Option<PauseReason> {
        let vendor_state = self.vendor_state.as_ref()?;
        (vendor_state.withheld.until() > now).then_some(vendor_state.pause_reason)
    }

    /// Ends a pause. Returns whether there was one.
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
    /// Whether this is a limit of the vendor, over its own window or a sub-window, rather than an even pace or a share.
    pub(crate) fn is_vendors(&self) -> bool {
        matches!(self.stated.part, Part::Whole | Part::SubWindow)
    }

    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    pub(crate) fn metric(&self) -> Metric {
        self.stated.metric
    }

    /// Pauses until a moment. From then on a 64th of the limit is available at once, or nothing during a slow start.
    /// The rest is released at the rate of the window, or within a minute for a calendar window and for concurrency.
    pub(crate) fn pause(&mut self, until: Nanos, reason: PauseReason, now: Nanos) {
        if until <= self.paused_until().max(now) {
            return;
        }
        let amount = match &self.counter {
            Counter::Gcra(_) => 0,
            _ => self.headroom_at(until).saturating_add(self.withheld(until)).min(self.limit),
        };
        let rate = match &self.counter {
            Counter::Calendar(_) | Counter::Concurrency(_) => (amount, Nanos::MINUTE),
            _ => (self.limit, self.width()),
        };
        let at_once = if self.is_in_slow_start(now) { 0 } else { (self.limit / 64).max(1) };
        self.withhold(until, amount.saturating_sub(at_once), rate, now);
        self.vendor_state.iter_mut().for_each(|vendor_state| vendor_state.pause_reason = reason);
    }

    /// Withholds all but what a response states is left. The response describes the window as of its call's charge, so
    /// later charges are subtracted and what the window has freed since, at its own rate, is added. The difference was
    /// used by other clients within the last window: it is released evenly within one window, and in a calendar window
    /// not at all.
    pub(crate) fn keep_left(&mut self, left: u64, charged_at: Nanos, reading: ClockReading) {
        let now = reading.earliest;
        let since = u128::from((now - charged_at).get());
        let (freed, charged) = match &self.counter {
            Counter::Sliding(window) => (
                u128::from(self.limit) * since / u128::from(window.width().get().max(1)),
                window.charged_since(charged_at),
            ),
            Counter::Gcra(_) | Counter::Calendar(_) | Counter::Concurrency(_) => (0, 0),
        };
        let left = left.saturating_add(u64::try_from(freed).unwrap_or(u64::MAX)).saturating_sub(charged);
        let surplus = self.headroom(now).saturating_sub(left);
        match &mut self.counter {
            Counter::Sliding(_) if surplus > 0 => {
                let withheld = self.withheld(now).saturating_add(surplus);
                // At the limit's own rate it would be released while others still use it.
                self.withhold(now, withheld, (withheld, self.width()), now);
            }
            Counter::Calendar(window) if surplus > 0 => {
                window.charge(reading, surplus);
            }
            _ => {}
        }
    }

    /// Starts slowly after a refusal for too steep a rise. Withholds what is left and what the refused call took,
    /// except for a `floor` that was served before, and releases it evenly within `over`, or within the time of the
    /// last release. A client that continues at its former rate is not slowed.
    pub(crate) fn start_slowly(&mut self, refused: u64, floor: u64, over: Option<Nanos>, now: Nanos) {
        let left = self.limit.saturating_sub(self.used_by_calls(now));
        let amount = left.saturating_add(refused).min(self.limit.saturating_sub(floor));
        // A call above the floor does not wait for all of its amount.
        let floor = (self.limit - amount).max(self.limit / 16).max(1);
        let vendor_state = self.vendor_state.get_or_insert_default();
        let over = over.unwrap_or_else(|| vendor_state.withheld.over());
        let until = vendor_state.withheld.until().max(now);
        vendor_state.withheld = Withheld::new(until, amount, (amount, over));
        vendor_state.floor = Some(floor);
        self.withheld_by_response();
    }

    /// Attributes what is withheld to a response.
    fn withheld_by_response(&mut self) {
        self.slow_start.iter_mut().for_each(|slow_start| slow_start.withholds = false);
    }

    /// Whether a slow start is in progress, after a refusal or from cold.
    fn is_in_slow_start(&self, now: Nanos) -> bool {
        self.vendor_state
            .as_ref()
            .is_some_and(|vendor_state| vendor_state.floor.is_some() && !vendor_state.withheld.is_over(now))
    }

    /// Withholds everything until `until`, and `amount` from then on, which is released at `rate`, in units per time.
    /// During a slow start the slower of both rates applies.
    fn withhold(&mut self, until: Nanos, amount: u64, rate: (u64, Nanos), now: Nanos) {
        let (limit, is_in_slow_start) = (self.limit, self.is_in_slow_start(now));
        let vendor_state = self.vendor_state.get_or_insert_default();
        let rate = if is_in_slow_start { vendor_state.withheld.slower(rate) } else { rate };
        vendor_state.withheld = Withheld::new(until, amount.min(limit), rate);
        self.withheld_by_response();
    }

    /// Counts the refusal of a call. Returns the number of consecutive refusals, or `None` if the call was charged
    /// before the last refusal and so adds no information.
    pub(crate) fn count_refusal(&mut self, charged_at: Nanos, now: Nanos) -> Option<u32> {
        let vendor_state = self.vendor_state.get_or_insert_default();
        if vendor_state.refusals > 0 && charged_at <= vendor_state.refused_at {
            return None;
        }
        vendor_state.refusals = vendor_state.refusals.saturating_add(1);
        vendor_state.refused_at = now;
        Some(vendor_state.refusals)
    }

    /// The number of consecutive refusals.
    pub(crate) fn refusals(&self) -> u32 {
        self.vendor_state.as_ref().map_or(0, |vendor_state| vendor_state.refusals)
    }

    /// Records that a call was served, which ends a series of refusals.
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

    /// Records that a call was refused after its response had begun with a success: the series of refusals continues.
    pub(crate) fn undo_served(&mut self, charged_at: Nanos) {
        if let Some(vendor_state) = &mut self.vendor_state
            && vendor_state.refusals == 0
            && vendor_state.before_served.1 == charged_at
        {
            vendor_state.refusals = vendor_state.before_served.0;
        }
    }
}
