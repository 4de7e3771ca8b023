//! Reads the folder of a provider, checks it, and prints its limits, one a line:
//! `cargo run -p ratebook-source --example print -- catalog-src/groq`. Default: the folder `acme` beside this file.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use ratebook_source::{ProviderSource, SourceError, describe, validate};

/// Reads a file of the folder, if it is there.
fn read(path: &Path) -> Result<Option<String>, Box<dyn Error>> {
    if !path.exists() {
        return Ok(None);
    }
    fs::read_to_string(path).map(Some).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Reads a provider: `limits.tsv`, its other names, and where its page states each limit.
fn open(folder: &Path) -> Result<ProviderSource, Box<dyn Error>> {
    let located = |name: &str, error: SourceError| format!("{}: {error}", folder.join(name).display());
    let limits = read(&folder.join("limits.tsv"))?.ok_or("expected a folder with a file `limits.tsv`")?;
    let mut source = ProviderSource::parse(&limits).map_err(|error| located("limits.tsv", error))?;
    if let Some(names) = read(&folder.join("names.tsv"))? {
        source.parse_names(&names).map_err(|error| located("names.tsv", error))?;
    }
    if let Some(lines) = read(&folder.join("lines.tsv"))? {
        source.parse_lines(&lines).map_err(|error| located("lines.tsv", error))?;
    }
    source.sort();
    Ok(source)
}

fn main() -> Result<(), Box<dyn Error>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme");
    let folder = std::env::args().nth(1).map_or_else(beside, PathBuf::from);
    let source = open(&folder)?;
    let problems = validate(&source);
    if let Some(problem) = problems.first() {
        return Err(format!("{problem} (and {} more)", problems.len() - 1).into());
    }
    for limit in &source.limits {
        let line = limit.line.map(|line| format!(" (line {line} of the page)")).unwrap_or_default();
        let names =
            if limit.aliases.is_empty() { String::new() } else { format!(", also {}", limit.aliases.join(", ")) };
        println!("{}: {}{line}{names}", describe(limit), limit.amount);
    }
    println!("{}: {} limits", source.provider, source.limits.len());
    Ok(())
}
