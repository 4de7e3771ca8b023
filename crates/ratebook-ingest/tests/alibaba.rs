//! Alibaba's page: limits by region and model, in three forms of the same facts.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
mod support;

use std::collections::BTreeSet;

use ratebook_ingest::{Decisions, fact_page};
use ratebook_source::{Amount, Evidence, Metric};
use support::alibaba::{decisions, one, read_with};
use support::{assert_all_numbers_accounted_for, diagnostics, errors, facts, fixture};

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
fn page_md_gives_the_same_limits_as_the_page_it_was_extracted_from() {
    for form in ["html", "md", "txt"] {
        let reading = read_with(&fixture("alibaba", form), form, &decisions());
        let page = fact_page::parse(&fact_page::write(&reading.page)).unwrap();
        let again = support::read_fact_page("alibaba", &page, &decisions());
        assert_eq!((&again.source, &again.numbers), (&reading.source, &reading.numbers), "{form}");
    }
}

#[test]
fn a_decision_whose_cell_changed_or_is_not_ambiguous_is_reported() {
    let changed = fixture("alibaba", "txt").replacen("\n\n10,000\n\n", "\n\n20,000\n\n", 1);
    let reading = read_with(&changed, "txt", &decisions());
    assert!(
        diagnostics(&reading).contains("the decision on `qwen-omni-turbo-realtime` (international) applies to no cell")
    );
    let exact = read_with(&fixture("alibaba", "html"), "html", &decisions());
    assert_eq!(diagnostics(&exact).matches("applies to no cell").count(), decisions().decisions.len());
}

#[test]
fn a_decision_no_longer_applies_when_the_row_above_its_cell_changes() {
    let page = fixture("alibaba", "txt");
    let rows = "qwen3-omni-flash-realtime\n\n60\n\n100,000\n";
    let above = page.find(rows).expect("the International row above the ambiguous cell");
    let changed = format!("{}{}{}", &page[..above], rows.replace("60", "90"), &page[above + rows.len()..]);
    let reading = read_with(&changed, "txt", &decisions());
    let expected = "the decision on `qwen-omni-turbo-realtime` matches neither reading of its cell";
    assert!(diagnostics(&reading).contains(expected), "{}", diagnostics(&reading));
    let name = "qwen-omni-turbo-realtime-latest";
    assert_eq!(
        one(&reading, "international", name, Metric::Requests),
        (Amount::Count(90), Evidence::Ambiguous),
        "the stricter reading, not the 60 of the decision"
    );
}

mod warnings {
    use super::*;

    /// Returns the diagnostics of an edited fixture that the fixture does not have.
    fn new_diagnostics(form: &str, from: &str, to: &str) -> String {
        let clean = fixture("alibaba", form);
        assert!(clean.contains(from), "`{from}`");
        let known = read_with(&clean, form, &decisions());
        let known: BTreeSet<&str> = known.diagnostics.iter().map(|found| found.message.as_str()).collect();
        let edited = read_with(&clean.replacen(from, to, 1), form, &decisions());
        let new = edited.diagnostics.iter().filter(|found| !known.contains(found.message.as_str()));
        new.map(|found| format!("{found}\n")).collect()
    }

    #[track_caller]
    fn assert_found(form: &str, from: &str, to: &str, expected: &str) {
        let found = new_diagnostics(form, from, to);
        assert!(found.contains(expected), "{found}");
    }

    #[track_caller]
    fn assert_warning(form: &str, from: &str, to: &str, expected: &str) {
        let found = new_diagnostics(form, from, to);
        assert!(found.starts_with("warning") && found.contains(expected), "{found}");
    }

    #[test]
    fn an_unread_sentence_between_the_tables() {
        let heading = "EU\n";
        for (form, before) in [("txt", ""), ("md", "\n")] {
            let with = format!("EU\n{before}A pool of nine is shared by all of these.\n");
            assert_found(form, heading, &with, "`A pool of nine is shared by all of these.`");
        }
    }

    #[test]
    fn a_note_without_its_sentence() {
        let note = "Only the Chinese Mainland deployment mode serves these.\n";
        assert_found("txt", note, "", "nothing binds {region}, by the rule `limits`");
    }

    #[test]
    fn a_page_without_its_title() {
        for form in ["html", "md", "txt"] {
            assert_warning(form, "Alibaba Cloud Model Studio: rate limits", "Welcome", "expected a title, found none");
        }
    }

    #[test]
    fn a_section_without_a_region_of_its_own() {
        let expected = "nothing binds {region}, by the rule `limits`";
        assert_found(
            "md",
            "### MiniMax\n\n<Note>\nOnly the Chinese Mainland deployment mode serves these.\n</Note>\n",
            "### MiniMax\n",
            expected,
        );
    }

    #[test]
    fn a_model_in_two_tables_of_one_region() {
        let expected = "`qwen-voice-design` is also in another section";
        assert_warning("md", "| voice-enrollment |", "| qwen-voice-design |", expected);
    }

    #[test]
    fn a_model_that_is_retired_and_live() {
        let expected = "`qwen-plus` is retired here and has limits elsewhere";
        assert_warning("md", "qwen-plus-2024-11-27", "qwen-plus", expected);
    }

    #[test]
    fn a_snapshot_with_a_higher_limit_than_its_stable_model() {
        let expected = "`qwen3-max-2025-09-23` has a limit of 9000000 tokens, its stable model 1000000";
        assert_warning("md", "qwen3-max-2025-09-23 | 60 | 100,000", "qwen3-max-2025-09-23 | 60 | 9,000,000", expected);
    }
}

mod errors_of_the_page {
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
    fn a_header_without_one_of_its_columns_is_an_error() {
        let error = error_of(|page| page.replacen("| Model | RPM |", "| RPM |", 1), "md");
        assert!(error.contains("no rule reads `a table in an unknown form: | RPM |"), "{error}");
    }

    #[test]
    fn a_model_with_two_values_is_an_error() {
        let error = error_of(|page| page.replacen("| qwen-plus | 15,000 |", "| qwen3-max | 15,000 |", 1), "md");
        assert!(error.contains("requests of `qwen3-max` is stated twice: 15000 here, 600 on line"), "{error}");
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
        assert!(error.contains("nothing binds {region}"), "{error}");
    }

    #[test]
    fn a_page_without_limits_is_an_error() {
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
    fn an_unknown_deployment_mode_is_an_error() {
        let error = error_of(|page| page.replace("in the EU deployment mode", "in the lunar deployment mode"), "md");
        assert!(error.contains("unknown region `lunar`"), "{error}");
    }
}
