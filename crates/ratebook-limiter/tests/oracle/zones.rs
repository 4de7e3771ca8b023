//! Days, weeks and months of a calendar, by jiff and its time zone database.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use ratebook::{Calendar, Period};

/// Returns the end of the day, week or month that contains a time. Both are in seconds since 1970. `None` for a period
/// or a calendar without a beginning: it slides.
pub(crate) fn end(period: Period, calendar: Calendar, unix: u64) -> Option<u64> {
    let zone = match calendar {
        Calendar::Utc => "UTC",
        Calendar::Pacific => "America/Los_Angeles",
        Calendar::China => "Asia/Shanghai",
        Calendar::Unstated | Calendar::Sliding => return None,
    };
    let zone = TimeZone::get(zone).expect("a zone of the database");
    let time = Timestamp::from_second(unix.try_into().expect("a year before 9999")).expect("a year before 9999");
    let today = time.to_zoned_datetime(zone.clone()).date();
    let next = match period {
        Period::Day => today + 1.day(),
        Period::Week => today + (7 - i64::from(today.weekday().since(Weekday::Monday))).days(),
        Period::Month => today.first_of_month() + 1.month(),
        Period::Second | Period::Minute | Period::Hour | Period::Span(_) => return None,
    };
    let end = next.to_zoned_datetime(zone).expect("a midnight that exists").timestamp();
    Some(end.as_second().try_into().expect("a time after 1970"))
}

#[test]
fn periods_end_where_the_calendar_says() {
    let utc = |period, unix| end(period, Calendar::Utc, unix).unwrap();
    assert_eq!(utc(Period::Month, 1_769_903_990), 1_769_904_000, "January 2026");
    assert_eq!(utc(Period::Month, 1_709_164_800), 1_709_251_200, "29 February 2024");
    assert_eq!(utc(Period::Month, 4_107_542_400), 4_110_220_800, "1 March 2100, after 28 days of February");
    assert_eq!(utc(Period::Week, 1_795_996_800), 1_796_601_600, "Monday, 30 November 2026");
    assert_eq!(utc(Period::Week, 1_795_996_799), 1_795_996_800, "Sunday, 29 November 2026");
    assert_eq!(end(Period::Day, Calendar::Pacific, 1_793_516_400), Some(1_793_516_400 + 25 * 3_600));
    assert_eq!(end(Period::Day, Calendar::China, 0), Some(16 * 3_600));
}
