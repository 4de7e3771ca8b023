//! Resolves the names of `tests/names/names.tsv`, as people write them in public code, in the shipped catalog.
//!
//! The tests of the workspace have the frozen catalog, so a program outside of the workspace resolves them.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use ratebook_tests::outside::{cargo, succeeded};

fn names() -> PathBuf {
    ratebook_tests::root().join("tests/names")
}

#[test]
fn names_as_written_find_their_entries() {
    let target = tempfile::tempdir().unwrap();
    succeeded(&cargo(&names(), target.path(), &["run", "--quiet", "--offline"]));
}

#[test]
fn at_least_200_names_are_listed_once_and_ten_of_them_are_unknown() {
    let text = fs::read_to_string(names().join("names.tsv")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).skip(1).collect();
    let named: HashSet<&str> = lines.iter().filter_map(|line| line.rsplit_once('\t')).map(|(name, _)| name).collect();
    assert_eq!(named.len(), lines.len(), "a name is listed twice, or a line has no expected entry");
    assert!(named.len() >= 200, "{} names", named.len());
    assert!(lines.iter().filter(|line| line.ends_with("\t-")).count() >= 10);
}
