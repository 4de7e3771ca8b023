//! A program that depends on the packages, outside the workspace.

use std::fs;

use miette::{IntoDiagnostic as _, WrapErr as _};
use toml_edit::{DocumentMut, value};

use super::outside::Outside;
use super::{Outcome, Release, output};

/// The crates that the program depends on.
const CRATES: [&str; 2] = ["ratebook", "ratebook-limiter"];
const MAIN: &str = include_str!("dependent/main.rs");

/// Builds and runs the program.
pub(super) fn check(release: &Release) -> miette::Result<Outcome> {
    let outside = Outside::new(release)?;
    let mut manifest = DocumentMut::new();
    manifest["package"]["name"] = value("dependent");
    manifest["package"]["version"] = value("0.0.0");
    manifest["package"]["edition"] = value("2024");
    manifest["workspace"] = toml_edit::table();
    for name in CRATES {
        manifest["dependencies"][name] = value(release.workspace.version.to_string());
    }
    manifest["dependencies"]["tokio"]["version"] = value("1");
    manifest["dependencies"]["tokio"]["features"] = value(["macros", "rt"].into_iter().collect::<toml_edit::Array>());
    manifest["patch"]["crates-io"] = outside.patches(release);
    outside.write("dependent/Cargo.toml", &manifest.to_string())?;
    outside.write("dependent/src/main.rs", MAIN)?;
    let lock = outside.folder().join("Cargo.lock");
    fs::copy(lock, outside.folder().join("dependent/Cargo.lock")).into_diagnostic().wrap_err("Cargo.lock")?;
    Ok(match output(outside.cargo("dependent").args(["run", "--quiet"])) {
        Ok(printed) => Outcome::Passed(printed.trim().to_owned()),
        Err(details) => {
            let why = "a program that depends on the packages alone does not build or run";
            Outcome::failed(why, "see the output of cargo").with(details)
        }
    })
}
