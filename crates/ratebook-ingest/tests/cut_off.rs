//! Flattened text whose header runs together and whose cells are one a line, possibly cut off within a row.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/acme.rs"]
mod acme;

use acme::{errors, limits, read_form};

const RULES: &str = r#"
[amounts]
"-" = "absent"

[[table]]
id = "limits"
usual = ["Model", "RPM", "TPM"]
who = [{ match = "{model}" }]
"#;

const ROWS: &str = "Acme\n\nModelRPMTPM\nrocket\n60\n-\nshuttle\n30\n6K\n";

#[test]
fn cells_one_a_line_follow_a_header_that_runs_together() {
    let reading = read_form(RULES, ROWS, "txt");
    assert_eq!(errors(&reading), Vec::<String>::new());
    let expected = [
        "- | rocket | 60 requests per minute",
        "- | shuttle | 30 requests per minute",
        "- | shuttle | 6000 tokens per minute",
    ];
    assert_eq!(limits(&reading), expected);
    assert!(reading.source.main_page().is_some_and(|page| !page.is_partial));
}

#[test]
fn a_page_that_ends_within_a_row_is_a_shortened_copy_without_that_row() {
    let reading = read_form(RULES, &format!("{ROWS}probe\n20\n"), "txt");
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert_eq!(limits(&reading).len(), 3);
    assert!(reading.source.main_page().is_some_and(|page| page.is_partial));
    let warning = "warning: line 10: the page ends within the row of `probe`, which is not read";
    assert!(reading.diagnostics.iter().any(|found| found.to_string() == warning), "{:?}", reading.diagnostics);
}

#[test]
fn a_row_without_a_cell_is_an_error_where_the_page_goes_on() {
    let reading = read_form(RULES, &format!("{ROWS}probe\n20\n\n\nSee the console for more.\n"), "txt");
    assert!(!errors(&reading).is_empty(), "{:?}", limits(&reading));
}
