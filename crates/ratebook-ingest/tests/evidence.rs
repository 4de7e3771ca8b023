//! How the numbers of a rule are known, where the page leaves them open to reading.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/acme.rs"]
mod acme;

use acme::{errors, read_acme, recipe};
use ratebook_source::Evidence;

const RULES: &str = r#"
[[table]]
id = "limits"
who = [
  { match = "rocket" , kind = "model", name = "rocket", evidence = { reviewed = "the vendor's support says so" } },
  { match = "{model}" },
]
[table.columns]
"Model" = "who"
"RPM" = "requests/minute"
"Cap" = { is = "spend_usd/month", evidence = { inferred = "the page states no period" } }
"#;

const PAGE: &str = "# Limits\n\n| Model | RPM | Cap |\n|---|---|---|\n| rocket | 60 | $5 |\n| shuttle | 30 | $4 |\n";

fn evidence(rules: &str, page: &str) -> Vec<(String, Evidence)> {
    let reading = read_acme(rules, page);
    assert_eq!(errors(&reading), Vec::<String>::new());
    reading.source.limits.iter().map(|limit| (format!("{} {}", limit.name, limit.metric), limit.evidence)).collect()
}

#[test]
fn the_inner_part_of_a_rule_says_how_its_limits_are_known() {
    let expected = [
        ("rocket requests".to_owned(), Evidence::Reviewed),
        ("rocket spend_usd".to_owned(), Evidence::Inferred),
        ("shuttle requests".to_owned(), Evidence::Stated),
        ("shuttle spend_usd".to_owned(), Evidence::Inferred),
    ];
    assert_eq!(evidence(RULES, PAGE), expected);
}

#[test]
fn a_whole_rule_and_a_given_text_have_evidence() {
    let rule = "[[table]]\nid = \"limits\"\nevidence = { inferred = \"by the heading\" }\nusual = [\"Model\", \"RPM\"]\nwho = [{ match = \"{model}\" }]\n";
    let table = "| Model | RPM |\n|---|---|\n| rocket | 60 |\n";
    let inferred = [("rocket requests".to_owned(), Evidence::Inferred)];
    assert_eq!(evidence(rule, &format!("# Limits\n\n{table}")), inferred);
    let given = format!(
        "{}\n[[given]]\nmatch = \"Probably\"\nevidence = {{ inferred = \"the heading says probably\" }}\n",
        rule.replace("evidence = { inferred = \"by the heading\" }\n", "")
    );
    assert_eq!(evidence(&given, &format!("# Limits\n\n## Probably\n\n{table}")), inferred);
}

#[test]
fn an_ambiguous_limit_stays_ambiguous() {
    let rules = format!("{RULES}\n").replace("id = \"limits\"", "id = \"limits\"\ntwice = \"stricter\"");
    let twice = format!("{PAGE}| shuttle | 30 | $3 |\n");
    let found = evidence(&rules, &twice);
    assert!(found.contains(&("shuttle spend_usd".to_owned(), Evidence::Ambiguous)), "{found:?}");
}

#[test]
fn evidence_has_a_word_and_a_reason() {
    let error = |evidence: &str| {
        let rules = RULES.replace("{ inferred = \"the page states no period\" }", evidence);
        recipe(&rules).map(|_| ()).unwrap_err().to_string()
    };
    let blank = error("{ inferred = \" \" }");
    assert!(blank.contains("expected a reason, found a blank text"), "{blank}");
    let unknown = error("{ guessed = \"so\" }");
    assert!(unknown.starts_with("line 16: ") && unknown.contains("expected `inferred` or `reviewed`"), "{unknown}");
}
