//! Fixed windows of a UTC day or month, for providers that count by the calendar. Usage starts from zero when a window
//! begins.
//!
//! Windows follow the wall clock, which also advances while a machine sleeps and the monotonic clock stands still. Each
//! reading of the clock carries the offset between the two. If the wall clock is set back, no window ends twice: the
//! earlier window is entered with the usage counted so far.
//!
//! A reading of the clock is an interval. A charge whose interval contains the end of a window may arrive on either
//! side, and counts on both.

use ratebook::Period;

use crate::clock::ClockReading;
use crate::nanos::Nanos;
use crate::per::Per;

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// A period with a beginning in the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalendarPeriod {
    Day,
    Month,
}

impl CalendarPeriod {
    /// Returns the calendar period of a window, or `None` for a window that slides.
    pub(crate) fn of(per: Per) -> Option<Self> {
        match per {
            Per::Period(Period::Day) => Some(Self::Day),
            Per::Period(Period::Month) => Some(Self::Month),
            Per::Period(_) | Per::Span(_) | Per::AtOnce => None,
        }
    }
}

/// Usage in the current day or month.
#[derive(Clone, Debug)]
pub(crate) struct CalendarWindow {
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
    pub(crate) fn new(period: CalendarPeriod, reading: ClockReading) -> Self {
        let (begins, ends) = bounds(reading.unix(reading.earliest), period);
        Self { period, unix_at_zero: reading.unix_at_zero, begins, ends, used: 0, used_in_next: 0 }
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
        let (begins, ends) = bounds(unix, self.period);
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

/// Returns the UTC day or month that contains a time: its beginning and end, in nanoseconds since 1970.
fn bounds(unix: i128, period: CalendarPeriod) -> (i128, i128) {
    let day = unix.div_euclid(DAY);
    match period {
        CalendarPeriod::Month => {
            let first = day + 1 - day_of_month(day);
            let next = (day + 1..=first + 31).find(|day| day_of_month(*day) == 1).unwrap_or(first + 31);
            (first * DAY, next * DAY)
        }
        CalendarPeriod::Day => (day * DAY, (day + 1) * DAY),
    }
}

/// Returns the day of the month, from 1, of a day counted from 1970-01-01. Uses the 400-year cycle of the Gregorian
/// calendar, with years that begin in March.
fn day_of_month(day: i128) -> i128 {
    let of_era = (day + 719_468).rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    of_year - (153 * month + 2) / 5 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2028-02-28T12:00:00Z, in a leap year.
    const LEAP: i128 = 1_835_352_000 * SECOND;

    /// An exact reading, `nanos` after the clock's zero.
    fn at(unix_at_zero: i128, nanos: i128) -> ClockReading {
        ClockReading { unix_at_zero, ..ClockReading::exact(Nanos::new(nanos as u64)) }
    }

    #[test]
    fn days_and_months_begin_at_midnight_utc() {
        assert_eq!(bounds(LEAP, CalendarPeriod::Day), (LEAP - DAY / 2, LEAP + DAY / 2));
        assert_eq!(bounds(LEAP, CalendarPeriod::Month), (LEAP - 27 * DAY - DAY / 2, LEAP + DAY + DAY / 2));
        assert_eq!(bounds(0, CalendarPeriod::Month), (0, 31 * DAY));
        assert_eq!(bounds(31 * DAY, CalendarPeriod::Month), (31 * DAY, 59 * DAY));
    }

    #[test]
    fn a_debt_is_carried_into_the_next_window_and_no_further() {
        let mut window = CalendarWindow::new(CalendarPeriod::Day, at(0, 0));
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
        let mut window = CalendarWindow::new(CalendarPeriod::Month, at(january, 0));
        window.charge(at(january, 0), 1_000);
        window.expire(at(january, 20 * SECOND), 1_000);
        window.charge(at(january, 20 * SECOND), 1_000);
        window.refund(Nanos::ZERO, 1_000);
        assert_eq!(window.used(), 1_000);
    }

    #[test]
    fn a_sleep_of_the_machine_does_not_shift_days() {
        let mut window = CalendarWindow::new(CalendarPeriod::Day, at(0, 0));
        window.charge(at(0, 0), 10);
        // Twenty hours, during which the monotonic clock advances by twelve.
        window.expire(at(8 * 3_600 * SECOND, 12 * 3_600 * SECOND), 10);
        assert_eq!((window.used(), window.ends().get() as i128), (10, 16 * 3_600 * SECOND));
        window.expire(at(8 * 3_600 * SECOND, 16 * 3_600 * SECOND), 10);
        assert_eq!(window.used(), 0);
    }

    #[test]
    fn setting_the_wall_clock_back_ends_no_day_twice() {
        let mut window = CalendarWindow::new(CalendarPeriod::Day, at(DAY, 0));
        window.expire(at(DAY, DAY), 10);
        window.charge(at(DAY, DAY), 10);
        window.expire(at(0, DAY), 10);
        assert_eq!((window.used(), window.ends().get() as i128), (10, 2 * DAY));
    }

    #[test]
    fn a_charge_at_midnight_counts_on_both_days() {
        let mut window = CalendarWindow::new(CalendarPeriod::Day, at(0, 0));
        let reading = ClockReading { latest: Nanos::DAY, ..at(0, DAY - 1) };
        window.charge(reading, 4);
        window.expire(at(0, DAY), 10);
        assert_eq!(window.used(), 4);
    }
}
