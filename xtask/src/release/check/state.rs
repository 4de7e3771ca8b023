//! The state of the repository: commits, changelog, notes and the version.

use std::fs;

use super::super::changelog::Changelog;
use super::super::notes::{self, notes as text};
use super::super::version::Part;
use super::{Outcome, Release, counted};

/// Checks that everything is committed.
pub(super) fn tree(release: &Release) -> miette::Result<Outcome> {
    let changes = release.git.changes()?;
    Ok(match changes.as_slice() {
        [] => Outcome::Passed("everything is committed".to_owned()),
        [first, ..] => {
            let why = format!("{} not committed, such as `{}`", counted(changes.len(), "file"), first.trim());
            Outcome::failed(why, "commit or remove them").with(changes)
        }
    })
}

/// Checks that the changelog says something about the release.
pub(super) fn changelog(release: &Release) -> miette::Result<Outcome> {
    let log = Changelog::read(&release.git.root)?;
    let version = &release.version;
    Ok(match (log.released(version), log.unreleased()) {
        (Some(_), _) => Outcome::Passed(format!("has the section {version}")),
        (None, Some(_)) if !release.is_tagged => Outcome::Passed("the section Unreleased has entries".to_owned()),
        (None, _) => Outcome::failed(
            format!("CHANGELOG.md has no section {version}, and no entries under Unreleased"),
            "describe what changed under `## Unreleased`",
        ),
    })
}

/// Checks the notes of a release whose section the changelog has.
pub(super) fn notes(release: &Release) -> miette::Result<Outcome> {
    let log = Changelog::read(&release.git.root)?;
    let Some(changes) = log.released(&release.version) else {
        return Ok(Outcome::Passed("not written yet".to_owned()));
    };
    let file = notes::file(release);
    let written = fs::read_to_string(release.git.root.join(&file)).unwrap_or_default();
    Ok(if written.replace("\r\n", "\n") == text(release, changes) {
        Outcome::Passed(format!("{file} has the differences and the changelog"))
    } else {
        let mend = format!("run `cargo xtask release --version {}`", release.version);
        Outcome::failed(format!("{file} is missing or out of date"), mend)
    })
}

/// Checks the version against the differences of the catalog, and that a tag has the version of the manifests.
pub(super) fn version(release: &Release) -> miette::Result<Outcome> {
    let (version, stated) = (&release.version, &release.workspace.version);
    if release.is_tagged && stated != version {
        let why = format!("the tag v{version} is at a commit with version {stated}");
        return Ok(Outcome::failed(why, format!("run `cargo xtask release --version {version}` before the tag")));
    }
    let Some(last) = &release.last else {
        return Ok(Outcome::Passed(format!("{version} is the first release")));
    };
    let (needed, raised) = (release.data.needed(), Part::raised(last, version));
    let breaking = release.data.breaking_changes();
    Ok(match breaking.as_slice() {
        [first, ..] if raised < needed => Outcome::failed(
            format!(
                "{version} raises the {} part, but the catalog needs the {} part ({}): {first}",
                raised.word(),
                needed.word(),
                counted(breaking.len(), "difference"),
            ),
            format!("release {} or more", needed.next(last)),
        )
        .with(breaking),
        _ => Outcome::Passed(format!(
            "{last} -> {version} raises the {} part, and the catalog needs the {} part",
            raised.word(),
            needed.word(),
        )),
    })
}
