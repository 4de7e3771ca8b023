//! Pools: who shares a limit, and with which weight. Comments name a vendor's page with that kind of pool.

use ratebook::{Deployment, Region};
use ratebook_sim::{Amounts, ModelKey};

use crate::scenario::{MINUTE, SERVERS, Scenario};

fn requests() -> Amounts {
    Amounts::default()
}

fn tokens(input: u64, output: u64) -> Amounts {
    Amounts::none().with_input(input).with_output(output)
}

/// Asserts that calls use at least a share of what a pool allows, and no more.
fn assert_used(share: f64, least: f64, pool: &str) {
    assert!(share >= least && share <= 1.0, "{pool}: {share}");
}

#[test]
fn models_with_weights_use_their_pool_together() {
    // bedrock, quotas.md: the large model takes four units for each, and its output tokens count five.
    let keys = ["nova-small", "nova-large"].map(ModelKey::new);
    for algorithm in SERVERS {
        // 120 and 800 of 10,000 tokens. Requests would allow more.
        let run = Scenario::new(&keys, tokens(100, 20)).run(algorithm);
        let used = 120 * run.calls(&[0]) + 800 * run.calls(&[1]);
        assert_used(used as f64 / (10_000 * run.minutes()) as f64, 0.95, "tokens");
        assert!(run.calls(&[1]) >= 9 * run.minutes(), "the large model has its turns: {}", run.calls(&[1]));
        // One and four of 100 requests.
        let run = Scenario::new(&keys, requests()).run(algorithm);
        let used = run.calls(&[0]) + 4 * run.calls(&[1]);
        assert_used(used as f64 / (100 * run.minutes()) as f64, 0.95, "requests");
    }
}

#[test]
fn output_tokens_count_five() {
    // 500 tokens, or 4 × (100 + 5 × 80).
    for algorithm in SERVERS {
        let run = Scenario::new(&[ModelKey::new("nova-large")], tokens(100, 80)).run(algorithm);
        assert_used(run.share(&[0], 5, MINUTE), 0.99, "nova-large");
        let run = Scenario::new(&[ModelKey::new("nova-small")], tokens(100, 80)).run(algorithm);
        // 55 calls of 180.
        assert_used(run.share(&[0], 55, MINUTE), 0.99, "nova-small");
    }
}

#[test]
fn each_kind_of_pool_is_used_at_the_same_time() {
    // anthropic, rate-limits.md: a family together. vertex, standard-paygo.md: each model of a family. cohere,
    // rate-limits.mdx: each of the rest.
    let keys = ["comet-4-large", "comet-4-5", "comet-5-small", "comet-5-large", "unheard-of", "another"];
    for algorithm in SERVERS {
        let run = Scenario::new(&keys.map(ModelKey::new), tokens(160, 320)).run(algorithm);
        assert_used(run.share(&[0, 1], 25, MINUTE), 0.99, "8,000 output tokens of the family");
        for rest in [4, 5] {
            assert_used(run.share(&[rest], 20, MINUTE), 0.99, keys[rest]);
        }
        let run = Scenario::new(&keys.map(ModelKey::new), tokens(2_000, 0)).run(algorithm);
        assert_used(run.share(&[0, 1], 20, MINUTE), 0.99, "40,000 input tokens of the family");
        for each in [2, 3] {
            assert_used(run.share(&[each], 35, MINUTE), 0.99, keys[each]);
        }
    }
}

#[test]
fn an_endpoints_inputs_are_used_beside_the_requests_of_models() {
    // cohere, rate-limits.mdx
    let embeddings = |model| ModelKey::new(model).with_endpoint("POST /v1/embeddings");
    let elsewhere = ModelKey::new;
    let keys = [embeddings("painter"), embeddings("meteor"), elsewhere("meteor"), elsewhere("comet-4-5")];
    for algorithm in SERVERS {
        let run = Scenario::new(&keys, requests().with_inputs(100)).run(algorithm);
        assert_used(run.share(&[0, 1], 20, MINUTE), 0.99, "inputs");
        assert_used(run.share(&[1, 2], 80, MINUTE), 0.99, "meteor, at the endpoint and elsewhere");
        assert_used(run.share(&[3], 50, MINUTE), 0.99, "comet-4");
    }
}

#[test]
fn each_region_has_the_limits_for_itself() {
    // azure, quotas-limits.md
    let orbit = |region| ModelKey::new("orbit").with_region(region).with_deployment(Deployment::GlobalStandard);
    for algorithm in SERVERS {
        let run = Scenario::new(&[orbit(Region::Us), orbit(Region::Eu)], tokens(500, 0)).run(algorithm);
        for region in [0, 1] {
            assert_used(run.share(&[region], 100, MINUTE), 0.99, "50,000 tokens of a region");
        }
    }
}
