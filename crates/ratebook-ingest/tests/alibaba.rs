//! What the Alibaba interpreter promises, on the vendor's page and on the same facts in three forms.

#[allow(dead_code, reason = "each test of an interpreter uses a part of what they share")]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use ratebook_ingest::{Decisions, Reading, distilled, interpret, read};
use ratebook_source::{Amount, Bound, Calls, Evidence, Limit, Metric, Period};
use support::{assert_all_numbers_accounted_for, diagnostics, errors, facts, fixture, vendors_page};

fn decisions() -> Decisions {
    let path = format!("{}/../../catalog-src/alibaba/reviewed.toml", env!("CARGO_MANIFEST_DIR"));
    Decisions::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn read_with(text: &str, ending: &str, decisions: &Decisions) -> Reading {
    let page = read::read_bytes(text.as_bytes(), Some(ending)).unwrap();
    interpret::interpreter("alibaba").unwrap().read(&page, decisions)
}

fn vendors() -> Option<Reading> {
    vendors_page("alibaba.txt").map(|text| read_with(&text, "txt", &decisions()))
}

fn limits<'a>(reading: &'a Reading, region: Option<&str>, name: &str) -> Vec<&'a Limit> {
    let limits = reading.source.limits.iter();
    limits.filter(|limit| limit.region.as_deref() == region && limit.name == name).collect()
}

/// Amount and evidence of a model's limit on a metric.
fn one(reading: &Reading, region: &str, name: &str, metric: Metric) -> (Amount, Evidence) {
    let found = limits(reading, Some(region), name);
    let limit = found.iter().find(|limit| limit.metric == metric).unwrap_or_else(|| panic!("{region} {name} {metric}"));
    (limit.amount, limit.evidence)
}

#[test]
fn the_three_forms_of_one_page_give_the_same_limits() {
    let [html, markdown, text] =
        ["html", "md", "txt"].map(|form| read_with(&fixture("alibaba", form), form, &decisions()));
    for reading in [&html, &markdown, &text] {
        assert_eq!(errors(reading), Vec::<String>::new());
        assert_all_numbers_accounted_for(reading);
    }
    assert_eq!(facts(&html), facts(&markdown));
    assert_eq!(facts(&html), facts(&text));
}

#[test]
fn the_vendors_page_and_the_same_facts_in_our_words_give_the_same_limits() {
    let Some(vendors) = vendors() else { return };
    assert_eq!(facts(&vendors), facts(&read_with(&fixture("alibaba", "html"), "html", &decisions())));
}

#[test]
fn the_vendors_page_is_read_whole() {
    let Some(reading) = vendors() else { return };
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert_all_numbers_accounted_for(&reading);
    assert_eq!(reading.tables, 119);
    assert_eq!(reading.source.page_date.map(|date| date.to_string()).as_deref(), Some("2026-03-23"));
    let mut models: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for limit in &reading.source.limits {
        models.entry(limit.region.as_deref().unwrap_or("retired")).or_default().insert(&limit.name);
    }
    let counts: Vec<(&str, usize)> = models.iter().map(|(region, models)| (*region, models.len())).collect();
    insta::assert_debug_snapshot!(counts);
    insta::assert_snapshot!(diagnostics(&reading));
}

#[test]
fn a_refresh_from_page_md_cannot_differ_from_the_refresh_that_wrote_it() {
    for form in ["html", "md", "txt"] {
        let reading = read_with(&fixture("alibaba", form), form, &decisions());
        let page = distilled::parse(&distilled::write(&reading.page)).unwrap();
        let again = interpret::interpreter("alibaba").unwrap().read_distilled(&page, &decisions());
        assert_eq!((&again.source, &again.numbers), (&reading.source, &reading.numbers), "{form}");
    }
}

