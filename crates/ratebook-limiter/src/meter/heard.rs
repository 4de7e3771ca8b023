//! What the vendor's replies say of a limit.
#![cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "only replies change it"))]

#[cfg(feature = "feedback")]
use ratebook::Metric;

use crate::withheld::Withheld;
#[cfg(feature = "feedback")]
use {
    super::{Gauge, Meter, Reach},
    crate::limit::Part,
    crate::sharing::Sharing,
};

/// What the vendor's replies have said of a limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    pub(super) withheld: Withheld,
    pub(super) told: Option<Told>,
    /// While a rate rises slowly, what a call that is larger needs of it.
    pub(super) floor: Option<u64>,
    /// Refusals one after the other, and when the last of them was heard.
    refusals: u32,
    refused_at: u64,
    /// The refusals before a call that was served, and when that was charged.
    before_served: (u32, u64),
}

/// A limit by the vendor's word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    limit: u64,
    widens: bool,
    /// When it is forgotten, unless it is said again.
    pub(super) until: u64,
}

impl Told {
    /// The limit in force, of one that would be so much without it.
    pub(super) fn of(self, limit: u64) -> u64 {
        if self.widens { self.limit } else { self.limit.min(limit) }
    }

    /// The most that it may ever be.
    pub(super) fn most_of(self, most: u64) -> u64 {
        if self.widens { self.limit.max(most) } else { most }
    }
}

/// So many windows, ten minutes at least, what the vendor has told is remembered.
#[cfg(feature = "feedback")]
const TOLD_WINDOWS: u64 = 10;

#[cfg(feature = "feedback")]
const MINUTE: u64 = 60_000_000_000;

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
    pub(crate) fn hear_limit(&mut self, limit: u64, widens: bool, now: u64) {
        let until = now.saturating_add(self.width().saturating_mul(TOLD_WINDOWS).max(10 * MINUTE));
        let told = Told { limit, widens, until };
        let grown = self.grown();
        // What says nothing new is not kept.
        let told = (told.of(grown) != grown).then_some(told);
        if told.is_some() || self.heard.is_some() {
            self.heard.get_or_insert_default().told = told;
            self.reckon();
        }
    }

    /// What may be used of a limit that others use too, after a call was refused; `None` where it is ours alone.
    pub(crate) fn give_way(&self, now: u64) -> Option<Sharing> {
        Some(self.sharing?.fallen(now, self.used(), self.undivided()))
    }

    /// Takes the share of the limit that this one is, or is a part of.
    pub(crate) fn share(&mut self, share: Sharing) {
        if self.sharing.is_some() {
            self.sharing = Some(share);
            self.reckon();
        }
    }

    /// Withholds what is left of it until a moment. Then a 64th of the limit is there at once, and the rest of what is
    /// free comes at a window's own rate, or of a calendar's period and of places within a minute.
    pub(crate) fn pause(&mut self, until: u64, now: u64) {
        if until <= self.paused_until().max(now) {
            return;
        }
        let amount = match &self.gauge {
            Gauge::Even(_) => 0,
            _ => self.headroom_at(until).saturating_add(self.withheld(until)).min(self.limit),
        };
        let rate = match &self.gauge {
            Gauge::Calendar(_) | Gauge::Places(_) => (amount, MINUTE),
            _ => (self.limit, self.width()),
        };
        let at_once = if self.is_rising(now) { 0 } else { (self.limit / 64).max(1) };
        self.withhold(until, amount.saturating_sub(at_once), rate, now);
    }

    /// Withholds all but what was left when a call came that was charged at a moment, and what a window has set free since
    /// at its own rate. It comes back at that, too, or within a calendar's period not at all.
    pub(crate) fn keep_left(&mut self, left: u64, charged_at: u64, now: u64) {
        let since = u128::from(now.saturating_sub(charged_at));
        let freed = match &self.gauge {
            Gauge::Sliding(log) => u128::from(self.limit) * since / u128::from(log.width().max(1)),
            _ => 0,
        };
        let left = left.saturating_add(u64::try_from(freed).unwrap_or(u64::MAX));
        let surplus = self.headroom(now).saturating_sub(left);
        match &mut self.gauge {
            Gauge::Sliding(_) if surplus > 0 => {
                let withheld = self.withheld(now).saturating_add(surplus);
                self.withhold(now, withheld, (self.limit, self.width()), now);
            }
            Gauge::Calendar(window) if surplus > 0 => {
                window.charge(surplus);
                self.has_changed = true;
            }
            _ => {}
        }
    }

    /// Withholds what is left of it, and what the refused call has taken, but for a floor that was served before, and sets
    /// it free evenly within so many nanoseconds, or those that it has been told before: who goes on as before may.
    pub(crate) fn slow_rise(&mut self, refused: u64, floor: u64, over: Option<u64>, now: u64) {
        let left = self.limit.saturating_sub(self.used());
        let amount = left.saturating_add(refused).min(self.limit.saturating_sub(floor));
        // A larger call than the floor does not wait for all of it.
        let floor = (self.limit - amount).max(self.limit / 16).max(1);
        let heard = self.heard.get_or_insert_default();
        let over = over.unwrap_or_else(|| heard.withheld.over());
        let until = heard.withheld.until().max(now);
        heard.withheld = Withheld::new(until, amount, (amount, over));
        heard.floor = Some(floor);
        self.has_changed = true;
    }

    /// Whether its rate rises slowly.
    fn is_rising(&self, now: u64) -> bool {
        self.heard.as_ref().is_some_and(|heard| heard.floor.is_some() && !heard.withheld.is_over(now))
    }

    /// Withholds everything until a moment, and an amount from then on, which is set free at a rate, or at that of a slow
    /// rise that is not over.
    fn withhold(&mut self, until: u64, amount: u64, rate: (u64, u64), now: u64) {
        let (limit, is_rising) = (self.limit, self.is_rising(now));
        let heard = self.heard.get_or_insert_default();
        let rate = if is_rising { heard.withheld.slower(rate) } else { rate };
        heard.withheld = Withheld::new(until, amount.min(limit), rate);
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

    /// How many refusals there have been one after the other.
    pub(crate) fn refusals(&self) -> u32 {
        self.heard.as_ref().map_or(0, |heard| heard.refusals)
    }

    /// Notes that a call was served that was charged at a moment.
    pub(crate) fn hear_served(&mut self, charged_at: u64) {
        if let Some(heard) = &mut self.heard
            && charged_at > heard.refused_at
        {
            if heard.refusals > 0 {
                heard.before_served = (heard.refusals, charged_at);
            }
            heard.refusals = 0;
        }
    }

    /// Notes that a call was refused after its reply had begun as one that is served: what it has ended goes on.
    pub(crate) fn take_back_served(&mut self, charged_at: u64) {
        if let Some(heard) = &mut self.heard
            && heard.refusals == 0
            && heard.before_served.1 == charged_at
        {
            heard.refusals = heard.before_served.0;
        }
    }
}
