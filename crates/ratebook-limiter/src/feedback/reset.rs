//! Computes when a vendor's calendar windows reset.

use std::time::Duration;

use ratebook::Resets;

use crate::zone::{CalendarPeriod, Zone};

const SECOND: i128 = 1_000_000_000;

/// Returns the time until the next reset. `now` is in nanoseconds since 1970. `None` for a moment before 1970 or after
/// 9891.
pub(super) fn until(resets: Resets, now: i128) -> Option<Duration> {
    if !(0..250_000_000_000 * SECOND).contains(&now) {
        return None;
    }
    let (zone, period) = match resets {
        Resets::UtcDay => (Zone::Utc, CalendarPeriod::Day),
        Resets::UtcMonth => (Zone::Utc, CalendarPeriod::Month),
        Resets::PacificDay => (Zone::Pacific, CalendarPeriod::Day),
    };
    let (_, ends) = zone.bounds(now, period);
    u64::try_from(ends - now).ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[track_caller]
    fn resets(resets: Resets, now: &str, expected: &str) {
        let nanos = |time: &str| time.parse::<Timestamp>().unwrap().as_nanosecond();
        let after = until(resets, nanos(now)).unwrap();
        assert_eq!(nanos(now) + i128::try_from(after.as_nanos()).unwrap(), nanos(expected), "{now}");
    }

    #[test]
    fn days_and_months_reset_at_midnight_utc() {
        resets(Resets::UtcDay, "2026-02-05T15:02:41Z", "2026-02-06T00:00:00Z");
        resets(Resets::UtcDay, "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z");
        resets(Resets::UtcMonth, "2026-02-05T15:02:41Z", "2026-03-01T00:00:00Z");
        resets(Resets::UtcMonth, "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z");
    }

    #[test]
    fn pacific_days_reset_at_local_midnight() {
        resets(Resets::PacificDay, "2026-02-05T15:02:41Z", "2026-02-06T08:00:00Z");
        resets(Resets::PacificDay, "2026-02-05T07:59:59Z", "2026-02-05T08:00:00Z");
        resets(Resets::PacificDay, "2026-07-05T15:02:41Z", "2026-07-06T07:00:00Z");
        // Around the changes of daylight saving time.
        resets(Resets::PacificDay, "2026-03-08T08:30:00Z", "2026-03-09T07:00:00Z");
        resets(Resets::PacificDay, "2026-11-01T07:30:00Z", "2026-11-02T08:00:00Z");
    }

    #[test]
    fn a_moment_out_of_range_has_no_reset() {
        for now in [i128::MIN, -1, 250_000_000_000 * SECOND, i128::MAX] {
            for resets in Resets::ALL {
                assert_eq!(until(*resets, now), None);
            }
        }
    }
}
