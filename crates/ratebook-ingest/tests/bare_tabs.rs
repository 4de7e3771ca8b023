//! Tabs whose labels stand on a bare line above their panels, in Markdown and in flattened text.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/acme.rs"]
mod acme;
#[path = "support/by_model.rs"]
mod by_model;

use acme::{limits, read_form};
use by_model::{BY_MODEL, diagnostics};
use ratebook_ingest::Reading;
use ratebook_ingest::recipe::Recipe;

const RULES: &str = r#"
[[tabs]]
labels = ["Free Tier", "Tier 1", "Tier 2"]
[[table]]
id = "limits"
required = 3
under = { tab = "{plan}" }
plan = "{plan}"
usual = ["Model", "RPM"]
who = [{ match = "{model}", kind = "model", name = "{model}" }]
"#;

const EXPECTED: [&str; 3] = [
    "free-tier | rocket | 5 requests per minute",
    "tier-1 | rocket | 60 requests per minute",
    "tier-2 | rocket | 700 requests per minute",
];

fn table(amount: u32) -> String {
    format!("| Model | RPM |\n|---|---|\n| rocket | {amount} |\n\n")
}

fn page(labels: &str) -> String {
    format!("# Limits\n\n{labels}\n\n{}{}{}## Notes\n", table(5), table(60), table(700))
}

/// The page as flattened text, with tabs or one cell a line.
fn text(labels: &str, between: &str) -> String {
    let table = |amount: u32| format!("Model{between}RPM\nrocket{between}{amount}\n\n");
    format!("Limits\n{labels}\n\n{}{}{}", table(5), table(60), table(700))
}

#[track_caller]
fn assert_read(page: &str, ending: &str) {
    let reading = read_form(RULES, page, ending);
    assert_eq!(diagnostics(&reading), "", "{page}");
    assert_eq!(limits(&reading), EXPECTED, "{page}");
}

#[track_caller]
fn assert_refused(reading: &Reading, line: u32, words: &str) {
    let found = diagnostics(reading);
    assert!(found.contains(&format!("error: line {line}: ")) && found.contains(words), "{found}");
}

#[test]
fn labels_beside_each_other_are_tabs() {
    for labels in [
        "Free Tier | Tier 1 | Tier 2",
        "Free Tier Tier 1 Tier 2",
        "Free Tier\tTier 1\tTier 2",
        "Free Tier · Tier 1 · Tier 2",
    ] {
        assert_read(&page(labels), "md");
        for between in ["\t", "\n"] {
            assert_read(&text(labels, between), "txt");
        }
    }
}

#[test]
fn labels_one_a_line_are_tabs() {
    assert_read(&page("Free Tier\n\nTier 1\n\nTier 2"), "md");
    assert_read(&page("Free Tier\nTier 1\nTier 2"), "md");
    assert_read(&page("- Free Tier\n- Tier 1\n- Tier 2"), "md");
    assert_read(&text("Free Tier\nTier 1\nTier 2", "\t"), "txt");
    assert_read(&text("Free Tier\nTier 1\nTier 2", "\n"), "txt");
}

#[test]
fn each_label_may_stand_once_more_above_its_panel() {
    let with_labels = |between: &str| {
        format!(
            "# Limits\n\nFree Tier | Tier 1 | Tier 2\n\nFree Tier\n\n{}Tier 1\n\n{between}{}Tier 2\n\n{}",
            table(5),
            table(60),
            table(700)
        )
    };
    assert_read(&with_labels(""), "md");
    let swapped = with_labels("").replacen("\nTier 1\n", "\nTier 2\n", 1);
    assert_refused(&read_form(RULES, &swapped, "md"), 3, "once above its own table or list");
}

