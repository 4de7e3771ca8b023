//! `cargo xtask explain`: what became of each block of a page.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use console::Style;
use ratebook_ingest::engine::{Explained, Outcome};

use crate::provider_files::ProviderFiles;

/// The longest text that is shown of a block, in characters.
const LONGEST: usize = 100;

/// Show each block of a page with the rule that reads it, the limits it gives, or why it is open
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The provider
    provider: String,
    /// A saved page of the provider
    file: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Returns an error if a file cannot be read, or if the recipe is invalid.
pub(crate) fn run(args: &Args) -> miette::Result<ExitCode> {
    let files = ProviderFiles::read(&args.provider, None)?;
    let (reading, explained) = files.explain(&args.file)?;
    let mut out = String::new();
    for block in &explained {
        out.push_str(&shown(block));
    }
    for diagnostic in reading.diagnostics.iter().filter(|found| found.line.is_none()) {
        out.push_str(&format!("{}\n", Style::new().red().apply_to(diagnostic)));
    }
    // A closed pipe is not an error: readers such as `head` close it early.
    let _ = std::io::stdout().write_all(out.as_bytes());
    Ok(if reading.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Returns the lines of a block. Colours appear only in a terminal.
fn shown(block: &Explained) -> String {
    let (style, what) = match &block.outcome {
        Outcome::Read { rule } => (Style::new().green(), rule.clone()),
        Outcome::Aside { reason } => (Style::new().dim(), format!("aside: {reason}")),
        Outcome::Structure => (Style::new().bold(), "heading".to_owned()),
        Outcome::Open => (Style::new().yellow(), "open".to_owned()),
    };
    let text: String = block.text.replace('\n', " ").chars().take(LONGEST).collect();
    let mut out = format!("{:>5}  {}  {text}\n", block.line, style.apply_to(what));
    for limit in &block.limits {
        out.push_str(&format!("       {}\n", Style::new().cyan().apply_to(limit)));
    }
    for diagnostic in &block.diagnostics {
        out.push_str(&format!("       {}\n", Style::new().red().apply_to(diagnostic)));
    }
    out
}
