//! Usual clients in the limits of the shipped catalog: `tests/live_limits`, a package outside of the workspace, whose tests
//! have the frozen catalog.

use std::path::Path;
use std::process::Command;

#[test]
fn usual_clients_are_never_refused_in_the_shipped_limits() {
    // Builds the clients once more, into a folder that stays: minutes the first time.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live-limits");
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("live_limits"));
    command.args(["test", "--quiet", "--offline"]).env("CARGO_TARGET_DIR", target).env_remove("RATEBOOK_OVERLAY");
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    // The tests are compiled only with the features of the clients.
    assert!(out.contains("4 passed"), "{out}");
}
