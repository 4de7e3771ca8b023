//! Deployments, modes, classes of context lengths, and names.

use ratebook_limiter::{Cost, Error, ManualClock, Model};

use super::{acme, admitted, limit, never};

fn limits(model: &Model) -> Vec<String> {
    let mut limits: Vec<_> = model.limits().map(|it| limit(&it.to_string())).collect();
    limits.sort();
    limits
}

const ACCOUNT: [&str; 2] = ["5 spend_usd per 600s", "5000 requests per 86400s"];

/// azure, quotas-limits.md.
#[test]
fn a_deployment_has_its_own_limits() {
    let clock = ManualClock::new();
    let orbit = |deployment: &str| acme(&clock).deployment(deployment).build().unwrap().model("orbit").unwrap();
    assert_eq!(admitted(&orbit("global-standard"), Cost::request()), 300);
    assert_eq!(admitted(&orbit("data-zone"), Cost::request()), 100);
    let unknown = acme(&clock).deployment("global").build().unwrap_err();
    assert!(matches!(&unknown, Error::UnknownDeployment { name, .. } if name == "global"));
    let words = unknown.to_string();
    assert!(words.starts_with("expected a deployment of acme (") && words.contains("data-zone"), "{words}");
}

#[test]
fn without_a_deployment_the_strictest_applies_and_is_named() {
    let clock = ManualClock::new();
    let account = acme(&clock).build().unwrap();
    let orbit = account.model("orbit").unwrap();
    assert_eq!(admitted(&orbit, Cost::request()), 100);
    let pools = account.snapshot();
    let cited = "100 requests per 60s (acme, data-zone, orbit";
    assert!(pools.iter().any(|pool| pool.limit.to_string().starts_with(cited)));
    // A model without deployments has the same limits in all.
    let deployed = acme(&clock).deployment("data-zone").build().unwrap();
    assert_eq!(limits(&deployed.model("painter").unwrap()), limits(&account.model("painter").unwrap()));
}

#[test]
fn a_name_may_select_a_deployment_or_a_mode() {
    let clock = ManualClock::new();
    let account = acme(&clock).plan("tier-1").build().unwrap();
    let zone = account.model("acme/dz.orbit").unwrap();
    assert_eq!(admitted(&zone, Cost::request()), 100);
    let batch = account.model("rocket-1:batch").unwrap();
    assert_eq!(never(&batch, Cost::request().queued(401, 0)), "400 queued_batch_requests");
}

#[test]
fn plans_and_deployments_have_the_names_that_people_write() {
    let clock = ManualClock::new();
    for plan in ["tier-1", "Tier 1", "tier1", "TIER_1"] {
        let rocket = acme(&clock).plan(plan).build().unwrap().model("rocket-1").unwrap();
        assert!(limits(&rocket).contains(&"60 requests per 60s".to_owned()), "{plan}");
    }
    let orbit = acme(&clock).deployment("Data Zone").build().unwrap().model("orbit").unwrap();
    assert_eq!(admitted(&orbit, Cost::request()), 100);
    let account = acme(&clock).plan("tier 1").build().unwrap();
    assert!(account.model_builder("rocket-1").context("Above 272K Input").build().is_ok());
    let unknown = acme(&clock).plan("tier 9").build().unwrap_err().to_string();
    assert_eq!(unknown, "expected a plan of acme (tier-1, tier-2), found `tier 9`");
}

#[test]
fn a_region_of_the_list_has_the_limits_for_itself() {
    let clock = ManualClock::new();
    for region in ["far-east-1", "Far East 1", "Far East (Harbour)", "far_east_harbour"] {
        let account = acme(&clock).region(region).deployment("data-zone").build().unwrap();
        let orbit = account.model("orbit").unwrap();
        assert_eq!(admitted(&orbit, Cost::request()), 100, "{region}");
        assert_eq!(
            limits(&account.model("painter").unwrap()),
            limits(&acme(&clock).build().unwrap().model("painter").unwrap())
        );
    }
    let unknown = acme(&clock).region("mars").build().unwrap_err().to_string();
    assert_eq!(unknown, "expected a region of acme (far-east-1, far-west-2), found `mars`");
}

#[test]
fn an_alias_is_another_name_of_the_model_and_its_limits() {
    let clock = ManualClock::new();
    let own = acme(&clock).plan("tier-1").alias("my-deployment", "Rocket 1");
    let account = own.clone().build().unwrap();
    let (rocket, mine) = (account.model("rocket-1").unwrap(), account.model("my-deployment").unwrap());
    assert_eq!((limits(&mine), admitted(&mine, Cost::tokens(15_000))), (limits(&rocket), 2));
    assert_eq!(admitted(&rocket, Cost::tokens(1)), 0, "one pool");
    // Amounts given under either name hold for both.
    for name in ["my-deployment", "rocket-1"] {
        let minute = Some(ratebook::Period::Minute);
        let raised = own.clone().negotiated(name, ratebook::Metric::Tokens, minute, 90_000).build().unwrap();
        for model in ["my-deployment", "rocket-1"] {
            assert!(
                limits(&raised.model(model).unwrap()).contains(&"90000 tokens per 60s".to_owned()),
                "{name} {model}"
            );
        }
    }
    let unknown = own.alias("my-deployment", "orbiter-9").strict().build().unwrap().model("my-deployment").unwrap_err();
    assert!(unknown.to_string().contains("orbiter-9"), "the last alias of a name counts: {unknown}");
}

