//! Rules for texts outside of tables: what gives the key, sentences, code, pairs of lines, flattened text and headers.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/by_rules.rs"]
mod by_rules;

use ratebook_ingest::engine::Inputs;
use ratebook_ingest::ledger::Asides;
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{Decisions, ProviderReader, read};

use by_rules::{PAGE, limits, messages, read_with};

const PAIRS: &str = r#"
[[given]]
match = "Rocket-{model}"
required = 2

[[list]]
id = "compared"
of = ["pairs"]
kind = "model"
name = "rocket-{model}"
metric = "tokens/minute"
who = [{ match = "Tier {n}\n{amount}", plan = "tier-{n}" }]
"#;

#[test]
fn a_text_gives_the_key_of_what_follows_in_its_section() {
    let rules = r#"
[[given]]
match = "Model ID: {model}"

[[given]]
match = "> {n}k input tokens"
context = "above-{n}k-input"

[[table]]
id = "limits"
required = 2
usual = ["Tier", "RPM"]
"#;
    let page = "# Rocket\n\nModel ID: `rocket-1`\n\n## Limits\n\n### Default\n\n| Tier | RPM |\n|---|---|\n| Free | 3 |\n\n### Long\n\n\\> 128k input tokens\n\n| Tier | RPM |\n|---|---|\n| Free | 1 |\n";
    let reading = read_with(rules, page, "md");
    assert_eq!(messages(&reading), Vec::<String>::new());
    let keys: Vec<_> =
        reading.source.limits.iter().map(|limit| (limit.name.as_str(), limit.context.as_deref())).collect();
    assert_eq!(keys, [("rocket-1", None), ("rocket-1", Some("above-128k-input"))]);
}

#[test]
fn a_text_gives_names_and_pools_and_one_of_several_regions_repeats_the_limits() {
    let rules = r#"
[values.region]
"several" = "us, eu"

[[given]]
match = "Rocket {version}"
kind = "model"
name = "rocket-{version}"
pool = "rockets"

[[given]]
match = "shuttle"
kind = "model"
name = "shuttle"
pool = "model"

[[given]]
match = "In {region}"
required = 3

[[list]]
id = "limits"
required = 4
who = [{ match = "QPM: {amount}", metric = "requests/minute" }]
"#;
    let page = "# Limits\n\nRocket 2\n\nIn several\n\n- QPM: 5\n\nIn several\n\n- QPM: 5\n\nIn asia\n\n- QPM: 9\n\nshuttle\n\nIn asia\n\n- QPM: 1\n";
    let reading = read_with(rules, page, "md");
    assert_eq!(messages(&reading), Vec::<String>::new());
    let found: Vec<_> = reading.source.limits.iter().map(|limit| (limit.region.as_deref(), &*limit.name)).collect();
    let expected =
        [(Some("asia"), "rocket-2"), (Some("asia"), "shuttle"), (Some("eu"), "rocket-2"), (Some("us"), "rocket-2")];
    assert_eq!(found, expected);
    assert!(limits(&reading).contains(&"- rocket-2 9 requests per minute Group(\"rockets\")".to_owned()));
    assert!(limits(&reading).contains(&"- shuttle 1 requests per minute Model".to_owned()));
    let differing = read_with(rules, &page.replacen("QPM: 5", "QPM: 6", 1), "md");
    assert!(messages(&differing)[0].contains("is stated twice: 5 here, 6 on line"), "{:?}", messages(&differing));
}

#[test]
fn a_sentence_and_a_line_of_code_state_limits() {
    let rules = r#"
[[list]]
id = "prose"
of = ["sentences", "code"]
required = 2
who = [
  { match = "Each account may send {rates}.", kind = "any" },
  { match = "export const RPM = {amount};", kind = "any", mode = "batch", metric = "requests/minute" },
]
"#;
    let page = "# Limits\n\nEach account may send 500 RPM and 9,000 TPM.\n\n```\nexport const RPM = 20;\n```\n";
    let reading = read_with(rules, page, "md");
    assert_eq!(messages(&reading), Vec::<String>::new());
    let expected = [
        "- * 500 requests per minute Account",
        "- * 9000 tokens per minute Account",
        "- * 20 requests per minute Account",
    ];
    assert_eq!(limits(&reading), expected);
}

