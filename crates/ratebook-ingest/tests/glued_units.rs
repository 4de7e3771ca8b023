//! Units directly after their numbers: `300RPM`, `10kTPM`, `300/10s`, `20RPM/300RPD`, in cells, lists and prose.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/acme.rs"]
mod acme;
#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/by_model.rs"]
mod by_model;

use acme::{limits, read_form};
use by_model::diagnostics;

/// Returns the limits, sorted.
fn ordered(reading: &ratebook_ingest::Reading) -> Vec<String> {
    let mut list = limits(reading);
    list.sort();
    list
}

/// Returns a list in the order of [`ordered`].
fn sorted(list: &[&str]) -> Vec<String> {
    let mut list: Vec<String> = list.iter().map(|&line| line.to_owned()).collect();
    list.sort();
    list
}

const TABLE: &str = r#"
[[table]]
id = "limits"
usual = ["Model", "RPM", "TPM"]
who = [{ match = "{model}", kind = "model", name = "{model}" }]
"#;

#[test]
fn a_unit_in_a_cell_of_its_own_column_is_read() {
    let page = "| Model | RPM | TPM |\n|---|---|---|\n| rocket | 300RPM | 10kTPM |\n| shuttle | 60 | 1MTPM |\n";
    let reading = read_form(TABLE, page, "md");
    assert_eq!(diagnostics(&reading), "");
    let expected = [
        "- | rocket | 300 requests per minute",
        "- | rocket | 10000 tokens per minute",
        "- | shuttle | 60 requests per minute",
        "- | shuttle | 1000000 tokens per minute",
    ];
    assert_eq!(ordered(&reading), sorted(&expected));
    assert_eq!((reading.numbers.found, reading.numbers.used), (4, 4));
}

#[test]
fn the_unit_of_another_column_is_refused_at_its_line() {
    let page = "| Model | RPM | TPM |\n|---|---|---|\n| rocket | 300RPD | 10kTPM |\n";
    let reading = read_form(TABLE, page, "md");
    assert!(
        diagnostics(&reading).contains("line 3: expected requests/minute, found `300RPD`"),
        "{}",
        diagnostics(&reading)
    );
}

#[test]
fn two_rates_with_glued_units_share_a_cell() {
    let rules = "[[table]]\nid = \"limits\"\nusual = [\"Model\"]\nwho = [{ match = \"{model}\", kind = \"model\", name = \"{model}\" }]\n[table.columns]\n\"Limit\" = \"rate\"\n";
    let page = "| Model | Limit |\n|---|---|\n| rocket | 20RPM/300RPD |\n| shuttle | 300/10s |\n";
    let reading = read_form(rules, page, "md");
    assert_eq!(diagnostics(&reading), "");
    let expected = [
        "- | rocket | 20 requests per minute",
        "- | rocket | 300 requests per day",
        "- | shuttle | 300 requests per 10s",
    ];
    assert_eq!(ordered(&reading), sorted(&expected));
    assert_eq!((reading.numbers.found, reading.numbers.used), (4, 4));
}

#[test]
fn a_rate_with_a_glued_unit_is_read_in_items_and_sentences() {
    let rules = r#"
[[list]]
id = "items"
who = [{ match = "{model}: {rates}", kind = "model", name = "{model}" }]
[[list]]
id = "prose"
of = ["sentences"]
who = [{ match = "Every other model has {rate}.", kind = "any" }]
"#;
    let page = "# Limits\n\n- rocket: 300RPM\n- shuttle: 20RPM/300RPD, 10kTPM\n\nEvery other model has 50/10s.\n";
    for (page, ending) in [(page.to_owned(), "md"), (page.replace("# ", "").replace("\n\n", "\n"), "txt")] {
        let reading = read_form(rules, &page, ending);
        assert_eq!(diagnostics(&reading), "", "{ending}");
        let expected = [
            "- | * | 50 requests per 10s",
            "- | rocket | 300 requests per minute",
            "- | shuttle | 20 requests per minute",
            "- | shuttle | 300 requests per day",
            "- | shuttle | 10000 tokens per minute",
        ];
        assert_eq!(ordered(&reading), sorted(&expected), "{ending}");
    }
}

#[test]
fn a_rate_with_a_glued_unit_that_no_rule_reads_is_refused() {
    let table = "# Limits\n\n| Model | RPM | TPM |\n|---|---|---|\n| rocket | 300 | 900 |\n\n";
    for prose in
        ["Up to 30RPM in the EU.", "Previews have 10kTPM.", "Bursts: 20 requests/10s.", "It is 5RPM/60RPD here."]
    {
        let reading = read_form(TABLE, &format!("{table}{prose}\n"), "md");
        let expected = format!("line 7: no rule reads the rate in `{prose}`");
        assert!(diagnostics(&reading).contains(&expected), "{}", diagnostics(&reading));
    }
}
