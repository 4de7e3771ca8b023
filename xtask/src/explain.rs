//! `cargo xtask explain`: what became of each block of a provider's pages.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use console::Style;
use maud::{DOCTYPE, Markup, html};
use miette::{IntoDiagnostic as _, WrapErr as _};
use ratebook_ingest::engine::{Explained, Outcome};

use crate::provider_files::{ExplainedPage, ProviderFiles};

/// The longest text that is shown of a block, in characters.
const LONGEST: usize = 100;

/// Show each block of a provider's pages with the rule that reads it, the limits it gives, or why it is open
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
    /// Write an HTML page instead of text
    #[arg(long, value_name = "OUT")]
    html: Option<PathBuf>,
}

/// Runs `cargo xtask explain`.
///
/// # Errors
/// Returns an error if a file cannot be read or written, or if the recipe is invalid.
pub(crate) fn run(args: &Args) -> miette::Result<ExitCode> {
    let files = ProviderFiles::read(&args.provider, None)?;
    let pages = files.explain(args.page.as_deref(), args.from.as_deref())?;
    if let Some(out) = &args.html {
        let text = document(&args.provider, &pages).into_string();
        fs::write(out, text).into_diagnostic().wrap_err_with(|| out.display().to_string())?;
    } else {
        let text: String = pages.iter().map(shown).collect();
        // A closed pipe is not an error: readers such as `head` close it early.
        let _ = std::io::stdout().write_all(text.as_bytes());
    }
    let has_errors = pages.iter().any(|page| page.reading.has_errors());
    Ok(if has_errors { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Returns what became of a block: the class of its row in HTML, and the rule or the reason.
fn outcome(block: &Explained) -> (&'static str, String) {
    match &block.outcome {
        Outcome::Read { rule } => ("read", rule.clone()),
        Outcome::Aside { reason } => ("aside", format!("aside: {reason}")),
        Outcome::Structure => ("heading", "heading".to_owned()),
        Outcome::Open => ("open", "open".to_owned()),
    }
}

/// Returns the lines of a page. Colours appear only in a terminal.
fn shown(page: &ExplainedPage) -> String {
    let mut out = format!("{}\n", Style::new().bold().apply_to(format!("page {}: {}", page.id, page.path.display())));
    out.extend(page.blocks.iter().map(shown_block));
    for diagnostic in page.reading.diagnostics.iter().filter(|found| found.line.is_none()) {
        out.push_str(&format!("{}\n", Style::new().red().apply_to(diagnostic)));
    }
    out
}

fn shown_block(block: &Explained) -> String {
    let (_, what) = outcome(block);
    let style = match block.outcome {
        Outcome::Read { .. } => Style::new().green(),
        Outcome::Aside { .. } => Style::new().dim(),
        Outcome::Structure => Style::new().bold(),
        Outcome::Open => Style::new().yellow(),
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

const STYLE: &str = "body { font: 14px sans-serif; margin: 2em } td { vertical-align: top; padding: .2em .6em; border-top: 1px solid #ddd } .read td:nth-child(2) { color: #070 } .aside { color: #777 } .heading { font-weight: bold } .open td:nth-child(2) { background: #fd6 } .limit { color: #069 } .diagnostic { color: #c00 }";

/// Returns the pages as one HTML document.
fn document(provider: &str, pages: &[ExplainedPage]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Reading of " (provider) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                h1 { (provider) }
                ul {
                    @for page in pages { li { a href={ "#" (page.id) } { (page.id) } } }
                }
                @for page in pages {
                    h2 id=(page.id) { "Page " (page.id) }
                    p { (page.path.display()) }
                    @for found in page.reading.diagnostics.iter().filter(|found| found.line.is_none()) {
                        p class="diagnostic" { (found) }
                    }
                    table { @for block in &page.blocks { (row(block)) } }
                }
            }
        }
    }
}

fn row(block: &Explained) -> Markup {
    let (word, what) = outcome(block);
    html! {
        tr class=(word) {
            td { (block.line) }
            td { (what) }
            td {
                (block.text)
                @for limit in &block.limits { div class="limit" { (limit) } }
                @for found in &block.diagnostics { div class="diagnostic" { (found) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_page_is_escaped_in_html() {
        let block = Explained {
            line: 7,
            text: "<b>1 & 2</b>".to_owned(),
            outcome: Outcome::Open,
            limits: Vec::new(),
            diagnostics: Vec::new(),
        };
        let html = row(&block).into_string();
        assert!(html.contains("&lt;b&gt;1 &amp; 2&lt;/b&gt;") && html.starts_with("<tr class=\"open\">"), "{html}");
    }
}
