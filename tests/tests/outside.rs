//! Builds of Ratebook outside the workspace: with an overlay, and from its packages.

use std::fs;
use std::process::Command;

use ratebook_tests::outside::{cargo, command, succeeded};
use ratebook_tests::root;

#[test]
fn a_users_limits_are_in_the_tables_of_the_program() {
    let target = tempfile::tempdir().unwrap();
    let out = succeeded(&cargo(&root().join("examples/overlay"), target.path(), &["run", "--quiet", "--offline"]));
    assert!(out.contains("qwen-plus: Some(9000) requests a minute"), "{out}");
    assert!(out.contains("rocket-1: Some(50) requests a second"), "{out}");
}

#[test]
fn an_error_in_an_overlay_stops_the_build_with_its_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        let to = folder.path().join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root().join("examples/overlay").join(from), to).unwrap();
    };
    let manifest = fs::read_to_string(root().join("examples/overlay/Cargo.toml")).unwrap();
    // A backslash of a Windows path would begin an escape in TOML.
    let ratebook = root().join("crates/ratebook").display().to_string().replace('\\', "/");
    fs::write(folder.path().join("Cargo.toml"), manifest.replace("../../crates/ratebook", &ratebook)).unwrap();
    copy("src/main.rs", "src/main.rs");
    copy(".cargo/config.toml", ".cargo/config.toml");
    copy("rates/acme/limits.tsv", "rates/acme/limits.tsv");
    copy("rates/acme/names.tsv", "rates/acme/names.tsv");
    let limits = folder.path().join("rates/acme/limits.tsv");
    let broken = fs::read_to_string(&limits).unwrap().replace("\t50\n", "\tfifty\n");
    fs::write(&limits, broken).unwrap();
    let output = cargo(folder.path(), &folder.path().join("target"), &["build", "--quiet", "--offline"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(message.contains("limits.tsv:5: amount: unknown amount `fifty`"), "{message}");
}

#[test]
fn an_overlay_without_the_feature_stops_the_build() {
    let folder = tempfile::tempdir().unwrap();
    // A backslash of a Windows path would begin an escape in TOML.
    let ratebook = root().join("crates/ratebook").display().to_string().replace('\\', "/");
    let manifest = format!(
        "[package]\nname = \"without\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\npath = \"lib.rs\"\n\n\
         [dependencies]\nratebook = {{ path = \"{ratebook}\" }}\n\n[workspace]\n",
    );
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.path().join("lib.rs"), "").unwrap();
    let mut check = command(folder.path(), &folder.path().join("target"), &["check", "--quiet", "--offline"]);
    let output = check.env("RATEBOOK_OVERLAY", folder.path()).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(message.contains("RATEBOOK_OVERLAY is set: enable the feature `overlay` of `ratebook`"), "{message}");
}

/// The version of all packages.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The crate has a panic handler. If `ratebook` linked std, there would be two, as the feature `std` shows.
#[test]
fn the_catalog_builds_without_std() {
    let (folder, target) = (root().join("tests/no_std"), tempfile::tempdir().unwrap());
    succeeded(&cargo(&folder, target.path(), &["build", "--quiet", "--offline"]));
    let output = cargo(&folder, target.path(), &["build", "--quiet", "--offline", "--features", "std"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && message.contains("duplicate lang item `panic_impl`"), "{message}");
}

#[test]
fn the_packages_build_on_their_own_outside_the_workspace() {
    let target = tempfile::tempdir().unwrap();
    let packages = ["ratebook-source", "ratebook-codegen", "ratebook-catalog", "ratebook"];
    let mut args = vec!["package", "--quiet", "--offline", "--no-verify", "--allow-dirty"];
    packages.iter().for_each(|package| args.extend(["--package", package]));
    succeeded(&cargo(&root(), target.path(), &args));

    let outside = tempfile::tempdir().unwrap();
    let mut manifest = format!(
        "[package]\nname = \"outside\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [features]\noverlay = [\"ratebook/overlay\"]\n\n[dependencies]\nratebook = \"{VERSION}\"\n\n[patch.crates-io]\n",
    );
    for package in packages {
        let archive = target.path().join(format!("package/{package}-{VERSION}.crate"));
        succeeded(&Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(outside.path()).output().unwrap());
        manifest.push_str(&format!("{package} = {{ path = \"{package}-{VERSION}\" }}\n"));
    }
    fs::write(outside.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(outside.path().join("src")).unwrap();
    let main = r#"
        fn main() {
            let entries = || ratebook::Provider::ALL.iter().flat_map(|provider| provider.entries());
            for entry in entries() {
                assert_eq!(entry.key().find(), Some(entry));
            }
            println!("{} {}", ratebook::CATALOG_VERSION, entries().count());
        }
    "#;
    fs::write(outside.path().join("src/main.rs"), main).unwrap();
    let run = |features: &[&str]| {
        succeeded(&cargo(outside.path(), target.path(), &[&["run", "--quiet", "--offline"], features].concat()))
    };
    let shipped = run(&[]);
    assert!(!shipped.trim_end().ends_with(" 0"), "{shipped}");
    // The build script generates the same tables as are in the package.
    assert_eq!(run(&["--features", "overlay"]), shipped);
}
