//! Licences, bans and sources of dependencies, by cargo-deny with `deny.toml`.

use super::{Outcome, Release, output};

/// Checks the dependencies of all packages.
pub(super) fn check(release: &Release) -> miette::Result<Outcome> {
    if output(release.workspace.cargo().args(["deny", "--version"])).is_err() {
        return Ok(Outcome::failed("cargo-deny is not installed", "run `cargo install cargo-deny --locked`"));
    }
    let mut cargo = release.workspace.cargo();
    cargo.args(["deny", "--all-features", "--locked", "check", "licenses", "bans", "sources"]);
    Ok(match output(&mut cargo) {
        // The database of advisories is fetched from a forge, which a machine without network cannot do.
        Ok(_) => Outcome::Passed(
            "as deny.toml allows (advisories: `cargo deny check advisories`, in the workflow)".to_owned(),
        ),
        Err(details) => {
            let error = |line: &&String| line.trim_start().starts_with("error");
            let first = details.iter().find(error).map_or("cargo-deny failed", |line| line.trim());
            Outcome::failed(first, "replace the dependency, or allow it in deny.toml with a reason")
                .with(details.clone())
        }
    })
}