#[test]
fn a_label_and_the_value_below_it_state_a_limit() {
    let page = "Rocket-a\n\nOutput\n\nTier 1\n\n500\n\nTier 2\n\n9,000\n\nRocket-b\n\nTier 1\n\n40\n";
    let expected = [
        "tier-1 rocket-a 500 tokens per minute Model",
        "tier-1 rocket-b 40 tokens per minute Model",
        "tier-2 rocket-a 9000 tokens per minute Model",
    ];
    let reading = read_with(PAIRS, page, "md");
    assert_eq!(limits(&reading), expected);
    assert_eq!(reading.unknown.iter().map(|passage| passage.text.as_str()).collect::<Vec<_>>(), ["Output"]);
    let apart = read_with(PAIRS, &page.replace("500", "about 500"), "md");
    assert_eq!(limits(&apart).len(), 2);
    let open: Vec<&str> = apart.unknown.iter().map(|passage| passage.text.as_str()).collect();
    assert_eq!(open, ["Output", "Tier 1", "about 500"]);
}

#[test]
fn flattened_text_is_laid_out_by_the_rules_of_its_page() {
    let rules = r#"
[[page]]
id = "other"
url = "https://acme.example/other"

[[line]]
match = ["Rate limits"]
level = 1

[[table]]
id = "tools"
pages = ["other"]
kind = "any"
[table.columns]
"Rate limits" = "requests/minute"
"Notes" = { skip = "links" }

[[list]]
id = "free"
pages = ["main"]
of = ["sentences"]
kind = "any"
who = [{ match = "{rate}" }]
"#;
    let reading = read_with(rules, "Limits of acme\nRate limits\n5 requests per second\n", "txt");
    let errors: Vec<String> = messages(&reading).into_iter().filter(|message| message.starts_with("error")).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(limits(&reading), ["- * 5 requests per second Account"]);
    assert_eq!(reading.source.limits[0].section.as_deref(), Some("Rate limits"));
}

#[test]
fn a_response_header_needs_a_description_or_a_reason() {
    let rules = r#"
[headers]
"acme-beta-{id}" = "of a beta"
"acme-unseen" = "seen in responses"

[[table]]
id = "limits"
kind = "any"
usual = ["Tier", "RPM"]

[[table]]
id = "headers"
[table.columns]
"Header" = "header"
"#;
    let page = "# Limits\n\n| Tier | RPM |\n|---|---|\n| Tier 1 | 50 |\n\n| Header |\n|---|\n| Retry-After |\n| acme-beta-limit |\n| acme-new |\n";
    let header = |name: &str| {
        format!(
            "[[header]]\nname = \"{name}\"\nmeaning = \"limit\"\nmetric = \"requests\"\nformat = \"integer\"\ndescription = \"Requests.\"\n"
        )
    };
    let policy = format!(
        "scope = \"account\"\nwindow = \"unstated\"\ncalendar = \"unstated\"\nacceleration_limit = false\n{}{}",
        header("acme-unseen"),
        header("acme-lost")
    );
    let policy = ratebook_ingest::policy::parse(&policy).expect("a policy");
    let recipe = Recipe::parse(&format!("{PAGE}{rules}")).unwrap_or_else(|error| panic!("{error}"));
    let page = read::read_bytes(page.as_bytes(), Some("md")).expect("text");
    let (decisions, asides) = (Decisions::default(), Asides::default());
    let inputs = Inputs { decisions: &decisions, policy: Some(&policy), asides: &asides };
    let expected = [
        "warning: line 11: the response header `acme-new` is new: add it to policy.toml",
        "warning: expected one description of the response header `acme-lost`, found 0",
    ];
    assert_eq!(messages(&ProviderReader::new(recipe).read(&page, inputs)), expected);
}
