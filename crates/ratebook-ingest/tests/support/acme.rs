//! A provider of our own making, with one page.

use ratebook_ingest::engine::Inputs;
use ratebook_ingest::ledger::Asides;
use ratebook_ingest::recipe::{Recipe, RecipeError};
use ratebook_ingest::{Decisions, ProviderReader, Reading, Severity, fact_page, read};
use ratebook_source::PolicySource;

const PAGE: &str = "provider = \"acme\"\n\n[[page]]\nid = \"main\"\nurl = \"https://acme.example/limits\"\n";

/// Parses a recipe, of which the tests write what follows the first page's URL. That begins on line 6.
pub(crate) fn recipe(rest: &str) -> Result<Recipe, RecipeError> {
    Recipe::parse(&format!("{PAGE}{rest}"))
}

/// Reads a page in Markdown by a recipe. The fact page must give the same limits.
pub(crate) fn read_acme(rest: &str, text: &str) -> Reading {
    read_form(rest, text, "md")
}

/// Like [`read_acme`], for a page in another form, by the ending of its file.
pub(crate) fn read_form(rest: &str, text: &str, extension: &str) -> Reading {
    read_with(rest, text, extension, &Decisions::default(), None)
}

/// Like [`read_acme`], with decisions of `reviewed.toml`.
pub(crate) fn read_decided(rest: &str, text: &str, decisions: &Decisions) -> Reading {
    read_with(rest, text, "md", decisions, None)
}

/// Like [`read_acme`], with a `policy.toml`, of which the tests write what is beside the required fields.
pub(crate) fn read_enforced(rest: &str, text: &str, policy: &str) -> Reading {
    let required = "scope = \"account\"\nwindow = \"unstated\"\ncalendar = \"unstated\"\nacceleration_limit = true\n";
    let policy = ratebook_ingest::policy::parse(&format!("{required}{policy}")).expect("a policy");
    read_with(rest, text, "md", &Decisions::default(), Some(&policy))
}

fn read_with(rest: &str, text: &str, extension: &str, decisions: &Decisions, policy: Option<&PolicySource>) -> Reading {
    read_by(recipe(rest).unwrap_or_else(|error| panic!("{error}")), text, extension, decisions, policy)
}

/// Reads a page by a recipe, by the ending of its file. The fact page must give the same limits.
pub(crate) fn read_by(
    recipe: Recipe,
    text: &str,
    extension: &str,
    decisions: &Decisions,
    policy: Option<&PolicySource>,
) -> Reading {
    let provider = ProviderReader::new(recipe);
    let asides = Asides::default();
    let inputs = Inputs { decisions, policy, asides: &asides };
    let reading = provider.read(&read::read_bytes(text.as_bytes(), Some(extension)).expect("text"), inputs);
    let page = fact_page::parse(&fact_page::write(&reading.page)).expect("the output of write()");
    assert_eq!(provider.read_fact_page(&page, inputs).source, reading.source, "the fact page gives other limits");
    reading
}

/// Returns the limits, each as plan, name, amount, metric and period.
pub(crate) fn limits(reading: &Reading) -> Vec<String> {
    let shown = reading.source.limits.iter().map(|limit| {
        let plan = limit.plan.as_deref().unwrap_or("-");
        let per = limit.per.map_or(String::new(), |per| format!(" per {per}"));
        format!("{plan} | {} | {} {}{per}", limit.name, limit.amount, limit.metric)
    });
    shown.collect()
}

/// Returns the errors, one a line.
pub(crate) fn errors(reading: &Reading) -> Vec<String> {
    let errors = reading.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors.map(ToString::to_string).collect()
}
