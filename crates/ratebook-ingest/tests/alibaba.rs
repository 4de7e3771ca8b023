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
fn a_decision_is_open_again_when_the_row_above_its_cell_changes() {
    let page = fixture("alibaba", "txt");
    let rows = "qwen3-omni-flash-realtime\n\n60\n\n100,000\n";
    let above = page.find(rows).expect("the International row above the open cell");
    let changed = format!("{}{}{}", &page[..above], rows.replace("60", "90"), &page[above + rows.len()..]);
    let reading = read_with(&changed, "txt", &decisions());
    let expected = "the decision on `qwen-omni-turbo-realtime` is none of its cell's two readings";
    assert!(diagnostics(&reading).contains(expected), "{}", diagnostics(&reading));
    let name = "qwen-omni-turbo-realtime-latest";
    assert_eq!(
        one(&reading, "international", name, Metric::Requests),
        (Amount::Count(90), Evidence::Ambiguous),
        "the stricter reading, and not the decision's 60"
    );
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

mod what_a_person_should_look_at {
    use super::*;

    /// What the reading of an edited fixture says that the reading of the fixture does not.
    fn news(form: &str, from: &str, to: &str) -> String {
        let clean = fixture("alibaba", form);
        assert!(clean.contains(from), "`{from}`");
        let known = read_with(&clean, form, &decisions());
        let known: BTreeSet<&str> = known.diagnostics.iter().map(|found| found.message.as_str()).collect();
        let edited = read_with(&clean.replacen(from, to, 1), form, &decisions());
        let news = edited.diagnostics.iter().filter(|found| !known.contains(found.message.as_str()));
        news.map(|found| format!("{found}\n")).collect()
    }

    #[track_caller]
    fn assert_news(form: &str, from: &str, to: &str, expected: &str) {
        let news = news(form, from, to);
        assert!(news.starts_with("warning") && news.contains(expected), "{news}");
    }

    #[test]
    fn a_sentence_between_the_tables_that_is_not_read() {
        let heading = "EU\n";
        for (form, before) in [("txt", ""), ("md", "\n")] {
            let with = format!("EU\n{before}A pool of nine is shared by all of these.\n");
            assert_news(form, heading, &with, "sentence between the tables that is not read: `A pool of nine");
        }
    }

    #[test]
    fn a_note_that_lost_its_sentence() {
        assert_news(
            "txt",
            "Only the Chinese Mainland deployment mode serves these.\n",
            "",
            "a note without a sentence",
        );
    }

    #[test]
    fn a_page_that_lost_its_title() {
        for form in ["html", "md", "txt"] {
            assert_news(form, "Alibaba Cloud Model Studio: rate limits", "Welcome", "no title on rate limits");
        }
    }

    #[test]
    fn a_section_without_a_region_of_its_own() {
        let expected = "no region is named under `MiniMax`: the last one, `china-mainland`, is believed";
        assert_news(
            "md",
            "### MiniMax\n\n<Note>\nOnly the Chinese Mainland deployment mode serves these.\n</Note>\n",
            "### MiniMax\n",
            expected,
        );
    }

    #[test]
    fn a_model_in_two_tables_of_one_region() {
        let expected = "`qwen-voice-design` stands in another table too";
        assert_news("md", "| voice-enrollment |", "| qwen-voice-design |", expected);
    }

    #[test]
    fn a_model_that_is_retired_and_live() {
        let expected = "`qwen-plus` is retired here and has limits elsewhere";
        assert_news("md", "qwen-plus-2024-11-27", "qwen-plus", expected);
    }

    #[test]
    fn a_snapshot_that_is_allowed_more_than_its_stable_model() {
        let expected = "`qwen3-max-2025-09-23` is allowed 9000000 tokens, its stable model 1000000";
        assert_news("md", "qwen3-max-2025-09-23 | 60 | 100,000", "qwen3-max-2025-09-23 | 60 | 9,000,000", expected);
    }
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
    fn a_header_that_lost_a_column_is_an_error() {
        let error = error_of(|page| page.replacen("| Model | RPM |", "| RPM |", 1), "md");
        assert!(error.contains("another number of columns than its header"), "{error}");
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
    fn a_share_of_the_minute_other_than_the_policys_sixtieth_is_an_error() {
        for share in ["30", "6x", "600"] {
            let remark = format!("\nThese are per-minute limits (RPS is RPM/{share})\n");
            let error = error_of(|page| page.replacen("\nThese are per-minute limits\n", &remark, 1), "txt");
            assert!(error.contains("unknown column `These are per-minute limits (RPS is"), "{share}: {error}");
        }
        let known = "\nThese are per-minute limits (RPS is RPM/60)\n";
        assert_eq!(error_of(|page| page.replacen("\nThese are per-minute limits\n", known, 1), "txt"), "");
    }

    #[test]
    fn a_deployment_mode_that_is_not_known_is_an_error() {
        let error = error_of(|page| page.replace("in the EU deployment mode", "in the lunar deployment mode"), "md");
        assert!(error.contains("speaks of a deployment mode that is not known"), "{error}");
    }
}
