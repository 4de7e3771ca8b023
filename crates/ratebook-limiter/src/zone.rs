//! Days, weeks and months in the time zones of vendors: UTC, US Pacific time and the time of China.
//!
//! Computed here, because admission needs three zones only, and no time zone database. US daylight saving time follows
//! the rules in force since 2007: from the second Sunday of March at 02:00 to the first Sunday of November at 02:00,
//! local time. Midnight is therefore never repeated and never skipped, and each day begins there.
//!
//! Times are in nanoseconds since 1970, in UTC. Days are numbers of days since 1970-01-01, in local time.

use ratebook::{Calendar, Period};

use crate::per::Per;

const SECOND: i128 = 1_000_000_000;
const HOUR: i128 = 3_600 * SECOND;
const DAY: i128 = 24 * HOUR;

/// A time zone in which a vendor counts days, weeks and months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    Utc,
    /// US Pacific time: UTC−8, and UTC−7 during daylight saving time.
    Pacific,
    /// UTC+8.
    China,
}

/// A period with a beginning in the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalendarPeriod {
    Day,
    /// From Monday.
    Week,
    Month,
}

impl CalendarPeriod {
    /// Returns the calendar period of a window, or `None` for a window that slides in every calendar.
    pub(crate) fn of(per: Per) -> Option<Self> {
        let Per::Period(period) = per else { return None };
        match period {
            Period::Day => Some(Self::Day),
            Period::Week => Some(Self::Week),
            Period::Month => Some(Self::Month),
            Period::Second | Period::Minute | Period::Hour | Period::Span(_) => None,
        }
    }
}

impl Zone {
    /// Returns the zone of a calendar, or `None` if its days slide or are not stated.
    pub(crate) const fn of(calendar: Calendar) -> Option<Self> {
        match calendar {
            Calendar::Utc => Some(Self::Utc),
            Calendar::Pacific => Some(Self::Pacific),
            Calendar::China => Some(Self::China),
            Calendar::Unstated | Calendar::Sliding => None,
        }
    }

    /// Returns the day, week or month that contains a time: its beginning and its end. A day has 23, 24 or 25 hours.
    pub(crate) fn bounds(self, unix: i128, period: CalendarPeriod) -> (i128, i128) {
        let day = self.day_of(unix);
        let (first, next) = match period {
            CalendarPeriod::Day => (day, day + 1),
            CalendarPeriod::Week => {
                // 1970-01-01 was a Thursday.
                let monday = day - (day + 3).rem_euclid(7);
                (monday, monday + 7)
            }
            CalendarPeriod::Month => {
                let first = day + 1 - day_of_month(day);
                let next = (first + 28..first + 31).find(|day| day_of_month(*day) == 1).unwrap_or(first + 31);
                (first, next)
            }
        };
        (self.midnight(first), self.midnight(next))
    }

    /// Returns the local day of a time.
    fn day_of(self, unix: i128) -> i128 {
        let offset = match self {
            Self::Utc => 0,
            Self::China => 8 * HOUR,
            Self::Pacific => {
                let (march, november) = daylight_saving(unix.div_euclid(DAY));
                // 02:00 of standard time, and 02:00 of daylight saving time.
                let daylight = march * DAY + 10 * HOUR..november * DAY + 9 * HOUR;
                if daylight.contains(&unix) { -7 * HOUR } else { -8 * HOUR }
            }
        };
        (unix + offset).div_euclid(DAY)
    }

    /// Returns the beginning of a local day.
    fn midnight(self, day: i128) -> i128 {
        match self {
            Self::Utc => day * DAY,
            Self::China => day * DAY - 8 * HOUR,
            Self::Pacific => {
                // The clocks change at 02:00, so the first midnight of the new time is that of the next day.
                let (march, november) = daylight_saving(day);
                let behind = if (march + 1..=november).contains(&day) { 7 } else { 8 };
                day * DAY + behind * HOUR
            }
        }
    }
}

/// Returns the days on which US daylight saving time begins and ends, in the year from March to February that contains
/// a day.
fn daylight_saving(day: i128) -> (i128, i128) {
    let march = day - day_of_march_year(day);
    // 1970-01-04 was a Sunday.
    let sunday_from = |day: i128| day + (3 - day).rem_euclid(7);
    // The second Sunday is the 8th to the 14th of March. The first of November is 245 days after the first of March.
    (sunday_from(march + 7), sunday_from(march + 245))
}

/// Returns the day of the month, from 1.
fn day_of_month(day: i128) -> i128 {
    let of_year = day_of_march_year(day);
    let month = (5 * of_year + 2) / 153;
    of_year - (153 * month + 2) / 5 + 1
}

