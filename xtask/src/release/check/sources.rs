//! Files that `cargo xtask codegen` writes.

use super::{Outcome, Release, counted};
use crate::codegen;

/// Checks generated code and policies.
pub(super) fn generated(release: &Release) -> miette::Result<Outcome> {
    stale(release, |path| !is_table(path) && !is_schema(path))
}

/// Checks the generated passages of Markdown files.
pub(super) fn tables(release: &Release) -> miette::Result<Outcome> {
    stale(release, is_table)
}

/// Checks the schemas of `recipe.toml` and `policy.toml`.
pub(super) fn schemas(release: &Release) -> miette::Result<Outcome> {
    stale(release, is_schema)
}

fn is_table(path: &str) -> bool {
    path.ends_with(".md")
}

fn is_schema(path: &str) -> bool {
    path.ends_with(".schema.json")
}

fn stale(release: &Release, is_meant: impl Fn(&str) -> bool) -> miette::Result<Outcome> {
    let stale: Vec<String> = codegen::stale(&release.git.root)?.into_iter().map(|file| file.path).collect();
    let stale: Vec<String> = stale.into_iter().filter(|path| is_meant(path)).collect();
    Ok(match stale.as_slice() {
        [] => Outcome::Passed("as the sources give them".to_owned()),
        [first, ..] => Outcome::failed(
            format!("{} out of date, such as {first}", counted(stale.len(), "file")),
            "run `cargo xtask codegen` and review the changes",
        )
        .with(stale),
    })
}
