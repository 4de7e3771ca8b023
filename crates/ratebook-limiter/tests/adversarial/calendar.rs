//! Days, weeks and months of a calendar, and the accounts of keys.

use ratebook::Calendar;
use ratebook_limiter::{Keyed, Usage};

use super::*;

/// Ten seconds before the first of February, March (of a leap year, and of another), May and January.
const ENDS_OF_MONTHS: [u64; 5] = [1_769_903_990, 1_709_251_190, 1_772_323_190, 1_777_593_590, 1_767_225_590];

fn utc(clock: &ManualClock, quota: Quota<'static>) -> Model {
    within(Calendar::Utc, clock, quota)
}

fn within(calendar: Calendar, clock: &ManualClock, quota: Quota<'static>) -> Model {
    let account = Account::custom("ours").clock(clock.clock()).calendar(calendar).limit(quota);
    account.build().unwrap().model("ours").unwrap()
}

#[test]
fn f11_a_call_of_last_month_is_not_refunded_in_this_month() {
    for end in ENDS_OF_MONTHS {
        let clock = ManualClock::beginning_at(end);
        let model = utc(&clock, Quota::tokens(1_000).per_month());
        let permit = model.try_acquire(Cost::tokens(1_000)).unwrap();
        clock.advance(s(9));
        assert!(model.try_acquire(Cost::tokens(1)).is_err(), "{end}: still last month");
        clock.advance(s(11));
        assert!(model.try_acquire(Cost::tokens(1_000)).is_ok(), "{end}: a new month");
        permit.settle(Usage::new().tokens(0));
        assert!(model.try_acquire(Cost::tokens(1)).is_err(), "{end}: 2,000 in one month");
    }
}

#[test]
fn f11_a_call_of_this_month_is_refunded_on_any_of_its_days() {
    // The first of January, and its last day.
    let clock = ManualClock::beginning_at(1_767_225_600);
    let model = utc(&clock, Quota::tokens(1_000).per_month());
    let permit = model.try_acquire(Cost::tokens(1_000)).unwrap();
    clock.advance(s(30 * 86_400));
    permit.settle(Usage::new().tokens(0));
    assert!(model.try_acquire(Cost::tokens(1_000)).is_ok());
}

#[test]
fn l6_a_machine_that_sleeps_does_not_shift_days() {
    // 20:00 UTC.
    let clock = ManualClock::beginning_at(1_767_225_600 + 20 * 3_600);
    let model = utc(&clock, Quota::requests(10).per_day());
    assert_eq!(admitted(&model, Cost::request()), 10);
    let sleep = |hours: u64| {
        clock.sleep(s(hours * 3_600));
        clock.advance(ms(1));
    };
    sleep(3);
    assert_eq!(admitted(&model, Cost::request()), 0, "it is 23:00");
    sleep(5);
    assert_eq!(admitted(&model, Cost::request()), 10, "it is 4:00 of the next day");
    clock.advance(s(19 * 3_600));
    assert_eq!(admitted(&model, Cost::request()), 0, "it is 23:00");
    clock.advance(s(3_600));
    assert_eq!(admitted(&model, Cost::request()), 10);
}

#[test]
fn f12_the_account_of_a_key_has_one_set_of_pools() {
    let clock = ManualClock::new();
    let builder = Account::custom("ours").clock(clock.clock()).limit(Quota::requests(10).per_minute());
    let keyed: Keyed<String> = Keyed::new(builder, "ours").unwrap();
    let model = keyed.get("acme");
    assert_eq!(admitted(&model, Cost::request()), 10);
    let again = model.account().model("ours").unwrap();
    assert_eq!(admitted(&again, Cost::request()), 0);
    assert_eq!(
        admitted(&model.account().model("another").unwrap(), Cost::request()),
        0,
        "it draws from the same pools"
    );
    assert_eq!(admitted(&model.account().tenant("team", 50).unwrap().model("ours").unwrap(), Cost::request()), 0);
    assert_eq!(admitted(&keyed.get("globex"), Cost::request()), 10, "another key has its own account");
}

/// Returns a clock that begins at a time of the form `2026-03-08T07:59:59Z`.
fn clock_at(time: &str) -> ManualClock {
    let time: jiff::Timestamp = time.parse().unwrap();
    ManualClock::beginning_at(time.as_second().try_into().unwrap())
}

