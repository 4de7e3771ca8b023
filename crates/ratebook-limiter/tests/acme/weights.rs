//! Weights of models in a shared pool: bedrock, quotas.md.

use ratebook::{Metric, Provider, Weight};
use ratebook_limiter::{Account, Cost, ManualClock, Model, Refused, Usage};

use super::{acme, admitted, never, seconds, waits};

/// `nova-small` counts one for one. Of `nova-large`, a request and a token count as four, and an output token as five
/// tokens.
fn nova() -> (ManualClock, Model, Model) {
    let clock = ManualClock::new();
    let account = acme(&clock).build().unwrap();
    (clock, account.model("nova-small").unwrap(), account.model("nova-large").unwrap())
}

fn used(model: &Model, metric: Metric) -> u64 {
    let pools = model.account().snapshot().into_iter().filter(|pool| pool.limit.metric == metric);
    pools.filter(|pool| pool.limit.window() == seconds(60)).map(|pool| pool.used).sum()
}

/// bedrock, policy-notes: an output token of newer Anthropic models counts as five.
#[test]
fn a_policy_may_weigh_the_output_of_models() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Bedrock).region("US East (N. Virginia)").clock(clock.clock());
    let account = account.build().unwrap();
    let claude = account.model("us.anthropic.claude-sonnet-4-5-20250929-v1:0").unwrap();
    assert_eq!(admitted(&claude, Cost::request().input(1_000).output(600)), 5, "4,000 of 20,000 each");
    let nova = account.model_builder("Amazon Nova Pro").build().unwrap();
    assert_eq!(admitted(&nova, Cost::request().input(1_000).output(600)), 12, "1,600 of 20,000 each");
}

/// bedrock, gr-bedrock_excerpt.md: one region has its own limit, and each other region another.
#[test]
fn a_region_with_its_own_limit_does_not_have_that_of_each_other_region() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Bedrock).clock(clock.clock());
    let admitted_in =
        |account: Account| admitted(&account.model("Amazon Nova Lite").unwrap(), Cost::request().input(1_000));
    assert_eq!(admitted_in(account.clone().build().unwrap()), 4);
    assert_eq!(admitted_in(account.region("us-east-1").build().unwrap()), 40);
}

/// openai, guide-rate-limits.md: a call counts its maximum output, whatever it generates.
#[test]
fn the_maximum_output_stays_charged_where_the_vendor_charges_it() {
    let tokens_after = |provider: Provider, model: &str, usage: Usage| {
        let clock = ManualClock::new();
        let account = Account::builder(provider).clock(clock.clock()).build().unwrap();
        let model = account.model(model).unwrap();
        model.try_acquire(Cost::request().input(300).output(500)).unwrap().settle(usage);
        used(&model, Metric::Tokens)
    };
    let openai = |usage| tokens_after(Provider::Openai, "gpt-4o", usage);
    assert_eq!(openai(Usage::new().input(280).output(20)), 780);
    assert_eq!(openai(Usage::new().input(280).output(700)), 980);
    assert_eq!(openai(Usage::new().tokens(0)), 0, "the call was refused");
    assert_eq!(tokens_after(Provider::Groq, "llama-3.3-70b-versatile", Usage::new().input(280).output(20)), 300);
}

#[test]
fn a_call_takes_its_weight_of_the_pool() {
    let (_, small, large) = nova();
    assert_eq!(admitted(&large, Cost::request()), 25);
    assert_eq!(waits(&small, Cost::request()).1, "100 requests per 60s");
    assert_eq!(waits(&large, Cost::request()).1, "100 requests per 60s, each weighing 4");
    let (_, small, large) = nova();
    assert_eq!(admitted(&small, Cost::request()), 100);
    assert!(large.try_acquire(Cost::request()).is_err());
}

#[test]
fn an_output_token_counts_as_several() {
    let (_, _, large) = nova();
    let permit = large.try_acquire(Cost::request().input(500).output(100)).unwrap();
    assert_eq!(used(&large, Metric::Tokens), 4 * (500 + 5 * 100));
    permit.settle(Usage::new().input(400).output(20));
    assert_eq!(used(&large, Metric::Tokens), 4 * (400 + 5 * 20));
    large.try_acquire(Cost::request().input(100)).unwrap().settle(Usage::new().input(100).output(50));
    assert_eq!(used(&large, Metric::Tokens), 4 * (400 + 5 * 20) + 4 * (100 + 5 * 50), "a debt");
    large.try_acquire(Cost::request().input(300).output(100)).unwrap().cancel_unsent();
    assert_eq!(used(&large, Metric::Tokens), 4 * (400 + 5 * 20) + 4 * (100 + 5 * 50));
    // Undivided tokens may all be output.
    drop(large.try_acquire(Cost::tokens(10)).unwrap());
    assert_eq!(used(&large, Metric::Tokens), 4 * 500 + 4 * 350 + 4 * 50);
}

#[test]
fn a_weighted_cost_above_the_limit_never_fits() {
    let (_, small, large) = nova();
    let cost = Cost::request().input(1_500).output(201);
    assert_eq!(
        never(&large, cost),
        "10000 tokens per 60s, each weighing 4, output tokens 5 times as much",
        "4 x (1500 + 5 x 201) = 10020"
    );
    assert!(small.try_acquire(cost).is_ok());
    let (_, _, large) = nova();
    assert!(large.try_acquire(Cost::request().input(1_500).output(200)).is_ok());
}

#[test]
fn a_forecast_uses_the_weight() {
    let (clock, small, large) = nova();
    drop(small.try_acquire(Cost::request().input(6_001)).unwrap());
    clock.advance(seconds(15).unwrap());
    let cost = Cost::request().input(1_000);
    let Err(Refused::Wait(wait)) = large.estimate_wait(cost) else { panic!("4000 of 3999") };
    assert_eq!((wait.foreseen(), wait.limit.weight), (seconds(45), Weight { each: 4, output: 5 }));
    assert!(large.estimate_wait(Cost::request().input(999)).is_ok());
}

#[test]
fn a_share_of_a_class_is_taken_by_weight() {
    let clock = ManualClock::new();
    let account = acme(&clock).class("reports", 40).build().unwrap();
    let reports = account.model_builder("nova-large").class("reports").build().unwrap();
    assert_eq!(admitted(&reports, Cost::request()), 10);
}

#[test]
fn a_handle_states_its_weights() {
    let (_, small, large) = nova();
    let weights = |model: &Model| -> Vec<_> {
        let limits = model.limits().filter(|limit| limit.window() == seconds(60));
        let mut weights: Vec<_> = limits.map(|limit| (limit.metric.name(), limit.weight)).collect();
        weights.sort_unstable_by_key(|(metric, _)| *metric);
        weights
    };
    assert_eq!(weights(&small), [("requests", Weight::ONE), ("tokens", Weight::ONE)]);
    let of_large = [("requests", Weight { each: 4, output: 1 }), ("tokens", Weight { each: 4, output: 5 })];
    assert_eq!(weights(&large), of_large);
    assert_ne!(small, large, "handles of other weights are decided otherwise");
}
