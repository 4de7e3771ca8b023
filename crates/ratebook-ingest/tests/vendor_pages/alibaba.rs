//! Alibaba's own page.

use std::collections::{BTreeMap, BTreeSet};

use ratebook_ingest::{Decisions, Reading};
use ratebook_source::{Amount, Bound, Evidence, Invocation, Metric, Period};

use crate::support::alibaba::{decisions, limits, one, read_with};
use crate::support::{assert_all_numbers_accounted_for, diagnostics, errors, facts, fixture};

/// Reads the page with the decisions of `catalog-src/alibaba/reviewed.toml`.
fn reviewed(text: &str) -> Reading {
    read_with(text, "txt", &decisions())
}

pub(crate) fn the_fixture_states_the_same_limits(text: &str) {
    let vendors = reviewed(text);
    assert_eq!(facts(&vendors), facts(&read_with(&fixture("alibaba", "html"), "html", &decisions())));
}

pub(crate) fn every_block_and_number_is_read(text: &str) {
    let reading = reviewed(text);
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert_all_numbers_accounted_for(&reading);
    assert_eq!(reading.tables, 119);
    assert_eq!(
        reading.source.main_page().and_then(|page| page.date).map(|date| date.to_string()).as_deref(),
        Some("2026-03-23")
    );
    let mut models: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for limit in &reading.source.limits {
        models.entry(limit.region.as_deref().unwrap_or("retired")).or_default().insert(&limit.name);
    }
    let counts: Vec<(&str, usize)> = models.iter().map(|(region, models)| (*region, models.len())).collect();
    insta::assert_debug_snapshot!("alibaba_models_of_each_region", counts);
    insta::assert_snapshot!("alibaba_diagnostics", diagnostics(&reading));
}

pub(crate) fn only_these_cells_are_ambiguous(text: &str) {
    let reading = read_with(text, "txt", &Decisions::default());
    let open = reading.source.limits.iter().filter(|limit| limit.evidence == Evidence::Ambiguous);
    let open: BTreeSet<String> = open.map(|l| format!("{} {}", l.region.as_deref().unwrap_or("-"), l.name)).collect();
    let expected = [
        "china-mainland animate-anyone-gen2",
        "china-mainland animate-anyone-template-gen2",
        "china-mainland emo-v1",
        "china-mainland liveportrait",
        "china-mainland wan2.2-s2v",
        "china-mainland wan2.5-t2i-preview",
        "international qwen-omni-turbo-realtime",
        "international qwen-omni-turbo-realtime-2025-05-08",
        "international qwen-omni-turbo-realtime-latest",
        "international wan2.1-kf2v-plus",
        "international wan2.1-vace-plus",
    ];
    assert_eq!(open, expected.map(str::to_owned).into());
}

pub(crate) fn an_ambiguous_cell_uses_the_stricter_reading_and_keeps_the_other(text: &str) {
    let reading = read_with(text, "txt", &Decisions::default());
    let found = limits(&reading, Some("international"), "qwen-omni-turbo-realtime");
    let read: Vec<_> = found.iter().map(|limit| (limit.metric, limit.amount, limit.alternative)).collect();
    let count = |amount| Some(Amount::Count(amount));
    assert_eq!(
        read,
        [(Metric::Requests, Amount::Count(60), count(10_000)), (Metric::Tokens, Amount::Count(10_000), count(100_000))]
    );
}

pub(crate) fn reviewed_decisions_settle_every_ambiguous_cell(text: &str) {
    let reading = reviewed(text);
    assert!(reading.source.limits.iter().all(|limit| limit.evidence != Evidence::Ambiguous));
    let assert_reviewed = |region, name, metric, amount| {
        assert_eq!(one(&reading, region, name, metric), (Amount::Count(amount), Evidence::Reviewed), "{name} {metric}");
    };
    for name in ["qwen-omni-turbo-realtime", "qwen-omni-turbo-realtime-latest", "qwen-omni-turbo-realtime-2025-05-08"] {
        assert_reviewed("international", name, Metric::Requests, 60);
        assert_reviewed("international", name, Metric::Tokens, 10_000);
    }
    for (region, name, tasks, concurrent) in [
        ("international", "wan2.1-kf2v-plus", 1, 2),
        ("international", "wan2.1-vace-plus", 2, 2),
        ("china-mainland", "wan2.5-t2i-preview", 5, 5),
        ("china-mainland", "wan2.2-s2v", 5, 1),
        ("china-mainland", "animate-anyone-template-gen2", 5, 1),
        ("china-mainland", "animate-anyone-gen2", 5, 1),
        ("china-mainland", "emo-v1", 5, 1),
        ("china-mainland", "liveportrait", 5, 1),
    ] {
        assert_reviewed(region, name, Metric::Tasks, tasks);
        assert_reviewed(region, name, Metric::ConcurrentTasks, concurrent);
    }
}

