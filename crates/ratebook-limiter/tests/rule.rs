//! How the limits of a model were found is reported: no default is silent.

use ratebook::{Metric, Provider, Rule};
use ratebook_limiter::{Account, AccountBuilder, Error, LimitsBy, Model};

fn fireworks() -> AccountBuilder {
    Account::builder(Provider::Fireworks).plan("tier-2")
}

fn rule(account: AccountBuilder, model: &str) -> LimitsBy {
    account.build().unwrap().model(model).unwrap().found_by()
}

fn tokens_per_day(model: &Model) -> Vec<u64> {
    let limits = model.limits().filter(|limit| limit.metric == Metric::Tokens);
    limits.filter(|limit| limit.window().unwrap().as_secs() == 86_400).map(|limit| limit.amount).collect()
}

/// Names as users write them, without a size.
const NO_SIZE: [&str; 5] = [
    "accounts/fireworks/models/deepseek-v3p1",
    "accounts/fireworks/models/kimi-k2-instruct",
    "accounts/fireworks/models/llama4-maverick-instruct-basic",
    "accounts/fireworks/models/glm-4p5",
    "no-such-model-at-all",
];

#[test]
fn fireworks_unknown_size_is_silent() {
    for name in NO_SIZE.into_iter().chain(["accounts/fireworks/models/deepseek-r1-0528"]) {
        let model = fireworks().build().unwrap().model(name).unwrap();
        assert_eq!(tokens_per_day(&model), [600_000_000], "{name}: the strictest size class");
        assert_eq!(model.found_by(), LimitsBy::Catalog(Rule::UnknownSize { class: "over-100b" }), "{name}");
        assert!(model.found_by().is_default());
        let error = fireworks().strict().build().unwrap().model(name).unwrap_err();
        let Error::OnlyDefault { model, provider, by, .. } = &error else { panic!("{error}") };
        assert_eq!((model.as_str(), *provider, by.is_default()), (name, "fireworks", true));
        assert!(error.to_string().contains("strictest size class over-100b"), "{error}");
    }
    // Models of unknown size share the pool of the strictest class.
    let account = fireworks().build().unwrap();
    let (one, other) = (account.model(NO_SIZE[0]).unwrap(), account.model("accounts/fireworks/models/x-405b").unwrap());
    let of_day = |model: &Model| model.limits().find(|limit| limit.metric == Metric::Tokens).unwrap();
    assert_eq!(of_day(&one), of_day(&other));
}

#[test]
fn k13_a_misspelt_name_is_an_error_with_the_nearest_names() {
    let account = fireworks().strict().build().unwrap();
    for (name, near) in
        [("accounts/fireworks/models/deepseek-r", "Deepseek R1"), ("Whisper-v3-larg", "Whisper-v3-large")]
    {
        let error = account.model(name).unwrap_err();
        let Error::OnlyDefault { nearest, .. } = &error else { panic!("{error}") };
        assert_eq!(nearest[0], near, "{error}");
    }
}

#[test]
fn k13_a_strict_account_accepts_names_that_the_catalog_knows() {
    for name in ["Whisper-v3-large", "accounts/fireworks/models/deepseek-r1", "llama-v3p1-70b-instruct"] {
        assert!(!rule(fireworks().strict(), name).is_default(), "{name}");
    }
    // The plan does not have the model, but the page does.
    let unlimited = Account::builder(Provider::Fireworks).plan("unlimited").strict();
    assert_eq!(rule(unlimited.clone(), "Whisper-v3-large"), LimitsBy::Catalog(Rule::ProviderDefault));
    assert!(unlimited.build().unwrap().model("Whisper-v3-larg").is_err());
    // Limits depend on the task only, and the caller sets it.
    let cloudflare = Account::builder(Provider::Cloudflare).strict().build().unwrap();
    let model = cloudflare.model_builder("@cf/meta/llama-3-8b").task("text-generation").build().unwrap();
    assert_eq!(model.found_by(), LimitsBy::Catalog(Rule::TaskDefault { task: "text-generation" }));
}

#[test]
fn k13_the_size_is_read_from_the_models_part_of_the_name() {
    let by = |name: &str| rule(fireworks(), name);
    let unknown = LimitsBy::Catalog(Rule::UnknownSize { class: "over-100b" });
    for name in ["accounts/acme-7b/models/x", "acme-7b/x", "accounts/acme-7b/models/x#accounts/acme-8b/deployments/9b"]
    {
        assert_eq!(by(name), unknown, "{name}");
    }
    let size =
        |class, billions: u64| LimitsBy::Catalog(Rule::SizeClass { class, parameters: billions * 1_000_000_000 });
    assert_eq!(by("accounts/acme-7b/models/x-70b"), size("40b-100b", 70));
    assert_eq!(by("accounts/acme/models/x-8b#accounts/acme/deployments/70b"), size("under-40b", 8));
    // At other providers, the account's part of the name has no size either.
    let castai = Account::builder(Provider::Castai).plan("growth").build().unwrap();
    assert!(castai.model("acme-7b/x").is_err());
}

#[test]
fn k13_every_rule_is_reported() {
    let alibaba = || Account::builder(Provider::Alibaba).region("international");
    assert_eq!(rule(alibaba(), "qwen-plus"), LimitsBy::Catalog(Rule::Exact));
    let alias = LimitsBy::Catalog(Rule::Alias { of: "qwen-max-2025-01-25" });
    assert_eq!(rule(alibaba(), "qwen-max-0125"), alias);
    assert_eq!(alias.to_string(), "alias of qwen-max-2025-01-25");
    let entry = alibaba().build().unwrap().entry(ratebook::providers::alibaba::international::QWEN_PLUS).unwrap();
    assert_eq!(entry.found_by(), LimitsBy::Catalog(Rule::Exact));
    let castai = || Account::builder(Provider::Castai).plan("growth");
    assert_eq!(rule(castai(), "Qwen 3 32B"), LimitsBy::Catalog(Rule::Member { class: "medium" }));
}
