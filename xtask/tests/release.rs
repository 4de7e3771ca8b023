//! `cargo xtask release` on small workspaces in temporary git repositories: the plan, what is written, and each cheap check,
//! passing once and failing once.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const ROOT: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n\n\
    [workspace.package]\nversion = \"0.1.0\" # of all crates\nedition = \"2024\"\n\n\
    [workspace.dependencies]\nacme = { version = \"0.1.0\", path = \"crates/acme\" }\n";
const ACME: &str = "[package]\nname = \"acme\"\nversion.workspace = true\nedition.workspace = true\n";
const ACME_CLI: &str = "[package]\nname = \"acme-cli\"\nversion.workspace = true\nedition.workspace = true\n\n\
    [dependencies]\nacme.workspace = true\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"acme\"\nversion = \"0.1.0\"\n\n\
    [[package]]\nname = \"acme-cli\"\nversion = \"0.1.0\"\ndependencies = [\n \"acme\",\n]\n";
const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n- The first limits.\n";

/// A workspace with two packages and a catalog of one provider.
struct Workspace {
    folder: TempDir,
}

impl Workspace {
    /// Creates a workspace whose files are committed.
    fn new() -> Self {
        let workspace = Self { folder: TempDir::new().unwrap() };
        for (path, text) in [
            ("Cargo.toml", ROOT),
            ("Cargo.lock", LOCK),
            ("CHANGELOG.md", CHANGELOG),
            ("README.md", "```toml\nacme = \"0.1\"\n```\n"),
            ("crates/acme/Cargo.toml", ACME),
            ("crates/acme/src/lib.rs", ""),
            ("crates/acme-cli/Cargo.toml", ACME_CLI),
            ("crates/acme-cli/src/main.rs", "fn main() {}\n"),
        ] {
            workspace.write(path, text);
        }
        workspace.limits(&[("comet", "10"), ("rocket", "600")]);
        workspace.git(&["init", "--quiet"]);
        workspace.commit();
        workspace
    }