#[test]
fn lists_are_panels() {
    let rules = RULES
        .replace("[[table]]", "[[list]]")
        .replace("usual = [\"Model\", \"RPM\"]\n", "")
        .replace("match = \"{model}\"", "match = \"{model}: {rate}\"");
    let list = |amount: u32| format!("- rocket: {amount} RPM\n- shuttle: {amount} RPM\n\nOf each.\n\n");
    let page = format!("# Limits\n\nFree Tier | Tier 1 | Tier 2\n\n{}{}{}", list(5), list(60), list(700));
    let reading = read_form(&rules.replace("required = 3", "required = 6"), &page, "md");
    assert_eq!(limits(&reading).len(), 6, "{}", diagnostics(&reading));
    assert!(limits(&reading).contains(&"tier-1 | shuttle | 60 requests per minute".to_owned()));
}

#[test]
fn a_panel_too_few_is_refused_at_the_line_of_the_labels() {
    let short = page("Free Tier | Tier 1 | Tier 2").replacen(&table(60), "", 1);
    assert_refused(
        &read_form(RULES, &short, "md"),
        3,
        "3 labels of tabs (Free Tier, Tier 1, Tier 2), and 2 tables and lists",
    );
}

#[test]
fn a_new_label_is_refused_at_its_line_by_name() {
    for labels in ["Free Tier | Tier 1 | Tier 2 | Tier 3", "Free Tier Tier 1 Tier 2 Tier 3", "Free Tier | Tier 1"] {
        let reading = read_form(RULES, &page(labels), "md");
        assert_refused(&reading, 3, &format!("`{labels}` may be the labels of tabs"));
    }
}

#[test]
fn labels_that_the_recipe_does_not_declare_are_refused_by_name() {
    for labels in ["Free Tier | Tier 1 | Tier 2", "Free Tier Tier 1 Tier 2", "Free Pro Enterprise", "EU | US"] {
        let page = format!("# Limits\n\n{labels}\n\n{}", table(5));
        assert_refused(&read_form(BY_MODEL, &page, "md"), 3, &format!("`{labels}` may be the labels of tabs"));
        let text = format!("Limits\n{labels}\nModel\nRPM\nrocket\n5\n");
        assert_refused(&read_form(BY_MODEL, &text, "txt"), 2, &format!("`{labels}` may be the labels of tabs"));
    }
    let page = format!("# Limits\n\nFree\n\nTier 1\n\n{}", table(5));
    assert_refused(&read_form(BY_MODEL, &page, "md"), 3, "`Free` may be the labels of tabs");
}

#[test]
fn a_line_of_a_plan_or_of_steps_is_not_taken_for_labels() {
    for line in ["Enterprise plan", "Tier 1", "Limits of the free tier", "Rockets, tanks | fuel."] {
        let reading = read_form(BY_MODEL, &format!("# Limits\n\n{line}\n\n{}", table(5)), "md");
        assert!(!diagnostics(&reading).contains("labels of tabs"), "{}", diagnostics(&reading));
    }
}

#[test]
fn labels_that_no_page_has_are_an_error() {
    let rules = format!("[[tabs]]\nlabels = [\"Free\", \"Paid\"]\n{BY_MODEL}");
    let reading = read_form(&rules, &format!("# Limits\n\n{}", table(5)), "md");
    assert!(
        diagnostics(&reading).contains("expected at least 1 of `tabs[Free | Paid]` (recipe.toml:7)"),
        "{}",
        diagnostics(&reading)
    );
}

#[test]
fn labels_of_a_recipe_are_checked() {
    let error = |labels: &str| {
        let page = "provider = \"acme\"\n[[page]]\nid = \"main\"\nurl = \"https://acme.example\"\n";
        Recipe::parse(&format!("{page}[[tabs]]\nlabels = {labels}\n")).unwrap_err().to_string()
    };
    assert!(error("[\"Free\"]").starts_with("line 6: expected the labels of at least two tabs"));
    assert!(error("[\"Free\", \"Free\"]").contains("two tabs have the label `Free`"));
    assert!(error("[\"Free\", \"a|b\"]").contains("found `a|b`"));
}
