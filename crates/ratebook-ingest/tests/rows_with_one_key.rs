//! Two rows with one key, of which a person decided which is in force.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/acme.rs"]
mod acme;

use acme::{errors, limits, read_decided};
use ratebook_ingest::{Decisions, Reading};
use ratebook_source::{Amount, Evidence};

const RULES: &str = r#"
[[table]]
id = "limits"
usual = ["Model", "RPM", "TPM"]
who = [{ match = "{model}" }]

[values.model]
"Rocket 1" = "rocket-1"
"#;

const PAGE: &str = "# Limits\n\n| Model | RPM | TPM |\n|---|---|---|\n| Rocket 1 | 60 | 9000 |\n| shuttle | 5 | 70 |\n| Rocket 1 | 90 | 9000 |\n";

const DECISION: &str = "[[decision]]\nname = \"rocket-1\"\nrow = 2\nrows = 2\nwhy = \"the first row is of last year\"\nsource = \"the vendor's console\"\n";

fn decided(rules: &str, page: &str, decision: &str) -> Reading {
    read_decided(rules, page, &Decisions::parse(decision).unwrap())
}

#[test]
fn the_decided_row_is_in_force_and_the_other_is_kept_as_the_reading_not_used() {
    for rules in [RULES.to_owned(), RULES.replace("id = \"limits\"\n", "id = \"limits\"\ntwice = \"stricter\"\n")] {
        let reading = decided(&rules, PAGE, DECISION);
        assert_eq!(errors(&reading), Vec::<String>::new());
        let of_rocket: Vec<_> = reading.source.limits.iter().filter(|limit| limit.name == "rocket-1").collect();
        let shown: Vec<_> =
            of_rocket.iter().map(|limit| (limit.amount, limit.evidence, limit.alternative, limit.line)).collect();
        let expected = [
            (Amount::Count(90), Evidence::Reviewed, Some(Amount::Count(60)), Some(7)),
            (Amount::Count(9_000), Evidence::Reviewed, None, Some(7)),
        ];
        assert_eq!(shown, expected);
        assert!(limits(&reading).contains(&"- | shuttle | 5 requests per minute".to_owned()));
        assert_eq!(reading.diagnostics, []);
    }
}

#[test]
fn another_number_of_rows_is_an_error() {
    let once = decided(RULES, &PAGE.replace("| Rocket 1 | 90 | 9000 |\n", ""), DECISION);
    let expected = "error: line 5: the decision on `rocket-1` expects 2 rows with requests per minute, found 1: decide again in reviewed.toml";
    assert!(errors(&once).iter().any(|error| error == expected), "{:?}", errors(&once));
    let thrice = decided(RULES, &format!("{PAGE}| Rocket 1 | 99 | 9000 |\n"), DECISION);
    assert!(errors(&thrice).iter().any(|error| error.contains("expects 2 rows with requests per minute, found 3")));
    let none = decided(RULES, &PAGE.replace("Rocket 1", "probe"), DECISION);
    assert!(
        errors(&none).iter().any(|error| error.contains("expects 2 rows with one key, found none")),
        "{:?}",
        errors(&none)
    );
}

#[test]
fn rows_without_a_decision_are_an_error_as_before() {
    let found = errors(&decided(RULES, PAGE, ""));
    assert!(found[0].contains("is stated twice: 90 here, 60 on line 5"), "{found:?}");
    let of_plan = errors(&decided(RULES, PAGE, &DECISION.replace("row = 2", "plan = \"free\"\nrow = 2")));
    assert!(of_plan.iter().any(|error| error.contains("is stated twice")), "{of_plan:?}");
}

#[test]
fn a_decision_names_a_row_or_a_cell() {
    let error = |from: &str, to: &str| Decisions::parse(&DECISION.replace(from, to)).unwrap_err().to_string();
    assert!(
        error("row = 2\n", "row = 3\n")
            .contains("expected `row` from 1 to `rows`, and two rows at least, found row 3 of 2")
    );
    assert!(error("row = 2\n", "row = 0\n").contains("found row 0 of 2"));
    assert!(error("rows = 2\n", "").contains("expected either `cell` and `reading`, or `row` and `rows`"));
    assert!(error("rows = 2\n", "rows = 2\ncell = \"9\"\n").contains("of the decision on `rocket-1`"));
}
