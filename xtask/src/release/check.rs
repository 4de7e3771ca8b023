//! The checks of a release. Each prints one line: its name, what was found, and how to mend it.

mod dependent;
mod licences;
mod outside;
mod packages;
mod semver;
mod snapshots;
mod sources;
mod state;

use std::io::Write as _;
use std::process::{Command, ExitCode};
use std::time::Instant;

use clap::ValueEnum;

use super::{Release, counted};

/// A check of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Check {
    /// Generated code is up to date
    Generated,
    /// Tables and counts of README.md, COMPARE.md and SUMMARY.md are up to date
    Tables,
    /// Schemas of recipes and policies are up to date
    Schemas,
    /// No snapshot waits for review, and tests with snapshots pass
    Snapshots,
    /// Everything is committed
    Tree,
    /// The changelog has the version, or something unreleased
    Changelog,
    /// The notes of a written release are up to date
    Notes,
    /// The version is as large as the changes of the catalog need
    Version,
    /// The version is as large as the changes of the API need (cargo-semver-checks)
    Semver,
    /// Licences, banned and duplicate crates, and sources of dependencies (cargo-deny)
    Licences,
    /// Each package builds, and its tests pass, without the workspace
    Packages,
    /// A program that depends on the packages builds and runs
    Dependent,
}

/// The result of a check.
enum Outcome {
    /// It passed, with what was found.
    Passed(String),
    Failed {
        /// What is wrong, in one line.
        why: String,
        /// How to mend it.
        mend: String,
        /// More about it: all files, or the end of a command's output.
        details: Vec<String>,
    },
}

impl Outcome {
    fn failed(why: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Failed { why: why.into(), mend: mend.into(), details: Vec::new() }
    }

    fn with(mut self, more: Vec<String>) -> Self {
        if let Self::Failed { details, .. } = &mut self {
            *details = more;
        }
        self
    }
}

/// Runs these checks, or all of them if none is given. Prints a line for each, and the details of failures on stderr. The exit
/// code is 1 if one failed.
pub(crate) fn run(release: &Release, only: &[Check]) -> ExitCode {
    let last = release.last.as_ref().map_or_else(|| "the first release".to_owned(), |last| format!("after {last}"));
    print(&format!("release {}, {last}", release.version));
    let checks = if only.is_empty() { Check::value_variants() } else { only };
    let mut code = ExitCode::SUCCESS;
    for check in checks {
        let begin = Instant::now();
        let outcome = check.run(release).unwrap_or_else(|error| Outcome::failed(format!("{error:?}"), "see the error"));
        let seconds = begin.elapsed().as_secs();
        let time = if seconds < 2 { String::new() } else { format!(" ({seconds} s)") };
        let name = check.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        match outcome {
            Outcome::Passed(found) => print(&format!("ok      {name:10} {found}{time}")),
            Outcome::Failed { why, mend, details } => {
                code = ExitCode::FAILURE;
                print(&format!("failed  {name:10} {why}; {mend}{time}"));
                // The reason already names the only one.
                let more = details.iter().filter(|line| details.len() > 1 || !why.contains(line.trim()));
                more.for_each(|line| eprintln!("        {line}"));
            }
        }
    }
    code
}

/// Prints a line. A closed pipe is not an error: readers such as `head` close it early.
fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

impl Check {
    fn run(self, release: &Release) -> miette::Result<Outcome> {
        match self {
            Self::Generated => sources::generated(release),
            Self::Tables => sources::tables(release),
            Self::Schemas => sources::schemas(release),
            Self::Snapshots => snapshots::check(release),
            Self::Tree => state::tree(release),
            Self::Changelog => state::changelog(release),
            Self::Notes => state::notes(release),
            Self::Version => state::version(release),
            Self::Semver => semver::check(release),
            Self::Licences => licences::check(release),
            Self::Packages => packages::check(release),
            Self::Dependent => dependent::check(release),
        }
    }
}

/// The number of lines of a failed command that are shown.
const SHOWN_LINES: usize = 60;

/// Runs a command. Returns its standard output, or the end of all its output if it failed.
fn output(command: &mut Command) -> Result<String, Vec<String>> {
    let output = command.output().map_err(|error| vec![format!("{}: {error}", command.get_program().display())])?;
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(out);
    }
    let all = out + &String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = all.lines().collect();
    Err(lines[lines.len().saturating_sub(SHOWN_LINES)..].iter().map(|line| (*line).to_owned()).collect())
}
