//! Several pages of one provider of our own making: merging, preferences, names, indexes and pages without rules.

use ratebook_ingest::engine::{Inputs, Merged};
use ratebook_ingest::ledger::Asides;
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{Decisions, ProviderReader, Reading, fact_page, read};
use ratebook_source::ProviderState;

const RECIPE: &str = r#"provider = "acme"

[[page]]
id = "main"
url = "https://acme.example/limits"
prefer = ["models-{each}"]

[[page]]
id = "models-{each}"
url = "https://acme.example/models/{each}"
each = ["rocket-1.5", "shuttle"]

[[page]]
id = "index"
url = "https://acme.example/models"
policy_only = true
index = { models = ["{id} model"], except = ["old-rocket"] }

[values.model]
"Rocket 1.5" = "rocket-1.5"

[names]
"rocket-1.5" = ["rocket-latest"]

[[family]]
name = "rockets"
patterns = ["rocket-*"]

[[pattern]]
match = "eu.*"
region = "eu"

[[table]]
id = "by-model"
required = 3
usual = ["Model", "RPM"]
who = [
  { match = "All rockets", kind = "family", name = "rockets" },
  { match = "{model}", kind = "model", name = "{model}" },
]
"#;

const MAIN: &str =
    "# Limits\n\nLast updated 2026-03-05\n\n| Model | RPM |\n|---|---|\n| Rocket 1.5 | 60 |\n| All rockets | 90 |\n";

fn model(amount: u32) -> String {
    format!("# Model\n\n| Model | RPM |\n|---|---|\n| rocket-1.5 | {amount} |\n")
}

const SHUTTLE: &str = "# Model\n\n| Model | RPM |\n|---|---|\n| shuttle | 5 |\n";
const INDEX: &str = "# Models\n\n- shuttle model\n- old-rocket model\n- probe model\n\nAt most 7 requests a minute.\n";

fn provider(recipe: &str) -> ProviderReader {
    ProviderReader::new(Recipe::parse(recipe).unwrap_or_else(|error| panic!("{error}")))
}

/// Reads and merges pages, each by its id, in the order of the recipe. The fact pages must give the same.
fn merged(provider: &ProviderReader, pages: &[(&str, &str)]) -> Merged {
    let asides = Asides::default();
    let decisions = Decisions::default();
    let inputs = Inputs { decisions: &decisions, policy: None, asides: &asides };
    let chosen = provider.pages().iter().filter_map(|recipe_page| {
        let (_, text) = pages.iter().find(|(id, _)| *id == recipe_page.id)?;
        let page = read::read_bytes(text.as_bytes(), Some("md")).expect("text");
        Some((recipe_page, provider.read_page(recipe_page, &page, inputs)))
    });
    let readings: Vec<_> = chosen.collect();
    let parts: Vec<_> = readings.iter().map(|(recipe_page, reading)| (*recipe_page, reading)).collect();
    let merged = provider.merge(&parts, inputs);
    let again: Vec<(_, Reading)> = readings
        .iter()
        .map(|(recipe_page, reading)| {
            let page = fact_page::parse(&fact_page::write(&reading.page)).expect("the output of write()");
            (*recipe_page, provider.read_page_facts(recipe_page, &page, inputs))
        })
        .collect();
    let parts: Vec<_> = again.iter().map(|(recipe_page, reading)| (*recipe_page, reading)).collect();
    assert_eq!(provider.merge(&parts, inputs).source.write(), merged.source.write());
    merged
}

fn all(merged: &Merged) -> Vec<String> {
    let limits = merged.source.limits.iter().map(|limit| {
        let (page, name, amount) = (limit.page.as_deref().unwrap_or("-"), &limit.name, limit.amount);
        format!("{page}: {name} {amount} {}", limit.aliases.join(","))
    });
    limits.collect()
}

fn messages(merged: &Merged) -> Vec<String> {
    let message = |(page, found): &(Option<String>, ratebook_ingest::Diagnostic)| {
        format!("{}: {found}", page.as_deref().unwrap_or("-"))
    };
    merged.diagnostics.iter().map(message).collect()
}

#[test]
fn the_preferred_page_is_used_and_the_other_is_a_warning_that_names_both() {
    let model = model(70);
    let pages = [("main", MAIN), ("models-rocket-1.5", model.as_str()), ("models-shuttle", SHUTTLE), ("index", INDEX)];
    let merged = merged(&provider(RECIPE), &pages);
    assert_eq!(
        all(&merged),
        [
            "models-rocket-1.5: rocket-1.5 70 Rocket 1.5,rocket-latest",
            "models-shuttle: shuttle 5 ",
            "main: rockets 90 "
        ]
    );
    assert_eq!(
        messages(&merged),
        [
            "main: warning: line 7: rocket-1.5: requests per minute is 60 here, 70 on the page `models-rocket-1.5`, which is preferred",
            "index: warning: line 5: the page lists `probe`, which has neither limits nor a page"
        ]
    );
    let pages: Vec<_> = merged.source.pages.iter().map(|page| (page.id.as_str(), page.date.is_some())).collect();
    assert_eq!(
        pages,
        [("main", true), ("models-rocket-1.5", false), ("models-shuttle", false), ("index", false)],
        "in the order of the recipe, each with its own date"
    );
    let names = merged.source.write_names();
    assert!(names.contains("family\trockets\trocket-*") && names.contains("pattern\teu.*\t*\tregion=eu"), "{names}");
}

