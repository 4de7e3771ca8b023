//! Computes when a vendor's calendar windows reset.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::Offset;
use ratebook::Resets;

const SECOND: i128 = 1_000_000_000;
const HOUR: i128 = 3_600 * SECOND;
const DAY: i128 = 24 * HOUR;

/// Returns the time until the next reset. `now` is in nanoseconds since 1970. `None` for a moment that jiff cannot
/// represent.
pub(super) fn until(resets: Resets, now: i128) -> Option<Duration> {
    // Out of this range jiff returns errors, which allocate.
    if !(0..250_000_000_000 * SECOND).contains(&now) {
        return None;
    }
    let next = match resets {
        Resets::UtcDay => (now / DAY + 1) * DAY,
        Resets::UtcMonth => {
            let date = date(now)?;
            let (year, month) = if date.month() == 12 { (date.year() + 1, 1) } else { (date.year(), date.month() + 1) };
            moment(Date::constant(year, month, 1))?
        }
        Resets::PacificDay => {
            let midnight = ((now - pacific(now)?).div_euclid(DAY) + 1) * DAY;
            midnight + pacific(midnight + pacific(now)?)?
        }
        _ => return None,
    };
    u64::try_from(next - now).ok().map(Duration::from_nanos)
}

/// Returns how far Pacific time is behind UTC, in nanoseconds: eight hours, or seven during daylight saving time, which
/// lasts from the second Sunday of March to the first Sunday of November, at 02:00 local time.
fn pacific(now: i128) -> Option<i128> {
    let year = date(now)?.year();
    let sunday = |month, nth| moment(Date::constant(year, month, 1).nth_weekday_of_month(nth, Weekday::Sunday).ok()?);
    let summer = sunday(3, 2)? + 10 * HOUR..sunday(11, 1)? + 9 * HOUR;
    Some(if summer.contains(&now) { 7 * HOUR } else { 8 * HOUR })
}

/// Returns the date of a moment in UTC.
fn date(now: i128) -> Option<Date> {
    Timestamp::from_nanosecond(now).ok().map(|time| Offset::UTC.to_datetime(time).date())
}

/// Returns the beginning of a date in UTC, in nanoseconds since 1970.
fn moment(date: Date) -> Option<i128> {
    Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok().map(|time| time.as_nanosecond())
}

#[cfg(test)]
mod tests {
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
