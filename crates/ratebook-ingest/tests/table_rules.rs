//! Rules for tables: tabs, footnotes, shared pools, pivots, and what is refused.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/by_rules.rs"]
mod by_rules;

use ratebook_ingest::engine::Inputs;
use ratebook_ingest::ledger::Asides;
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{Decisions, ProviderReader, read};
use ratebook_source::{Amount, Evidence};

use by_rules::{PAGE, limits, messages, read_with};

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
"*" = { note = "Of one limit for all rockets.", pool = "rockets" }
"†" = { note = "Here cached tokens count too.", metric = "input_tokens/minute" }
"#;

const TABS_PAGE: &str = "# Limits\n\n## Rate limits\n\n<Tabs>\n<Tab title=\"Start tier\">\n\n| Model | RPM | ITPM |\n|---|---|---|\n| rocket* | 50 | 30,000† |\n| shuttle | 60 | 40,000 |\n\n</Tab>\n<Tab title=\"Build tier\">\n\n| Model | RPM | ITPM |\n|---|---|---|\n| rocket* | 500 | 300,000 |\n\n</Tab>\n</Tabs>\n\n\\* Of one limit for all rockets.\n\n† Here cached tokens count too.\n";

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

#[test]
fn the_words_of_a_note_find_it_and_its_wording_stays_pinned() {
    let rules = TABS.replace("Of one limit for all rockets.", "all rockets");
    let reading = read_with(&rules, TABS_PAGE, "mdx");
    assert_eq!(reading.unknown.iter().map(|passage| passage.line).collect::<Vec<_>>(), [23]);
}

#[test]
fn a_cell_is_read_in_parts_each_with_its_own_key() {
    let rules = r#"
[values.plan]
"T{n}" = "tier-{n}"

[[table]]
id = "limits"
who = [{ match = "{model}" }]
[table.columns]
"Model" = "who"
"RPS" = { is = "requests/second", split = ", ", read = [{ match = "{plan}: {amount}" }] }
"Requests" = { is = "requests/minute", read = [{ match = "{amount} / 10s", per = "10s" }, { match = "{amount}" }] }
"#;
    let page = "# Limits\n\n| Model | RPS | Requests |\n|---|---|---|\n| rocket | T0: 10, T1: 1.5K | 300 / 10s |\n";
    let reading = read_with(rules, page, "md");
    assert_eq!(messages(&reading), Vec::<String>::new());
    let expected = [
        "- rocket 300 requests per 10s Model",
        "tier-0 rocket 10 requests per second Model",
        "tier-1 rocket 1500 requests per second Model",
    ];
    assert_eq!(limits(&reading), expected);
    let odd = read_with(rules, &page.replace("T1: 1.5K", "T1 1.5K"), "md");
    assert!(messages(&odd)[0].starts_with("error: line 5: no pattern of a column of `limits` reads `T1 1.5K`"));
}

#[test]
fn labels_metrics_groups_and_several_models_of_a_pivot() {
    let rules = r#"
[amounts]
"Not applicable" = "not-offered"

[[table]]
id = "limits"
who = [{ match = "Acme {models}" }, { match = "{model}" }]
[table.columns]
"Tier" = "who"
"Limits" = { is = "metric", read = [{ match = "Tokens per call", skip = "the size of one call" }] }
"Acme {plan}" = "amount"
"#;
    let page = "# Limits\n\n<table><tr><th>Tier</th><th>Limits</th><th>Acme Free</th><th>Acme Pro</th></tr>\n<tr><th rowspan=\"3\">Acme rocket, shuttle, and probe</th><th>Requests per minute</th><td>Not applicable</td><td>60</td></tr>\n<tr><th>Tokens per call</th><td>8</td><td>9</td></tr>\n<tr><th>Concurrent requests</th><td>1</td><td>2</td></tr></table>\n";
    let reading = read_with(rules, page, "md");
    assert_eq!(messages(&reading), Vec::<String>::new());
    let found = limits(&reading);
    assert_eq!(found.len(), 12, "{found:?}");
    assert!(found.contains(&"free probe not-offered requests per minute Model".to_owned()), "{found:?}");
    assert!(found.contains(&"pro shuttle 2 concurrent_requests Model".to_owned()), "{found:?}");
}

