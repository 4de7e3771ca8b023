//! Grid tables of pandoc: cells of several lines are read, and merged cells refused at their line.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/acme.rs"]
mod acme;
#[path = "support/by_model.rs"]
mod by_model;

use acme::{limits, read_form};
use by_model::{BY_MODEL, diagnostics};

const GRID: &str = "\
# Limits

+----------+------------+
| Model    | Requests   |
|          | per minute |
+==========+============+
| rocket   | 5          |
+----------+------------+
| shuttle  | 1,200      |
| mini     |            |
+----------+------------+

Text.
";

fn rules() -> String {
    BY_MODEL.replace("\"RPM\"", "\"Requests per minute\"")
}

#[test]
fn a_grid_table_is_read_with_its_lines() {
    let reading = read_form(&rules(), GRID, "md");
    assert_eq!(limits(&reading), ["- | rocket | 5 requests per minute", "- | shuttle mini | 1200 requests per minute"]);
    let lines: Vec<_> = reading.source.limits.iter().map(|limit| limit.line).collect();
    assert_eq!(lines, [Some(7), Some(9)]);
    assert_eq!((reading.numbers.found, reading.numbers.used), (2, 2));
}

#[test]
fn a_span_in_a_grid_table_is_refused_at_its_line() {
    let span = GRID.replace("| rocket   | 5          |", "| rocket     5          |");
    let found = diagnostics(&read_form(&rules(), &span, "md"));
    assert!(found.contains("error: line 7: no rule reads `a table in an unknown form"), "{found}");
    let rows = GRID.replacen("+----------+------------+\n| shuttle", "|          +------------+\n| shuttle", 1);
    let found = diagnostics(&read_form(&rules(), &rows, "md"));
    assert!(found.contains("error: line 8: no rule reads `a table in an unknown form"), "{found}");
}

#[test]
fn a_grid_table_without_a_header_is_refused() {
    let found = diagnostics(&read_form(&rules(), &GRID.replace('=', "-"), "md"));
    assert!(found.contains("error: line 3: no rule reads `a table in an unknown form"), "{found}");
}
