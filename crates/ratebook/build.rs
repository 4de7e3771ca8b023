//! With the feature `overlay`, generates the tables from `ratebook-catalog` and the overlay of the environment variable
//! `RATEBOOK_OVERLAY`. Without it, the tables in `src/generated` are compiled.

#[cfg(not(feature = "overlay"))]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}

#[cfg(feature = "overlay")]
fn main() -> std::process::ExitCode {
    use std::env;
    use std::path::{Path, PathBuf};
    use std::process::ExitCode;

    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let Some(out) = folder("OUT_DIR") else {
        eprintln!("expected the environment variable OUT_DIR: run this by cargo");
        return ExitCode::FAILURE;
    };
    // Tests are built with a frozen catalog, which no refresh changes.
    let frozen = folder("CARGO_FEATURE___TEST_CATALOG").and(folder("CARGO_MANIFEST_DIR"));
    let catalog = frozen.map_or_else(|| PathBuf::from(ratebook_catalog::FOLDER), |here| here.join("tests/catalog"));
    let overlay = folder("RATEBOOK_OVERLAY");
    println!("cargo::rerun-if-env-changed=RATEBOOK_OVERLAY");
    for watched in [Some(catalog.as_path()), overlay.as_deref()].into_iter().flatten().chain([Path::new("build.rs")]) {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
    match ratebook_catalog::codegen::build(&catalog, overlay.as_deref(), &out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}
