//! Days, weeks and months of a local time.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};
use ratebook::{Calendar, Period};

use crate::SECOND;

/// The local time in which calendar windows begin, at midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LocalTime {
    /// UTC.
    Utc,
    /// US Pacific time, with daylight saving by the rule since 2007: a day in March has 23 hours, and one in November
    /// 25.
    Pacific,
    /// China's time, UTC+8.
    China,
}

impl LocalTime {
    /// Returns the local time of a provider's calendar, or `None` if it does not count by calendar.
    pub fn of(calendar: Calendar) -> Option<Self> {
        match calendar {
            Calendar::Utc => Some(Self::Utc),
            Calendar::Pacific => Some(Self::Pacific),
            Calendar::China => Some(Self::China),
            Calendar::Sliding | Calendar::Unstated => None,
        }
    }

    fn zone(self) -> TimeZone {
        match self {
            Self::Utc => TimeZone::UTC,
            Self::Pacific => TimeZone::posix("PST8PDT,M3.2.0,M11.1.0").expect("the rule is valid"),
            Self::China => TimeZone::fixed(Offset::constant(8)),
        }
    }
}

/// The length of a calendar window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CalendarUnit {
    /// From midnight to midnight.
    Day,
    /// From Monday to Monday.
    Week,
    /// From the first day of a month to that of the next.
    Month,
}

impl CalendarUnit {
    /// Returns the unit of a day, week or month, or `None` for another period.
    pub fn of(per: Period) -> Option<Self> {
        match per {
            Period::Day => Some(Self::Day),
            Period::Week => Some(Self::Week),
            Period::Month => Some(Self::Month),
            Period::Second | Period::Minute | Period::Hour | Period::Span(_) => None,
        }
    }

    /// Returns the usual length in nanoseconds: 24 hours, seven days, or 31 days.
    pub(crate) fn width(self) -> u64 {
        let per = match self {
            Self::Day => Period::Day,
            Self::Week => Period::Week,
            Self::Month => Period::Month,
        };
        SECOND * per.seconds()
    }

    /// Returns the first day of the next window.
    fn next(self, day: Date) -> Option<Date> {
        match self {
            Self::Day => day.tomorrow().ok(),
            Self::Week => {
                let until_monday = 7 - i64::from(day.weekday().to_monday_zero_offset());
                day.checked_add(until_monday.days()).ok()
            }
            Self::Month => day.last_of_month().tomorrow().ok(),
        }
    }
}

/// Returns the end of the window that contains a time. Both are nanoseconds since 1970-01-01T00:00:00Z. `None` if the
/// window has no end before the year 10000.
pub(crate) fn end_of_window(unit: CalendarUnit, local: LocalTime, unix: u128) -> Option<u128> {
    let zone = local.zone();
    let now = Timestamp::from_nanosecond(i128::try_from(unix).ok()?).ok()?;
    let next = unit.next(zone.to_datetime(now).date())?;
    let end = zone.to_timestamp(next.at(0, 0, 0, 0)).ok()?.as_nanosecond();
    u128::try_from(end).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(unit: CalendarUnit, local: LocalTime, from: &str) -> String {
        let unix = from.parse::<Timestamp>().unwrap().as_nanosecond();
        let end = end_of_window(unit, local, unix.try_into().unwrap()).unwrap();
        Timestamp::from_nanosecond(end.try_into().unwrap()).unwrap().to_string()
    }

    #[test]
    fn windows_end_at_local_midnight() {
        use CalendarUnit::{Day, Month, Week};
        use LocalTime::{China, Pacific, Utc};
        let cases = [
            (Day, Utc, "2026-11-27T23:59:59Z", "2026-11-28T00:00:00Z"),
            (Day, Utc, "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z"),
            (Day, China, "2026-11-27T15:59:59Z", "2026-11-27T16:00:00Z"),
            (Day, Pacific, "2026-11-27T07:59:59Z", "2026-11-27T08:00:00Z"),
            (Day, Pacific, "2026-07-01T06:59:59Z", "2026-07-01T07:00:00Z"),
            // Daylight saving begins on 8 March 2026 and ends on 1 November.
            (Day, Pacific, "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
            (Day, Pacific, "2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
            (Week, Utc, "2026-11-27T12:00:00Z", "2026-11-30T00:00:00Z"),
            (Week, Utc, "2026-11-30T00:00:00Z", "2026-12-07T00:00:00Z"),
            (Week, Pacific, "2026-11-01T12:00:00Z", "2026-11-02T08:00:00Z"),
            (Month, Utc, "2028-02-10T00:00:00Z", "2028-03-01T00:00:00Z"),
            (Month, China, "2026-12-31T15:59:59Z", "2026-12-31T16:00:00Z"),
            (Month, Pacific, "2026-10-05T00:00:00Z", "2026-11-01T07:00:00Z"),
        ];
        for (unit, local, from, expected) in cases {
            assert_eq!(end(unit, local, from), expected, "{unit:?} {local:?} {from}");
        }
    }
}
