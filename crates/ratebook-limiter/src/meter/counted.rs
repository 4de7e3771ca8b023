//! What a meter counts: calls that are charged and refunded, and what is owed.

use super::Meter;
use crate::calendar::CalendarWindow;
use crate::clock::Reading;
use crate::log::Log;
use crate::nanos::{Nanos, When};
use crate::pace::Pace;

/// How use is measured.
#[derive(Clone, Debug)]
pub(crate) enum Gauge {
    Sliding(Log),
    Even(Pace),
    Calendar(CalendarWindow),
    /// Places held now.
    Places(u64),
}

/// What a new meter takes for used without a call: it was not served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) amount: u64,
    pub(super) until: Nanos,
}

impl Meter {
    /// Fills a new window, but for a percentage, with what nobody has used.
    pub(crate) fn start_at(&mut self, free_percent: u8, reading: Reading) {
        let free = u128::from(self.limit) * u128::from(free_percent.min(100)) / 100;
        let amount = self.limit - u64::try_from(free).unwrap_or(self.limit);
        if amount > 0 && !matches!(self.gauge, Gauge::Places(_) | Gauge::Even(_)) {
            self.count(amount, reading);
            let until = self.forgets(reading.earliest).moment().unwrap_or(Nanos::MAX);
            self.start = Some(Box::new(Start { amount, until }));
        }
    }

    /// What calls have used, the start apart.
    #[cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "only replies ask"))]
    pub(crate) fn used_by_calls(&self, now: Nanos) -> u64 {
        let start = self.start.as_ref().filter(|start| now < start.until).map_or(0, |start| start.amount);
        self.used().saturating_sub(start)
    }

    /// What is used, more than the limit where something is owed; of an even pace, nothing.
    pub(crate) fn used(&self) -> u64 {
        match &self.gauge {
            Gauge::Sliding(log) => log.used(),
            Gauge::Even(_) => 0,
            Gauge::Calendar(window) => window.used(),
            Gauge::Places(used) => *used,
        }
    }

    /// When what is charged now no longer counts.
    pub(super) fn forgets(&self, now: Nanos) -> When {
        match &self.gauge {
            Gauge::Sliding(_) | Gauge::Even(_) => When::At(now + self.width()),
            Gauge::Calendar(window) => When::At(window.ends()),
            Gauge::Places(_) => When::OnRelease,
        }
    }

    /// Charges an admitted amount.
    pub(crate) fn charge(&mut self, amount: u64, reading: Reading) {
        if let Some(slow_start) = &mut self.slow_start {
            slow_start.charged_at = Some(reading.earliest);
        }
        self.count(amount, reading);
    }

    /// Adds an amount to what is used.
    fn count(&mut self, amount: u64, reading: Reading) {
        if let Some(ramp) = self.state.as_mut().and_then(|state| state.ramp.as_mut()) {
            ramp.charge(amount);
        }
        match &mut self.gauge {
            Gauge::Sliding(log) => log.charge(reading.tick, reading.latest, amount),
            Gauge::Even(pace) => pace.charge(reading.tick, reading.latest, amount),
            Gauge::Calendar(window) => window.charge(reading, amount),
            Gauge::Places(used) => *used = used.saturating_add(amount),
        }
    }

    /// Charges usage above an estimate, as of now. At most a window's worth is owed at one time; what is beyond it is
    /// dropped, and returned.
    pub(crate) fn owe(&mut self, amount: u64, reading: Reading) -> u64 {
        let dropped = if let Gauge::Even(pace) = &mut self.gauge {
            pace.owe(reading.tick, reading.latest, amount)
        } else {
            let over = self.forgets(reading.latest).moment().unwrap_or(Nanos::MAX);
            let owed = self.debts.owe(amount, self.owed_most, reading.earliest, over);
            if owed > 0 {
                self.count(owed, reading);
            }
            amount - owed
        };
        self.dropped = self.dropped.saturating_add(dropped);
        dropped
    }

    /// Usage that was dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Refunds an amount charged in a tick, as far as it still counts; of an even pace, whether it did in full.
    pub(crate) fn refund(&mut self, amount: u64, tick: Nanos, now: Nanos) -> bool {
        if let Some(ramp) = self.state.as_mut().and_then(|state| state.ramp.as_mut()) {
            ramp.refund(amount);
        }
        match &mut self.gauge {
            Gauge::Sliding(log) => log.refund(tick, amount),
            Gauge::Even(pace) => return pace.refund(tick, now, amount),
            Gauge::Calendar(window) => window.refund(tick, amount),
            Gauge::Places(used) => *used = used.saturating_sub(amount),
        }
        true
    }

    /// Whether what was charged in a tick still counts.
    pub(crate) fn still_counts(&self, tick: Nanos, now: Nanos) -> bool {
        match &self.gauge {
            Gauge::Sliding(log) => tick + log.width() > now,
            Gauge::Calendar(window) => window.counts(tick),
            Gauge::Even(_) | Gauge::Places(_) => true,
        }
    }

    /// An even pace makes room for its largest call.
    pub(crate) fn make_room(&mut self, amount: u64, now: Nanos) {
        if let Gauge::Even(pace) = &mut self.gauge {
            pace.make_room(amount, now);
        }
    }
}
