//! `cargo xtask aside`: sets passages of a provider's pages aside, by fingerprint.

use std::path::PathBuf;
use std::process::ExitCode;

use miette::{IntoDiagnostic as _, miette};
use ratebook_ingest::ledger::Passage;

use crate::provider_files::ProviderFiles;

/// List the passages of a provider's pages that no rule reads, or set them aside
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The provider
    provider: String,
    /// A saved page of the provider
    #[arg(long, value_name = "FILE", required_unless_present = "from")]
    page: Option<PathBuf>,
    /// Every page of the provider in this folder of saved pages
    #[arg(long, value_name = "DIR", conflicts_with = "page")]
    from: Option<PathBuf>,
    /// Set the passages aside for this reason. Without it, list them
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// With --why, set the passages aside in all sections. Alone, merge the rows that set one passage aside for one reason in
    /// several sections. A passage that states a rate is set aside in its own section only
    #[arg(long)]
    any_section: bool,
    /// The file to change [default: catalog-src/PROVIDER/aside.tsv]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Only the passages with these fingerprints
    fingerprints: Vec<String>,
}

/// Runs `cargo xtask aside`.
///
/// # Errors
/// Returns an error if a file cannot be read or written, if the recipe is invalid, if no page has a fingerprint, or if a
/// passage cannot be set aside for the reason.
pub(crate) fn run(args: &Args) -> miette::Result<ExitCode> {
    let mut files = ProviderFiles::read(&args.provider, args.file.clone())?;
    let pages = files.explain(args.page.as_deref(), args.from.as_deref())?;
    if args.any_section && args.why.is_none() {
        if !args.fingerprints.is_empty() {
            return Err(miette!("expected `--why` beside fingerprints"));
        }
        let passages: Vec<Passage> = pages.iter().flat_map(|page| page.passages.iter().cloned()).collect();
        let removed = files.asides.join_sections(&passages);
        files.write_asides()?;
        eprintln!("removed {removed} rows: others count for any section");
        return Ok(ExitCode::SUCCESS);
    }
    let mut unknown: Vec<(&str, &Passage)> = Vec::new();
    for page in &pages {
        unknown.extend(page.reading.unknown.iter().map(|passage| (page.id.as_str(), passage)));
    }
    for wanted in &args.fingerprints {
        if !unknown.iter().any(|(_, passage)| passage.fingerprint.to_string() == *wanted) {
            return Err(miette!("no unread passage has the fingerprint `{wanted}`"));
        }
    }
    unknown.retain(|(_, passage)| {
        args.fingerprints.is_empty() || args.fingerprints.contains(&passage.fingerprint.to_string())
    });
    let Some(why) = &args.why else {
        for (page, passage) in unknown {
            let (line, section, fingerprint) = (passage.line, &passage.section, passage.fingerprint);
            println!("{fingerprint}  page {page}, line {line}, {section}: {}", passage.text);
        }
        return Ok(ExitCode::SUCCESS);
    };
    let chosen: Vec<Passage> = unknown.into_iter().map(|(_, passage)| passage.clone()).collect();
    let added = match args.any_section {
        true => files.asides.add_in_any_section(&chosen, why),
        false => files.asides.add(&chosen, why),
    };
    added.into_diagnostic()?;
    files.write_asides()?;
    eprintln!("set {} passages aside", chosen.len());
    Ok(ExitCode::SUCCESS)
}