#[test]
fn the_cells_that_the_page_leaves_open_are_these_and_no_others() {
    let Some(text) = vendors_page("alibaba.txt") else { return };
    let reading = read_with(&text, "txt", &Decisions::default());
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

#[test]
fn an_open_cell_uses_the_stricter_reading_and_keeps_the_other() {
    let Some(text) = vendors_page("alibaba.txt") else { return };
    let reading = read_with(&text, "txt", &Decisions::default());
    let found = limits(&reading, Some("international"), "qwen-omni-turbo-realtime");
    let read: Vec<_> = found.iter().map(|limit| (limit.metric, limit.amount, limit.alternative)).collect();
    let count = |amount| Some(Amount::Count(amount));
    assert_eq!(
        read,
        [(Metric::Requests, Amount::Count(60), count(10_000)), (Metric::Tokens, Amount::Count(10_000), count(100_000))]
    );
}

#[test]
fn reviewed_decisions_settle_every_open_cell() {
    let Some(reading) = vendors() else { return };
    assert!(reading.source.limits.iter().all(|limit| limit.evidence != Evidence::Ambiguous));
    let reviewed = |region, name, metric, amount| {
        assert_eq!(one(&reading, region, name, metric), (Amount::Count(amount), Evidence::Reviewed), "{name} {metric}");
    };
    for name in ["qwen-omni-turbo-realtime", "qwen-omni-turbo-realtime-latest", "qwen-omni-turbo-realtime-2025-05-08"] {
        reviewed("international", name, Metric::Requests, 60);
        reviewed("international", name, Metric::Tokens, 10_000);
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
        reviewed(region, name, Metric::Tasks, tasks);
        reviewed(region, name, Metric::ConcurrentTasks, concurrent);
    }
}

#[test]
fn a_decision_whose_cell_changed_or_is_no_longer_open_is_reported() {
    let changed = fixture("alibaba", "txt").replacen("\n\n10,000\n\n", "\n\n20,000\n\n", 1);
    let reading = read_with(&changed, "txt", &decisions());
    assert!(
        diagnostics(&reading).contains("the decision on `qwen-omni-turbo-realtime` (international) settles nothing")
    );
    let exact = read_with(&fixture("alibaba", "html"), "html", &decisions());
    assert_eq!(diagnostics(&exact).matches("settles nothing").count(), decisions().decisions.len());
}

#[test]
fn a_lone_number_is_put_where_it_belongs() {
    let Some(reading) = vendors() else { return };
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

#[test]
fn units_and_kinds_of_calls_are_those_of_the_columns_and_cells() {
    let Some(reading) = vendors() else { return };
    let of = |region, name| -> Vec<_> {
        limits(&reading, Some(region), name).iter().map(|l| (l.metric, l.per, l.amount, l.calls, l.bound)).collect()
    };
    let count = Amount::Count;
    let (all, hard) = (Calls::All, Bound::Hard);
    assert_eq!(
        of("international", "qwen-image-max"),
        [
            (Metric::Tasks, Some(Period::Minute), count(2), all, hard),
            (Metric::ConcurrentTasks, None, Amount::Unlimited, Calls::Sync, hard),
        ]
    );
    assert_eq!(of("international", "qwen-image")[1], (Metric::ConcurrentTasks, None, count(2), Calls::Async, hard));
    assert_eq!(
        of("china-mainland", "video-style-transform"),
        [
            (Metric::Tasks, Some(Period::Second), count(20), all, hard),
            (Metric::ConcurrentTasks, None, count(2), all, Bound::Queued),
        ]
    );
    assert_eq!(
        of("china-mainland", "qwen3-asr-flash-realtime"),
        [(Metric::Requests, Some(Period::Second), count(20), all, hard)]
    );
    assert_eq!(
        of("china-mainland", "text-embedding-v4")[0],
        (Metric::Requests, Some(Period::Second), count(30), all, hard)
    );
    assert_eq!(
        of("china-mainland", "qwen3-vl-embedding")[1],
        (Metric::InputTokens, Some(Period::Minute), count(1_200_000), all, hard)
    );
}

#[test]
fn retired_models_have_no_region_no_allowance_and_their_date() {
    let Some(reading) = vendors() else { return };
    let dates = |name| -> Vec<_> {
        limits(&reading, None, name).iter().map(|l| (l.amount, l.retired_on.map(|date| date.to_string()))).collect()
    };
    assert_eq!(dates("qwen-vl-plus-2024-08-09"), vec![(Amount::Count(0), Some("2026-01-30".to_owned())); 2]);
    assert_eq!(dates("qwen1.5-7b-chat"), vec![(Amount::Count(0), Some("2025-08-20".to_owned())); 2]);
}

#[test]
fn labels_of_services_and_categories_are_no_models() {
    let Some(reading) = vendors() else { return };
    let names: BTreeSet<&str> = reading.source.limits.iter().map(|limit| limit.name.as_str()).collect();
    for label in ["Image editing", "Referece-to-video", "Text-to-image", "Digital human", "Qwen-Plus", "Qwen-VL"] {
        assert!(!names.contains(label), "{label}");
    }
    assert!(
        names.contains("MiniMax-M2.5") && names.contains("Moonshot-Kimi-K2-Instruct") && names.contains("videoretalk")
    );
}

mod what_cannot_be_read {
    use super::*;

    fn error_of(edit: impl Fn(&str) -> String, form: &str) -> String {
        let edited = edit(&fixture("alibaba", form));
        errors(&read_with(&edited, form, &decisions())).join("\n")
    }

    #[test]
    fn an_unknown_column_is_named() {
        let error = error_of(|page| page.replacen("| Model | RPM | TPM", "| Model | QPX | TPM", 1), "md");
        assert!(error.contains("unknown column `QPX`"), "{error}");
        let error = error_of(|page| page.replacen("\n\nRPM\n\nTPM", "\n\nQPX\n\nTPM", 1), "txt");
        assert!(error.contains("`QPX`"), "{error}");
    }

    #[test]
    fn a_model_with_two_values_is_an_error() {
        let error = error_of(|page| page.replacen("| qwen-plus | 15,000 |", "| qwen3-max | 15,000 |", 1), "md");
        assert!(error.contains("requests of `qwen3-max` stands twice: 15000 here, 600 on line"), "{error}");
    }

    #[test]
    fn a_typo_in_a_number_is_an_error() {
        let error = error_of(|page| page.replacen("\n\n1,000,000\n\n", "\n\n1,0O0,000\n\n", 1), "txt");
        assert!(error.contains("1,0O0,000"), "{error}");
    }

    #[test]
    fn a_table_under_no_region_is_an_error() {
        let page = "# Limits\n\n| Model | RPM |\n|---|---|\n| rocket-1 | 60 |\n";
        let error = errors(&read_with(page, "md", &Decisions::default())).join("\n");
        assert!(error.contains("no heading or note that names its region"), "{error}");
    }

    #[test]
    fn a_page_without_limits_is_no_success() {
        for page in ["<html><body><div id=app></div></body></html>", "# Rate limits\n\nSee the console.\n"] {
            assert!(!errors(&read_with(page, "html", &Decisions::default())).is_empty(), "{page}");
        }
    }

    #[test]
    fn a_deployment_mode_that_is_not_known_is_an_error() {
        let error = error_of(|page| page.replace("in the EU deployment mode", "in the lunar deployment mode"), "md");
        assert!(error.contains("speaks of a deployment mode that is not known"), "{error}");
    }
}