    /// Creates a workspace whose version 0.1.0 is released and tagged.
    fn released() -> Self {
        let workspace = Self::new();
        workspace.succeeds(&[]);
        workspace.commit();
        workspace.git(&["tag", "v0.1.0"]);
        workspace
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Writes the catalog: the names of models, and their requests per minute.
    fn limits(&self, limits: &[(&str, &str)]) {
        let lines = limits.iter().map(|(name, amount)| format!("model\t{name}\trequests\tminute\t{amount}\tmodel\n"));
        let header = "@format\t2\n@provider\tacme\nkind\tname\tmetric\tper\tamount\tpool\n";
        self.write("catalog-src/acme/limits.tsv", &format!("{header}{}", lines.collect::<String>()));
    }

    /// Adds an entry to the changelog's unreleased section.
    fn describe(&self, entry: &str) {
        let log = self.read("CHANGELOG.md").replacen("## Unreleased\n", &format!("## Unreleased\n\n- {entry}\n"), 1);
        self.write("CHANGELOG.md", &log);
    }

    fn git(&self, args: &[&str]) {
        let identity = ["-c", "user.name=acme", "-c", "user.email=acme@acme.example", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").current_dir(self.path()).args(identity).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "Change"]);
    }

    fn release(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["release", "--date", "2026-11-28", "--root"]).arg(self.path()).args(args);
        command.output().unwrap()
    }

    /// Returns the output of a release that succeeds.
    fn succeeds(&self, args: &[&str]) -> String {
        let output = self.release(args);
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{args:?}: {out}{}", String::from_utf8_lossy(&output.stderr));
        out
    }

    /// Returns the line of one check, and whether the command succeeded.
    fn check(&self, check: &str, args: &[&str]) -> (bool, String) {
        let output = self.release(&[&["--check", "--only", check], args].concat());
        let out = String::from_utf8(output.stdout).unwrap();
        let line = out.lines().nth(1).unwrap_or_else(|| panic!("{out}{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(line.split_whitespace().nth(1), Some(check), "{out}");
        (output.status.success(), line.to_owned())
    }

    fn passes(&self, check: &str, args: &[&str]) -> String {
        let (success, line) = self.check(check, args);
        assert!(success && line.starts_with("ok "), "{line}");
        line
    }

    fn fails(&self, check: &str, args: &[&str]) -> String {
        let (success, line) = self.check(check, args);
        assert!(!success && line.starts_with("failed "), "{line}");
        line
    }
}

#[test]
fn the_first_release_takes_the_version_of_the_manifest_and_the_changelog() {
    let workspace = Workspace::new();
    let out = workspace.succeeds(&[]);
    assert!(out.starts_with("release 0.1.0, the first release\n"), "{out}");
    assert!(out.contains("git tag --annotate v0.1.0"), "{out}");
    assert_eq!(workspace.read("Cargo.toml"), ROOT, "the version stays");
    let log = "# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-11-28\n\n- The first limits.\n";
    assert_eq!(workspace.read("CHANGELOG.md"), log);
    let notes = "# Ratebook 0.1.0\n\n## Limits\n\nThe first release: 2 limits of 1 provider.\n\n\
        | provider | limits |\n|----------|--------|\n| acme     | 2      |\n\n## Changes\n\n- The first limits.\n";
    assert_eq!(workspace.read("docs/releases/0.1.0.md"), notes);
}

#[test]
fn a_lowered_limit_is_a_minor_version_in_all_manifests_and_the_notes() {
    let workspace = Workspace::released();
    workspace.limits(&[("comet", "10"), ("rocket", "500"), ("shuttle", "5")]);
    workspace.describe("Less for rockets.");
    workspace.commit();
    let out = workspace.succeeds(&[]);
    assert!(out.starts_with("release 0.2.0, after 0.1.0\n"), "{out}");
    assert_eq!(workspace.read("Cargo.toml"), ROOT.replace("0.1.0", "0.2.0"));
    assert_eq!(workspace.read("Cargo.lock"), LOCK.replace("0.1.0", "0.2.0"));
    assert_eq!(workspace.read("README.md"), "```toml\nacme = \"0.2\"\n```\n");
    let log = workspace.read("CHANGELOG.md");
    assert!(log.contains("## Unreleased\n\n## 0.2.0 - 2026-11-28\n\n- Less for rockets.\n"), "{log}");
    let notes = workspace.read("docs/releases/0.2.0.md");
    let (taken, others) = notes.split_once("### Added, raised and changed").unwrap();
    assert!(taken.contains("| acme     | lowered | rocket requests per minute | 600    | 500   |"), "{notes}");
    assert!(
        others.contains("shuttle") && others.contains("- Less for rockets.") && !others.contains("The first"),
        "{notes}"
    );
    workspace.commit();
    workspace.git(&["tag", "v0.2.0"]);
    for check in ["tree", "changelog", "notes", "version"] {
        workspace.passes(check, &["--version", "0.2.0"]);
    }
}

#[test]
fn an_addition_is_a_patch_version() {
    let workspace = Workspace::released();
    workspace.limits(&[("comet", "10"), ("rocket", "601"), ("shuttle", "5")]);
    workspace.describe("Shuttles.");
    workspace.commit();
    let out = workspace.succeeds(&["--check", "--only", "version"]);
    assert!(out.starts_with("release 0.1.1, after 0.1.0\nok      version"), "{out}");
}

#[test]
fn a_version_below_the_rule_fails_and_names_the_limit() {
    let workspace = Workspace::released();
    workspace.limits(&[("comet", "10"), ("rocket", "500")]);
    let line = workspace.fails("version", &["--version", "0.1.1"]);
    assert!(line.contains("acme rocket requests per minute: lowered (600 -> 500)"), "{line}");
    assert!(line.contains("release 0.2.0 or more"), "{line}");
    workspace.passes("version", &["--version", "0.2.0"]);
    workspace.limits(&[("rocket", "600")]);
    assert!(workspace.fails("version", &["--version", "0.1.1"]).contains("acme comet requests per minute: removed"));
}

#[test]
fn a_version_that_is_not_above_the_last_release_is_an_error() {
    let workspace = Workspace::released();
    workspace.limits(&[("comet", "10")]);
    workspace.commit();
    for (version, message) in [("0.0.9", "expected a version above the last release"), ("0.1.0", "0.1.0 is released")] {
        let output = workspace.release(&["--check", "--version", version]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(message), "{error}");
    }
}

#[test]
fn a_tag_at_a_commit_with_another_version_fails() {
    let workspace = Workspace::new();
    workspace.git(&["tag", "v0.2.0"]);
    let line = workspace.fails("version", &["--version", "0.2.0"]);
    assert!(line.contains("the tag v0.2.0 is at a commit with version 0.1.0"), "{line}");
}

#[test]
fn nothing_is_written_from_a_dirty_tree() {
    let workspace = Workspace::new();
    workspace.write("notes.txt", "draft\n");
    assert!(workspace.fails("tree", &[]).contains("such as `?? notes.txt`"));
    let output = workspace.release(&[]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("nothing is written"));
    assert_eq!(workspace.read("CHANGELOG.md"), CHANGELOG);
}

#[test]
fn a_release_without_an_entry_in_the_changelog_fails() {
    let workspace = Workspace::released();
    workspace.limits(&[("comet", "10"), ("rocket", "600"), ("shuttle", "5")]);
    workspace.commit();
    let line = workspace.fails("changelog", &[]);
    assert!(line.contains("CHANGELOG.md has no section 0.1.1, and no entries under Unreleased"), "{line}");
    assert!(!workspace.release(&[]).status.success());
    workspace.describe("Shuttles.");
    workspace.passes("changelog", &[]);
}

#[test]
fn a_tag_needs_its_own_section_of_the_changelog() {
    let workspace = Workspace::new();
    workspace.passes("changelog", &[]);
    workspace.git(&["tag", "v0.1.0"]);
    workspace.fails("changelog", &[]);
}

#[test]
fn notes_that_do_not_have_the_differences_fail() {
    let workspace = Workspace::released();
    workspace.passes("notes", &[]);
    workspace.write("docs/releases/0.1.0.md", "# Ratebook 0.1.0\n");
    let line = workspace.fails("notes", &[]);
    assert!(line.contains("docs/releases/0.1.0.md is missing or out of date"), "{line}");
}

#[test]
fn a_snapshot_that_waits_for_review_fails() {
    let workspace = Workspace::new();
    workspace.passes("snapshots", &[]);
    workspace.write("crates/acme/tests/snapshots/list__all.snap.new", "600\n");
    let line = workspace.fails("snapshots", &[]);
    assert!(line.contains("crates/acme/tests/snapshots/list__all.snap.new"), "{line}");
}

#[test]
fn published_packages_have_one_version() {
    let workspace = Workspace::new();
    workspace.write("crates/acme/Cargo.toml", &ACME.replace("version.workspace = true", "version = \"0.1.5\""));
    workspace.write("Cargo.toml", &ROOT.replace("acme = { version = \"0.1.0\"", "acme = { version = \"0.1\""));
    let output = workspace.release(&["--check"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("expected one version of all published packages"), "{error}");
}

#[test]
fn an_unknown_package_is_an_error_that_names_the_published_ones() {
    let workspace = Workspace::new();
    let output = workspace.release(&["--check", "--only", "packages", "--package", "acme-tests"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("expected one of acme, acme-cli, found `acme-tests`"), "{error}");
}
