//! The usage of a meter: charges, refunds and debts.

use super::Meter;
use crate::calendar::CalendarWindow;
use crate::clock::ClockReading;
use crate::gcra::Gcra;
use crate::nanos::{Nanos, When};
use crate::sliding_window::SlidingWindow;

/// How usage is counted.
#[derive(Clone, Debug)]
pub(crate) enum Counter {
    Sliding(SlidingWindow),
    Gcra(Gcra),
    Calendar(CalendarWindow),
    /// What calls hold until they end: slots of concurrency, places in a vendor's queue.
    Concurrency(u64),
}

/// Usage that a new meter assumes, without a call. No response has confirmed it.
#[derive(Clone, Copy, Debug)]
pub(super) struct AssumedUsage {
    pub(super) amount: u64,
    pub(super) until: Nanos,
}

impl Meter {
    /// Assumes that all but `free_percent` percent of a new meter's limit is used.
    pub(crate) fn assume_usage(&mut self, free_percent: u8, reading: ClockReading) {
        let free = u128::from(self.limit) * u128::from(free_percent.min(100)) / 100;
        let amount = self.limit - u64::try_from(free).unwrap_or(self.limit);
        if amount > 0 && !matches!(self.counter, Counter::Concurrency(_) | Counter::Gcra(_)) {
            self.count(amount, reading);
            let until = self.expires_at(reading.earliest).moment().unwrap_or(Nanos::MAX);
            self.assumed = Some(Box::new(AssumedUsage { amount, until }));
        }
    }

    /// The usage by calls, without the assumed usage.
    #[cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "used with `feedback` only"))]
    pub(crate) fn used_by_calls(&self, now: Nanos) -> u64 {
        let assumed = self.assumed.as_ref().filter(|assumed| now < assumed.until).map_or(0, |assumed| assumed.amount);
        self.used().saturating_sub(assumed)
    }

    /// The usage, in debt more than the limit. Always 0 for an even pace, which has only a level.
    pub(crate) fn used(&self) -> u64 {
        match &self.counter {
            Counter::Sliding(window) => window.used(),
            Counter::Gcra(_) => 0,
            Counter::Calendar(window) => window.used(),
            Counter::Concurrency(used) => *used,
        }
    }

    /// When a charge made now no longer counts.
    pub(super) fn expires_at(&self, now: Nanos) -> When {
        match &self.counter {
            Counter::Sliding(_) | Counter::Gcra(_) => When::At(now + self.width()),
            Counter::Calendar(window) => When::At(window.ends()),
            Counter::Concurrency(_) => When::OnRelease,
        }
    }

    /// Charges an admitted amount.
    pub(crate) fn charge(&mut self, amount: u64, reading: ClockReading) {
        if let Some(slow_start) = &mut self.slow_start {
            slow_start.charged_at = Some(reading.earliest);
        }
        self.count(amount, reading);
    }

    /// Records an amount as use that makes the limit grow, once the call is handed out. The assumed usage of the start
    /// is none, and neither is a charge of a call that has not claimed its turn.
    pub(crate) fn record_use(&mut self, amount: u64, reading: ClockReading) {
        if let Some(growth) = self.state.as_mut().and_then(|state| state.growth.as_mut()) {
            growth.charge(amount, reading.latest);
        }
    }

    /// Subtracts an amount from the use that makes the limit grow.
    pub(crate) fn undo_use(&mut self, amount: u64) {
        if let Some(growth) = self.state.as_mut().and_then(|state| state.growth.as_mut()) {
            growth.refund(amount);
        }
    }

    /// Adds an amount to the usage.
    fn count(&mut self, amount: u64, reading: ClockReading) {
        match &mut self.counter {
            Counter::Sliding(window) => window.charge(reading.tick, reading.latest, amount),
            Counter::Gcra(gcra) => gcra.charge(reading.tick, reading.latest, amount),
            Counter::Calendar(window) => window.charge(reading, amount),
            Counter::Concurrency(used) => *used = used.saturating_add(amount),
        }
    }

    /// Charges usage above an estimate, as of now. A limit owes at most one window at a time; the rest is dropped and
    /// returned.
    pub(crate) fn owe(&mut self, amount: u64, reading: ClockReading) -> u64 {
        let dropped = if let Counter::Gcra(gcra) = &mut self.counter {
            gcra.owe(reading.tick, reading.latest, amount)
        } else {
            let over = self.expires_at(reading.latest).moment().unwrap_or(Nanos::MAX);
            let owed = self.debts.owe(amount, self.max_debt, reading.earliest, over);
            if owed > 0 {
                self.record_use(owed, reading);
                self.count(owed, reading);
            }
            amount - owed
        };
        self.dropped = self.dropped.saturating_add(dropped);
        dropped
    }

    /// All usage dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Refunds an amount charged in `tick`, as far as it still counts. For an even pace, returns whether all of it did;
    /// otherwise `true`.
    pub(crate) fn refund(&mut self, amount: u64, tick: Nanos, now: Nanos) -> bool {
        match &mut self.counter {
            Counter::Sliding(window) => window.refund(tick, amount),
            Counter::Gcra(gcra) => return gcra.refund(tick, now, amount),
            Counter::Calendar(window) => window.refund(tick, amount),
            Counter::Concurrency(used) => *used = used.saturating_sub(amount),
        }
        true
    }

    /// Whether a charge made in `tick` still counts.
    pub(crate) fn still_counts(&self, tick: Nanos, now: Nanos) -> bool {
        match &self.counter {
            Counter::Sliding(window) => tick + window.width() > now,
            Counter::Calendar(window) => window.counts(tick),
            Counter::Gcra(_) | Counter::Concurrency(_) => true,
        }
    }

    /// Makes the burst of an even pace large enough for an amount. No effect on other counters.
    pub(crate) fn make_room(&mut self, amount: u64, now: Nanos) {
        if let Counter::Gcra(gcra) = &mut self.counter {
            gcra.make_room(amount, now);
        }
    }
}
