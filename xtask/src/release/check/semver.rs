//! The API of the code, compared with that of the last release by cargo-semver-checks.

use miette::{IntoDiagnostic as _, WrapErr as _};

use super::super::git::tag;
use super::super::version::Part;
use super::{Outcome, Release, counted, output};

/// The exit code of cargo-semver-checks if the version is too small. Others are errors of its own, or of the build.
const INCOMPATIBLE: i32 = 100;

/// Checks each published library that the last release has.
///
/// The feature `__test-catalog` is on where there is one: the constants of entries belong to the catalog, not to the code.
pub(super) fn check(release: &Release) -> miette::Result<Outcome> {
    let Some(last) = &release.last else {
        return Ok(Outcome::Passed("there is no release to compare with".to_owned()));
    };
    let part = Part::raised(last, &release.version).of_code(last);
    if part == Part::Major {
        return Ok(Outcome::Passed(format!("{} may change the API of {last}", release.version)));
    }
    if output(release.workspace.cargo().args(["semver-checks", "--version"])).is_err() {
        return Ok(Outcome::failed(
            "cargo-semver-checks is not installed",
            "run `cargo install cargo-semver-checks --locked`",
        ));
    }
    let mut compared = 0;
    for package in release.workspace.published.iter().filter(|package| package.has_library) {
        if !release.git.has(last, &package.manifest)? {
            continue;
        }
        compared += 1;
        let mut cargo = release.workspace.cargo();
        cargo.args(["semver-checks", "--package", &package.name, "--baseline-rev", &tag(last)]);
        cargo.args(["--release-type", part.word()]);
        if package.has_test_catalog {
            cargo.args(["--features", "__test-catalog"]);
        }
        let run = cargo.output().into_diagnostic().wrap_err("cargo semver-checks")?;
        let (name, version) = (&package.name, &release.version);
        if run.status.code() == Some(INCOMPATIBLE) {
            let broken = broken(&String::from_utf8_lossy(&run.stdout));
            let first = broken.first().map(|item| format!(": {item}")).unwrap_or_default();
            let why = format!("the API of {name} changed more than {version} allows after {last}{first}");
            return Ok(
                Outcome::failed(why, "keep what was removed or changed, or release a larger version").with(broken)
            );
        }
        if !run.status.success() {
            let messages = String::from_utf8_lossy(&run.stderr).lines().map(str::to_owned).collect();
            return Ok(
                Outcome::failed(format!("cargo-semver-checks failed on {name}"), "see its output").with(messages)
            );
        }
    }
    let crates = counted(compared, "crate");
    Ok(Outcome::Passed(format!("{crates} compared with {last}, as a {} version", part.word())))
}

/// Returns the items that changed, each with the title of the rule: those below `Failed in:`.
fn broken(report: &str) -> Vec<String> {
    let mut broken = Vec::new();
    let (mut title, mut is_item) = ("", false);
    for line in report.lines() {
        if let Some(failure) = line.strip_prefix("--- failure ") {
            title = failure.trim_end_matches(" ---").split_once(": ").map_or(failure, |(_, title)| title);
        } else if line.starts_with("Failed in:") {
            is_item = true;
        } else if line.trim().is_empty() {
            is_item = false;
        } else if is_item {
            // The rest of the line is the place, in a copy of the release.
            let item = line.trim().split_once(", previously in").map_or(line.trim(), |(item, _)| item);
            broken.push(format!("{item} ({title})"));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_that_changed_has_the_title_of_its_rule() {
        let report = "\n--- failure function_missing: pub fn removed or renamed ---\n\nDescription:\nA function cannot be imported.\n\n\
            Failed in:\n  function acme::launch, previously in file /tmp/acme/src/lib.rs:7\n  function acme::land, previously in file x\n\n\
            --- failure struct_missing: pub struct removed or renamed ---\n\nFailed in:\n  struct acme::Rocket, previously in file x\n";
        let expected = [
            "function acme::launch (pub fn removed or renamed)",
            "function acme::land (pub fn removed or renamed)",
            "struct acme::Rocket (pub struct removed or renamed)",
        ];
        assert_eq!(broken(report), expected);
    }
}