/// A quota is used up at `from`. It is still used up a second before `to`, and free at `to`.
#[track_caller]
fn frees(calendar: Calendar, quota: Quota<'static>, from: &str, to: &str) {
    let unix = |time: &str| time.parse::<jiff::Timestamp>().unwrap().as_second();
    let (clock, seconds) = (clock_at(from), (unix(to) - unix(from)).try_into().unwrap());
    let model = within(calendar, &clock, quota);
    let used = admitted(&model, Cost::request());
    assert!(used > 0);
    let Err(ratebook_limiter::Refused::Wait(wait)) = model.try_acquire(Cost::request()) else { panic!("{from}") };
    assert_eq!(wait.foreseen(), Some(s(seconds)), "{from}");
    clock.advance(s(seconds - 1));
    assert_eq!(admitted(&model, Cost::request()), 0, "{from}: a second before {to}");
    clock.advance(s(1));
    assert_eq!(admitted(&model, Cost::request()), used, "{from}: at {to}");
}

/// The day of requests ends at midnight Pacific: gemini, rate limits.
#[test]
fn a_day_ends_at_midnight_of_its_time_zone() {
    let day = Quota::requests(10).per_day();
    frees(Calendar::Utc, day, "2026-03-08T07:59:59Z", "2026-03-09T00:00:00Z");
    frees(Calendar::China, day, "2026-03-08T07:59:59Z", "2026-03-08T16:00:00Z");
    frees(Calendar::Pacific, day, "2026-02-05T15:02:41Z", "2026-02-06T08:00:00Z");
    frees(Calendar::Pacific, day, "2026-07-05T15:02:41Z", "2026-07-06T07:00:00Z");
}

#[test]
fn a_day_has_23_and_25_hours_at_the_changes_of_daylight_saving_time() {
    let day = Quota::requests(10).per_day();
    frees(Calendar::Pacific, day, "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z");
    frees(Calendar::Pacific, day, "2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z");
}

#[test]
fn weeks_begin_on_monday_and_months_on_the_first_of_their_time_zone() {
    let (week, month) = (Quota::requests(10).per_week(), Quota::requests(10).per_month());
    // 2026-11-29 is a Sunday.
    frees(Calendar::Utc, week, "2026-11-29T23:00:00Z", "2026-11-30T00:00:00Z");
    frees(Calendar::China, week, "2026-11-29T15:00:00Z", "2026-11-29T16:00:00Z");
    frees(Calendar::Pacific, week, "2026-11-30T07:00:00Z", "2026-11-30T08:00:00Z");
    // A week with a change of daylight saving time.
    frees(Calendar::Pacific, week, "2026-03-02T08:00:00Z", "2026-03-09T07:00:00Z");
    frees(Calendar::China, month, "2026-11-30T15:59:00Z", "2026-11-30T16:00:00Z");
    frees(Calendar::Pacific, month, "2026-11-01T07:00:00Z", "2026-12-01T08:00:00Z");
    frees(Calendar::Pacific, month, "2028-02-29T23:00:00Z", "2028-03-01T08:00:00Z");
}

#[test]
fn without_a_time_zone_days_weeks_and_months_slide() {
    for calendar in [Calendar::Unstated, Calendar::Sliding] {
        frees(calendar, Quota::requests(10).per_day(), "2026-03-08T07:59:59Z", "2026-03-09T07:59:59Z");
        frees(calendar, Quota::requests(10).per_week(), "2026-03-08T07:59:59Z", "2026-03-15T07:59:59Z");
        frees(calendar, Quota::requests(10).per_month(), "2026-03-08T07:59:59Z", "2026-04-08T07:59:59Z");
    }
}

#[test]
fn a_provider_of_the_catalog_counts_days_in_the_time_zone_of_its_policy() {
    let clock = clock_at("2026-07-05T06:59:00Z");
    let model = Account::builder(ratebook::Provider::Acme).clock(clock.clock()).build().unwrap();
    let model = model.model("painter").unwrap();
    // 5,000 a day, and 150 in ten seconds.
    let mut sent = 0;
    for _ in 0..6 {
        sent += admitted(&model, Cost::request());
        clock.advance(s(10));
    }
    assert_eq!(sent, 900, "before midnight");
    let mut sent = 0;
    for _ in 0..60 {
        sent += admitted(&model, Cost::request());
        clock.advance(s(10));
    }
    assert_eq!(sent, 5_000, "after midnight");
}
