//! Days and months of UTC, for providers that count by them: everything is free again when the next begins.
//!
//! Windows begin and end by the wall clock, which goes on while a machine sleeps and the monotonic clock stands still:
//! each look says how far the two are apart. A wall clock that is set back ends no window a second time: the window in
//! which it then stands goes on with what was used.
//!
//! A reading of the clock is an interval. A charge whose interval holds the end of a window may arrive on either side, and
//! counts in both.

use ratebook::Period;

use crate::clock::ClockReading;
use crate::nanos::Nanos;

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// What was charged in the present day or month.
#[derive(Clone, Debug)]
pub(crate) struct CalendarWindow {
    period: Period,
    /// Nanoseconds since 1970 at the clock's zero, as the last look knew it.
    unix_at_zero: i128,
    /// The present window, in nanoseconds since 1970.
    begins: i128,
    ends: i128,
    used: u64,
    /// What of it may arrive in the next window.
    used_in_next: u64,
}

impl CalendarWindow {
    /// The window in which a moment lies.
    pub(crate) fn new(period: Period, reading: ClockReading) -> Self {
        let (begins, ends) = bounds(reading.unix(reading.earliest), period);
        Self { period, unix_at_zero: reading.unix_at_zero, begins, ends, used: 0, used_in_next: 0 }
    }

    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    /// When the present window ends, on the account's clock.
    pub(crate) fn ends(&self) -> Nanos {
        Nanos::new(u64::try_from((self.ends - self.unix_at_zero).max(0)).unwrap_or(u64::MAX))
    }

    /// Begins the window in which a moment lies; a debt above the limit goes over into the next one, and fills it at most.
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

    /// Whether what was charged in a tick counts in the present window.
    pub(crate) fn counts(&self, tick: Nanos) -> bool {
        self.unix_at_zero + i128::from(tick.get()) >= self.begins
    }

    /// Refunds what was charged in a tick of the present window.
    pub(crate) fn refund(&mut self, tick: Nanos, amount: u64) {
        if self.counts(tick) {
            self.used = self.used.saturating_sub(amount);
        }
    }
}

/// The day or month of UTC in which a moment lies: its beginning and its end, in nanoseconds since 1970.
fn bounds(unix: i128, period: Period) -> (i128, i128) {
    let day = unix.div_euclid(DAY);
    match period {
        Period::Month => {
            let first = day + 1 - day_of_month(day);
            let next = (day + 1..=first + 31).find(|day| day_of_month(*day) == 1).unwrap_or(first + 31);
            (first * DAY, next * DAY)
        }
        _ => (day * DAY, (day + 1) * DAY),
    }
}

/// The day of the month, from 1, of a day counted from 1970-01-01, by the Gregorian calendar's 400-year cycle with
/// years that begin in March.
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

    /// An exact reading at a time of the clock, which began at a moment of UTC.
    fn at(unix_at_zero: i128, nanos: i128) -> ClockReading {
        ClockReading { unix_at_zero, ..ClockReading::exact(Nanos::new(nanos as u64)) }
    }

    #[test]
    fn days_and_months_begin_at_midnight_utc() {
        assert_eq!(bounds(LEAP, Period::Day), (LEAP - DAY / 2, LEAP + DAY / 2));
        assert_eq!(bounds(LEAP, Period::Month), (LEAP - 27 * DAY - DAY / 2, LEAP + DAY + DAY / 2));
        assert_eq!(bounds(0, Period::Month), (0, 31 * DAY));
        assert_eq!(bounds(31 * DAY, Period::Month), (31 * DAY, 59 * DAY));
    }

    #[test]
    fn a_debt_goes_over_into_the_next_window_and_no_further() {
        let mut window = CalendarWindow::new(Period::Day, at(0, 0));
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
    fn a_call_of_last_month_is_not_refunded_from_this_one() {
        // 2026-01-31T23:59:50Z, and ten seconds into February, which has 28 days.
        let january = 1_769_903_990 * SECOND;
        let mut window = CalendarWindow::new(Period::Month, at(january, 0));
        window.charge(at(january, 0), 1_000);
        window.expire(at(january, 20 * SECOND), 1_000);
        window.charge(at(january, 20 * SECOND), 1_000);
        window.refund(Nanos::ZERO, 1_000);
        assert_eq!(window.used(), 1_000);
    }

    #[test]
    fn a_sleep_of_the_machine_does_not_shift_days() {
        let mut window = CalendarWindow::new(Period::Day, at(0, 0));
        window.charge(at(0, 0), 10);
        // Twenty hours, of which the monotonic clock has seen twelve.
        window.expire(at(8 * 3_600 * SECOND, 12 * 3_600 * SECOND), 10);
        assert_eq!((window.used(), window.ends().get() as i128), (10, 16 * 3_600 * SECOND));
        window.expire(at(8 * 3_600 * SECOND, 16 * 3_600 * SECOND), 10);
        assert_eq!(window.used(), 0);
    }

    #[test]
    fn a_wall_clock_that_is_set_back_ends_no_day_twice() {
        let mut window = CalendarWindow::new(Period::Day, at(DAY, 0));
        window.expire(at(DAY, DAY), 10);
        window.charge(at(DAY, DAY), 10);
        window.expire(at(0, DAY), 10);
        assert_eq!((window.used(), window.ends().get() as i128), (10, 2 * DAY));
    }

    #[test]
    fn a_charge_about_midnight_counts_on_both_days() {
        let mut window = CalendarWindow::new(Period::Day, at(0, 0));
        let reading = ClockReading { latest: Nanos::DAY, ..at(0, DAY - 1) };
        window.charge(reading, 4);
        window.expire(at(0, DAY), 10);
        assert_eq!(window.used(), 4);
    }
}
