//! Limits that grow by a share while enough of them is used, and limits on spend.

use ratebook::Mode;
use ratebook_sim::{Amounts, ModelKey, SECOND};

use crate::scenario::{MINUTE, SERVERS, Scenario};

/// assemblyai, faq-concurrency-limits_glued.txt: 100 new sessions a minute, and 10 % more after each minute in which 70 % of
/// them were used.
const STREAMING: ModelKey<'static> = ModelKey { mode: Some(Mode::Streaming), ..ModelKey::new("listener") };

fn session() -> Amounts {
    Amounts { sessions: 1, ..Amounts::default() }
}

#[test]
fn new_sessions_are_used_within_their_growth_wherever_the_vendors_intervals_begin() {
    let rule_allows = [100, 110, 121, 133, 146, 160, 176, 193, 212, 233];
    for begins in [0, 13, 30, 47, 59] {
        for by in SERVERS {
            let mut scenario = Scenario::new(&[STREAMING], session());
            scenario.workload.service = SECOND / 100;
            (scenario.warm_up, scenario.duration) = (0, begins * SECOND + 10 * MINUTE);
            let client = scenario.ours(|account| account).beginning(begins * SECOND);
            let run = scenario.run_against(scenario.vendor(by, 0).server(), client);
            assert_eq!(run.report.refused, 0, "from second {begins}, {by:?}");
            let minute_of = |at: u64| ((at - begins * SECOND) / MINUTE) as usize;
            let mut by_minute = [0; 10];
            run.sent
                .iter()
                .filter(|sent| sent.at < scenario.duration)
                .for_each(|sent| by_minute[minute_of(sent.at)] += 1);
            let used: u64 = by_minute.iter().sum();
            let allowed: u64 = rule_allows.iter().sum();
            assert!(100 * used >= 95 * allowed, "from second {begins}, {by:?}: {by_minute:?}");
        }
    }
}

#[test]
fn spend_is_used_in_each_ten_minutes() {
    // gemini, rate limits: 5 dollars, which is 80 calls of 6.25 cents
    let models = ["meteor", "comet-4-5", "painter"].map(ModelKey::new);
    let mut scenario = Scenario::new(&models, Amounts { micro_usd: 62_500, ..Amounts::default() });
    (scenario.warm_up, scenario.duration) = (10 * MINUTE, 110 * MINUTE);
    for by in SERVERS {
        let used = scenario.run(by).share(&[0, 1, 2], 80, 10 * MINUTE);
        assert!((0.99..=1.0).contains(&used), "{by:?}: {used}");
    }
}