/// Returns the number of days since the last first of March. Uses the 400-year cycle of the Gregorian calendar.
fn day_of_march_year(day: i128) -> i128 {
    let of_era = (day + 719_468).rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    of_era - (365 * year + year / 4 - year / 100)
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;
    use jiff::tz::TimeZone;
    use jiff::{Timestamp, ToSpan, ZonedDateTime};
    use proptest::prelude::*;

    use super::*;

    const ZONES: [(Zone, &str); 3] =
        [(Zone::Utc, "UTC"), (Zone::Pacific, "America/Los_Angeles"), (Zone::China, "Asia/Shanghai")];
    const PERIODS: [CalendarPeriod; 3] = [CalendarPeriod::Day, CalendarPeriod::Week, CalendarPeriod::Month];

    /// Returns the period that contains a time, by jiff and its time zone database.
    fn by_jiff(unix: i128, zone: &str, period: CalendarPeriod) -> (i128, i128) {
        let zone = TimeZone::get(zone).unwrap();
        let now = Timestamp::from_nanosecond(unix).unwrap().to_zoned_datetime(zone.clone());
        let (first, length) = match period {
            CalendarPeriod::Day => (now.date(), 1.day()),
            CalendarPeriod::Week => {
                let since = now.date().weekday().since(Weekday::Monday);
                (now.date() - i64::from(since).days(), 1.week())
            }
            CalendarPeriod::Month => (now.date().first_of_month(), 1.month()),
        };
        let begin = |zoned: ZonedDateTime| zoned.timestamp().as_nanosecond();
        (
            begin(first.to_zoned_datetime(zone.clone()).unwrap()),
            begin((first + length).to_zoned_datetime(zone).unwrap()),
        )
    }

    fn nanos(time: &str) -> i128 {
        time.parse::<Timestamp>().unwrap().as_nanosecond()
    }

    #[test]
    fn days_and_months_begin_at_midnight_utc() {
        // In a leap year.
        let noon = nanos("2028-02-28T12:00:00Z");
        assert_eq!(Zone::Utc.bounds(noon, CalendarPeriod::Day), (noon - DAY / 2, noon + DAY / 2));
        let month = (nanos("2028-02-01T00:00:00Z"), nanos("2028-03-01T00:00:00Z"));
        assert_eq!(Zone::Utc.bounds(noon, CalendarPeriod::Month), month);
        assert_eq!(Zone::Utc.bounds(0, CalendarPeriod::Month), (0, 31 * DAY));
        assert_eq!(Zone::Utc.bounds(31 * DAY, CalendarPeriod::Month), (31 * DAY, 59 * DAY));
    }

    #[test]
    fn a_week_begins_on_monday() {
        // 2026-11-30 is a Monday.
        let week = (nanos("2026-11-30T00:00:00Z"), nanos("2026-12-07T00:00:00Z"));
        for time in ["2026-11-30T00:00:00Z", "2026-12-06T23:59:59.999999999Z"] {
            assert_eq!(Zone::Utc.bounds(nanos(time), CalendarPeriod::Week), week, "{time}");
        }
    }

    #[test]
    fn pacific_days_have_23_and_25_hours_at_the_changes_of_daylight_saving_time() {
        let hours = |time: &str| {
            let (begins, ends) = Zone::Pacific.bounds(nanos(time), CalendarPeriod::Day);
            (ends - begins) / HOUR
        };
        let days = ["2026-03-07T20:00:00Z", "2026-03-08T20:00:00Z", "2026-11-01T20:00:00Z", "2026-11-02T20:00:00Z"];
        assert_eq!(days.map(hours), [24, 23, 25, 24]);
    }

    #[test]
    fn jiff_agrees_around_every_change_of_daylight_saving_time() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let from = "2020-01-01T00:00:00Z".parse().unwrap();
        let changes = zone.following(from).take_while(|change| change.timestamp().as_second() < 2_208_988_800);
        let changes: Vec<_> = changes.map(|change| change.timestamp().as_nanosecond()).collect();
        assert_eq!(changes.len(), 40);
        for unix in changes.iter().flat_map(|change| (-30..=30).map(move |hours| change + hours * HOUR)) {
            for (unix, period) in [unix - 1, unix].into_iter().flat_map(|unix| PERIODS.map(|period| (unix, period))) {
                let expected = by_jiff(unix, "America/Los_Angeles", period);
                assert_eq!(Zone::Pacific.bounds(unix, period), expected, "{unix} {period:?}");
            }
        }
    }

    proptest! {
        /// Random times of 2020 to 2040 lie in the same days, weeks and months as by jiff.
        #[test]
        fn jiff_agrees(second in 1_577_836_800_i128..2_240_611_200, nanos in 0..SECOND) {
            let unix = second * SECOND + nanos;
            for ((zone, name), period) in ZONES.into_iter().flat_map(|zone| PERIODS.map(|period| (zone, period))) {
                let (begins, ends) = zone.bounds(unix, period);
                prop_assert_eq!((begins, ends), by_jiff(unix, name, period), "{:?} {:?}", zone, period);
                prop_assert!((begins..ends).contains(&unix));
            }
        }
    }
}
