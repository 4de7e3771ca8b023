//! The limiter against simulated accounts of the made-up provider, with penalties: one refused call locks the account out for
//! a minute.

use std::time::Duration;

use ratebook::{Plan, Provider};
use ratebook_limiter::{Account, ManualClock};
use ratebook_sim::{Client, Enforcement, ModelKey, Others, Report, SECOND, Simulation, Tokens, Vendor, Workload};
use ratebook_tests::compare::clients::{Backoff, Ratebook};
use ratebook_tests::compare::tables::QUIET;

const START: Duration = Duration::from_secs(1_795_820_400);

/// An account with some models, and calls of equal size.
struct Scenario {
    models: &'static [&'static str],
    plan: Option<Plan>,
    tokens: u64,
}

impl Scenario {
    /// Runs clients for ten minutes after a warm-up of two.
    fn run(&self, by: Enforcement, workload: Workload, client: &mut dyn Client) -> Report {
        let keys = self.models.iter().map(|model| ModelKey { plan: self.plan, ..ModelKey::new(model) });
        let vendor = keys.fold(Vendor::new(Provider::Acme, by), |vendor, key| vendor.model(&key).unwrap());
        let models = self.models.len();
        let simulation = Simulation {
            server: vendor.server().starting_at(START),
            workload: Workload { callers: 60, models, tokens: Tokens::Each(self.tokens), ..workload },
            network: QUIET,
            others: Others::default(),
            duration: 12 * 60 * SECOND,
            warm_up: 2 * 60 * SECOND,
            seed: 42,
        };
        simulation.run(&mut [client])
    }

    fn ours(&self) -> Ratebook {
        let clock = ManualClock::new();
        let account = Account::builder(Provider::Acme).clock(clock.clock());
        let account = self.plan.map_or(account.clone(), |plan| account.plan(plan.name())).build().unwrap();
        let models = self.models.iter().map(|model| account.model(model).unwrap()).collect();
        Ratebook::new(clock, models)
    }
}

/// Limits that the limiter enforces, with the share of the limit that it uses at least.
const SCENARIOS: [(Scenario, f64); 6] = [
    // Two windows of one metric.
    (Scenario { models: &["rocket-1"], plan: Some(Plan::Tier1), tokens: 100 }, 0.95),
    (Scenario { models: &["rocket-1"], plan: Some(Plan::Tier1), tokens: 1_000 }, 0.95),
    // A temporary limit.
    (Scenario { models: &["meteor"], plan: None, tokens: 300 }, 0.95),
    // The models of a family together, beside another model.
    (Scenario { models: &["comet-4-large", "comet-4-5", "meteor"], plan: None, tokens: 2 }, 0.95),
    // Each model for itself.
    (Scenario { models: &["comet-5-small", "comet-5-large"], plan: None, tokens: 7_000 }, 0.95),
    (Scenario { models: &["unheard-of", "another"], plan: None, tokens: 1 }, 0.95),
];

#[test]
fn the_limiter_is_never_locked_out_and_uses_the_limits() {
    let servers = [Enforcement::FixedWindow { offset: 17 * SECOND }, Enforcement::SlidingLog];
    for (scenario, share) in &SCENARIOS {
        for by in servers {
            let report = scenario.run(by, Workload::default(), &mut scenario.ours());
            let at = format!("{:?}, {by:?}", scenario.models);
            assert_eq!(report.refused, 0, "{at}");
            let used = report.goodput().unwrap();
            assert!(used >= *share && used <= 1.0, "{at}: {used}");
        }
    }
}

#[test]
fn a_client_that_retries_is_locked_out_most_of_the_time() {
    let (scenario, _) = &SCENARIOS[0];
    let by = Enforcement::SlidingLog;
    let ours = scenario.run(by, Workload::default(), &mut scenario.ours());
    let theirs = scenario.run(by, Workload::default(), &mut Backoff::new());
    assert!(theirs.refused > 0 && 4 * theirs.served < ours.served, "{} of {}", theirs.served, ours.served);
}

#[test]
fn calls_that_fail_are_sent_again_and_served() {
    let (scenario, _) = &SCENARIOS[0];
    let failing = Workload { failing_percent: 10, ..Workload::default() };
    let report = scenario.run(Enforcement::SlidingLog, failing, &mut scenario.ours());
    let calls = report.served + report.failed;
    assert_eq!(report.refused, 0);
    assert!((6..=14).contains(&(100 * report.failed / calls)), "{} of {calls}", report.failed);
}
