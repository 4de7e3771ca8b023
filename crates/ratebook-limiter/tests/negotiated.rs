//! Negotiated amounts: which limits they replace, and which are errors.

use std::time::Duration;

use ratebook::{Bound, Metric, Period, Plan, Provider, Quantity};
use ratebook_limiter::{Account, AccountBuilder, Cost, Error, InvalidLimit, ManualClock, Model, Refused};

const MINUTE: Option<Period> = Some(Period::Minute);

fn castai() -> AccountBuilder {
    Account::builder(Provider::Castai).plan("growth").clock(ManualClock::new().clock())
}

/// The number of calls that are admitted now.
fn admitted(model: &Model, cost: Cost) -> u64 {
    (0..1_000_000).take_while(|_| model.try_acquire(cost).is_ok()).count() as u64
}

/// The amount, the bound and whether it is negotiated, of a model's limits per minute on a metric.
fn per_minute(model: &Model, metric: Metric) -> Vec<(u64, Bound, bool)> {
    let limits = model.limits().filter(|limit| limit.metric == metric);
    let limits = limits.filter(|limit| limit.window() == Some(Duration::from_secs(60)));
    limits.map(|limit| (limit.amount, limit.bound, limit.is_negotiated())).collect()
}

#[test]
fn f6_an_amount_applies_to_all_models_of_the_pool_in_any_order() {
    for order in [["Qwen 3 32B", "Gemma 3 27B"], ["Gemma 3 27B", "Qwen 3 32B"]] {
        for negotiated_for in order {
            let account = castai().negotiated(negotiated_for, Metric::Tokens, MINUTE, 50_000).build().unwrap();
            let models = order.map(|name| account.model(name).unwrap());
            for model in &models {
                assert_eq!(per_minute(model, Metric::Tokens), [(50_000, Bound::Hard, true)], "{order:?}");
            }
            assert_eq!(admitted(&models[0], Cost::tokens(10_000)), 5, "{order:?}");
            assert_eq!(admitted(&models[1], Cost::tokens(10_000)), 0, "{order:?}");
            // Another size class has its own limit.
            let large = account.model("GPT-OSS 120B").unwrap();
            assert_eq!(per_minute(&large, Metric::Tokens), [(100_000, Bound::Hard, false)]);
        }
    }
}

#[test]
fn f6_the_last_of_two_amounts_for_one_pool_wins() {
    for (first, second) in [("Qwen 3 32B", "Gemma 3 27B"), ("Gemma 3 27B", "Qwen 3 32B"), ("Qwen 3 32B", "Qwen 3 32B")]
    {
        let account = castai().negotiated(first, Metric::Tokens, MINUTE, 50_000);
        let account = account.negotiated(second, Metric::Tokens, MINUTE, 70_000);
        // An amount for a model wins over one for all models, even a later one.
        let account = account.negotiated("*", Metric::Tokens, MINUTE, 10_000).build().unwrap();
        for name in ["Gemma 3 27B", "Qwen 3 32B", "x-27b"] {
            assert_eq!(per_minute(&account.model(name).unwrap(), Metric::Tokens), [(70_000, Bound::Hard, true)]);
        }
        assert_eq!(per_minute(&account.model("x-70b").unwrap(), Metric::Tokens), [(10_000, Bound::Hard, true)]);
    }
}

#[test]
fn f6_an_entry_of_the_pool_has_the_amount() {
    let account = castai().negotiated("Qwen 3 32B", Metric::Tokens, MINUTE, 50_000).build().unwrap();
    let class = account.entry(ratebook::providers::castai::growth::MEDIUM).unwrap();
    assert_eq!(per_minute(&class, Metric::Tokens), [(50_000, Bound::Hard, true)]);
}

#[test]
fn f6_an_amount_for_a_models_own_limit_changes_no_other_model() {
    let account = Account::builder(Provider::Alibaba).region("international");
    let account = account.negotiated("qwen-plus", Metric::Requests, MINUTE, 9_000).build().unwrap();
    assert_eq!(per_minute(&account.model("qwen-plus").unwrap(), Metric::Requests), [(9_000, Bound::Hard, true)]);
    let other = per_minute(&account.model("qwen-max").unwrap(), Metric::Requests);
    assert!(other.iter().all(|(amount, _, negotiated)| *amount != 9_000 && !negotiated), "{other:?}");
}

#[test]
fn f6_an_added_limit_applies_under_any_name_of_the_model() {
    let day = Some(Period::Day);
    let account = Account::builder(Provider::Alibaba).region("international").clock(ManualClock::new().clock());
    let account = account.negotiated("qwen-max-0125", Metric::Requests, day, 7).build().unwrap();
    let alias = account.model("qwen-max-0125").unwrap();
    assert_eq!(admitted(&alias, Cost::request()), 1, "60 per minute are one per second");
    let own = account.model("qwen-max-2025-01-25").unwrap();
    let of_day = |model: &Model| model.limits().find(|limit| limit.window().unwrap().as_secs() == 86_400).unwrap();
    assert_eq!(of_day(&alias), of_day(&own));
    let used = account.snapshot().into_iter().filter(|pool| pool.limit == of_day(&own)).map(|pool| pool.used);
    assert_eq!(used.collect::<Vec<_>>(), [1], "one pool by both names");
}

