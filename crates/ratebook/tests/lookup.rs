//! Lookups in the frozen catalog, and the rules that find limits.

use proptest::prelude::*;
use ratebook::{
    Amount, Bound, Call, Entry, Evidence, Invocation, Metric, Period, Plan, Pool, Provider, Region, Rule, Status,
    UnknownKind, entry, find, find_of_kind,
};

fn names() -> impl Iterator<Item = (Entry, &'static str)> {
    let entries = Provider::ALL.iter().flat_map(|provider| provider.entries());
    entries.flat_map(|entry| std::iter::once(entry.name()).chain(entry.aliases()).map(move |name| (entry, name)))
}

#[test]
fn every_name_and_alias_leads_to_its_entry() {
    let mut count = 0;
    for (entry, name) in names() {
        assert_eq!(entry.key().name(name).find(), Some(entry), "{name}");
        if (entry.deployment(), entry.mode(), entry.context()) == (None, None, None) {
            let found = find_of_kind(entry.provider(), entry.region(), entry.plan(), entry.kind(), name);
            assert_eq!(found, Some(entry), "{name}");
        }
        count += 1;
    }
    assert!(count > 200, "only {count} names");
}

proptest! {
    #[test]
    fn unknown_names_find_nothing(name in "[a-z0-9@/.-]{0,40}", at in any::<prop::sample::Index>()) {
        let near = names().nth(at.index(names().count())).unwrap().1;
        for name in [name.clone(), format!("{near}{name}x"), near[..near.len() - 1].to_owned()] {
            for provider in Provider::ALL {
                if let Some(found) = find(*provider, None, None, &name) {
                    prop_assert!(found.name() == name || found.aliases().any(|alias| alias == name));
                }
            }
        }
    }

    #[test]
    fn no_name_causes_a_panic(name in "\\PC{0,30}", task in proptest::option::of("\\PC{0,10}")) {
        for provider in Provider::ALL {
            let mut call = Call::new(*provider, &name);
            if let Some(task) = &task {
                call = call.task(task);
            }
            let _ = call.resolve().map(|found| found.limits().count()).map_err(|unknown| unknown.to_string());
        }
    }
}

#[test]
fn constants_and_lookups_by_name_are_the_same_entry() {
    const BY_NAME: Entry = entry!("alibaba", "international", "qwen-max-0125");
    assert_eq!(BY_NAME, ratebook::providers::alibaba::international::QWEN_MAX_2025_01_25);
    assert_eq!(Some(BY_NAME), find(Provider::Alibaba, Some(Region::International), None, "qwen-max-2025-01-25"));
    const LARGE: Entry = entry!("castai", plan = "starter", "large");
    assert_eq!(LARGE, ratebook::providers::castai::starter::LARGE);
    const WHOLE: Entry = entry!("fireworks", plan = "self-serve", "*");
    assert_eq!(WHOLE, ratebook::providers::fireworks::self_serve::ACCOUNT);
}

#[test]
fn limits_above_u32_are_exact() {
    let rerank = ratebook::providers::alibaba::china_mainland::GTE_RERANK_V2;
    assert_eq!(rerank.amount(Metric::Tokens, Some(Period::Minute)), Some(Amount::Count(4_980_000_000)));
}

#[test]
fn a_retired_model_is_found_in_every_region_with_its_date() {
    let call = Call::new(Provider::Alibaba, "qwen2-72b-instruct").region(Region::International);
    let found = call.resolve().unwrap();
    let entry = found.entries().next().unwrap();
    assert_eq!((found.rule(), entry.region()), (Rule::Exact, None));
    assert!(matches!(entry.status(), Status::Retired(date) if date.to_string() == "2025-08-20"));
    assert!(found.limits().all(|limit| limit.amount == Amount::Count(0)));
}

#[test]
fn a_reviewed_cell_keeps_the_reading_that_was_not_used() {
    let entry = ratebook::providers::alibaba::international::WAN2_1_KF2V_PLUS;
    let limits: Vec<_> =
        entry.limits().map(|limit| (limit.metric, limit.amount, limit.evidence, limit.alternative)).collect();
    let two = Amount::Count(2);
    assert!(limits.contains(&(Metric::ConcurrentTasks, two, Evidence::Reviewed, Some(Amount::Count(1)))), "{limits:?}");
    assert!(limits.contains(&(Metric::Tasks, Amount::Count(1), Evidence::Reviewed, None)), "{limits:?}");
}

