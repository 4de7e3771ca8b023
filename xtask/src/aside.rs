//! `cargo xtask aside`: sets passages of a vendor's page aside, by fingerprint.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use ratebook_ingest::accounts::{Asides, Passage};
use ratebook_ingest::engine::{self, Inputs};
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{Decisions, read};

use crate::refresh_catalog::catalog_src;

/// List the passages of a page that no rule reads, or set them aside
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The provider
    provider: String,
    /// A saved page of the provider
    #[arg(long, value_name = "FILE")]
    page: PathBuf,
    /// Set the passages aside for this reason. Without it, list them
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// The file to change [default: catalog-src/PROVIDER/aside.tsv]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Only the passages with these fingerprints
    fingerprints: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// Returns an error if a file cannot be read or written, if the recipe is invalid, or if a passage cannot be set aside for
/// the reason.
pub(crate) fn run(args: &Args) -> miette::Result<ExitCode> {
    let folder = catalog_src().join(&args.provider);
    let path = folder.join("recipe.toml");
    let recipe = Recipe::parse(&text(&path)?).map_err(|error| miette!("{}: {error}", path.display()))?;
    let file = args.file.clone().unwrap_or_else(|| folder.join("aside.tsv"));
    let mut asides = if file.exists() {
        Asides::parse(&text(&file)?).map_err(|error| miette!("{}: {error}", file.display()))?
    } else {
        Asides::default()
    };
    let bytes = fs::read(&args.page).into_diagnostic().wrap_err_with(|| args.page.display().to_string())?;
    let ending = args.page.extension().and_then(|ending| ending.to_str());
    let page = read::read_bytes(&bytes, ending).into_diagnostic()?;
    let inputs = Inputs { decisions: &Decisions::default(), policy: None, asides: &asides };
    let unknown = engine::read(&recipe, &page, inputs).unknown;
    let is_chosen = |passage: &Passage| {
        args.fingerprints.is_empty() || args.fingerprints.contains(&passage.fingerprint.to_string())
    };
    let chosen: Vec<Passage> = unknown.into_iter().filter(is_chosen).collect();
    let Some(why) = &args.why else {
        for passage in &chosen {
            let (line, section, fingerprint) = (passage.line, &passage.section, passage.fingerprint);
            println!("{fingerprint}  line {line}, {section}: {}", passage.text);
        }
        return Ok(ExitCode::SUCCESS);
    };
    asides.settle(&chosen, why).into_diagnostic()?;
    fs::write(&file, asides.write()).into_diagnostic().wrap_err_with(|| file.display().to_string())?;
    eprintln!("set {} passages aside", chosen.len());
    Ok(ExitCode::SUCCESS)
}

fn text(path: &Path) -> miette::Result<String> {
    fs::read_to_string(path).into_diagnostic().wrap_err_with(|| path.display().to_string())
}