pub(crate) fn a_lone_number_is_assigned_to_its_column(text: &str) {
    let reading = reviewed(text);
    let inferred = |amount| (Amount::Count(amount), Evidence::Inferred);
    let spanned = |amount| (Amount::Count(amount), Evidence::Spanned);
    for (region, name, metric, expected) in [
        ("international", "qwen-plus-2025-09-11", Metric::Requests, inferred(120)),
        ("international", "qwen-plus-2025-09-11", Metric::Tokens, spanned(1_000_000)),
        ("international", "qwen-plus-2025-01-25", Metric::Tokens, inferred(100_000)),
        ("china-mainland", "qwen3-32b", Metric::Requests, inferred(2_400)),
        ("china-mainland", "qwen-mt-turbo", Metric::Tokens, inferred(35_000)),
        ("china-mainland", "glm-4.6", Metric::Requests, inferred(60)),
        ("global", "qwen3-coder-flash", Metric::Requests, inferred(1_200)),
        ("china-mainland", "emoji-v1", Metric::ConcurrentTasks, inferred(1)),
    ] {
        assert_eq!(one(&reading, region, name, metric), expected, "{region} {name} {metric}");
    }
}

pub(crate) fn columns_and_cells_set_the_units_and_call_modes(text: &str) {
    let reading = reviewed(text);
    let limits_of = |region, name| -> Vec<_> {
        limits(&reading, Some(region), name).iter().map(|l| (l.metric, l.per, l.amount, l.calls, l.bound)).collect()
    };
    let count = Amount::Count;
    let (all, hard) = (Invocation::All, Bound::Hard);
    assert_eq!(
        limits_of("international", "qwen-image-max"),
        [
            (Metric::Tasks, Some(Period::Minute), count(2), all, hard),
            (Metric::ConcurrentTasks, None, Amount::Unlimited, Invocation::Sync, hard),
        ]
    );
    assert_eq!(
        limits_of("international", "qwen-image")[1],
        (Metric::ConcurrentTasks, None, count(2), Invocation::Async, hard)
    );
    assert_eq!(
        limits_of("china-mainland", "video-style-transform"),
        [
            (Metric::Tasks, Some(Period::Second), count(20), all, hard),
            (Metric::ConcurrentTasks, None, count(2), all, Bound::Queued),
        ]
    );
    assert_eq!(
        limits_of("china-mainland", "qwen3-asr-flash-realtime"),
        [(Metric::Requests, Some(Period::Second), count(20), all, hard)]
    );
    assert_eq!(
        limits_of("china-mainland", "text-embedding-v4")[0],
        (Metric::Requests, Some(Period::Second), count(30), all, hard)
    );
    assert_eq!(
        limits_of("china-mainland", "qwen3-vl-embedding")[1],
        (Metric::InputTokens, Some(Period::Minute), count(1_200_000), all, hard)
    );
}

pub(crate) fn retired_models_have_a_date_no_region_and_no_quota(text: &str) {
    let reading = reviewed(text);
    let dates = |name| -> Vec<_> {
        limits(&reading, None, name).iter().map(|l| (l.amount, l.retired_on.map(|date| date.to_string()))).collect()
    };
    assert_eq!(dates("qwen-vl-plus-2024-08-09"), vec![(Amount::Count(0), Some("2026-01-30".to_owned())); 2]);
    assert_eq!(dates("qwen1.5-7b-chat"), vec![(Amount::Count(0), Some("2025-08-20".to_owned())); 2]);
}

pub(crate) fn labels_of_services_and_categories_are_not_models(text: &str) {
    let reading = reviewed(text);
    let names: BTreeSet<&str> = reading.source.limits.iter().map(|limit| limit.name.as_str()).collect();
    for label in ["Image editing", "Referece-to-video", "Text-to-image", "Digital human", "Qwen-Plus", "Qwen-VL"] {
        assert!(!names.contains(label), "{label}");
    }
    assert!(
        names.contains("MiniMax-M2.5") && names.contains("Moonshot-Kimi-K2-Instruct") && names.contains("videoretalk")
    );
}