#[test]
fn concurrency_may_be_unlimited_for_sync_calls_counted_for_async_calls_or_queued() {
    use ratebook::providers::alibaba::{china_mainland, international};
    let concurrency = |entry: Entry| {
        let mut limits = entry.limits().filter(|limit| limit.metric == Metric::ConcurrentTasks);
        limits.next().map(|limit| (limit.amount, limit.calls, limit.bound)).unwrap()
    };
    assert_eq!(concurrency(international::QWEN_IMAGE_2_0), (Amount::Unlimited, Invocation::Sync, Bound::Hard));
    assert_eq!(concurrency(international::QWEN_IMAGE), (Amount::Count(2), Invocation::Async, Bound::Hard));
    assert_eq!(concurrency(china_mainland::EMO_V1), (Amount::Count(1), Invocation::All, Bound::Queued));
}

mod rules {
    use super::*;

    fn rule(call: Call<'_>) -> Rule {
        call.resolve().unwrap_or_else(|unknown| panic!("{call:?}: {unknown}")).rule()
    }

    #[test]
    fn an_exact_name_comes_first_then_an_alias() {
        let call = |model| Call::new(Provider::Alibaba, model).region(Region::ChinaMainland);
        assert_eq!(rule(call("qwen-plus")), Rule::Exact);
        assert_eq!(rule(call("qwen-plus-0112")), Rule::Alias { of: "qwen-plus-2025-01-12" });
    }

    #[test]
    fn an_example_of_a_class_is_found_in_any_spelling() {
        for model in ["Qwen 3 Coder Next", "qwen3-coder-next", "QWEN-3-CODER-NEXT"] {
            assert_eq!(rule(Call::new(Provider::Castai, model).plan(Plan::Starter)), Rule::Member { class: "medium" });
        }
    }

    #[test]
    fn a_path_before_the_name_is_ignored() {
        let call = |model| Call::new(Provider::Fireworks, model).plan(Plan::SelfServe);
        assert_eq!(rule(call("accounts/fireworks/models/deepseek-r1")), Rule::Member { class: "over-100b" });
    }

    #[test]
    fn a_size_is_read_from_the_last_part_of_the_name() {
        let call = |model| Call::new(Provider::Fireworks, model).plan(Plan::SelfServe);
        for model in ["accounts/acme-7b/models/x", "acme-7b/x", "m#accounts/acme-7b/deployments/8b"] {
            assert_eq!(rule(call(model)), Rule::UnknownSize { class: "over-100b" }, "{model}");
        }
        let size = Rule::SizeClass { class: "under-40b", parameters: 8_000_000_000 };
        assert_eq!(rule(call("accounts/acme-70b/models/x-8b#accounts/acme/deployments/70b")), size);
        let unknown = Call::new(Provider::Castai, "acme-7b/x").plan(Plan::Growth).resolve().unwrap_err();
        assert_eq!(unknown.what(), UnknownKind::Model);
    }

    #[test]
    fn a_name_without_a_size_is_in_the_strictest_class() {
        let call = |model| Call::new(Provider::Fireworks, model).plan(Plan::Tier2);
        let found = call("kimi-k2-instruct").resolve().unwrap();
        assert_eq!(found.rule(), Rule::UnknownSize { class: "over-100b" });
        assert!(found.rule().is_default() && !found.knows_model());
        assert_eq!(found.limits().next().unwrap().to_string(), "600000000 tokens per day", "the most specific first");
        // A model without a size that has its own entry, in this or another plan.
        assert!(call("Whisper-v3-large").resolve().unwrap().limits().all(|limit| limit.metric != Metric::Tokens));
        let elsewhere = Call::new(Provider::Fireworks, "Whisper-v3-large").plan(Plan::Unlimited).resolve().unwrap();
        assert_eq!((elsewhere.rule(), elsewhere.knows_model()), (Rule::ProviderDefault, true));
        // A plan without limits by size, and a call without plan.
        let none = Call::new(Provider::Castai, "no-such-model").plan(Plan::Enterprise).resolve().unwrap();
        assert_eq!((none.rule(), none.knows_model()), (Rule::ProviderDefault, false));
        let without_plan = Call::new(Provider::Fireworks, "kimi-k2-instruct").resolve().unwrap();
        assert_eq!((without_plan.rule(), without_plan.lacks_plan()), (Rule::ProviderDefault, true));
    }

