//! Days and months of UTC, for providers that count by them: everything is free again when the next begins.

use ratebook::Period;

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// What was charged in the present day or month.
#[derive(Debug)]
pub(crate) struct CalendarWindow {
    period: Period,
    /// Nanoseconds since 1970 at the clock's zero.
    unix_at_zero: i128,
    used: u64,
    ends: u64,
}

impl CalendarWindow {
    pub(crate) fn new(period: Period, unix_at_zero: i128) -> Self {
        Self { period, unix_at_zero, used: 0, ends: 0 }
    }

    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    /// When the present window ends, in the clock's nanoseconds.
    pub(crate) fn ends(&self) -> u64 {
        self.ends
    }

    /// Begins the next window when the present one is over; a debt above the limit goes over into it.
    pub(crate) fn expire(&mut self, now: u64, limit: u64) {
        if now < self.ends {
            return;
        }
        self.used = if self.ends == 0 { self.used } else { self.used.saturating_sub(limit) };
        let end = next_beginning(self.unix_at_zero + i128::from(now), self.period) - self.unix_at_zero;
        self.ends = u64::try_from(end).unwrap_or(u64::MAX);
    }

    pub(crate) fn charge(&mut self, amount: u64) {
        self.used = self.used.saturating_add(amount);
    }

    /// Gives back what was charged in the present window.
    pub(crate) fn refund(&mut self, charged_at: u64, amount: u64) {
        let begins = match self.period {
            Period::Month => self.ends.saturating_sub(31 * DAY as u64),
            _ => self.ends.saturating_sub(DAY as u64),
        };
        if charged_at >= begins {
            self.used = self.used.saturating_sub(amount);
        }
    }
}

/// When the next day or month of UTC begins, in nanoseconds since 1970.
fn next_beginning(unix: i128, period: Period) -> i128 {
    let day = unix.div_euclid(DAY);
    match period {
        Period::Month => (day + 1..=day + 31).find(|day| day_of_month(*day) == 1).unwrap_or(day + 31) * DAY,
        _ => (day + 1) * DAY,
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

    #[test]
    fn days_and_months_begin_at_midnight_utc() {
        assert_eq!(next_beginning(LEAP, Period::Day) - LEAP, DAY / 2);
        assert_eq!(next_beginning(LEAP, Period::Month) - LEAP, DAY + DAY / 2);
        assert_eq!(next_beginning(0, Period::Month), 31 * DAY);
        assert_eq!(next_beginning(next_beginning(0, Period::Month), Period::Month), 59 * DAY);
    }

    #[test]
    fn a_debt_goes_over_into_the_next_window() {
        let mut window = CalendarWindow::new(Period::Day, 0);
        window.expire(0, 10);
        window.charge(13);
        window.expire(window.ends(), 10);
        assert_eq!(window.used(), 3);
        window.expire(window.ends(), 10);
        assert_eq!(window.used(), 0);
    }
}
