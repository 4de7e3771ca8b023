//! Days, weeks and months of a calendar.

use std::time::Duration;

use ratebook::{Calendar, Metric};
use ratebook_limiter::{Account, ManualClock, Quota};
use ratebook_sim::{Algorithm, Amounts, CalendarUnit, LocalTime, ModelKey, Server, SimRule};

use crate::client::Ours;
use crate::scenario::{DAY, HOUR, Run, SERVERS, START, Scenario};

/// Returns the calls between consecutive times, in hours from the start.
fn calls_by_window(run: &Run, ends: &[u64]) -> Vec<usize> {
    let calls = |from: u64, until: u64| run.sent.iter().filter(|sent| (from..until).contains(&sent.at)).count();
    ends.windows(2).map(|window| calls(window[0] * HOUR, window[1] * HOUR)).collect()
}

#[test]
fn each_pacific_day_is_used_fully_when_daylight_saving_begins_and_ends() {
    // gemini, rate-limits_2026-08-18.md: 5,000 requests of the account in a day
    let seasons = [
        // From 2026-03-05T18:00:00, Pacific time. 8 March has 23 hours.
        (1_772_762_400, [0, 6, 30, 54, 77, 101]),
        // From 2026-10-29T18:00:00. 1 November has 25 hours.
        (1_793_322_000, [0, 6, 30, 54, 79, 103]),
    ];
    for (start, midnights) in seasons {
        for algorithm in SERVERS {
            let mut scenario = Scenario::new(&["painter", "meteor"].map(ModelKey::new), Amounts::default());
            scenario.start = Duration::from_secs(start);
            (scenario.warm_up, scenario.duration) = (0, 101 * HOUR);
            let run = scenario.run(algorithm);
            assert_eq!(calls_by_window(&run, &midnights), [5_000; 5], "from {start}, {algorithm:?}");
        }
    }
}

/// Runs our client under quotas in China's time, against a server with the same limits. No call may be refused.
fn run_in_china(limits: &[(CalendarUnit, u64)]) -> Run {
    let clock = ManualClock::beginning_at(START.as_secs());
    let quota = |unit: CalendarUnit, amount: u64| match unit {
        CalendarUnit::Week => Quota::requests(amount).per_week(),
        CalendarUnit::Month => Quota::requests(amount).per_month(),
        unit => panic!("no test has a limit per {unit:?}"),
    };
    let account = Account::custom("ours").calendar(Calendar::China).clock(clock.clock());
    let account = limits.iter().fold(account, |account, (unit, amount)| account.limit(quota(*unit, *amount)));
    let client = Ours::new(clock, vec![account.build().unwrap().model("ours").unwrap()]);
    let rule = |(unit, amount): &(CalendarUnit, u64)| {
        let algorithm = Algorithm::Calendar { unit: *unit, local: LocalTime::China };
        SimRule::new(Metric::Requests, *amount, 0, algorithm)
    };
    let mut scenario = Scenario::new(&[ModelKey::new("ours")], Amounts::default());
    (scenario.warm_up, scenario.duration) = (0, 95 * DAY);
    let run = scenario.run_against(Server::new(limits.iter().map(rule).collect()), client);
    assert_eq!(run.report.refused, 0, "{limits:?}");
    run
}

#[test]
fn weeks_and_months_in_chinas_time_are_used_fully() {
    // The start is Saturday, 2026-11-28T07:00:00 in China. Monday begins after 41 hours, and December after 65.
    let weeks: Vec<u64> = [0].into_iter().chain((0..13).map(|week| 41 + 168 * week)).collect();
    let months = [0, 65, 65 + 744, 65 + 2 * 744, 65 + 2 * 744 + 672];
    let run = run_in_china(&[(CalendarUnit::Week, 200)]);
    assert_eq!(calls_by_window(&run, &weeks), [200; 13]);
    let run = run_in_china(&[(CalendarUnit::Month, 700)]);
    assert_eq!(calls_by_window(&run, &months), [700; 4]);
    // Both: two weeks touch November, and four weeks use up a month.
    let run = run_in_china(&[(CalendarUnit::Week, 200), (CalendarUnit::Month, 700)]);
    assert!(calls_by_window(&run, &weeks).iter().all(|calls| *calls <= 200));
    assert_eq!(calls_by_window(&run, &months), [400, 700, 700, 700]);
}
