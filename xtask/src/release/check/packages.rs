//! Each package alone: built with its default features, and its tests run with all.

use super::outside::Outside;
use super::{Outcome, Release, counted, output};

/// Builds and tests each published package outside the workspace, or those that the caller names.
pub(super) fn check(release: &Release) -> miette::Result<Outcome> {
    let outside = Outside::new(release)?;
    let mut failed = Vec::new();
    let mut details = Vec::new();
    for name in &release.packages {
        for (verb, args) in [("build", ["build"].as_slice()), ("test", &["test", "--all-features"])] {
            eprintln!("cargo {verb}: {name}");
            let mut cargo = outside.cargo("");
            cargo.args(args).args(["--quiet", "--package", name]).env("INSTA_UPDATE", "no");
            if let Err(lines) = output(&mut cargo) {
                failed.push(format!("{name} ({verb})"));
                details.extend(lines);
                break;
            }
        }
    }
    let count = counted(release.packages.len(), "package");
    Ok(if failed.is_empty() {
        Outcome::Passed(format!("{count} built and tested outside the workspace"))
    } else {
        let mend = "add what is missing to the package: `include`, `exclude` and dev-dependencies in its Cargo.toml";
        Outcome::failed(format!("{} of {count} failed: {}", failed.len(), failed.join(", ")), mend).with(details)
    })
}
