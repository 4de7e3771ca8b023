//! Days and months of UTC, and the accounts of keys.

use ratebook::Calendar;
use ratebook_limiter::{Keyed, Usage};

use super::*;

/// Ten seconds before the first of February, March (of a leap year, and of another), May and January.
const ENDS_OF_MONTHS: [u64; 5] = [1_769_903_990, 1_709_251_190, 1_772_323_190, 1_777_593_590, 1_767_225_590];

fn utc(clock: &ManualClock, quota: Quota<'static>) -> Model {
    let account = Account::custom("ours").clock(clock.clock()).calendar(Calendar::Utc).limit(quota);
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