    #[test]
    fn the_error_of_a_missing_task_lists_the_tasks_of_the_provider() {
        let unknown = Call::new(Provider::Cloudflare, "@cf/x/y").resolve().unwrap_err().to_string();
        assert!(Provider::Cloudflare.tasks().count() > 5);
        for task in Provider::Cloudflare.tasks() {
            assert!(unknown.contains(task), "{task}: {unknown}");
        }
    }

    #[test]
    fn the_bounds_of_a_class_match_the_page() {
        let class = |provider, plan, model: &'static str| match rule(Call::new(provider, model).plan(plan)) {
            Rule::SizeClass { class, .. } => class,
            other => panic!("{model}: {other}"),
        };
        for (model, expected) in [("x-8b", "small"), ("x-8.1b", "medium"), ("x-35b", "medium"), ("x-35.5b", "large")] {
            assert_eq!(class(Provider::Castai, Plan::Growth, model), expected, "{model}");
        }
        let fireworks =
            [("x-39b", "under-40b"), ("x-40b", "40b-100b"), ("x-100b", "40b-100b"), ("x-101b", "over-100b")];
        for (model, expected) in fireworks {
            assert_eq!(class(Provider::Fireworks, Plan::SelfServe, model), expected, "{model}");
        }
    }

    #[test]
    fn a_model_without_its_own_limits_is_under_those_of_its_task() {
        let call = Call::new(Provider::Cloudflare, "@cf/meta/llama-3-8b-instruct");
        assert_eq!(rule(call.task("text-generation")), Rule::TaskDefault { task: "text-generation" });
        assert_eq!(call.resolve().unwrap_err().what(), UnknownKind::Task);
        let own = Call::new(Provider::Cloudflare, "@cf/microsoft/phi-2").task("text-generation").resolve().unwrap();
        let limits: Vec<_> = own.limits().map(|limit| (limit.amount, limit.pool)).collect();
        assert_eq!(
            limits,
            [(Amount::Count(720), Pool::Model("@cf/microsoft/phi-2"))],
            "its own limit replaces that of the task"
        );
    }

    #[test]
    fn a_resolution_has_every_limit_that_governs_the_call() {
        let call = Call::new(Provider::Fireworks, "deepseek-r1").plan(Plan::Tier3);
        let found = call.resolve().unwrap();
        assert_eq!(found.rule(), Rule::Member { class: "over-100b" });
        let limits: Vec<String> = found.limits().map(|limit| limit.to_string()).collect();
        assert_eq!(
            limits,
            [
                "600000000 tokens per day",
                "5000 spend_usd per month",
                "6000 requests per minute",
                "60 requests per minute",
                "60000 input_tokens per minute",
                "6000 output_tokens per minute",
            ]
        );
    }

    #[test]
    fn the_error_names_the_unknown_part_of_a_call() {
        let unknown = Call::new(Provider::Alibaba, "qwen-plus").resolve().unwrap_err();
        assert_eq!(unknown.what(), UnknownKind::Region);
        let unknown = Call::new(Provider::Castai, "x-8b").resolve().unwrap_err();
        assert_eq!(unknown.what(), UnknownKind::Plan);
        let unknown = Call::new(Provider::Alibaba, "qwen-pluss").region(Region::Global).resolve().unwrap_err();
        assert_eq!((unknown.what(), unknown.nearest().next()), (UnknownKind::Model, Some("qwen-plus")));
    }

    #[test]
    fn a_region_or_plan_of_another_provider_is_an_error() {
        let call = Call::new(Provider::Fireworks, "llama-3.1-8b");
        assert_eq!(call.plan(Plan::Growth).resolve().unwrap_err().what(), UnknownKind::Plan);
        assert_eq!(call.region(Region::Eu).resolve().unwrap_err().what(), UnknownKind::Region);
        let unknown = Call::new(Provider::Castai, "x-8b").plan(Plan::Tier1).resolve().unwrap_err();
        assert!(unknown.nearest().eq(["free", "starter", "growth"]), "{unknown}");
    }

    #[test]
    fn a_call_without_plan_lacks_the_limits_of_plans() {
        let call = Call::new(Provider::Fireworks, "llama-3.1-8b");
        let found = call.resolve().unwrap();
        assert!(found.lacks_plan() && found.entries().all(|entry| entry.plan().is_none()));
        assert!(!call.plan(Plan::SelfServe).resolve().unwrap().lacks_plan());
        assert!(!Call::new(Provider::Cloudflare, "@cf/microsoft/phi-2").resolve().unwrap().lacks_plan());
    }

    #[test]
    fn a_task_is_ignored_if_no_limit_depends_on_tasks() {
        let call = |provider, model| Call::new(provider, model).task("text-generation");
        assert_eq!(rule(call(Provider::Alibaba, "qwen-plus").region(Region::Global)), Rule::Exact);
        assert!(call(Provider::Castai, "x-8b").plan(Plan::Growth).resolve().is_ok());
        let unknown = Call::new(Provider::Cloudflare, "@cf/x/y").task("text-generatoin").resolve().unwrap_err();
        assert_eq!((unknown.what(), unknown.nearest().next()), (UnknownKind::Task, Some("text-generation")));
    }

    #[test]
    fn a_growing_limit_starts_at_its_amount() {
        let limit =
            ratebook::providers::fireworks::ACCOUNT.limits().find(|limit| limit.metric == Metric::InputTokens).unwrap();
        let points: Vec<_> = limit.ramp.points().map(|point| (point.after_minutes, point.amount)).collect();
        assert_eq!(points, [(0, 60_000), (10, 120_000), (60, 720_000), (120, 1_440_000)]);
        assert_eq!(limit.bound, Bound::Guaranteed);
    }
}