#[test]
fn a_contradiction_without_a_preference_is_an_error() {
    let recipe = RECIPE.replace("prefer = [\"models-{each}\"]\n", "");
    let model = model(70);
    let pages = [("main", MAIN), ("models-rocket-1.5", model.as_str()), ("models-shuttle", SHUTTLE)];
    let found = messages(&merged(&provider(&recipe), &pages));
    assert!(found[0].starts_with("models-rocket-1.5: error: line 5: rocket-1.5: requests per minute is 70 here, 60"));
    let same = MAIN.replace("| 60 |", "| 70 |");
    let pages = [("main", same.as_str()), ("models-rocket-1.5", model.as_str()), ("models-shuttle", SHUTTLE)];
    assert_eq!(messages(&merged(&provider(&recipe), &pages)), [""; 0]);
}

#[test]
fn what_rules_must_claim_is_counted_over_all_pages_that_were_read() {
    let recipe = RECIPE.replace("required = 3", "required = 4");
    let model = model(60);
    let pages = [("main", MAIN), ("models-rocket-1.5", model.as_str()), ("models-shuttle", SHUTTLE)];
    let found = messages(&merged(&provider(&recipe), &pages));
    assert_eq!(found, ["-: error: expected at least 4 of `by-model` (recipe.toml:34), found 3"]);
    assert_eq!(messages(&merged(&provider(&recipe), &pages[..2])), [""; 0], "a page is missing");
}

#[test]
fn a_name_of_no_limits_is_an_error_with_its_line() {
    let recipe = RECIPE.replace("\"rocket-1.5\" = [\"rocket-latest\"]", "\"rocket-2\" = [\"rocket-latest\"]");
    let model = model(60);
    let pages = [("main", MAIN), ("models-rocket-1.5", model.as_str()), ("models-shuttle", SHUTTLE)];
    let found = messages(&merged(&provider(&recipe), &pages));
    assert_eq!(found, ["-: error: recipe.toml:23: expected limits of `rocket-2`, which [names] has, found none"]);
}

#[test]
fn a_page_without_rules_has_a_fingerprint_that_shows_changes_of_its_prose() {
    let provider = provider(RECIPE);
    let recipe_page = provider.pages().iter().find(|page| page.id == "index").expect("the index");
    let (asides, decisions) = (Asides::default(), Decisions::default());
    let inputs = Inputs { decisions: &decisions, policy: None, asides: &asides };
    let facts = |text: &str| {
        let page = read::read_bytes(text.as_bytes(), Some("md")).expect("text");
        let reading = provider.read_page(recipe_page, &page, inputs);
        assert_eq!(reading.diagnostics, []);
        fact_page::write(&reading.page)
    };
    let before = facts(INDEX);
    assert!(!before.contains("requests"), "no sentence is stored: {before}");
    assert_ne!(facts(&INDEX.replace("7 requests", "8 requests")), before);
    assert_eq!(facts(&INDEX.replace("At most 7", "At  most **7**")), before, "the wording is the same");
}

#[test]
fn the_state_of_a_provider_without_limits_is_that_of_its_page() {
    let recipe = "provider = \"acme\"\n[[page]]\nid = \"main\"\nurl = \"https://acme.example\"\nstate = { is = \"console\", why = \"the limits of an account are shown there\" }\n";
    let merged = merged(&provider(recipe), &[("main", "# Limits\n\nOpen the console.\n")]);
    assert_eq!((merged.source.state, merged.diagnostics), (ProviderState::Console, vec![]));
    let error = Recipe::parse(&recipe.replace("console\"", "published\"")).unwrap_err().to_string();
    assert!(error.starts_with("line 5: expected no-numbers, scripted or console"), "{error}");
}

#[test]
fn the_example_in_the_guide_is_a_recipe() {
    let guide = include_str!("../../../CONTRIBUTING.md");
    let part = guide.split("## Providers with several pages").nth(1).expect("the part on several pages");
    let example = part.split("```toml\n").nth(1).and_then(|text| text.split("```").next()).expect("an example");
    let recipe = Recipe::parse(&format!("provider = \"acme\"\n{example}")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(recipe.pages.len(), 5);
}