#[test]
fn hidden_and_struck_out_content_is_set_aside_only_for_a_reason() {
    let rules = "[[table]]\nid = \"limits\"\nusual = [\"Model\", \"RPM\"]\nwho = [{ match = \"{model}\" }]\n";
    let page = "# Limits\n\n| Model | RPM |\n|---|---|\n| rocket | ~~50~~ 60 |\n| shuttle | 20 |\n";
    let refused = read_with(rules, page, "md");
    assert!(messages(&refused)[0].starts_with("error: line 5: `~~50~~ 60` is struck out or hidden"));
    let read = read_with(&format!("{rules}[[skip]]\nstruck = \"a former limit\"\n"), page, "md");
    assert_eq!(messages(&read), Vec::<String>::new());
    assert_eq!(limits(&read)[0], "- rocket 60 requests per minute Model");
    let elsewhere = format!("{rules}[[skip]]\nunder = {{ heading = \"History\" }}\nstruck = \"a former limit\"\n");
    assert_eq!(messages(&read_with(&elsewhere, page, "md")), messages(&refused), "the reason is for another section");
}

#[test]
fn a_cell_names_several_plans() {
    let rules = r#"
[[table]]
id = "limits"
kind = "endpoint"
name = "embeddings"
[table.columns]
"QPS" = "requests/second"
[table.columns.Tier]
is = "plan"
read = [
  { match = "Tiers 1–2", plan = "tier-1", and = true },
  { match = "Tiers 1–2", plan = "tier-2" },
  { match = "{plan}" },
]
"#;
    let page = "# Limits\n\n| Tier | QPS |\n|---|---|\n| Tier 0 | 85 QPS |\n| Tiers 1–2 | 170 QPS |\n";
    let reading = read_with(rules, page, "md");
    assert_eq!(messages(&reading), Vec::<String>::new());
    let expected = [
        "tier-0 embeddings 85 requests per second Account",
        "tier-1 embeddings 170 requests per second Account",
        "tier-2 embeddings 170 requests per second Account",
    ];
    assert_eq!(limits(&reading), expected);
    assert_eq!(reading.source.plans.len(), 3);
}

#[test]
fn the_rule_of_an_inner_section_applies_there() {
    let rule = |id: &str, heading: &str, metric: &str| {
        format!(
            "[[table]]\nid = \"{id}\"\nunder = {{ heading = \"{heading}\" }}\nkind = \"any\"\n[table.columns]\nTier = \"plan\"\nQPS = \"{metric}/second\"\n"
        )
    };
    let rules = format!("{}{}", rule("outer", "Embeddings", "requests"), rule("inner", "Of chunks", "chunks"));
    let table = "| Tier | QPS |\n|---|---|\n| Free | 5 |\n";
    let reading = read_with(&rules, &format!("# L\n\n## Embeddings\n\n{table}\n### Of chunks\n\n{table}"), "md");
    assert_eq!(messages(&reading), Vec::<String>::new());
    assert_eq!(limits(&reading), ["free * 5 requests per second Account", "free * 5 chunks per second Account"]);
}