#[test]
fn policies_match_the_pages() {
    use ratebook::OverLimit::{Fallback, LowerPriority, Queue, Refuse, Suspend};
    assert_eq!(Provider::Alibaba.policy().sub_window, Some(Period::Second));
    assert_eq!(Provider::Alibaba.policy().over(Metric::ConcurrentTasks), [Queue]);
    assert_eq!(Provider::Castai.policy().over(Metric::Tokens), [Fallback, Refuse]);
    assert_eq!(Provider::Fireworks.policy().over(Metric::Requests), [LowerPriority, Refuse]);
    assert_eq!(Provider::Fireworks.policy().over(Metric::SpendUsd), [Suspend]);
    assert_eq!(Provider::Fireworks.parent_plan(Plan::Tier2), Some(Plan::SelfServe));
    assert_eq!(Provider::Fireworks.plan_min_spend_usd(Plan::Tier4), Some(5_000));
    assert!(Provider::Cloudflare.policy().task_default && Provider::Cloudflare.policy().headers.is_empty());
}

mod keys {
    //! Deployments, modes, contexts, families and names that stand for others, at the made-up provider.

    use ratebook::{
        Context, Date, Deployment, EntryKey, Factor, Kind, Mode, PenaltyTrigger, ProviderState, UsageKnown, Weight,
    };

    use super::*;

