//! A page twice as long takes about twice the work, measured by allocations: their number and their bytes do not depend on
//! the machine.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
mod support;

use ratebook_ingest::engine::Inputs;
use ratebook_ingest::ledger::Asides;
use ratebook_ingest::page::Form;
use ratebook_ingest::{Decisions, ProviderReader, read};

/// Reads a text, and returns the allocations and their bytes.
fn work(provider: &ProviderReader, text: &str, form: Form) -> (u64, u64) {
    let (decisions, asides) = (Decisions::default(), Asides::default());
    let inputs = Inputs { decisions: &decisions, policy: None, asides: &asides };
    let done = allocation_counter::measure(|| {
        provider.read(&read::read(text, form), inputs);
    });
    (done.count_total, done.bytes_total)
}

/// Asserts that eight copies of a part take at most two and a half times what four take.
#[track_caller]
fn assert_linear(provider: &ProviderReader, part: &str, form: Form, what: &str) {
    let (four, eight) = (work(provider, &part.repeat(4), form), work(provider, &part.repeat(8), form));
    for (count, (four, eight)) in [("allocations", (four.0, eight.0)), ("bytes", (four.1, eight.1))] {
        let permille = eight * 1000 / four;
        println!("{what}: {four} {count}, then {eight}: {permille} ‰");
        assert!(permille <= 2500, "{what}: {four} {count} became {eight}");
    }
}

#[test]
fn reading_takes_work_in_proportion_to_the_page() {
    for name in ["alibaba", "castai", "cloudflare", "fireworks"] {
        let provider = support::provider(name);
        for (ending, form) in [("html", Form::Html), ("md", Form::Markdown), ("txt", Form::Text)] {
            assert_linear(&provider, &support::fixture(name, ending), form, &format!("{name}.{ending}"));
        }
    }
}

#[test]
fn long_tables_lists_and_prose_take_work_in_proportion() {
    let rows = |count: usize| (0..count).map(|at| format!("| model-{at} | {at} | {at}000 |\n")).collect::<String>();
    for (name, part) in [
        ("a table", format!("\n# A\n\n| Model | RPM | TPM |\n|---|---|---|\n{}\n", rows(200))),
        ("items", "- model: 60 requests per minute\n".repeat(200)),
        ("prose", "At most 60 requests per minute for each model. ".repeat(200)),
        ("paragraphs", "At most 60 requests per minute.\n\n".repeat(200)),
        ("an open table", "| a | b |\n".repeat(200)),
        ("cells", "| 5 ".repeat(400)),
        ("tabs", "<Tab title=\"a\">\n\n5 RPM\n\n</Tab>\n".repeat(100)),
        ("comments", "<!-- 5 --> 5\n".repeat(200)),
        ("notes", "5†\n\n† five\n\n".repeat(100)),
    ] {
        for provider in ["alibaba", "fireworks", "groq"] {
            let provider = support::provider(provider);
            for form in [Form::Html, Form::Markdown, Form::Text] {
                assert_linear(&provider, &part, form, &format!("{name}, {} {form:?}", provider.name()));
            }
        }
    }
}
