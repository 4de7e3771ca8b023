//! What the vendor's replies say of a limit.
#![cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "only replies change it"))]

#[cfg(feature = "feedback")]
use ratebook::Metric;

use crate::withheld::Withheld;
#[cfg(feature = "feedback")]
use {
    super::{Gauge, Meter, Reach},
    crate::limit::Part,
    crate::ramp::RampState,
    crate::sharing::Sharing,
};

/// What the vendor's replies have said of a limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    pub(super) withheld: Withheld,
    /// The limit by the vendor's word.
    pub(super) told: Option<u64>,
    /// Refusals one after the other, and when the last of them was heard.
    refusals: u32,
    refused_at: u64,
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

    /// Hears what the limit is by the vendor's word: less than was set, or more where it may widen.
    pub(crate) fn hear_limit(&mut self, limit: u64, widens: bool) {
        let grown = self.ramp.as_ref().map_or(self.configured, RampState::in_force);
        let told = if widens { limit } else { limit.min(grown) };
        // What says nothing new is not kept.
        let told = (told != grown).then_some(told);
        if told.is_some() || self.heard.is_some() {
            self.heard.get_or_insert_default().told = told;
            self.reckon();
        }
    }

    /// What may be used of a limit that others use too, after a call was refused; `None` where it is ours alone.
    pub(crate) fn give_way(&self, now: u64) -> Option<Sharing> {
        Some(self.sharing?.fallen(now, self.used(), self.configured))
    }

    /// Takes the share of the limit that this one is, or is a part of.
    pub(crate) fn share(&mut self, share: Sharing) {
        if self.sharing.is_some() {
            self.sharing = Some(share);
            self.reckon();
        }
    }

    /// Withholds what is left of it until a moment; of a window, what is free then comes at the limit's own rate, but for
    /// a 64th of the limit that is there at once.
    pub(crate) fn pause(&mut self, until: u64, now: u64) {
        if until <= self.paused_until().max(now) {
            return;
        }
        let amount = match &self.gauge {
            Gauge::Sliding(_) => self.headroom_at(until).saturating_add(self.withheld(until)),
            _ => 0,
        };
        let at_once = (self.limit / 64).max(1);
        self.withhold(until, amount.saturating_sub(at_once));
    }

    /// Withholds all but what was left when a call came that was charged at a moment, less what was charged since: the
    /// vendor had not seen that. It comes back at the limit's own rate, or within a calendar's period not at all.
    pub(crate) fn keep_left(&mut self, left: u64, charged_at: u64, now: u64) {
        let unseen = if let Gauge::Sliding(log) = &self.gauge { log.charged_after(charged_at) } else { 0 };
        self.keep(left.saturating_sub(unseen), now);
    }

    /// Withholds all but an amount.
    pub(crate) fn keep(&mut self, amount: u64, now: u64) {
        let surplus = self.headroom(now).saturating_sub(amount);
        match &mut self.gauge {
            Gauge::Sliding(_) if surplus > 0 => {
                let withheld = self.withheld(now).saturating_add(surplus);
                self.withhold(now, withheld);
            }
            Gauge::Calendar(window) if surplus > 0 => {
                window.charge(surplus);
                self.has_changed = true;
            }
            _ => {}
        }
    }

    /// Withholds what is left of it, and what the refused call has taken, and sets it free evenly within so many
    /// nanoseconds, or those that it has been told before: who goes on as what was served may.
    pub(crate) fn slow_rise(&mut self, refused: u64, over: Option<u64>, now: u64) {
        let left = self.headroom(now).saturating_add(self.withheld(now));
        let amount = left.saturating_add(refused).min(self.limit);
        let heard = self.heard.get_or_insert_default();
        let over = over.unwrap_or_else(|| heard.withheld.over());
        heard.withheld = Withheld::new(now, amount, (amount, over));
        self.has_changed = true;
    }

    /// Withholds everything until a moment, and an amount from then on, which is set free at the limit's own rate.
    fn withhold(&mut self, until: u64, amount: u64) {
        let withheld = Withheld::new(until, amount.min(self.limit), (self.limit, self.width()));
        self.heard.get_or_insert_default().withheld = withheld;
        self.has_changed = true;
    }

    /// Notes the refusal of a call that was charged at a moment: how many there have been one after the other, or `None`
    /// where the call was on its way before the last one was heard, and says nothing new.
    pub(crate) fn count_refusal(&mut self, charged_at: u64, now: u64) -> Option<u32> {
        let heard = self.heard.get_or_insert_default();
        if heard.refusals > 0 && charged_at <= heard.refused_at {
            return None;
        }
        heard.refusals = heard.refusals.saturating_add(1);
        heard.refused_at = now;
        Some(heard.refusals)
    }

    /// Notes that a call was served that was charged at a moment.
    pub(crate) fn hear_served(&mut self, charged_at: u64) {
        if let Some(heard) = &mut self.heard
            && charged_at > heard.refused_at
        {
            heard.refusals = 0;
        }
    }
}
