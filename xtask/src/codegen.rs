//! `cargo xtask codegen`: everything that is generated and committed, written or checked.
//!
//! 1. [`schema`] reads the tables in `schema/`.
//! 2. [`generate`] makes the text of every file, in memory.
//! 3. [`run`] writes the files that differ, or with `--check` names them.

mod editors;
mod policy;
mod print;
mod schema;
mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use miette::{IntoDiagnostic as _, WrapErr as _};

use schema::Schema;

/// Writes what is generated from schema/ and catalog-src.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; exit with 1 if a file is not what would be generated.
    #[arg(long)]
    check: bool,
}

/// A generated file: its path from the workspace's root, and what it holds.
struct Generated {
    path: &'static str,
    text: String,
}

/// # Errors
/// When a table of `schema/` is wrong, or a file can be neither read nor written.
pub(crate) fn run(args: &Args) -> miette::Result<ExitCode> {
    let root = root();
    let stale = stale(&root)?;
    for file in &stale {
        if args.check {
            eprintln!("{} is out of date", file.path);
        } else {
            let path = root.join(file.path);
            fs::write(&path, &file.text).into_diagnostic().wrap_err_with(|| path.display().to_string())?;
            println!("{}", file.path);
        }
    }
    if args.check && !stale.is_empty() {
        eprintln!("run `cargo xtask codegen` and review what it changes");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The generated files that are not what stands on disk.
fn stale(root: &Path) -> miette::Result<Vec<Generated>> {
    let mut stale = Vec::new();
    for file in generate(root)? {
        let path = root.join(file.path);
        let present = match fs::read_to_string(&path) {
            // A checkout may have the line ends of its system.
            Ok(text) => Some(text.replace("\r\n", "\n")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).into_diagnostic().wrap_err_with(|| path.display().to_string()),
        };
        if present.as_ref() != Some(&file.text) {
            stale.push(file);
        }
    }
    Ok(stale)
}

fn generate(root: &Path) -> miette::Result<Vec<Generated>> {
    let schema = Schema::read(&root.join("schema"))?;
    let words = &schema.vocabularies;
    Ok(vec![
        Generated { path: "crates/ratebook/src/words.rs", text: words::of_catalog(words)? },
        Generated { path: "crates/ratebook/src/policy.rs", text: policy::of_catalog(&schema)? },
        Generated { path: "crates/ratebook-source/src/words.rs", text: words::of_source(words)? },
        Generated { path: "crates/ratebook-source/src/policy.rs", text: policy::of_source(&schema)? },
        Generated { path: "crates/ratebook-codegen/src/policy.rs", text: policy::of_generator(&schema)? },
        Generated { path: "catalog-src/policy.schema.json", text: editors::policy_schema(&schema)? },
    ])
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_generated_is_up_to_date() {
        let stale: Vec<&str> = stale(&root()).unwrap().iter().map(|file| file.path).collect();
        assert!(stale.is_empty(), "{stale:?} are out of date: run `cargo xtask codegen` and review what it changes");
    }
}
