//! A fallback over two simulated providers: calls beyond the limit of the first go to the second.

use std::time::Duration;

use ratebook::Provider;
use ratebook::providers::castai;
use ratebook_limiter::{Account, Cost, Fallback, ManualClock, Usage};
use ratebook_sim::{Algorithm, ResponseStyle, Server, SimCall, SimRule};

const TOKENS: u64 = 500;

/// Returns the server and the limiter for a class of a Cast AI plan.
fn class(clock: &ManualClock, plan: &str, entry: ratebook::Entry) -> (Server, ratebook_limiter::Model) {
    let rules = entry.limits().flat_map(|limit| SimRule::every_of(&limit, Algorithm::SlidingLog)).collect();
    let account = Account::builder(Provider::Castai).plan(plan).clock(clock.clock()).build().unwrap();
    (Server::new(rules).styled_as(ResponseStyle::of(Provider::Castai)), account.model("Llama 3.3 70B").unwrap())
}

/// Makes a call every 100 ms for ten minutes. Returns the served and the refused calls by provider.
fn run(others_use_up_the_first: bool) -> ([u64; 2], [u64; 2]) {
    let clock = ManualClock::new();
    let (one, first) = class(&clock, "growth", castai::growth::LARGE);
    let (two, second) = class(&clock, "starter", castai::starter::LARGE);
    let (mut servers, either) = ([one, two], Fallback::first(first).then(second));
    let (mut served, mut refused) = ([0; 2], [0; 2]);
    for tick in 0..6_000_u64 {
        let now = tick * 100_000_000;
        clock.set(Duration::from_nanos(now));
        if others_use_up_the_first {
            // Other clients use up the limit of the first provider.
            while servers[0].serve(now, &SimCall::of_tokens(1, TOKENS)) {}
        }
        let Ok(choice) = either.try_acquire(Cost::tokens(TOKENS)) else { continue };
        let response = servers[choice.position].respond(now, &SimCall::of_tokens(0, TOKENS));
        choice.permit.observe(response.status, &response.headers[..], response.body.as_bytes());
        if response.is_served() {
            served[choice.position] += 1;
            choice.permit.settle(Usage::new().tokens(TOKENS));
        } else {
            refused[choice.position] += 1;
        }
    }
    (served, refused)
}

#[test]
fn both_limits_are_used_and_no_call_is_refused() {
    let (served, refused) = run(false);
    let ten_minutes_of = |entry: ratebook::Entry| {
        let limits = entry.limits().filter_map(|limit| {
            let each = if limit.metric == ratebook::Metric::Requests { 1 } else { TOKENS };
            Some(limit.amount.count()? / each)
        });
        10 * limits.min().unwrap()
    };
    assert_eq!(refused, [0, 0]);
    assert_eq!(served, [ten_minutes_of(castai::growth::LARGE), ten_minutes_of(castai::starter::LARGE)]);
}

#[test]
fn while_one_provider_refuses_the_other_takes_the_calls() {
    let ([first, second], refused) = run(true);
    assert_eq!(first, 0);
    assert_eq!(second, 450, "its whole limit");
    // Each refusal pauses the first provider until the time in the response.
    assert!(refused[0] <= 15 && refused[1] == 0, "{refused:?}");
}