#[test]
fn fireworks_the_amount_replaces_the_hard_limit_and_keeps_a_lower_guarantee() {
    let account = |amount: u64| {
        let clock = ManualClock::new();
        let account = Account::builder(Provider::Fireworks).plan("tier-2").clock(clock.clock());
        let account = account.slow_start(100, Duration::ZERO).negotiated("*", Metric::Requests, MINUTE, amount);
        (account.build().unwrap().model("llama-v3p1-70b-instruct").unwrap(), clock)
    };
    let (more, clock) = account(9_000);
    assert_eq!(per_minute(&more, Metric::Requests), [(9_000, Bound::Hard, true), (60, Bound::Guaranteed, false)]);
    let call = Cost::request().input(1);
    assert_eq!(admitted(&more, call), 60, "the account stays under the guarantee");
    let beyond = more.account().model_builder("llama-v3p1-70b-instruct").exceed_guarantees().build().unwrap();
    assert_eq!(admitted(&beyond, call), 8_940);
    clock.advance(Duration::from_secs(61));
    let (equal, _) = account(60);
    assert_eq!(per_minute(&equal, Metric::Requests), [(60, Bound::Hard, true), (60, Bound::Guaranteed, false)]);
    // A guarantee above the hard limit is dropped.
    let (less, _) = account(50);
    assert_eq!(per_minute(&less, Metric::Requests), [(50, Bound::Hard, true)]);
    assert_eq!(admitted(&less, call), 50);
    let (none, _) = account(0);
    assert!(matches!(none.try_acquire(call), Err(Refused::Never(_))));
}

#[test]
fn fireworks_a_replaced_guarantee_does_not_grow() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Fireworks).plan("tier-2").clock(clock.clock());
    // For any model, because the limit is the account's.
    let account = account.negotiated("llama-v3p1-8b-instruct", Metric::OutputTokens, MINUTE, 500).build().unwrap();
    let model = account.model("llama-v3p1-70b-instruct").unwrap();
    assert_eq!(per_minute(&model, Metric::OutputTokens), [(500, Bound::Guaranteed, true)]);
    for _ in 0..20 {
        assert_eq!(admitted(&model, Cost::request().output(50)), 10);
        clock.advance(Duration::from_secs(60));
    }
}

#[test]
fn f7_only_what_calls_hold_until_they_end_has_no_window() {
    let alibaba = || Account::builder(Provider::Alibaba).region("international");
    let why = |metric: Metric, per: Option<Period>| match alibaba().negotiated("qwen-plus", metric, per, 3).build() {
        Err(Error::InvalidLimit { why, .. }) => Some(why),
        Ok(_) => None,
        other => panic!("{other:?}"),
    };
    for metric in Metric::ALL.iter().copied() {
        let (without, with) = match metric.quantity() {
            Quantity::Slots | Quantity::QueuedRequests | Quantity::QueuedTokens => {
                (None, Some(InvalidLimit::NeedsNoWindow))
            }
            Quantity::Resource => (Some(InvalidLimit::NotCounted), Some(InvalidLimit::NotCounted)),
            _ => (Some(InvalidLimit::NeedsWindow), None),
        };
        assert_eq!((why(metric, None), why(metric, MINUTE)), (without, with), "{metric}");
        // The same for all models.
        assert_eq!(alibaba().negotiated("*", metric, None, 3).build().is_ok(), without.is_none(), "{metric}");
    }
    let error = alibaba().negotiated("qwen-plus", Metric::Requests, None, 3).build().unwrap_err().to_string();
    assert!(error.contains("3 requests of `qwen-plus`") && error.contains("concurrent_tasks"), "{error}");
}

