//! When more fits into a limit, as far as is known.

use crate::meter::{Gauge, Meter, WHEN_RELEASED};
use crate::ramp::RampState;
use crate::sharing::Sharing;

impl Meter {
    /// The earliest moment at which an amount fits behind all planned calls, as far as is known now.
    pub(crate) fn when(&self, amount: u64, now: u64) -> u64 {
        let planned = self.plans.iter().fold(0u64, |sum, (_, planned)| sum.saturating_add(*planned));
        let at = self.when_behind(u128::from(planned), amount, now);
        let grows = self.ramp.as_ref().map(RampState::next_change);
        let rises = self.sharing.as_ref().and_then(Sharing::next_change);
        let forgets = self.told().map(|told| told.until);
        match grows.into_iter().chain(rises).chain(forgets).min() {
            // Below a limit that has yet to grow, nothing else will do.
            Some(change) if self.needed(amount) > self.limit => change,
            Some(change) => at.min(change.max(self.paused_until())),
            None => at,
        }
    }

    /// The moment at which an amount will fit behind all that wait, if all goes on as it is.
    pub(crate) fn when_queued(&self, amount: u64, now: u64) -> u64 {
        self.when_behind(self.queued, amount, now)
    }

    /// When an amount fits behind others that are charged as soon as they fit: a window admits its limit once, then
    /// again each time that its width has passed.
    fn when_behind(&self, before: u128, amount: u64, now: u64) -> u64 {
        let needed = self.needed(amount).max(1);
        let total = before + u128::from(needed);
        match &self.gauge {
            Gauge::Places(_) => self.when_set_free_again(total, now).unwrap_or(WHEN_RELEASED),
            Gauge::Even(pace) => {
                let before = u64::try_from(before).unwrap_or(u64::MAX);
                let at = pace.when(needed).max(now).max(self.paused_until());
                at.saturating_add(if before == 0 { 0 } else { pace.price(before) })
            }
            Gauge::Sliding(log) => {
                // Calls do not straddle windows: each holds as many whole ones as fit.
                let whole_calls = (self.limit / needed).max(1);
                let number = total.div_ceil(u128::from(needed)) - 1;
                let cycles = u64::try_from(number / u128::from(whole_calls)).unwrap_or(u64::MAX);
                let in_cycle = (number % u128::from(whole_calls)) as u64 + 1;
                if self.withheld(now) > 0 {
                    let first = self.when_set_free(u128::from(in_cycle) * u128::from(needed), now);
                    return first.saturating_add(log.width().saturating_mul(cycles));
                }
                let deficit = in_cycle.saturating_mul(needed).saturating_sub(self.headroom(now));
                // A debt is freed before anything else.
                let deficit = if deficit == 0 { 0 } else { deficit + self.used().saturating_sub(self.limit) };
                let first = if deficit == 0 { now } else { log.when_freed(deficit).unwrap_or(now) };
                first.max(now).saturating_add(log.width().saturating_mul(cycles))
            }
            Gauge::Calendar(window) => {
                self.when_set_free_again(total, now).unwrap_or_else(|| window.ends().max(self.paused_until()))
            }
        }
    }

    /// When there is so much headroom in what time alone does not free: at once, or when it is no longer withheld.
    fn when_set_free_again(&self, amount: u128, now: u64) -> Option<u64> {
        if amount <= u128::from(self.headroom(now)) {
            return Some(now);
        }
        let ends = self.heard.as_ref().map_or(now, |heard| heard.withheld.ends());
        (ends > now && amount <= u128::from(self.headroom_at(ends))).then(|| self.when_set_free(amount, now))
    }

    /// When there is so much headroom where some is withheld.
    fn when_set_free(&self, amount: u128, now: u64) -> u64 {
        let Some(heard) = &self.heard else { return now };
        // By then all that is withheld and all that is charged is free again.
        let (mut early, mut late) = (now, heard.withheld.ends().max(now.saturating_add(self.width())));
        while late - early > 1 {
            let middle = early + (late - early) / 2;
            if u128::from(self.headroom_at(middle)) >= amount { late = middle } else { early = middle }
        }
        late
    }

    /// When something of what is used will next be free; `None` where nothing is used or only a release frees it.
    pub(crate) fn next_free(&self, now: u64) -> Option<u64> {
        match &self.gauge {
            Gauge::Sliding(log) => log.when_freed(1),
            Gauge::Even(pace) => Some(pace.when(1)).filter(|at| *at > now),
            Gauge::Calendar(window) => (window.used() > 0).then(|| window.ends()),
            Gauge::Places(_) => None,
        }
    }
}
