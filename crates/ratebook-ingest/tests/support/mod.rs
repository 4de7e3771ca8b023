//! Helpers of the tests on pages.

pub(crate) mod alibaba;

use std::path::{Path, PathBuf};

use ratebook_ingest::engine::Inputs;
use ratebook_ingest::ledger::Asides;
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{Decisions, Page, ProviderReader, Reading, Severity, fact_page, policy, read};
use ratebook_source::{Evidence, ProviderSource};

/// Returns the text of a hand-written file of a provider, or `None` if there is no such file.
fn by_hand(provider: &str, file: &str) -> Option<String> {
    let catalog: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog-src");
    std::fs::read_to_string(catalog.join(provider).join(file)).ok()
}

/// Returns a provider of the shipped catalog.
pub(crate) fn provider(name: &str) -> ProviderReader {
    let text = by_hand(name, "recipe.toml").expect("a known provider");
    ProviderReader::new(Recipe::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// Reads a page, or a fact page, with the shipped policy and without decisions.
fn apply(
    name: &str,
    page: &Page,
    asides: &Asides,
    read_by: fn(&ProviderReader, &Page, Inputs<'_>) -> Reading,
) -> Reading {
    apply_with(name, page, &Decisions::default(), asides, read_by)
}

/// Reads a page, or a fact page, with the shipped policy.
fn apply_with(
    name: &str,
    page: &Page,
    decisions: &Decisions,
    asides: &Asides,
    read_by: fn(&ProviderReader, &Page, Inputs<'_>) -> Reading,
) -> Reading {
    let policy = by_hand(name, "policy.toml").map(|text| policy::parse(&text).expect("a policy"));
    read_by(&provider(name), page, Inputs { decisions, policy: policy.as_ref(), asides })
}

/// Returns what an `aside.tsv` sets aside. Nothing if there is no such file.
fn asides(text: Option<String>) -> Asides {
    text.map_or_else(Asides::default, |text| Asides::parse(&text).unwrap_or_else(|error| panic!("{error}")))
}

/// Reads a page in our own words, with the passages that its fixture sets aside.
pub(crate) fn read(provider: &str, text: &str, extension: &str) -> Reading {
    let page = read::read_bytes(text.as_bytes(), Some(extension)).expect("text");
    let file = format!("{}/tests/fixtures/{provider}/aside.tsv", env!("CARGO_MANIFEST_DIR"));
    apply(provider, &page, &asides(std::fs::read_to_string(file).ok()), ProviderReader::read)
}

/// Reads a page with decisions on ambiguous cells, and the passages that the shipped catalog sets aside.
pub(crate) fn read_decided(provider: &str, text: &str, extension: &str, decisions: &Decisions) -> Reading {
    let page = read::read_bytes(text.as_bytes(), Some(extension)).expect("text");
    apply_with(provider, &page, decisions, &asides(by_hand(provider, "aside.tsv")), ProviderReader::read)
}

/// Reads a vendor's page, with the passages that the shipped catalog sets aside.
pub(crate) fn read_vendor_page(provider: &str, text: &str, extension: &str) -> Reading {
    let page = read::read_bytes(text.as_bytes(), Some(extension)).expect("text");
    apply(provider, &page, &asides(by_hand(provider, "aside.tsv")), ProviderReader::read)
}

/// Reads a fact page.
pub(crate) fn read_fact_page(provider: &str, page: &Page, decisions: &Decisions) -> Reading {
    apply_with(provider, page, decisions, &Asides::default(), ProviderReader::read_fact_page)
}

/// Returns the text of a provider's fixture in a form.
pub(crate) fn fixture(provider: &str, extension: &str) -> String {
    let path = format!("{}/tests/fixtures/{provider}/page.{extension}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the limits as text, without the fields that may differ between the forms of one page.
pub(crate) fn facts(reading: &Reading) -> String {
    let mut source: ProviderSource = reading.source.clone();
    for limit in &mut source.limits {
        limit.evidence = Evidence::Stated;
        limit.alternative = None;
        // Flattened text has fewer headings.
        limit.section = None;
    }
    source.write()
}

/// Returns the limits as lines of plan, name, amount, metric and period, sorted.
pub(crate) fn limits(reading: &Reading) -> Vec<String> {
    let list = reading.source.limits.iter().map(|limit| {
        let plan = limit.plan.as_deref().unwrap_or("-");
        let per = limit.per.map_or(String::new(), |per| format!(" per {per}"));
        format!("{plan} | {} | {} {}{per}", limit.name, limit.amount, limit.metric)
    });
    let mut list: Vec<String> = list.collect();
    list.sort();
    list
}

/// Returns a list in the order of [`limits`].
pub(crate) fn sorted(list: &[&str]) -> Vec<String> {
    let mut list: Vec<String> = list.iter().map(|&line| line.to_owned()).collect();
    list.sort();
    list
}

pub(crate) fn errors(reading: &Reading) -> Vec<String> {
    let errors = reading.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors.map(ToString::to_string).collect()
}

/// Returns every diagnostic, one a line.
pub(crate) fn diagnostics(reading: &Reading) -> String {
    reading.diagnostics.iter().map(|found| format!("{found}\n")).collect()
}

pub(crate) fn assert_all_numbers_accounted_for(reading: &Reading) {
    let numbers = &reading.numbers;
    assert!(numbers.found > 0);
    assert_eq!(numbers.found, numbers.used + numbers.set_aside.values().sum::<u64>(), "{numbers:?}");
    assert_eq!(numbers.left_over(), 0);
}

/// Asserts that the text of the fact page gives the same limits as the page it was extracted from.
pub(crate) fn assert_page_md_reads_the_same(provider: &str, reading: &Reading) {
    let page = fact_page::parse(&fact_page::write(&reading.page)).expect("the output of write()");
    assert_eq!(page, reading.page);
    let again = apply(provider, &page, &Asides::default(), ProviderReader::read_fact_page);
    assert_eq!(again.source, reading.source);
    assert_eq!(again.numbers, reading.numbers);
}

/// Asserts that the three forms of the fixture give the same limits, without errors, with every number accounted for.
pub(crate) fn assert_three_forms_agree(provider: &str) {
    let markdown = facts(&read(provider, &fixture(provider, "md"), "md"));
    for extension in ["md", "html", "txt"] {
        let reading = read(provider, &fixture(provider, extension), extension);
        assert_eq!(errors(&reading), Vec::<String>::new(), "{extension}");
        assert_eq!(facts(&reading), markdown, "{extension}");
        assert_all_numbers_accounted_for(&reading);
        assert_page_md_reads_the_same(provider, &reading);
    }
}

/// Reads the fixture with one text replaced, which must occur once.
pub(crate) fn edited(provider: &str, extension: &str, from: &str, to: &str) -> Reading {
    let text = fixture(provider, extension);
    assert_eq!(text.matches(from).count(), 1, "`{from}` in {extension}");
    read(provider, &text.replace(from, to), extension)
}
