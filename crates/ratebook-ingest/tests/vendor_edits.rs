//! Edits of the kind that vendors make: each page is read right, or refused at its line.
//!
//! The pages are written here in our own words, after the cases of public reports.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
mod support;

use ratebook_ingest::{Reading, Severity};
use support::{fixture, limits, read};

/// Returns the lines with errors.
fn refused(reading: &Reading) -> Vec<u32> {
    let errors = reading.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors.filter_map(|found| found.line).collect()
}

/// Asserts that a page of tasks is refused at a line.
#[track_caller]
fn assert_refused(text: &str, ending: &str, line: u32) {
    let reading = read("cloudflare", text, ending);
    assert!(refused(&reading).contains(&line), "{}", support::diagnostics(&reading));
}

fn tasks(rest: &str) -> String {
    format!("# Limits\n\n## Rate limits by task type\n\n### Translation\n- 720 requests per minute\n{rest}")
}

#[test]
fn m01_a_sub_item_that_is_no_model_is_refused() {
    assert_refused(&tasks("  - Burst: 1440 requests per minute\n"), "md", 7);
}

#[test]
fn m02_a_sub_heading_that_narrows_a_limit_to_a_plan_is_refused() {
    let text = tasks("\n#### Workers Free plan\n- @cf/meta/m2m100-1.2b is 50 requests per minute\n");
    assert_refused(&text, "md", 8);
}

#[test]
fn m04_full_width_digits_are_digits() {
    let reading = read("cloudflare", &tasks("\n### Summarization\n- １５００ requests per minute\n"), "md");
    assert!(limits(&reading).contains(&"- | summarization | 1500 requests per minute".to_owned()));
}

#[test]
fn m05_m21_a_limit_in_prose_is_refused() {
    assert_refused(&tasks("\nThe model @cf/a/b is limited to 60 requests per minute.\n"), "md", 8);
}

#[test]
fn m06_an_invisible_character_is_not_part_of_a_name() {
    let reading = read("cloudflare", &tasks("- @cf/a/\u{200b}b is 60 requests per minute\n"), "md");
    assert!(limits(&reading).contains(&"- | @cf/a/b | 60 requests per minute".to_owned()), "{:?}", limits(&reading));
}

#[test]
fn m07_n04_a_struck_out_limit_is_refused() {
    let text = "<h1>Limits</h1><h2>Rate limits by task type</h2>\n<h3>Translation</h3><ul><li>720 requests per minute</li>\n<li><s>@cf/a/b is 60 requests per minute</s></li></ul>";
    assert_refused(text, "html", 3);
    let fireworks = fixture("fireworks", "html").replacen("<td>6,000</td>", "<td><s>6,000</s></td>", 1);
    assert!(!refused(&read("fireworks", &fireworks, "html")).is_empty());
}

#[test]
fn m09_a_reduction_in_prose_is_reported() {
    let text = tasks("").replace("### Tr", "Until 31 December all limits are reduced to 50 %.\n\n### Tr");
    let reading = read("cloudflare", &text, "md");
    assert!(reading.diagnostics.iter().any(|found| found.line == Some(5)), "{}", support::diagnostics(&reading));
}

#[test]
fn m10_a_limit_in_a_code_block_is_refused() {
    assert_refused(&tasks("\n```\n@cf/a/b is 60 requests per minute\n```\n"), "md", 8);
}

#[test]
fn m19_a_run_of_two_numbers_with_two_readings_keeps_both() {
    let text = fixture("castai", "txt").replace("Coder Next50300,000", "Coder Next10150,000");
    let reading = read("castai", &text, "txt");
    let free: Vec<_> = reading.source.limits.iter().filter(|limit| limit.plan.as_deref() == Some("free")).collect();
    let is_open = |limit: &&ratebook_source::Limit| limit.alternative.is_some();
    assert!(free.iter().all(is_open) && !free.is_empty() || !refused(&reading).is_empty(), "{free:?}");
}

#[test]
fn m20_an_exception_in_prose_is_refused() {
    let text = fixture("castai", "md")
        .replace("On the free plan", "All other models are limited to 10 requests per minute. On the free plan");
    assert_eq!(refused(&read("castai", &text, "md")), [22]);
    let text = fixture("fireworks", "txt").replacen(
        "A sentence about it.",
        "Without a card you are limited to 10 requests per minute.",
        1,
    );
    assert_eq!(refused(&read("fireworks", &text, "txt")), [15]);
}

#[test]
fn m23_two_models_in_one_item_are_refused() {
    assert_refused(&tasks("- @cf/a/b and @cf/a/c is 60 requests per minute\n"), "md", 7);
    assert_refused(&tasks("- @cf/a/b and @cf/a/c are 60 requests per minute\n"), "md", 7);
}

#[test]
fn n01_to_n09_a_last_row_without_a_number_is_read_or_refused_at_its_line() {
    let text = fixture("fireworks", "txt");
    for (cell, is_read) in
        [("~10", false), ("N/A", false), ("—", false), ("Dynamic rate limit", false), ("Unlimited", true)]
    {
        let edited = text.replacen("# LoRAs\n100\nA", &format!("# LoRAs\n{cell}\nA"), 1);
        let reading = read("fireworks", &edited, "txt");
        // The total of LoRAs stands twice, so another amount is an error too: at the second.
        let line = if is_read { 71 } else { 14 };
        assert!(refused(&reading).contains(&line), "{cell}: {}", support::diagnostics(&reading));
    }
}

#[test]
fn n06_a_hidden_panel_with_limits_is_refused() {
    let text = "<h1>Limits</h1><h2>Rate limits by task type</h2><h3>Translation</h3><ul><li>720 requests per minute</li></ul>\n<div style=\"display: none\"><ul><li>@cf/a/b is 60 requests per minute</li></ul></div>";
    assert_refused(text, "html", 2);
}

#[test]
fn q01_q02_q03_an_old_list_in_a_comment_is_not_read() {
    for (open, close) in [("{/*", "*/}"), ("{{/*", "*/}}"), ("<!--", "-->")] {
        let text = tasks(&format!("\n{open}\n\n- 9 requests per minute\n\n{close}\n"));
        let reading = read("cloudflare", &text, "mdx");
        assert_eq!(limits(&reading), ["- | translation | 720 requests per minute"], "{open}");
    }
}

#[test]
fn a_footnote_mark_at_a_limit_in_a_list_is_refused() {
    assert_refused(&tasks("- @cf/a/b is 60 requests per minute\\*\n"), "md", 7);
    assert_refused(&tasks("- @cf/a/b† is 60 requests per minute\n"), "md", 7);
}

#[test]
fn a_footnote_mark_in_flattened_text_is_refused() {
    let text = fixture("fireworks", "txt").replacen("# LoRAs\n100\n", "# LoRAs\n100†\n", 1);
    assert!(refused(&read("fireworks", &text, "txt")).contains(&14));
}

#[test]
fn a_table_within_a_tab_that_the_recipe_does_not_name_is_refused() {
    let text = fixture("fireworks", "html").replacen(
        "<table>",
        "<div role=tablist><button role=tab id=t aria-controls=p>Legacy</button></div><div role=tabpanel id=p><table>",
        1,
    );
    let reading = read("fireworks", &text.replacen("</table>", "</table></div>", 1), "html");
    assert!(
        support::diagnostics(&reading).contains("the label `Legacy` around it"),
        "{}",
        support::diagnostics(&reading)
    );
}

#[test]
fn a_comparison_in_a_list_is_no_quotation() {
    assert_refused(&tasks("- > 60 requests per minute\n"), "md", 7);
}
