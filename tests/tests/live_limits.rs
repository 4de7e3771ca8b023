//! Usual clients in the limits of the shipped catalog: `tests/live_limits`, a package outside of the workspace, whose tests
//! have the frozen catalog.

use std::path::Path;

use ratebook_tests::outside::{cargo, succeeded};
use ratebook_tests::root;

#[test]
fn usual_clients_are_never_refused_in_the_shipped_limits() {
    // Builds the clients once more, into a folder that stays: minutes the first time.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live-limits");
    let out = succeeded(&cargo(&root().join("tests/live_limits"), &target, &["test", "--quiet", "--offline"]));
    // The tests are compiled only with the features of the clients.
    assert!(out.contains("4 passed"), "{out}");
}