#[test]
fn l2_a_misspelt_model_is_an_error_with_the_nearest_names() {
    let near =
        |account: AccountBuilder, model: &str| match account.negotiated(model, Metric::Requests, MINUTE, 3).build() {
            Err(Error::LimitOfUnknownModel { nearest, model: given, .. }) => {
                assert_eq!(given, model);
                Some(nearest)
            }
            Ok(_) => None,
            other => panic!("{other:?}"),
        };
    let alibaba = Account::builder(Provider::Alibaba);
    assert!(near(alibaba.clone(), "qwen-pluss").unwrap().contains(&"qwen-plus"));
    assert!(near(alibaba.clone().region("us"), "qwen-pluss").is_some());
    // A model of another region, or a retired one, is not misspelt.
    assert_eq!(near(alibaba.clone().region("international"), "qwen-plus-us"), None);
    assert_eq!(near(alibaba, "qwen-plus"), None);
    for account in [castai(), Account::builder(Provider::Castai)] {
        assert!(near(account.clone(), "Qwen 3 32").unwrap().contains(&"Qwen 3 32B"));
        assert_eq!(near(account.clone(), "Qwen 3 32B"), None);
        assert_eq!(near(account.clone(), "anything-7b"), None, "it has a size class");
        assert_eq!(near(account, "*"), None);
    }
    // In a plan with limits for every model, any name resolves, as for `Account::model`.
    assert_eq!(near(Account::builder(Provider::Castai).plan("enterprise"), "our-own"), None);
    assert_eq!(near(Account::builder(Provider::Fireworks).plan("tier-2"), "kimi-k2-instruct"), None);
    assert!(near(Account::builder(Provider::Fireworks).plan("tier-2").strict(), "kimi-k2-instruct").is_some());
    // The default of a task applies to any name, so it does not resolve one.
    assert!(near(Account::builder(Provider::Cloudflare), "ours").is_some());
    assert_eq!(near(Account::builder(Provider::Cloudflare), "@cf/microsoft/phi-2"), None);
    let blank = castai().negotiated(" ", Metric::Requests, MINUTE, 3).build().unwrap_err();
    assert!(matches!(blank, Error::InvalidLimit { why: InvalidLimit::EmptyName, .. }), "{blank}");
}

#[test]
fn l2_a_negotiated_amount_cites_no_line_of_a_page() {
    let account = Account::builder(Provider::Alibaba).region("international");
    let account = account.negotiated("qwen-plus", Metric::Requests, MINUTE, 9_000);
    let account = account.negotiated("qwen-plus", Metric::Tokens, Some(Period::Day), 7).build().unwrap();
    let model = account.model("qwen-plus").unwrap();
    let shown: Vec<String> = model.limits().map(|limit| limit.to_string()).collect();
    let has = |wanted: &str| assert!(shown.iter().any(|limit| limit == wanted), "{wanted}: {shown:?}");
    has("9000 requests per 60s (alibaba, international, qwen-plus, negotiated)");
    has("7 tokens per 86400s (alibaba, qwen-plus, negotiated)");
    for limit in model.limits() {
        assert_eq!(limit.is_negotiated(), limit.stated().is_none());
        assert_eq!(limit.to_string().contains("of the page"), !limit.is_negotiated(), "{limit}");
    }
}

#[test]
fn a_negotiated_zero_refuses_every_call() {
    let model = castai().negotiated("*", Metric::Tokens, MINUTE, 0).build().unwrap().model("Qwen 3 32B").unwrap();
    assert!(matches!(model.try_acquire(Cost::tokens(1)), Err(Refused::Never(_))));
    assert!(model.try_acquire(Cost::request()).is_ok());
}

#[test]
fn a_model_of_another_plan_has_only_its_negotiated_limits() {
    let account = Account::builder(Provider::Castai).plan("free").negotiated("Qwen 3 32B", Metric::Requests, MINUTE, 3);
    let model = account.build().unwrap().model("Qwen 3 32B").unwrap();
    assert_eq!(per_minute(&model, Metric::Requests), [(3, Bound::Hard, true)]);
    assert_eq!(model.found_by(), ratebook_limiter::LimitsBy::Negotiated);
}

#[test]
fn a_missing_agreement_is_an_error_with_plan_and_model() {
    let error = Account::builder(Provider::Castai).build().unwrap().model("Qwen 3 32").unwrap_err();
    let Error::Custom { model, plan, plan_was_given, nearest, .. } = &error else { panic!("{error}") };
    assert_eq!((model.as_str(), *plan, *plan_was_given), ("Qwen 3 32", Some(Plan::Enterprise), false));
    assert!(nearest.contains(&"Qwen 3 32B"));
    let error = error.to_string();
    for part in ["`Qwen 3 32`", "castai", "plan enterprise", "by agreement", "name the account's plan", "Qwen 3 32B"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let given = Account::builder(Provider::Castai).plan("enterprise").build().unwrap().model("Qwen 3 32B").unwrap_err();
    let given = given.to_string();
    assert!(given.contains("plan enterprise") && !given.contains("nearest names"), "{given}");
    assert!(!given.contains("name the account's plan"), "{given}");
}

#[test]
fn a_missing_task_is_an_error_with_the_providers_tasks() {
    let cloudflare = Account::builder(Provider::Cloudflare).build().unwrap();
    let error = cloudflare.model("@cf/meta/llama-3-8b-instruct").unwrap_err().to_string();
    for task in Provider::Cloudflare.tasks() {
        assert!(error.contains(task), "{task}: {error}");
    }
    let near = cloudflare.model_builder("@cf/meta/llama-3-8b-instruct").task("text-generatoin").build().unwrap_err();
    assert!(near.to_string().contains("the nearest names are text-generation"), "{near}");
}
