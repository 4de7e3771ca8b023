//! The oldest Rust of the published packages, as far as their dependencies state theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use ratebook_tests::outside::{cargo, succeeded};
use ratebook_tests::root;
use serde_json::Value;

/// Dependencies of this repository's own checks, which no user compiles.
const OWN_CHECKS: &str = "cfg(ratebook_loom)";

/// Returns the items of an array of the metadata.
fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// Returns the major and minor version of Rust that a package declares, such as `(1, 88)`.
fn rust_version(package: &Value) -> Option<(u32, u32)> {
    let mut numbers = package["rust_version"].as_str()?.split('.').map(|number| number.parse().unwrap());
    Some((numbers.next()?, numbers.next().unwrap_or(0)))
}

/// Returns the packages on which a package depends, itself included, without dev-dependencies.
fn closure<'a>(root: &'a str, nodes: &BTreeMap<&'a str, &'a Value>) -> BTreeSet<&'a str> {
    let (mut found, mut open) = (BTreeSet::new(), vec![root]);
    while let Some(id) = open.pop() {
        if !found.insert(id) {
            continue;
        }
        for dependency in items(nodes[id], "deps") {
            let is_users = |kind: &Value| kind["kind"] != "dev" && kind["target"] != OWN_CHECKS;
            if items(dependency, "dep_kinds").iter().any(is_users) {
                open.extend(dependency["pkg"].as_str());
            }
        }
    }
    found
}

#[test]
fn no_dependency_of_a_published_package_needs_a_later_rust() {
    // Only the dependencies on this platform: those of others are not downloaded, and tests use no network.
    let host = succeeded(&Command::new("rustc").args(["--print", "host-tuple"]).output().unwrap());
    let platform = ["--filter-platform", host.trim()];
    let args = [&["metadata", "--format-version", "1", "--all-features", "--offline"], platform.as_slice()].concat();
    let target = tempfile::tempdir().unwrap();
    let metadata: Value = serde_json::from_str(&succeeded(&cargo(&root(), target.path(), &args))).unwrap();
    let id = |value: &'_ Value| value["id"].as_str().unwrap().to_owned();
    let packages: BTreeMap<String, &Value> = items(&metadata, "packages").iter().map(|it| (id(it), it)).collect();
    let nodes: BTreeMap<&str, &Value> =
        items(&metadata["resolve"], "nodes").iter().map(|node| (node["id"].as_str().unwrap(), node)).collect();
    let mut published = Vec::new();
    for (id, package) in &packages {
        let is_published = package["source"].is_null() && package["publish"].is_null();
        if !is_published {
            continue;
        }
        let name = package["name"].as_str().unwrap();
        published.push(name);
        let own = rust_version(package).unwrap_or_else(|| panic!("{name}: expected a rust-version"));
        for dependency in closure(id, &nodes) {
            let dependency = packages[dependency];
            assert!(
                rust_version(dependency).is_none_or(|theirs| theirs <= own),
                "{name} declares Rust {own:?}, but depends on {} {}, which needs {}",
                dependency["name"],
                dependency["version"],
                dependency["rust_version"],
            );
        }
    }
    published.sort_unstable();
    let expected = [
        "ratebook",
        "ratebook-catalog",
        "ratebook-cli",
        "ratebook-client",
        "ratebook-codegen",
        "ratebook-limiter",
        "ratebook-sim",
        "ratebook-source",
    ];
    assert_eq!(published, expected);
}
