//! The rules as vendors state them, second by second.

use super::*;

const DAY: u64 = 86_400;

/// +10 % each minute in which 70 % was used: assemblyai, faq-concurrency-limits_glued.txt.
const SESSIONS: Growth = Growth::new(10, 60, 70);

/// +25 % each 15 minutes in which half was used, −20 % after three days of less: Fireworks in 2026.
const ADAPTIVE: Growth = Growth::new(25, 900, 50).lowered(20, 259_200);

fn published(growth: &Growth, published: u64, most: Option<u64>) -> GrowthState {
    let rule = GrowthRule::new(growth, Nanos::MINUTE, Nanos::ZERO);
    GrowthState::new(rule, GrowsFrom::Published { most }, published)
}

impl GrowthState {
    fn limit_at(&mut self, second: u64) -> u64 {
        self.advance(Nanos::SECOND.times(second));
        self.in_force()
    }

    /// Uses a share of the limit in force in each minute of an interval.
    fn use_share(&mut self, second: u64, percent: u64, minutes: u64) {
        self.charge(self.in_force() * minutes * percent / 100, Nanos::SECOND.times(second));
    }
}

#[test]
fn each_interval_with_enough_use_raises_the_limit_by_its_share() {
    let mut growth = published(&SESSIONS, 100, None);
    let mut limits = Vec::new();
    for minute in 0..5 {
        limits.push(growth.limit_at(60 * minute));
        growth.use_share(60 * minute, 100, 1);
        assert_eq!(growth.limit_at(60 * minute + 59), limits[limits.len() - 1], "only a whole interval counts");
    }
    assert_eq!(limits, [100, 110, 121, 133, 146]);
}

#[test]
fn less_use_than_the_share_does_not_raise_the_limit() {
    let mut growth = published(&SESSIONS, 100, None);
    growth.charge(69, Nanos::ZERO);
    assert_eq!(growth.limit_at(60), 100);
    growth.charge(70, Nanos::MINUTE);
    assert_eq!(growth.limit_at(120), 110);
    growth.charge(80, Nanos::SECOND.times(120));
    growth.refund(4);
    assert_eq!(growth.limit_at(180), 110, "76 of 110");
}

#[test]
fn an_interval_longer_than_the_window_needs_its_share_of_all_windows_in_it() {
    let mut growth = published(&ADAPTIVE, 100, None);
    growth.charge(749, Nanos::ZERO);
    assert_eq!(growth.limit_at(900), 100, "half of 1,500 in 15 minutes");
    growth.charge(750, Nanos::SECOND.times(900));
    assert_eq!(growth.limit_at(1_800), 125);
}

#[test]
fn intervals_begin_with_the_first_use() {
    let mut growth = published(&SESSIONS, 100, None);
    assert_eq!((growth.limit_at(1_000), growth.next_change()), (100, None));
    growth.charge(70, Nanos::SECOND.times(1_030));
    assert_eq!([1_060, 1_089, 1_090].map(|second| growth.limit_at(second)), [100, 100, 110]);
    let jitter = Nanos::MILLISECOND.times(250);
    let rule = GrowthRule::new(&SESSIONS, Nanos::MINUTE, jitter);
    let mut growth = GrowthState::new(rule, GrowsFrom::Published { most: None }, 100);
    growth.charge(100, Nanos::ZERO);
    assert_eq!((growth.limit_at(60), growth.next_change()), (100, Some(Nanos::MINUTE + jitter)));
}

#[test]
fn the_limit_grows_to_the_stated_multiple() {
    let mut growth = published(&SESSIONS, 100, Some(125));
    for minute in 0..5 {
        growth.use_share(60 * minute, 100, 1);
        growth.advance(Nanos::MINUTE.times(minute + 1));
    }
    assert_eq!(growth.in_force(), 125);
}

#[test]
fn after_the_stated_time_of_less_use_the_limit_falls_to_its_published_amount() {
    let mut growth = published(&ADAPTIVE, 100, None);
    for interval in 0..3 {
        growth.use_share(900 * interval, 60, 15);
        growth.advance(Nanos::SECOND.times(900 * (interval + 1)));
    }
    assert_eq!(growth.in_force(), 195, "125, 156, 195");
    // In the first phase, whose intervals end 31/32 of 900 seconds before those of the last.
    let falls = 1_829 + 3 * DAY;
    // Some use in each interval, but too little.
    growth.charge(1, Nanos::SECOND.times(2_700));
    assert_eq!([falls - 1, falls].map(|second| growth.limit_at(second)), [195, 156]);
    assert_eq!([falls + 3 * DAY - 1, falls + 3 * DAY].map(|second| growth.limit_at(second)), [156, 124]);
    assert_eq!(growth.limit_at(falls + 6 * DAY), 100, "not below the published amount");
    assert_eq!(growth.limit_at(falls + 900 * DAY), 100);
    assert!(growth.is_at_start() && growth.next_change().is_none());
}

#[test]
fn without_a_stated_decrease_an_interval_without_use_undoes_one_growth() {
    let mut growth = published(&SESSIONS, 100, None);
    for minute in 0..2 {
        growth.use_share(60 * minute, 100, 1);
        growth.advance(Nanos::MINUTE.times(minute + 1));
    }
    growth.charge(1, Nanos::MINUTE.times(2));
    assert_eq!([180, 240, 300, 360].map(|second| growth.limit_at(second)), [121, 110, 100, 100]);
}

#[test]
fn a_limit_below_its_ceiling_grows_from_what_responses_state() {
    let rule = GrowthRule::new(&ADAPTIVE, Nanos::MINUTE, Nanos::ZERO);
    let mut growth = GrowthState::new(rule, GrowsFrom::Responses, 1_000);
    assert_eq!(growth.limit_at(5), 1_000, "no response has stated another");
    growth.continue_from(640, Nanos::SECOND.times(5));
    assert_eq!((growth.limit_at(5), growth.without_responses()), (640, 1_000));
    growth.use_share(5, 50, 15);
    // The same amount again does not begin a new interval.
    growth.continue_from(640, Nanos::SECOND.times(300));
    assert_eq!([904, 905].map(|second| growth.limit_at(second)), [640, 800]);
    growth.use_share(905, 50, 15);
    growth.advance(Nanos::SECOND.times(1_805));
    assert_eq!(growth.in_force(), 1_000);
    growth.use_share(1_805, 50, 15);
    assert_eq!(growth.limit_at(2_705), 1_000, "not above the ceiling");
    growth.continue_from(5_000, Nanos::SECOND.times(2_705));
    assert_eq!(growth.in_force(), 1_000);
    assert_eq!(growth.limit_at(2_705 + 30 * DAY), 640, "not below the smallest stated amount");
    growth.forget_responses();
    assert!(growth.is_at_start());
}

#[test]
fn extreme_rules_end() {
    for (raise_percent, lower) in [(u16::MAX, Some(0)), (0, Some(u16::MAX)), (1, None), (u16::MAX, None)] {
        let mut growth = Growth::new(raise_percent, 1, 0);
        (growth.lower_percent, growth.lower_after_seconds) = (lower, lower.map(|_| 1));
        let mut growth = published(&growth, u64::MAX / 2, None);
        growth.charge(u64::MAX, Nanos::ZERO);
        growth.advance(Nanos::SECOND);
        growth.charge(u64::MAX, Nanos::SECOND);
        growth.advance(Nanos::MAX);
        assert!(growth.in_force() >= u64::MAX / 2);
    }
    assert_eq!(published(&SESSIONS, 0, None).limit_at(u64::MAX), 0);
}
