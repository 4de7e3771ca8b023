//! Runs of cargo outside the workspace, whose tests have the frozen catalog.

use std::path::Path;
use std::process::{Command, Output};

/// Runs the cargo that built this crate, without the variables that a test's own cargo has set.
///
/// # Panics
/// Panics if cargo cannot be started.
pub fn cargo(folder: &Path, target: &Path, args: &[&str]) -> Output {
    command(folder, target, args).output().expect("cargo")
}

/// Returns the command that [`cargo`] runs.
pub fn command(folder: &Path, target: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(folder).args(args).env("CARGO_TARGET_DIR", target).env_remove("RATEBOOK_OVERLAY");
    command
}

/// Returns what a command printed.
///
/// # Panics
/// Panics with all of its output if it failed.
pub fn succeeded(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    out.into_owned()
}