    fn call(model: &str) -> Call<'_> {
        Call::new(Provider::Acme, model)
    }

    fn limits(call: Call<'_>) -> Vec<String> {
        call.resolve().unwrap().limits().map(|limit| limit.to_string()).collect()
    }

    fn rule(call: Call<'_>) -> Rule {
        call.resolve().unwrap().rule()
    }

    #[test]
    fn an_entry_is_found_by_its_whole_key() {
        const BATCH: Entry = entry!("acme", plan = "tier-1", mode = "batch", "rocket-1");
        const ZONE: Entry = entry!("acme", deployment = "data-zone", "orbit");
        const LONG: Entry = entry!("acme", plan = "tier-1", context = "above-272k-input", "rocket");
        assert_eq!(BATCH, ratebook::providers::acme::tier_1::batch::ROCKET_1);
        assert_eq!((BATCH.mode(), BATCH.deployment(), BATCH.plan()), (Some(Mode::Batch), None, Some(Plan::Tier1)));
        assert_eq!(ZONE.deployment(), Some(Deployment::DataZone));
        assert_eq!(LONG.context(), Some(Context::Above272kInput));
        let key = EntryKey::new(Provider::Acme, "rocket-1").plan(Plan::Tier1);
        assert_eq!(key.mode(Mode::Batch).find(), Some(BATCH));
        assert_ne!(key.find(), Some(BATCH));
        assert_eq!(key.mode(Mode::Streaming).find(), None);
        assert_eq!(find(Provider::Acme, None, Some(Plan::Tier1), "rocket-1"), key.find());
        assert_eq!(EntryKey::new(Provider::Acme, "file").kind(Kind::Resource).find().unwrap().kind(), Kind::Resource);
    }

    #[test]
    fn both_windows_of_a_metric_hold() {
        let account = ["5000 requests per day", "5 spend_usd per 10m"];
        let own = ["2 requests per second", "60 requests per minute", "30000 tokens per minute"];
        assert_eq!(limits(call("rocket-1").plan(Plan::Tier1)), [&own[..], &account].concat());
    }

    #[test]
    fn the_limits_of_a_mode_or_context_replace_those_of_the_same_selector() {
        let batch = limits(call("rocket-1").plan(Plan::Tier1).mode(Mode::Batch));
        assert_eq!(batch[..2], ["400 queued_batch_requests", "100000 queued_batch_tokens"]);
        assert_eq!(batch.len(), 4, "and those of the account: {batch:?}");
        let long = limits(call("rocket-1").plan(Plan::Tier1).context(Context::Above272kInput));
        assert_eq!(long[0], "20000 tokens per minute");
        // The provider has no limits of its own for streaming at this model.
        assert_eq!(limits(call("rocket-1").plan(Plan::Tier1).mode(Mode::Streaming)).len(), 5);
    }

    #[test]
    fn a_region_with_its_own_limit_does_not_have_that_of_each_other_region() {
        let nova = Call::new(Provider::Bedrock, "Amazon Nova Lite").deployment(Deployment::OnDemand);
        let here = nova.region(Region::UsEast1);
        assert_eq!(limits(here), ["40000 tokens per minute", "100 requests per minute"]);
        assert_eq!(limits(nova), ["100 requests per minute", "4000 tokens per minute"]);
        assert_eq!(limits(nova.region(Region::Eu)), limits(nova));
    }

    #[test]
    fn a_missing_deployment_or_mode_is_named() {
        let without = call("listener").plan(Plan::Tier1);
        assert!(limits(without).contains(&"7200 audio_seconds per hour".to_owned()));
        assert_eq!(limits(call("orbit").deployment(Deployment::DataZone))[0], "100 requests per minute");
    }

    #[test]
    fn a_family_has_its_patterns_and_members_without_the_exceptions() {
        for member in ["comet-4-large", "comet-4-5", "Comet 4 Large", "acme/comet-4-large"] {
            let found = call(member).resolve().unwrap();
            assert_eq!(found.rule(), Rule::Family { family: "comet-4" }, "{member}");
            assert!(found.limits().any(|limit| limit.pool == Pool::Group("family:comet-4")));
        }
        for other in ["comet-4-mini", "comet-4-mini-2", "comet-4", "comet-40"] {
            assert_eq!(rule(call(other)), Rule::Rest, "{other}");
        }
        let of_each = call("comet-5-small").resolve().unwrap();
        let limit = of_each.limits().next().unwrap();
        assert_eq!((limit.pool, limit.bound), (Pool::EachModel, Bound::Floor));
    }

    #[test]
    fn a_name_stands_for_another_by_patterns_applied_in_turn() {
        let found = call("rocket-1-2026-11-01").plan(Plan::Tier1).resolve().unwrap();
        assert_eq!((found.rule(), found.renamed_by()), (Rule::Exact, Some("rocket-1-####-##-##")));
        let zone = call("acme/dz.orbit").resolve().unwrap();
        assert_eq!(zone.entries().next().unwrap().deployment(), Some(Deployment::DataZone));
        let batch = call("acme/rocket:batch").plan(Plan::Tier1).resolve().unwrap();
        assert_eq!(batch.entries().next().unwrap().mode(), Some(Mode::Batch));
        assert_eq!(batch.rule(), Rule::Alias { of: "rocket-1" });
        for unknown in ["rocket-1-2026-11-1", "acme/unheard-of", "dz.", "a/b/c/d/e"] {
            let found = call(unknown).resolve().unwrap();
            assert_eq!((found.rule(), found.renamed_by(), found.knows_model()), (Rule::Rest, None, false), "{unknown}");
        }
    }

    #[test]
    fn prefixes_and_suffixes_of_routers_and_vendors_are_read_after_exact_names() {
        for (name, by) in [
            ("litellm/rocket-1", "…/*"),
            ("router/maker/rocket-1", "…/*"),
            ("rocket-1:free", "*:…"),
            ("rocket-1@001", "*@…"),
            ("ft:rocket-1:acme::x1", "ft:*:…"),
            ("ft:rocket-1-2026-11-01:acme::x1", "ft:*:…"),
            ("models/rocket:batch", "*:batch"),
        ] {
            let found = call(name).plan(Plan::Tier1).resolve().unwrap();
            assert_eq!(found.entries().next().unwrap().name(), "rocket-1", "{name}");
            assert_eq!(found.renamed_by(), Some(by), "{name}");
        }
        for name in ["ft:", "/", ":", "@", "rocket-1x", "x:rocket-1", "rocket-1-latest"] {
            assert_eq!(call(name).plan(Plan::Tier1).resolve().unwrap().rule(), Rule::Rest, "{name}");
        }
    }

    #[test]
    fn case_spaces_and_punctuation_are_ignored_last() {
        for (name, by) in [("ROCKET_1", None), ("Rocket 1", None), ("rocket.1", None), ("Router/ROCKET-1", Some("…/*"))]
        {
            let (found, own) = call(name).plan(Plan::Tier1).resolve_as().unwrap();
            assert_eq!((found.rule(), found.renamed_by()), (Rule::Alike { of: "rocket-1" }, by), "{name}");
            assert_eq!(own, "rocket-1");
            assert!(!found.rule().is_default() && found.knows_model());
        }
        assert_eq!(call("Rocket-1-2026-11-01").plan(Plan::Tier1).resolve().unwrap().rule(), Rule::Rest, "a pattern");
    }

    #[test]
    fn an_endpoint_governs_beside_the_model_or_alone() {
        let embeddings = "POST /v1/embeddings";
        assert!(limits(call("painter").endpoint(embeddings)).contains(&"2000 inputs per minute".to_owned()));
        assert_eq!(rule(call("painter").endpoint(embeddings)), Rule::Exact);
        assert_eq!(rule(call("unheard-of").endpoint(embeddings)), Rule::Endpoint { endpoint: embeddings });
        assert_eq!(rule(call("unheard-of").endpoint("GET /v1/models")), Rule::Rest);
    }

    #[test]
    fn amounts_bounds_weights_and_factors_are_kept() {
        let limit =
            |call: Call<'_>, metric| call.resolve().unwrap().limits().find(|limit| limit.metric == metric).unwrap();
        let range = limit(call("listener").mode(Mode::PreRecorded), Metric::ConcurrentRequests);
        assert_eq!((range.amount, range.amount.count()), (Amount::Range { from: 100, to: 200 }, Some(100)));
        let factor = limit(call("rocket-1").plan(Plan::Tier2), Metric::Tokens).factor;
        assert_eq!(factor, Some(Factor { percent: 200, plan: Plan::Tier1 }));
        assert_eq!(limit(call("nova-large"), Metric::Tokens).weight, Weight { each: 4, output: 5 });
        assert_eq!(limit(call("nova-small"), Metric::Tokens).weight, Weight::ONE);
        let temporary = limit(call("meteor"), Metric::Tokens);
        assert_eq!((temporary.bound, temporary.until), (Bound::Temporary, Date::new(2026, 12, 31)));
        assert_eq!(limit(call("flagship").plan(Plan::Tier1), Metric::Requests).amount, Amount::NotOffered);
        assert_eq!(limit(call("flagship").plan(Plan::Tier2), Metric::Requests).amount, Amount::Elsewhere);
        assert!(limit(call("orbit").deployment(Deployment::DataZone), Metric::Requests).each_region);
        assert_eq!(limit(call("meter"), Metric::Videos).per, Period::from_seconds(18_000));
    }

    #[test]
    fn a_limit_names_its_page_and_section() {
        let found = call("rocket-1").plan(Plan::Tier1).mode(Mode::Batch).resolve().unwrap();
        let entry = found.entries().next().unwrap();
        let limit = entry.limit(0).unwrap();
        assert_eq!((limit.page.unwrap().id, limit.section), ("batch", Some("Batch")));
        assert!(entry.is_partial());
        assert_eq!(entry.checked(), Date::new(2026, 11, 21));
        assert_eq!(entry.age(Date::new(2026, 12, 1).unwrap()), Some(10));
        let main = call("rocket-1").plan(Plan::Tier1).resolve().unwrap().entries().next().unwrap();
        assert_eq!((main.is_partial(), main.page().unwrap().id), (false, "main"));
        assert_eq!(Provider::Acme.state(), ProviderState::Published);
    }

    #[test]
    fn each_page_is_a_constant_with_its_dates() {
        use ratebook::providers::acme::{self, pages};

        const BATCH_CHECKED: Option<Date> = pages::BATCH.checked_on;
        assert_eq!(BATCH_CHECKED, Date::new(2026, 11, 21));
        assert_eq!((pages::MAIN.date, pages::MAIN.read_on), (acme::PAGE_DATE, acme::READ_ON));
        assert_eq!(Provider::Acme.pages()[0], pages::MAIN);
    }

    #[test]
    #[expect(deprecated, reason = "the constants of removed and retired names are")]
    fn a_removed_name_keeps_its_constant_for_a_year_but_has_no_limits() {
        use ratebook::providers::acme;

        let removed = acme::tier_1::ROCKET_0;
        let day = Date::new(2026, 3, 1).unwrap();
        assert_eq!(
            (removed.name(), removed.plan(), removed.status()),
            ("rocket-0", Some(Plan::Tier1), Status::Removed(day))
        );
        assert_eq!((removed.limits().count(), removed.limit(0), removed.aliases().count()), (0, None, 0));
        assert_eq!(removed.replaced_by(), Some("rocket-1"));
        assert_eq!((removed.key().find(), find(Provider::Acme, None, Some(Plan::Tier1), "rocket-0")), (None, None));
        assert!(Provider::ALL.iter().flat_map(|provider| provider.entries()).all(|entry| entry != removed));
        // Regions and plans of removed entries only.
        assert_eq!(acme::far_north_9::HANGARS.region(), Some(Region::FarNorth9));
        assert_eq!((acme::ROCKET_000.name(), acme::ROCKET_000.replaced_by()), ("rocket-000", None));
    }

    #[test]
    fn the_version_of_the_catalog_has_the_latest_day_of_reading_and_a_hash() {
        let (day, hash) = ratebook::CATALOG_VERSION.split_once('+').unwrap();
        let pages = Provider::ALL.iter().flat_map(|provider| provider.pages());
        assert_eq!(pages.filter_map(|page| page.read_on).max().unwrap().to_string(), day);
        assert!(hash.len() == 8 && u32::from_str_radix(hash, 16).is_ok(), "{hash}");
    }

    #[test]
    fn growth_and_penalties_are_in_the_policy() {
        let policy = Provider::Acme.policy();
        assert_eq!((policy.growth[0].metric, policy.growth[0].raise_percent), (Some(Metric::NewSessions), 10));
        let [refused, failed] = policy.penalties else { panic!("expected two penalties") };
        assert_eq!((refused.after, refused.calls, refused.lasts_seconds), (PenaltyTrigger::Refused, 1, 60));
        assert_eq!((failed.after, failed.calls, failed.within_seconds), (PenaltyTrigger::Failed, 20, Some(30)));
    }

    #[test]
    fn a_provider_without_limits_has_a_policy_and_a_reason() {
        assert_eq!(Provider::Umbra.state(), ProviderState::Console);
        assert_eq!((Provider::Umbra.entries().count(), Provider::Umbra.policy().headers.len()), (0, 1));
        assert_eq!(ratebook::providers::umbra::CHECKED_ON, Provider::Umbra.checked_on());
        assert!(Call::new(Provider::Umbra, "eclipse-1").resolve().is_err());
    }

    #[test]
    fn every_metric_states_whether_a_client_can_count_it() {
        let never = Metric::ALL.iter().filter(|metric| metric.quantity().usage_known() == UsageKnown::Never);
        let never: Vec<&str> = never.map(|metric| metric.name()).collect();
        assert_eq!(never, ["loras", "gpus", "gpu_hours", "entities"]);
    }
}
