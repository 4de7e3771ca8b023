//! `cargo xtask aside`: sets passages of a vendor's page aside, by fingerprint.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use miette::{IntoDiagnostic as _, WrapErr as _};
use ratebook_ingest::accounts::Passage;

use crate::provider_files::ProviderFiles;

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
    let mut files = ProviderFiles::read(&args.provider, args.file.clone())?;
    let (reading, _) = files.explain(&args.page)?;
    let unknown = reading.unknown;
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
    files.asides.settle(&chosen, why).into_diagnostic()?;
    let file = &files.aside_file;
    fs::write(file, files.asides.write()).into_diagnostic().wrap_err_with(|| file.display().to_string())?;
    eprintln!("set {} passages aside", chosen.len());
    Ok(ExitCode::SUCCESS)
}
