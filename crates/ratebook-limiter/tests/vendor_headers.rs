//! Compares the rows that `tests/dialects` tests with a table of vendors' headers outside the repository. Reported as
//! ignored where that is absent.

#[allow(dead_code, reason = "only the names of the rows are compared here")]
#[path = "dialects/header_table.rs"]
mod header_table;

use std::fs;
use std::path::{Path, PathBuf};

use header_table::ROWS;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vendor-headers.csv");
    let is_absent = !table.exists();
    let rows = Trial::test("the_tested_rows_are_those_of_the_table", move || compare(&table));
    libtest_mimic::run(&Arguments::from_args(), vec![rows.with_ignored_flag(is_absent)]).exit();
}

fn compare(table: &PathBuf) -> Result<(), Failed> {
    let text = fs::read_to_string(table)?;
    let tested: Vec<_> = ROWS.iter().map(|row| (row.provider, row.cell)).collect();
    let rows: Vec<_> = text.lines().skip(1).filter_map(|line| line.split_once(',')).collect();
    let rows: Vec<_> =
        rows.iter().map(|(provider, rest)| (*provider, rest.split(',').next().unwrap_or_default())).collect();
    if let Some(row) = rows.iter().find(|row| !tested.contains(row)) {
        return Err(format!("new in the table: {row:?}").into());
    }
    if let Some(row) = tested.iter().find(|row| !rows.contains(row)) {
        return Err(format!("no longer in the table: {row:?}").into());
    }
    Ok(())
}