#[test]
fn an_alias_of_a_custom_account_stands_for_the_model_of_its_limits() {
    let clock = ManualClock::new();
    let own = ratebook_limiter::Quota::requests(3).per_minute().of_model("gpt-4.1");
    let account = ratebook_limiter::Account::custom("gateway").limit(own).alias("prod", "gpt-4.1").clock(clock.clock());
    let account = account.build().unwrap();
    assert_eq!(admitted(&account.model("prod").unwrap(), Cost::request()), 3);
    assert_eq!(admitted(&account.model("gpt-4.1").unwrap(), Cost::request()), 0);
    assert!(account.model("staging").is_err());
}

/// openai, gpt-5.5.md and gpt-4.1.md.
#[test]
fn a_mode_or_context_has_pools_of_its_own() {
    let clock = ManualClock::new();
    let account = acme(&clock).plan("tier-1").build().unwrap();
    let rocket = account.model("rocket-1").unwrap();
    let long = account.model_builder("rocket-1").context("above-272k-input").build().unwrap();
    let batch = account.model_builder("rocket-1").mode("batch").build().unwrap();
    assert_eq!(limits(&long), [&["20000 tokens per 60s"], &ACCOUNT[..]].concat().sorted());
    assert_eq!(admitted(&long, Cost::tokens(20_000)), 1);
    assert_eq!(admitted(&rocket, Cost::tokens(30_000)), 1, "another pool");
    assert!(batch.try_acquire(Cost::tokens(90_000)).is_ok(), "no limit on tokens in this mode");
    let unknown = |error: Error| error.to_string();
    let error = account.model_builder("rocket-1").mode("bulk").build().unwrap_err();
    assert!(unknown(error).starts_with("expected a mode of acme ("));
    let error = account.model_builder("rocket-1").context("long").build().unwrap_err();
    assert!(unknown(error).starts_with("expected a class of context lengths of acme (above-272k-input)"));
}

trait Sorted {
    fn sorted(self) -> Vec<String>;
}

impl Sorted for Vec<&str> {
    fn sorted(self) -> Vec<String> {
        let mut sorted: Vec<String> = self.into_iter().map(str::to_owned).collect();
        sorted.sort();
        sorted
    }
}

#[test]
fn all_names_of_a_model_share_its_pool() {
    let clock = ManualClock::new();
    let account = acme(&clock).plan("tier-1").build().unwrap();
    let names = ["rocket-1", "rocket", "rocket-1-2026-11-01", "acme/rocket"];
    let handles = names.map(|name| account.model(name).unwrap());
    assert!(handles.iter().all(|handle| *handle == handles[0]));
}

/// anthropic, rate-limits.md; vertex, standard-paygo.md.
#[test]
fn a_family_has_one_pool_or_one_for_each_member() {
    let clock = ManualClock::new();
    let account = acme(&clock).build().unwrap();
    let model = |name: &str| account.model(name).unwrap();
    assert_eq!(model("comet-4-large"), model("comet-4-5"));
    assert_ne!(model("comet-5-large"), model("comet-5-small"));
    assert_eq!(model("comet-5-large"), model("acme/comet-5-large"), "the name that it stands for");
    assert_eq!(admitted(&model("comet-5-large"), Cost::tokens(70_000)), 1);
    assert_eq!(admitted(&model("comet-5-small"), Cost::tokens(70_000)), 1);
    // Everything else, each for itself: cohere, rate-limits.mdx.
    assert_eq!(admitted(&model("unheard-of"), Cost::request()), 20);
    assert_eq!(admitted(&model("unheard-of-2"), Cost::request()), 20);
}

#[test]
fn an_entry_sets_the_mode_and_the_deployment() {
    let clock = ManualClock::new();
    let account = acme(&clock).build().unwrap();
    let batch = account.entry(ratebook::providers::acme::tier_1::batch::ROCKET_1).unwrap();
    assert_eq!(never(&batch, Cost::request().queued(401, 0)), "400 queued_batch_requests");
    let zone = ratebook::entry!("acme", deployment = "global-standard", "orbit");
    assert_eq!(admitted(&account.entry(zone).unwrap(), Cost::request()), 300);
}

#[test]
#[expect(deprecated, reason = "the constants of removed names are")]
fn an_entry_that_the_pages_no_longer_state_has_the_limits_of_its_family_or_is_an_error() {
    use ratebook::providers::acme::{far_north_9::HANGARS, tier_1};

    let account = acme(&ManualClock::new()).plan("tier-1").build().unwrap();
    assert!(account.entry(tier_1::COMET_4_TURBO).is_ok());
    let error = account.entry(HANGARS).unwrap_err();
    assert_eq!(error.to_string(), "the vendor's pages have no limits for `hangars` since 2026-03-01");
}
