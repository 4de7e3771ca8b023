//! Times for which the vendor refuses every call after too many refused or failed ones.

use std::collections::VecDeque;

use ratebook::{Metric, Penalty, PenaltyTrigger, Period, Provider};
use ratebook_limiter::AccountBuilder;
use ratebook_sim::{Algorithm, Amounts, Arrivals, ModelKey, Network, SECOND};
use ratebook_tests::compare::clients::Backoff;

use crate::client::Sent;
use crate::scenario::{MINUTE, SERVERS, Scenario, of_tier_1};

/// stability, rest-api-v2beta_rate-limiting_excerpt.md: 60 seconds after each refused call.
const REFUSED: Penalty = Provider::Acme.policy().penalties[0];
/// venice, rate-limiting.mdx: 30 seconds after 20 failed calls in 30 seconds.
const FAILED: Penalty = Provider::Acme.policy().penalties[1];

/// The latency of the network in one direction, in nanoseconds.
const DELAY: u64 = SECOND;

/// A penalty, in the time of the client: a call sent after `known` and before `until` would arrive during it.
#[derive(Clone, Copy, Debug)]
struct Known {
    known: u64,
    until: u64,
}

/// Returns the penalties that the client could know of, from the responses that it received.
fn known_penalties(log: &[Sent], penalty: Penalty) -> Vec<Known> {
    let counts = |status: u16| match penalty.after {
        PenaltyTrigger::Refused => status == 429,
        PenaltyTrigger::Failed => status >= 400,
    };
    let mut errors: Vec<u64> =
        log.iter().filter_map(|sent| sent.answer).filter(|it| counts(it.0)).map(|it| it.1).collect();
    errors.sort_unstable();
    let within = penalty.within_seconds.map_or(u64::MAX, |seconds| u64::from(seconds) * SECOND);
    // The vendor counts a call one delay before its response is received, and receives one a delay after it is sent.
    let until = |received: u64| received + u64::from(penalty.lasts_seconds) * SECOND - 2 * DELAY;
    let (mut counted, mut known) = (VecDeque::new(), Vec::<Known>::new());
    for received in errors {
        match known.last_mut() {
            Some(last) if received < last.until + 2 * DELAY => {
                if penalty.extends {
                    last.until = until(received);
                }
            }
            Some(_) | None => {
                while counted.pop_front_if(|at: &mut u64| at.saturating_add(within) <= received).is_some() {}
                counted.push_back(received);
                if counted.len() >= penalty.calls as usize {
                    counted.clear();
                    known.push(Known { known: received, until: until(received) });
                }
            }
        }
    }
    known
}

/// Asserts that some penalties were known, and that nothing was sent during them.
fn assert_nothing_sent_during(log: &[Sent], penalty: Penalty) {
    let known = known_penalties(log, penalty);
    assert!(known.len() >= 2, "{known:?}");
    for Known { known, until } in known {
        let sent = log.iter().find(|sent| known < sent.at && sent.at < until);
        assert!(sent.is_none(), "{sent:?} during {known} to {until}");
    }
}

const PENALTIES: [Penalty; 4] = [REFUSED, REFUSED.extending(), FAILED, FAILED.extending()];

/// Callers that make 150 calls a minute, at random times, over a slow network: several are in flight when a penalty
/// begins.
fn over_a_slow_network() -> Scenario<'static> {
    let mut scenario = Scenario::new(&[ModelKey::new("meteor")], Amounts::default());
    scenario.workload = scenario.workload.with_callers(150).with_arrivals(Arrivals::Steady { every: MINUTE });
    scenario.network = Network::new(DELAY);
    scenario
}

#[test]
fn no_call_is_sent_during_a_penalty_for_refused_calls() {
    for penalty in PENALTIES.iter().filter(|penalty| penalty.after == PenaltyTrigger::Refused) {
        for algorithm in SERVERS {
            // The client's account has twice the limit of the vendor's.
            let scenario = over_a_slow_network();
            let account = |account: AccountBuilder| {
                account.negotiated("meteor", Metric::Requests, Some(Period::Minute), 160).penalty(*penalty)
            };
            let client = scenario.ours(account).observing();
            let server = scenario.sim_account(algorithm, 0).server_without_penalties().with_penalties(&[*penalty]);
            let run = scenario.run_against(server, client);
            assert_nothing_sent_during(&run.sent, *penalty);
        }
    }
}

#[test]
fn no_call_is_sent_during_a_penalty_for_failed_calls() {
    for penalty in PENALTIES.iter().filter(|penalty| penalty.after == PenaltyTrigger::Failed) {
        for algorithm in SERVERS {
            let mut scenario = over_a_slow_network();
            scenario.workload = scenario.workload.with_failing_percent(50);
            let client = scenario.ours(|account| account.penalty(*penalty)).observing();
            let server = scenario.sim_account(algorithm, 0).server_without_penalties().with_penalties(&[*penalty]);
            let run = scenario.run_against(server, client);
            assert_nothing_sent_during(&run.sent, *penalty);
        }
    }
}

#[test]
fn a_client_that_retries_is_locked_out_most_of_the_time() {
    let scenario = Scenario::new(&[of_tier_1("rocket-1")], Amounts::default());
    let algorithm = Algorithm::SlidingLog;
    let ours = scenario.run(algorithm).report;
    let theirs = scenario.simulate(scenario.sim_account(algorithm, 0).server(), &mut Backoff::new());
    assert!(theirs.refused > 0 && 4 * theirs.served < ours.served, "{} of {}", theirs.served, ours.served);
}

#[test]
fn calls_that_fail_are_charged_and_sent_again() {
    // Without responses observed: a tenth of the calls fail, too few for a penalty.
    let mut scenario = Scenario::new(&[of_tier_1("rocket-1")], Amounts::none().with_input(100));
    scenario.workload = scenario.workload.with_failing_percent(10);
    for algorithm in SERVERS {
        let run = scenario.run(algorithm);
        assert!((6..=14).contains(&(100 * run.report.failed / run.sent.len() as u64)), "{}", run.report.failed);
        assert!(run.share(&[0], 60, MINUTE) >= 0.95, "{algorithm:?}");
    }
}
