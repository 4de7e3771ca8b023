//! Days and months of UTC, counted one by one.

const DAY: u64 = 86_400;

/// Returns the beginning and end of the day that contains a time, in seconds since 1970.
pub(crate) fn day(unix: u64) -> (u64, u64) {
    let begin = unix / DAY * DAY;
    (begin, begin + DAY)
}

/// Returns the beginning and end of the month that contains a time, in seconds since 1970.
pub(crate) fn month(unix: u64) -> (u64, u64) {
    let mut begin = 0;
    for (year, month) in (1970..).flat_map(|year| (1..=12).map(move |month| (year, month))) {
        let end = begin + days_of(year, month) * DAY;
        if unix < end {
            return (begin, end);
        }
        begin = end;
    }
    unreachable!("a year follows every year")
}

fn days_of(year: u64, month: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[test]
fn months_are_those_of_the_calendar() {
    assert_eq!(month(1_769_903_990), (1_767_225_600, 1_769_904_000), "January 2026");
    assert_eq!(month(1_709_164_800), (1_706_745_600, 1_709_251_200), "29 February 2024");
    assert_eq!(month(4_107_542_400), (4_107_542_400, 4_110_220_800), "1 March 2100, after 28 days of February");
}
