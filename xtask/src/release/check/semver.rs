//! The API of the code, compared with that of the last release by cargo-semver-checks.

use super::super::git::tag;
use super::super::version::Part;
use super::{Outcome, Release, counted, output};

/// Checks each published library that the last release has.
///
/// The feature `__test-catalog` is on where there is one: the constants of entries belong to the catalog, not to the code.
pub(super) fn check(release: &Release) -> miette::Result<Outcome> {
    let Some(last) = &release.last else {
        return Ok(Outcome::Passed("there is no release to compare with".to_owned()));
    };
    if output(release.workspace.cargo().args(["semver-checks", "--version"])).is_err() {
        return Ok(Outcome::failed(
            "cargo-semver-checks is not installed",
            "run `cargo install cargo-semver-checks --locked`",
        ));
    }
    let part = Part::raised(last, &release.version).of_code(last);
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
        if let Err(details) = output(&mut cargo) {
            let why = format!("the API of {} changed more than {} allows after {last}", package.name, release.version);
            let mend = "keep what was removed or changed, or release a larger version";
            return Ok(Outcome::failed(why, mend).with(details));
        }
    }
    let crates = counted(compared, "crate");
    Ok(Outcome::Passed(format!("{crates} compared with {last}, as a {} version", part.word())))
}
