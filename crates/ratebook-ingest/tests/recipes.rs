//! Recipes of a vendor of our own making: tabs, footnotes, shared pools, pivots, and what is refused.

use ratebook_ingest::accounts::Asides;
use ratebook_ingest::engine::Inputs;
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{Decisions, Provider, Reading, fact_page, read};

const PAGE: &str = "provider = \"acme\"\n[[page]]\nid = \"main\"\nurl = \"https://acme.example/limits\"\n";

const TABS: &str = r#"
[[table]]
id = "messages"
required = 2
under = { heading = "Rate limits", tab = "{plan} tier" }
plan = "{plan}"
usual = ["Model", "RPM"]
who = [{ match = "{model}", kind = "model", name = "{model}" }]
[table.columns]
"ITPM" = "uncached_input_tokens/minute"
[table.marks]
"*" = { note = "one limit for all rockets", pool = "rockets" }
"†" = { note = "cached tokens count", metric = "input_tokens/minute" }
"#;

const TABS_PAGE: &str = "# Limits\n\n## Rate limits\n\n<Tabs>\n<Tab title=\"Start tier\">\n\n| Model | RPM | ITPM |\n|---|---|---|\n| rocket* | 50 | 30,000† |\n| shuttle | 60 | 40,000 |\n\n</Tab>\n<Tab title=\"Build tier\">\n\n| Model | RPM | ITPM |\n|---|---|---|\n| rocket* | 500 | 300,000 |\n\n</Tab>\n</Tabs>\n\n\\* Of one limit for all rockets.\n\n† Here cached tokens count too.\n";

fn read_with(rules: &str, page: &str, ending: &str) -> Reading {
    let recipe = Recipe::parse(&format!("{PAGE}{rules}")).unwrap_or_else(|error| panic!("{error}"));
    let page = read::read_bytes(page.as_bytes(), Some(ending)).expect("text");
    let (decisions, asides) = (Decisions::default(), Asides::default());
    let inputs = Inputs { decisions: &decisions, policy: None, asides: &asides };
    let provider = Provider::Recipe(Box::new(recipe));
    let reading = provider.read(&page, inputs);
    let facts = fact_page::parse(&fact_page::write(&reading.page)).expect("the output of write()");
    assert_eq!(provider.read_fact_page(&facts, inputs).source, reading.source);
    reading
}

fn limits(reading: &Reading) -> Vec<String> {
    let list = reading.source.limits.iter().map(|limit| {
        let plan = limit.plan.as_deref().unwrap_or("-");
        let per = limit.per.map_or(String::new(), |per| format!(" per {per}"));
        format!("{plan} {} {} {}{per} {:?}", limit.name, limit.amount, limit.metric, limit.pool)
    });
    list.collect()
}

fn messages(reading: &Reading) -> Vec<String> {
    reading.diagnostics.iter().map(ToString::to_string).collect()
}

#[test]
fn tabs_name_plans_and_footnotes_change_metrics_and_pools() {
    let reading = read_with(TABS, TABS_PAGE, "mdx");
    assert_eq!(messages(&reading), Vec::<String>::new());
    let expected = [
        "build rocket 500 requests per minute Group(\"rockets\")",
        "build rocket 300000 uncached_input_tokens per minute Group(\"rockets\")",
        "start rocket 50 requests per minute Group(\"rockets\")",
        "start rocket 30000 input_tokens per minute Group(\"rockets\")",
        "start shuttle 60 requests per minute Model",
        "start shuttle 40000 uncached_input_tokens per minute Model",
    ];
    assert_eq!(limits(&reading), expected);
    assert_eq!(reading.source.plans.len(), 2);
}

#[test]
fn a_mark_without_a_rule_or_a_note_is_refused_at_its_line() {
    let unknown = read_with(TABS, &TABS_PAGE.replace("| 60 |", "| 60‡ |"), "mdx");
    assert!(
        messages(&unknown)[0].starts_with("error: line 11: unknown footnote mark `‡` on `60`"),
        "{:?}",
        messages(&unknown)
    );
    let lost = read_with(TABS, &TABS_PAGE.replace("cached tokens count too", "see there"), "mdx");
    assert!(messages(&lost)[0].starts_with("error: line 10: no note `†`"), "{:?}", messages(&lost));
    let header = read_with(TABS, &TABS_PAGE.replacen("| RPM |", "| RPM‡ |", 1), "mdx");
    assert!(messages(&header)[0].contains("unknown footnote mark `‡` on `RPM`"), "{:?}", messages(&header));
}

#[test]
fn a_tab_that_vanished_is_an_error() {
    let at = TABS_PAGE.find("<Tab title=\"Build").expect("the tab");
    let end = TABS_PAGE.find("</Tabs>").expect("the end");
    let reading = read_with(TABS, &format!("{}{}", &TABS_PAGE[..at], &TABS_PAGE[end..]), "mdx");
    assert_eq!(messages(&reading), ["error: expected at least 2 of `messages` (recipe.toml:7), found 1"]);
}

#[test]
fn columns_name_plans_in_a_pivot() {
    let rules = r#"
[values.plan]
"T{n}" = "tier-{n}"

[[table]]
id = "pivot"
usual = ["Model"]
who = [{ match = "{model}", kind = "model", name = "{model}" }]
[table.columns]
"{plan} RPM" = { is = "requests/minute", plan = "{plan}" }
"#;
    let page = "# Limits\n\n| Model | T1 RPM | T2 RPM |\n|---|---|---|\n| rocket | 5 | Unlimited |\n";
    let reading = read_with(rules, page, "md");
    assert_eq!(messages(&reading), Vec::<String>::new());
    let expected = ["tier-1 rocket 5 requests per minute Model", "tier-2 rocket unlimited requests per minute Model"];
    assert_eq!(limits(&reading), expected);
}

#[test]
fn two_rules_on_one_table_are_an_error_that_names_both() {
    let rule = |id: &str| {
        format!(
            "[[table]]\nid = \"{id}\"\nusual = [\"Model\", \"RPM\"]\nwho = [{{ match = \"{{model}}\", kind = \"model\", name = \"{{model}}\" }}]\n"
        )
    };
    let reading =
        read_with(&format!("{}{}", rule("a"), rule("b")), "# L\n\n| Model | RPM |\n|---|---|\n| x | 5 |\n", "md");
    assert!(
        messages(&reading)[0].contains("line 3: two rules claim the table: `a` and `b`"),
        "{:?}",
        messages(&reading)
    );
}
