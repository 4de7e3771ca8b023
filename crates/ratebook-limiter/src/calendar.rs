//! Fixed windows of a day, week or month, for providers that count by the calendar. Usage starts from zero when a
//! window begins. The [`Zone`] is the provider's.
//!
//! Windows follow the wall clock, which also advances while a machine sleeps and the monotonic clock stands still. Each
//! reading of the clock carries the offset between the two. If the wall clock is set back, no window ends twice: the
//! earlier window is entered with the usage counted so far.
//!
//! A reading of the clock is an interval. A charge whose interval contains the end of a window may arrive on either
//! side, and counts on both.

use crate::clock::ClockReading;
use crate::nanos::Nanos;
use crate::zone::{CalendarPeriod, Zone};

/// Usage in the current day, week or month.
#[derive(Clone, Debug)]
pub(crate) struct CalendarWindow {
    zone: Zone,
    period: CalendarPeriod,
    /// Nanoseconds from 1970 to the clock's zero, as of the last reading.
    unix_at_zero: i128,
    /// The current window, in nanoseconds since 1970.
    begins: i128,
    ends: i128,
    used: u64,
    /// The part of `used` that may arrive in the next window.
    used_in_next: u64,
}

impl CalendarWindow {
    /// Returns the window that contains the reading.
    pub(crate) fn new(zone: Zone, period: CalendarPeriod, reading: ClockReading) -> Self {
        let (begins, ends) = zone.bounds(reading.unix(reading.earliest), period);
        Self { zone, period, unix_at_zero: reading.unix_at_zero, begins, ends, used: 0, used_in_next: 0 }
    }

    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    /// The end of the current window, on the account's clock.
    pub(crate) fn ends(&self) -> Nanos {
        Nanos::new(u64::try_from((self.ends - self.unix_at_zero).max(0)).unwrap_or(u64::MAX))
    }

    /// Enters the window that contains the reading. A debt above the limit is carried into the next window, up to one
    /// limit.
    pub(crate) fn expire(&mut self, reading: ClockReading, limit: u64) {
        self.unix_at_zero = reading.unix_at_zero;
        let unix = reading.unix(reading.earliest);
        if (self.begins..self.ends).contains(&unix) {
            return;
        }
        let (begins, ends) = self.zone.bounds(unix, self.period);
        if begins >= self.ends {
            let owed = self.used.saturating_sub(limit).min(limit);
            let is_next = begins == self.ends;
            self.used = if is_next { owed.saturating_add(self.used_in_next) } else { 0 };
            self.used_in_next = 0;
        }
        (self.begins, self.ends) = (begins, ends);
    }

    pub(crate) fn charge(&mut self, reading: ClockReading, amount: u64) {
        self.used = self.used.saturating_add(amount);
        if reading.unix(reading.latest) >= self.ends {
            self.used_in_next = self.used_in_next.saturating_add(amount);
        }
    }

    /// Whether a charge made in `tick` counts in the current window.
    pub(crate) fn counts(&self, tick: Nanos) -> bool {
        self.unix_at_zero + i128::from(tick.get()) >= self.begins
    }

    /// Refunds a charge made in `tick`, if it counts in the current window.
    pub(crate) fn refund(&mut self, tick: Nanos, amount: u64) {
        if self.counts(tick) {
            self.used = self.used.saturating_sub(amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i128 = 1_000_000_000;
    const DAY: i128 = 86_400 * SECOND;

    /// An exact reading, `nanos` after the clock's zero.
    fn at(unix_at_zero: i128, nanos: i128) -> ClockReading {
        ClockReading { unix_at_zero, ..ClockReading::exact(Nanos::new(nanos as u64)) }
    }

    #[test]
    fn a_debt_is_carried_into_the_next_window_and_no_further() {
        let mut window = CalendarWindow::new(Zone::Utc, CalendarPeriod::Day, at(0, 0));
        window.charge(at(0, 0), 13);
        let mut used_on_day = |day: i128| {
            window.expire(at(0, day * DAY), 10);
            window.used()
        };
        assert_eq!([1, 2].map(&mut used_on_day), [3, 0]);
        window.charge(at(0, 2 * DAY), 13);
        window.expire(at(0, 4 * DAY), 10);
        assert_eq!(window.used(), 0);
    }

    #[test]
    fn a_call_of_last_month_is_not_refunded_in_this_month() {
        // 2026-01-31T23:59:50Z, and ten seconds into February, which has 28 days.
        let january = 1_769_903_990 * SECOND;
        let mut window = CalendarWindow::new(Zone::Utc, CalendarPeriod::Month, at(january, 0));
        window.charge(at(january, 0), 1_000);
        window.expire(at(january, 20 * SECOND), 1_000);
        window.charge(at(january, 20 * SECOND), 1_000);
        window.refund(Nanos::ZERO, 1_000);
        assert_eq!(window.used(), 1_000);
    }

    #[test]
    fn a_pacific_day_of_25_hours_ends_after_25_hours() {
        // 2026-11-01T07:00:00Z, midnight in Pacific time.
        let midnight = 1_793_516_400 * SECOND;
        let mut window = CalendarWindow::new(Zone::Pacific, CalendarPeriod::Day, at(midnight, 0));
        window.charge(at(midnight, 0), 10);
        let mut used_after = |hours: i128| {
            window.expire(at(midnight, hours * 3_600 * SECOND), 10);
            window.used()
        };
        assert_eq!([24, 25].map(&mut used_after), [10, 0]);
    }

    #[test]
    fn a_sleep_of_the_machine_does_not_shift_days() {
        let mut window = CalendarWindow::new(Zone::Utc, CalendarPeriod::Day, at(0, 0));
        window.charge(at(0, 0), 10);
        // Twenty hours, during which the monotonic clock advances by twelve.
        window.expire(at(8 * 3_600 * SECOND, 12 * 3_600 * SECOND), 10);
        assert_eq!((window.used(), window.ends().get() as i128), (10, 16 * 3_600 * SECOND));
        window.expire(at(8 * 3_600 * SECOND, 16 * 3_600 * SECOND), 10);
        assert_eq!(window.used(), 0);
    }

    #[test]
    fn setting_the_wall_clock_back_ends_no_day_twice() {
        let mut window = CalendarWindow::new(Zone::Utc, CalendarPeriod::Day, at(DAY, 0));
        window.expire(at(DAY, DAY), 10);
        window.charge(at(DAY, DAY), 10);
        window.expire(at(0, DAY), 10);
        assert_eq!((window.used(), window.ends().get() as i128), (10, 2 * DAY));
    }

    #[test]
    fn a_charge_at_midnight_counts_on_both_days() {
        let mut window = CalendarWindow::new(Zone::Utc, CalendarPeriod::Day, at(0, 0));
        let reading = ClockReading { latest: Nanos::DAY, ..at(0, DAY - 1) };
        window.charge(reading, 4);
        window.expire(at(0, DAY), 10);
        assert_eq!(window.used(), 4);
    }
}
