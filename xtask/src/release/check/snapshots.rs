//! Snapshots of tests: none waits for review, and the tests that have some pass.

use std::collections::{BTreeMap, BTreeSet};

use super::{Outcome, Release, counted, output};

/// Checks the snapshots.
pub(super) fn check(release: &Release) -> miette::Result<Outcome> {
    let mut pending = release.git.files("*.snap.new")?;
    pending.extend(release.git.files("*.pending-snap")?);
    if let [first, ..] = pending.as_slice() {
        let why = format!("{} not reviewed, such as {first}", counted(pending.len(), "snapshot"));
        return Ok(Outcome::failed(why, "accept or remove them").with(pending));
    }
    let snapshots = release.git.files("*.snap")?;
    let targets = targets(&snapshots);
    for (package, tests) in &targets {
        let mut cargo = release.workspace.cargo();
        // Snapshots of features are in packages whose tests need them.
        cargo.args(["test", "--quiet", "--all-features", "--manifest-path", &format!("{package}/Cargo.toml")]);
        tests.iter().for_each(|test| _ = cargo.args(["--test", test]));
        if let Err(details) = output(cargo.env("INSTA_UPDATE", "no").env("INSTA_FORCE_PASS", "0")) {
            let mend = "run its tests with INSTA_UPDATE=always and review the difference";
            return Ok(Outcome::failed(format!("tests with snapshots fail in {package}"), mend).with(details));
        }
    }
    let tests: usize = targets.values().map(BTreeSet::len).sum();
    Ok(Outcome::Passed(format!("{} of {} pass", counted(snapshots.len(), "snapshot"), counted(tests, "test file"))))
}

/// Returns the tests that have snapshots, by the folder of their package: `tests/snapshots/NAME__….snap`, or
/// `tests/NAME/snapshots/NAME__….snap`.
fn targets(snapshots: &[String]) -> BTreeMap<String, BTreeSet<String>> {
    let mut targets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in snapshots {
        // The package `tests` has a folder `tests` of its own.
        let Some((folder, name)) = path.rsplit_once("/snapshots/") else { continue };
        let Some(at) = folder.rfind("/tests") else { continue };
        if let Some((test, _)) = name.split_once("__") {
            targets.entry(folder[..at].to_owned()).or_default().insert(test.to_owned());
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_belongs_to_the_test_file_that_its_name_begins_with() {
        let paths = [
            "crates/cli/tests/snapshots/diff__a.snap",
            "crates/cli/tests/snapshots/diff__b.snap",
            "crates/ingest/tests/pages/snapshots/pages__acme__c.snap",
            "tests/tests/snapshots/compare__d.snap",
        ];
        let found = targets(&paths.map(str::to_owned));
        let found: Vec<_> =
            found.iter().map(|(folder, tests)| (folder.as_str(), tests.iter().map(String::as_str).collect())).collect();
        let expected: [(&str, Vec<&str>); 3] =
            [("crates/cli", vec!["diff"]), ("crates/ingest", vec!["pages"]), ("tests", vec!["compare"])];
        assert_eq!(found, expected);
    }
}
