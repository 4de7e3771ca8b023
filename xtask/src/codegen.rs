//! `cargo xtask codegen`: writes or checks every committed generated file.
//!
//! 1. [`schema`] reads the tables in `schema/`.
//! 2. [`types`] and [`from_catalog`] generate the text of every file, in memory.
//! 3. [`run`] writes the files that differ, or names them with `--check`.

mod catalog;
mod editors;
mod overview;
mod policy;
mod print;
mod schema;
mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use miette::{IntoDiagnostic as _, WrapErr as _};

use overview::Overview;
use schema::Schema;

/// Write the files that are generated from schema/ and catalog-src
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; exit with 1 if a file is out of date
    #[arg(long)]
    check: bool,
}

/// A generated file: its path, relative to the workspace's root, and its content.
pub(crate) struct Generated {
    pub(crate) path: String,
    content: Vec<u8>,
}

impl Generated {
    fn new(path: &str, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.to_owned(), content: content.into() }
    }
}

/// Runs `cargo xtask codegen`.
///
/// # Errors
/// Returns an error if a table of `schema/` is invalid, or if a file cannot be read or written.
pub(crate) fn run(args: &Args) -> miette::Result<ExitCode> {
    if !args.check {
        write()?;
        return Ok(ExitCode::SUCCESS);
    }
    let stale = stale(&root())?;
    for file in &stale {
        eprintln!("{} is out of date", file.path);
    }
    if stale.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("run `cargo xtask codegen` and review the changes");
    Ok(ExitCode::FAILURE)
}

/// Writes the generated files that differ, and prints their names. The types come first: this command is built from them
/// and reads the catalog with them.
///
/// # Errors
/// Returns the errors of [`run`].
pub(crate) fn write() -> miette::Result<()> {
    let root = root();
    let schema = Schema::read(&root.join("schema"))?;
    if write_stale(&root, types(&schema)?)? {
        eprintln!("the types that this command is built from have changed: run `cargo xtask codegen` again");
        return Ok(());
    }
    // The other files are generated from the policies, too.
    write_stale(&root, policies(&root)?)?;
    write_stale(&root, from_catalog(&root, &schema)?)?;
    Ok(())
}

/// Writes the files that differ from those on disk. Returns whether there were any.
fn write_stale(root: &Path, files: Vec<Generated>) -> miette::Result<bool> {
    let stale = only_stale(root, files)?;
    for file in &stale {
        let path = root.join(&file.path);
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        folder
            .and_then(|()| fs::write(&path, &file.content))
            .into_diagnostic()
            .wrap_err_with(|| path.display().to_string())?;
        eprintln!("wrote {}", file.path);
    }
    Ok(!stale.is_empty())
}

/// Returns the generated files that differ from those on disk.
pub(crate) fn stale(root: &Path) -> miette::Result<Vec<Generated>> {
    let schema = Schema::read(&root.join("schema"))?;
    let mut files = types(&schema)?;
    files.extend(policies(root)?);
    files.extend(from_catalog(root, &schema)?);
    only_stale(root, files)
}

fn only_stale(root: &Path, files: Vec<Generated>) -> miette::Result<Vec<Generated>> {
    let mut stale = Vec::new();
    for file in files {
        if read(&root.join(&file.path))?.as_ref() != Some(&file.content) {
            stale.push(file);
        }
    }
    Ok(stale)
}

/// Generates the types of the vocabularies and of policies.
fn types(schema: &Schema) -> miette::Result<Vec<Generated>> {
    let words = &schema.vocabularies;
    Ok(vec![
        Generated::new("crates/ratebook/src/words.rs", words::of_catalog(words)?),
        Generated::new("crates/ratebook/src/policy.rs", policy::of_catalog(schema)?),
        Generated::new("crates/ratebook/src/load/policy.rs", policy::of_loader(schema)?),
        Generated::new("crates/ratebook-source/src/words.rs", words::of_source(words)?),
        Generated::new("crates/ratebook-source/src/policy.rs", policy::of_source(schema)?),
        Generated::new("crates/ratebook-codegen/src/policy.rs", policy::of_generator(schema)?),
    ])
}

/// Generates the policies as the generator of the tables reads them.
fn policies(root: &Path) -> miette::Result<Vec<Generated>> {
    let policies = catalog::policies(&root.join("catalog-src"))?.into_iter();
    Ok(policies.map(|(name, text)| Generated::new(&format!("catalog-src/{name}/policy.tsv"), text)).collect())
}

/// Generates the files that depend on the catalog.
fn from_catalog(root: &Path, schema: &Schema) -> miette::Result<Vec<Generated>> {
    let three_entries = catalog::load(&root.join("crates/ratebook-codegen/tests/catalog"))?;
    let shipped = catalog::load(&root.join("catalog-src"))?;
    let overview = Overview::new(&shipped);
    let filled = |file: &str| {
        let text = String::from_utf8(read(&root.join(file))?.unwrap_or_default()).into_diagnostic()?;
        Ok::<_, miette::Report>(Generated::new(file, overview.fill(file, &text)?))
    };
    let mut files = vec![
        Generated::new("crates/ratebook-codegen/tests/generated/three_entries.rs", catalog::code(&three_entries)?),
        Generated::new("catalog-src/policy.schema.json", editors::policy_schema(schema)?),
        Generated::new("catalog-src/recipe.schema.json", editors::recipe_schema()?),
        Generated::new("catalog-src/SUMMARY.md", catalog::summary(&shipped)),
        filled("README.md")?,
        filled("COMPARE.md")?,
    ];
    for (name, bytes) in catalog::tables(&shipped)? {
        files.push(Generated::new(&format!("crates/ratebook/src/generated/{name}"), bytes));
    }
    Ok(files)
}

/// Returns the content of a file, a text with `\n` line ends, or `None` if the file does not exist.
fn read(path: &Path) -> miette::Result<Option<Vec<u8>>> {
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).into_diagnostic().wrap_err_with(|| path.display().to_string()),
    };
    Ok(Some(match String::from_utf8(content) {
        Ok(text) if path.extension().is_none_or(|extension| extension != "bin") => {
            text.replace("\r\n", "\n").into_bytes()
        }
        Ok(packed) => packed.into_bytes(),
        Err(packed) => packed.into_bytes(),
    }))
}

/// Returns the root of this workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_up_to_date() {
        let stale: Vec<String> = stale(&root()).unwrap().into_iter().map(|file| file.path).collect();
        assert!(stale.is_empty(), "{stale:?} are out of date: run `cargo xtask codegen` and review the changes");
    }
}
