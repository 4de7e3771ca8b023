//! Writes a release: the version, the changelog and the notes.

use std::process::ExitCode;

use super::changelog::{self, Changelog};
use super::check::{self, Check};
use super::files::{self, File};
use super::git::tag;
use super::{Release, bump, notes};

/// The checks without which nothing is written.
const FIRST: [Check; 3] = [Check::Tree, Check::Changelog, Check::Version];

/// Writes the release, and prints the commands that follow.
pub(crate) fn run(release: &Release) -> miette::Result<ExitCode> {
    if check::run(release, &FIRST) != ExitCode::SUCCESS {
        eprintln!("nothing is written");
        return Ok(ExitCode::FAILURE);
    }
    let root = &release.git.root;
    let log = Changelog::read(root)?;
    let mut changed = bump::files(&release.git, &release.workspace, &release.version)?;
    let changes = match (log.released(&release.version), log.unreleased()) {
        (Some(changes), _) => changes,
        (None, unreleased) => {
            changed.push(File { path: changelog::FILE.to_owned(), text: log.release(&release.version, release.date) });
            unreleased.unwrap_or_default()
        }
    };
    changed.push(File { path: notes::file(release), text: notes::notes(release, changes) });
    files::write(root, &changed)?;
    for file in &changed {
        println!("wrote {}", file.path);
    }
    let (version, tag) = (&release.version, tag(&release.version));
    println!("\nreview the changes, then:\n");
    println!("git add --all && git commit --message \"Release {version}\"");
    println!("cargo xtask release --check --version {version}");
    println!("git tag --annotate {tag} --message {tag} && git push origin HEAD {tag}   # the workflow publishes");
    Ok(ExitCode::SUCCESS)
}
