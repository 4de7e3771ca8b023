//! What a build script does with this crate: reads a catalog and an overlay, generates the tables into `OUT_DIR`, and reports
//! an error to cargo with its file and line. The build script of `ratebook` is of this form,
//! with the feature `overlay`.
//!
//! `cargo run -p ratebook-codegen --example build_script -- catalog-src "$PWD/examples/overlay/rates"` does it outside of a
//! build, in a temporary folder, and lists what was generated. Default: the catalog of this crate's tests, without an overlay.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Generates the tables, and tells cargo what they depend on.
fn build(catalog: &Path, overlay: Option<&Path>, out: &Path) -> Result<(), ratebook_codegen::Error> {
    for watched in [Some(catalog), overlay].into_iter().flatten() {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
    ratebook_codegen::build(catalog, overlay, out)
}

/// Lists the generated files.
fn list(out: &Path) -> Result<(), Box<dyn Error>> {
    let mut files: Vec<_> = fs::read_dir(out)?.collect::<Result<_, _>>()?;
    files.sort_by_key(|file| file.file_name());
    for file in files {
        println!("{}: {} bytes", file.file_name().display(), file.metadata()?.len());
    }
    Ok(())
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut args = std::env::args().skip(1).map(PathBuf::from);
    let catalog = args.next().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalog"));
    let overlay = args.next();
    let temporary = tempfile::tempdir()?;
    let out = std::env::var_os("OUT_DIR").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    if let Err(error) = build(&catalog, overlay.as_deref(), &out) {
        println!("cargo::error={error}");
        return Ok(ExitCode::FAILURE);
    }
    list(&out)?;
    Ok(ExitCode::SUCCESS)
}
