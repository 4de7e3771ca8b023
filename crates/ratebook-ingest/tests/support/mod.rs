//! What the tests of the interpreters share.

use ratebook_ingest::{Decisions, Reading, Severity, distilled, interpret, read};
use ratebook_source::{Evidence, ProviderSource};

pub(crate) fn read(provider: &str, text: &str, ending: &str) -> Reading {
    let page = read::read_bytes(text.as_bytes(), Some(ending)).expect("text");
    interpret::interpreter(provider).expect("a known provider").read(&page, &Decisions::default())
}

/// The text of a provider's fixture in a form.
pub(crate) fn fixture(provider: &str, ending: &str) -> String {
    let path = format!("{}/tests/fixtures/{provider}/page.{ending}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The vendor's page, where this checkout has it beside it.
pub(crate) fn vendors_page(file: &str) -> Option<String> {
    let path = format!("{}/../../../shared/vendor-docs/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: no {path}");
    }
    text
}

/// Everything that was read but for what may differ between the forms of one page.
pub(crate) fn facts(reading: &Reading) -> String {
    let mut source: ProviderSource = reading.source.clone();
    for limit in &mut source.limits {
        limit.evidence = Evidence::Stated;
        limit.alternative = None;
    }
    source.write()
}

/// The limits as a person would list them: plan, name, amount, metric, period.
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

/// The list given, in the order in which [`limits`] returns it.
pub(crate) fn sorted(list: &[&str]) -> Vec<String> {
    let mut list: Vec<String> = list.iter().map(|&line| line.to_owned()).collect();
    list.sort();
    list
}

pub(crate) fn errors(reading: &Reading) -> Vec<String> {
    let errors = reading.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors.map(ToString::to_string).collect()
}

/// Every diagnostic, one a line.
pub(crate) fn diagnostics(reading: &Reading) -> String {
    reading.diagnostics.iter().map(|found| format!("{found}\n")).collect()
}

pub(crate) fn assert_all_numbers_accounted_for(reading: &Reading) {
    let numbers = &reading.numbers;
    assert!(numbers.found > 0);
    assert_eq!(numbers.found, numbers.used + numbers.skipped.values().sum::<u64>(), "{numbers:?}");
    assert_eq!(numbers.left_over(), 0);
}

/// A refresh from `page.md` cannot differ from the refresh that wrote it.
pub(crate) fn assert_page_md_reads_the_same(provider: &str, reading: &Reading) {
    let page = distilled::parse(&distilled::write(&reading.page)).expect("what was written");
    assert_eq!(page, reading.page);
    let again = interpret::interpreter(provider).expect("known").read_distilled(&page, &Decisions::default());
    assert_eq!(again.source, reading.source);
    assert_eq!(again.numbers, reading.numbers);
}

/// The three forms of the fixture give the same facts, without error, all numbers accounted for.
pub(crate) fn assert_three_forms_agree(provider: &str) {
    let markdown = facts(&read(provider, &fixture(provider, "md"), "md"));
    for ending in ["md", "html", "txt"] {
        let reading = read(provider, &fixture(provider, ending), ending);
        assert_eq!(errors(&reading), Vec::<String>::new(), "{ending}");
        assert_eq!(facts(&reading), markdown, "{ending}");
        assert_all_numbers_accounted_for(&reading);
        assert_page_md_reads_the_same(provider, &reading);
    }
}

/// The fixture with one text put for another, which stands there once.
pub(crate) fn edited(provider: &str, ending: &str, from: &str, to: &str) -> Reading {
    let text = fixture(provider, ending);
    assert_eq!(text.matches(from).count(), 1, "`{from}` in {ending}");
    read(provider, &text.replace(from, to), ending)
}
