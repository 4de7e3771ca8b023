//! What git knows of a repository: releases, changes that are not committed, tracked files.

use std::path::{Path, PathBuf};
use std::process::Command;

use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use semver::Version;

/// A git repository.
pub(crate) struct Git {
    pub(crate) root: PathBuf,
}

impl Git {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Returns the versions of the tags `vX.Y.Z` that `HEAD` contains, sorted.
    pub(crate) fn releases(&self) -> miette::Result<Vec<Version>> {
        Ok(versions(&self.run(&["tag", "--merged", "HEAD", "--list", "v*"])?))
    }

    /// Returns the versions of the tags at `HEAD`, sorted.
    pub(crate) fn releases_at_head(&self) -> miette::Result<Vec<Version>> {
        Ok(versions(&self.run(&["tag", "--points-at", "HEAD", "--list", "v*"])?))
    }

    /// Returns what is not committed, as `git status --porcelain` prints it: one file a line.
    pub(crate) fn changes(&self) -> miette::Result<Vec<String>> {
        Ok(self.run(&["status", "--porcelain"])?.lines().map(str::to_owned).collect())
    }

    /// Returns the files that match a pattern, tracked or new, but not ignored: relative to the root, sorted.
    pub(crate) fn files(&self, pattern: &str) -> miette::Result<Vec<String>> {
        let arguments =
            ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", pattern];
        let files = self.run(&arguments)?;
        let mut files: Vec<String> = files.split_terminator('\0').map(str::to_owned).collect();
        files.retain(|file| self.root.join(file).is_file());
        files.sort();
        Ok(files)
    }

    /// Returns whether a release has a file.
    pub(crate) fn has(&self, release: &Version, path: &str) -> miette::Result<bool> {
        Ok(!self.run(&["ls-tree", "--name-only", &tag(release), "--", path])?.is_empty())
    }

    fn run(&self, arguments: &[&str]) -> miette::Result<String> {
        let output = Command::new("git").current_dir(&self.root).args(arguments).output();
        let output = output.into_diagnostic().wrap_err("git")?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            return Err(miette!("git {}: {}", arguments.join(" "), message.trim()));
        }
        String::from_utf8(output.stdout).into_diagnostic().wrap_err("git")
    }
}

/// Returns the tag of a version.
pub(crate) fn tag(version: &Version) -> String {
    format!("v{version}")
}

fn versions(tags: &str) -> Vec<Version> {
    let mut versions: Vec<Version> =
        tags.lines().filter_map(|tag| Version::parse(tag.strip_prefix('v')?).ok()).collect();
    versions.sort();
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_sorted_as_versions_and_others_are_ignored() {
        let sorted: Vec<String> = versions("v0.10.0\nv0.2.0\nvendor\nv1\n").iter().map(ToString::to_string).collect();
        assert_eq!(sorted, ["0.2.0", "0.10.0"]);
    }
}
