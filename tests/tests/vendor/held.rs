//! What calls hold until they end: batch jobs in the vendor's queue, sessions, calls in flight. Comments name a
//! vendor's page with that kind of limit.

use ratebook::Mode;
use ratebook_sim::{Amounts, ModelKey, SECOND};

use crate::scenario::{HOUR, MINUTE, SERVERS, Scenario, of_tier_1};

/// Asserts that calls of a length hold a number of places almost all of the time, and are never refused.
fn assert_held(key: ModelKey<'_>, each: Amounts, service: u64, places: u64) {
    let mut scenario = Scenario::new(&[key], each);
    scenario.workload = scenario.workload.with_service(service).with_callers(250);
    (scenario.warm_up, scenario.duration) = (2 * service, 12 * service);
    for algorithm in SERVERS {
        let held = scenario.run(algorithm).share(&[0], places, service);
        assert!((0.99..=1.0).contains(&held), "{} {each:?} {algorithm:?}: {held}", key.model());
    }
}

#[test]
fn batch_jobs_fill_the_vendors_queue_for_hours() {
    // openai, gpt-4.1.md; anthropic, rate-limits.md
    let batch = of_tier_1("rocket-1").with_mode(Mode::Batch);
    let job = |queued_requests, queued_tokens| {
        Amounts::none().with_queued_requests(queued_requests).with_queued_tokens(queued_tokens)
    };
    assert_held(batch, job(20, 10_000), 3 * HOUR, 10);
    assert_held(batch, job(50, 1_000), 24 * HOUR, 8);
}

#[test]
fn sessions_and_jobs_are_held_until_they_end() {
    // assemblyai, faq-concurrency-limits_glued.txt
    let streaming = ModelKey::new("listener").with_mode(Mode::Streaming);
    assert_held(streaming, Amounts::none().with_sessions(1), 10 * MINUTE, 10);
    assert_held(ModelKey::new("meter"), Amounts::default(), 5 * MINUTE, 2);
}

#[test]
fn the_lower_end_of_a_range_is_held_wherever_the_limit_is() {
    // siliconflow, rate-limits_zh_table.txt
    let recorded = ModelKey::new("listener").with_mode(Mode::PreRecorded);
    let mut scenario = Scenario::new(&[recorded], Amounts::default());
    let service = 30 * SECOND;
    scenario.workload = scenario.workload.with_service(service).with_callers(250);
    for percent in [0, 50, 100] {
        for algorithm in SERVERS {
            let server = scenario.sim_account(algorithm, percent).server();
            let run = scenario.run_against(server, scenario.ours(|account| account));
            assert_eq!(run.report.refused, 0, "{percent} % {algorithm:?}");
            let held = run.share(&[0], 100, service);
            assert!((0.99..=1.0).contains(&held), "{percent} % {algorithm:?}: {held}");
        }
    }
}