#[test]
fn of_two_rows_with_one_key_the_stricter_is_used_if_the_rule_says_so() {
    let rules = |twice: &str| {
        format!(
            "[[table]]\nid = \"limits\"\n{twice}usual = [\"Model\", \"RPM\", \"TPM\"]\nwho = [{{ match = \"{{model}}\" }}]\n[table.marks]\n\"1\" = {{ without_note = \"the page lacks it\" }}\n\"2\" = {{ without_note = \"the page lacks it\" }}\n"
        )
    };
    let page = "# L\n\n| Model | RPM | TPM |\n|---|---|---|\n| rocket<sup>1</sup> | 100 | 9,000 |\n| rocket<sup>2</sup> | 10 | 9,000 |\n";
    let refused = read_with(&rules(""), page, "md");
    assert!(refused.has_errors(), "{:?}", messages(&refused));
    let reading = read_with(&rules("twice = \"stricter\"\n"), page, "md");
    let warnings = [
        "warning: line 6: requests of `rocket` is stated twice, as 100 and 10: the stricter is used",
        "warning: line 6: tokens of `rocket` is stated twice, both times as 9000",
    ];
    assert_eq!(messages(&reading), warnings);
    assert_eq!(limits(&reading), ["- rocket 10 requests per minute Model", "- rocket 9000 tokens per minute Model"]);
    let requests = &reading.source.limits[0];
    assert_eq!((requests.evidence, requests.alternative), (Evidence::Ambiguous, Some(Amount::Count(100))));
    let noted = read_with(&rules("twice = \"stricter\"\n"), &format!("{page}\n<sup>2</sup> Only at night.\n"), "md");
    assert!(
        messages(&noted)[0].contains("the note of the mark `2` on `rocket` is on line 8"),
        "{:?}",
        messages(&noted)
    );
}

#[test]
fn a_lower_limit_of_a_later_plan_is_a_warning() {
    let rules = "rising_plans = [\"tier-1\", \"tier-2\", \"tier-3\"]\n";
    let table = "[[table]]\nid = \"limits\"\nusual = [\"Model\", \"Tier\", \"RPM\"]\nwho = [{ match = \"{model}\" }]\n";
    let page = "# Limits\n\n| Model | Tier | RPM |\n|---|---|---|\n| rocket | Tier 1 | 50 |\n| rocket | Tier 2 | 60 |\n| rocket | Tier 3 | 0 |\n| shuttle | Tier 3 | 5 |\n";
    let recipe = Recipe::parse(&format!("{rules}{PAGE}{table}")).unwrap_or_else(|error| panic!("{error}"));
    let page = read::read_bytes(page.as_bytes(), Some("md")).expect("text");
    let (decisions, asides) = (Decisions::default(), Asides::default());
    let inputs = Inputs { decisions: &decisions, policy: None, asides: &asides };
    let reading = ProviderReader::new(recipe).read(&page, inputs);
    let warning =
        "warning: line 7: rocket: requests per minute is 0 in tier-3, less than 60 in tier-2: the page is used";
    assert_eq!(messages(&reading), [warning]);
}

#[test]
fn a_word_alone_in_its_row_stands_for_each_amount_of_the_row() {
    let rules = "[amounts]\n\"Not supported\" = \"not-offered\"\n\"-\" = \"absent\"\n[[table]]\nid = \"limits\"\nkind = \"any\"\nusual = [\"Tier\", \"RPM\", \"TPM\"]\n";
    let page =
        |row: &str| format!("# Limits\n\n| Tier | RPM | TPM |\n|---|---|---|\n| {row} |\n| Tier 1 | 50 | 900 |\n");
    let reading = read_with(rules, &page("Free | Not supported"), "md");
    assert_eq!(messages(&reading), Vec::<String>::new());
    let expected = [
        "free * not-offered requests per minute Account",
        "free * not-offered tokens per minute Account",
        "tier-1 * 50 requests per minute Account",
        "tier-1 * 900 tokens per minute Account",
    ];
    assert_eq!(limits(&reading), expected);
    let evidence: Vec<Evidence> = reading.source.limits.iter().map(|limit| limit.evidence).collect();
    assert_eq!(evidence[..2], [Evidence::Stated, Evidence::Spanned]);
    for row in ["Free | 5", "Free | -", "Free | Not supported | 5x"] {
        let refused = read_with(rules, &page(row), "md");
        assert!(messages(&refused)[0].starts_with("error: line 5: "), "{row}: {:?}", messages(&refused));
    }
}
