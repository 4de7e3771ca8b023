//! `cargo xtask release`: prepares a release, and checks what one needs.
//!
//! 1. [`plan`](Release::plan) finds the last release among git's tags `vX.Y.Z`, and the version of the next one.
//! 2. [`data`] compares the catalogs of both, and says which version the differences allow.
//! 3. With `--check`, [`check`] runs the checks, one line each. Otherwise [`mod@write`] writes the new version, the changelog and
//!    the notes.
//!
//! It never commits, tags, pushes or publishes.
//!
//! # Versions
//!
//! All crates have one version, which covers the catalog and the code. It must satisfy both rules. A part of a version is
//! raised if it or one before it is larger: from 0.1.2, version 0.2.0 raises the minor part.
//!
//! | difference of the catalog | at least |
//! |---|---|
//! | a limit that is lowered or removed, or no longer has a number | minor |
//! | an entry that is retired or removed, a region, family, plan or alias that is removed | minor |
//! | a limit or entry that is added or raised, every other change | patch |
//!
//! The code follows `SemVer` as cargo reads it: in 0.y versions, an incompatible change needs a minor version and an addition a
//! patch; from 1.0 on, a major and a minor version. The constants of entries belong to the catalog: the API of the code is that
//! of the crates with the frozen test catalog.

mod bump;
mod changelog;
mod check;
mod data;
mod files;
mod git;
mod notes;
mod version;
mod workspace;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use miette::miette;
use ratebook_source::Date;
use semver::Version;

use crate::{codegen, refresh_catalog};
use check::Check;
use data::Data;
use git::Git;
use workspace::Workspace;

/// Write the version, the changelog and the notes of a release, or check what it needs
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; run the checks, one line each, and exit with 1 if one fails
    #[arg(long)]
    check: bool,
    /// The version to release. Default: that of Cargo.toml if it is not released yet, else the least that the changes of the
    /// catalog allow
    #[arg(long, value_name = "X.Y.Z")]
    version: Option<Version>,
    /// Run only this check (repeatable)
    #[arg(long, value_name = "CHECK", requires = "check")]
    only: Vec<Check>,
    /// Build and test only this package, in the check `packages` (repeatable)
    #[arg(long = "package", value_name = "NAME", requires = "check")]
    packages: Vec<String>,
    /// The day of the release. Default: today, in UTC
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<Date>,
    /// Release the workspace in this folder instead of this one
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// A release that is being prepared.
struct Release {
    git: Git,
    workspace: Workspace,
    /// The last release before this one. `None` for the first release.
    last: Option<Version>,
    /// The version to release.
    version: Version,
    /// Whether a tag with this version is at `HEAD`.
    is_tagged: bool,
    /// The catalog, and how it differs from that of the last release.
    data: Data,
    date: Date,
    /// The packages that the check `packages` builds. Default: all that are published.
    packages: Vec<String>,
}

/// Runs `cargo xtask release`.
///
/// # Errors
/// Returns an error if git or cargo fails, if a catalog cannot be read, or if the version is not above the last release.
pub(crate) fn run(args: &Args) -> miette::Result<ExitCode> {
    let release = Release::plan(args)?;
    if args.check { Ok(check::run(&release, &args.only)) } else { write::run(&release) }
}

impl Release {
    /// Finds the last release, and chooses the version of this one.
    fn plan(args: &Args) -> miette::Result<Self> {
        let root = args.root.clone().unwrap_or_else(codegen::root);
        let git = Git::new(&root);
        let workspace = Workspace::read(&root)?;
        let released = git.releases()?;
        let tagged_here = git.releases_at_head()?;
        let is_open = |version: &Version| !released.contains(version) || tagged_here.contains(version);
        let wanted = args.version.clone().or_else(|| Some(workspace.version.clone()).filter(is_open));
        let last = released.iter().rfind(|version| wanted.as_ref() != Some(version)).cloned();
        let data = Data::read(&root, last.as_ref())?;
        let version = match (wanted, &last) {
            (Some(wanted), Some(last)) if wanted <= *last => {
                return Err(miette!("expected a version above the last release, {last}, found {wanted}"));
            }
            (Some(wanted), _) if !is_open(&wanted) => {
                return Err(miette!("{wanted} is released: another commit has its tag"));
            }
            (Some(wanted), _) => wanted,
            (None, Some(last)) => data.needed().next(last),
            (None, None) => workspace.version.clone(),
        };
        let is_tagged = tagged_here.contains(&version);
        let date = args.date.map_or_else(refresh_catalog::today, Ok)?;
        let published: Vec<String> = workspace.published.iter().map(|package| package.name.clone()).collect();
        if let Some(unknown) = args.packages.iter().find(|name| !published.contains(name)) {
            return Err(miette!("expected one of {}, found `{unknown}`", published.join(", ")));
        }
        let packages = if args.packages.is_empty() { published } else { args.packages.clone() };
        Ok(Self { git, workspace, last, version, is_tagged, data, date, packages })
    }
}

/// Returns `1 file` or `3 files`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
