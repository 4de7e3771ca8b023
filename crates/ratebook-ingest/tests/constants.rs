//! Constants of MDX, whose values stand in the tables and the text of a page.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/acme.rs"]
mod acme;

use acme::{errors, limits, read_acme};

const RULES: &str = r#"
[[table]]
id = "limits"
usual = ["Model", "RPM", "RPD"]
who = [{ match = "{model}" }]

[[list]]
id = "note"
of = ["sentences"]
required = false
kind = "any"
who = [{ match = "Without credits, the limit is {rate}." }]
"#;

const TABLE: &str =
    "| Model | RPM | RPD |\n|---|---|---|\n| rocket | {RPM} | { PER_DAY } |\n| shuttle | 7 | {PER_DAY} |\n";

fn page(constants: &str) -> String {
    format!("# Limits\n\n{constants}\n\n{TABLE}")
}

#[test]
fn a_constant_stands_for_its_value_in_cells_and_text() {
    let text = format!(
        "{}\nWithout credits, the limit is {{FREE}} requests per day.\n",
        page("export const RPM = 20;\n\nexport const PER_DAY = 1_000;\n\nexport const FREE = '50'")
    );
    let reading = read_acme(RULES, &text);
    assert_eq!(errors(&reading), Vec::<String>::new());
    let expected = [
        "- | rocket | 20 requests per minute",
        "- | rocket | 1000 requests per day",
        "- | shuttle | 7 requests per minute",
        "- | shuttle | 1000 requests per day",
        "- | * | 50 requests per day",
    ];
    assert_eq!(limits(&reading), expected);
    let lines: Vec<_> = reading.source.limits.iter().filter_map(|limit| limit.line).collect();
    assert_eq!(lines, [11, 11, 12, 12, 14], "the lines of the cells");
    assert_eq!(reading.numbers.left_over(), 0);
}

#[test]
fn a_constant_that_no_content_uses_is_set_aside_with_its_number() {
    let constants = "export const RPM = 20;\n\nexport const PER_DAY = 1000;\n\nexport const BURST = 5;";
    let reading = read_acme(RULES, &page(constants));
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert_eq!(reading.numbers.set_aside.get("a constant that no content uses"), Some(&1), "{:?}", reading.numbers);
    let other = read_acme(RULES, &page(&constants.replace("= 5", "= 6, 7")));
    assert!(errors(&other)[0].starts_with("error: line 7: no rule reads `an expression"), "{:?}", errors(&other));
}

#[test]
fn an_expression_is_refused_at_its_line() {
    for expression in ["2 * 10", "BASE", "20 + EXTRA", "`${BASE}`", "1e3", "() => 20"] {
        let found = errors(&read_acme(
            RULES,
            &page(&format!("export const PER_DAY = 1000;\nexport const RPM = {expression};")),
        ));
        assert!(found[0].starts_with("error: line 4: no rule reads `an expression"), "{expression}: {found:?}");
        assert!(found.iter().any(|error| error.contains("{RPM}")), "{expression}: {found:?}");
    }
}

#[test]
fn a_constant_that_is_defined_twice_has_no_value() {
    let found = errors(&read_acme(
        RULES,
        &page("export const PER_DAY = 1000;\nexport const RPM = 20;\nexport const RPM = 30;"),
    ));
    for line in [4, 5] {
        let start = format!("error: line {line}: no rule reads `an expression");
        assert!(found.iter().any(|error| error.starts_with(&start)), "{found:?}");
    }
}

#[test]
fn code_and_unknown_names_keep_their_braces() {
    let rules = format!("{RULES}\n[[skip]]\ncode = \"a sample\"\n");
    let code = "```js\nexport const RPM = 99;\nlimit = {RPM};\n```\n";
    let reading =
        read_acme(&rules, &format!("# Limits\n\n{code}\nexport const RPM = 20;\nexport const PER_DAY = 9;\n\n{TABLE}"));
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert!(limits(&reading).contains(&"- | rocket | 20 requests per minute".to_owned()), "{:?}", limits(&reading));
    let unknown = errors(&read_acme(RULES, &page("export const RPM = 20;")));
    assert!(unknown.iter().any(|error| error.contains("PER_DAY")), "{unknown:?}");
}
