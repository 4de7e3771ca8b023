//! `cargo xtask refresh-catalog`: updates `catalog-src` from the vendors' pages.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use miette::{IntoDiagnostic, WrapErr, miette};
use ratebook_refresh::{Fetcher, Options, Origin, refresh, render};
use ratebook_source::Date;

use crate::{codegen, progress};

/// Fetch the vendors' pages, or read saved ones, and update catalog-src
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Read catalog-src/*/pages/*.md; use no network
    #[arg(long, conflicts_with = "from")]
    offline: bool,
    /// Read saved pages from this folder: PROVIDER.html, .md, .mdx or .txt, or the files of the folder PROVIDER
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Refresh only this provider (repeatable)
    #[arg(long = "provider", value_name = "NAME")]
    providers: Vec<String>,
    /// Write to this folder instead of catalog-src
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write nothing; exit with 1 if anything would change
    #[arg(long)]
    check: bool,
    /// Accept a reading with less than 80 % of the previous entries
    #[arg(long)]
    accept: bool,
    /// Fail if a page cannot be read, instead of keeping its last reading
    #[arg(long)]
    strict: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> miette::Result<ExitCode> {
    let origin = match &args.from {
        Some(folder) => Origin::From(folder.clone()),
        None if args.offline => Origin::Offline,
        None => Origin::Fetch { fetcher: Fetcher::default(), urls: Vec::new() },
    };
    let options = Options {
        catalog: catalog_src(),
        origin,
        providers: args.providers.clone(),
        out: args.out.clone(),
        check: args.check,
        accept: args.accept,
        today: today()?,
    };
    let report = match refresh(&options, progress::for_stderr().as_ref()) {
        Ok(report) => report,
        // A usage error, with the same exit code as clap's.
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(ExitCode::from(2));
        }
    };
    let text = if args.json {
        format!("{}\n", serde_json::to_string_pretty(&report).into_diagnostic()?)
    } else {
        render(&report, std::io::stdout().is_terminal().then(terminal_width).flatten())
    };
    // A closed pipe is not an error: readers such as `head` close it early.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let mut code = ExitCode::SUCCESS;
    if !report.is_success(args.strict) {
        eprintln!("the refresh failed for some providers: see the report");
        code = ExitCode::FAILURE;
    }
    if !args.check && args.out.is_none() {
        // The README's table and the summary count the new limits.
        codegen::write()?;
    }
    if args.check && report.has_changes() {
        eprintln!("the files differ from the pages: run `{}` and review the changes", args.update_command());
        code = ExitCode::FAILURE;
    }
    Ok(code)
}

impl Args {
    /// Returns the command that writes the changes that a check found.
    fn update_command(&self) -> String {
        let mut command = "cargo xtask refresh-catalog".to_owned();
        let mut push = |option: &str, value: &str| command.push_str(&format!(" {option}{value}"));
        if self.offline {
            push("--offline", "");
        }
        if let Some(from) = &self.from {
            push("--from ", &from.display().to_string());
        }
        for provider in &self.providers {
            push("--provider ", provider);
        }
        if let Some(out) = &self.out {
            push("--out ", &out.display().to_string());
        }
        command
    }
}

/// Returns the path of the catalog's source in this workspace, relative to the current folder if it is below it.
pub(crate) fn catalog_src() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let catalog = here.parent().unwrap_or(here).join("catalog-src");
    let relative = std::env::current_dir().ok().and_then(|dir| Some(catalog.strip_prefix(dir).ok()?.to_owned()));
    relative.filter(|path| path.is_dir()).unwrap_or(catalog)
}

fn terminal_width() -> Option<u16> {
    (console::Term::stdout().size_checked()).map(|(_, width)| width)
}

/// Returns the day in UTC.
pub(crate) fn today() -> miette::Result<Date> {
    let date = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let (year, month, day) = (u16::try_from(date.year()), u8::try_from(date.month()), u8::try_from(date.day()));
    match (year, month, day) {
        (Ok(year), Ok(month), Ok(day)) => Date::new(year, month, day),
        _ => None,
    }
    .ok_or_else(|| miette!("{date} is out of range"))
    .wrap_err("invalid system clock")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn a_check_names_the_command_that_writes_the_changes() {
        let line =
            ["xtask", "--check", "--from", "../pages", "--provider", "castai", "--provider", "alibaba", "--json"];
        let args = Line::try_parse_from(line).map(|line| line.args.update_command());
        assert_eq!(
            args.ok().as_deref(),
            Some("cargo xtask refresh-catalog --from ../pages --provider castai --provider alibaba")
        );
    }

    #[test]
    fn offline_and_from_are_exclusive() {
        assert!(Line::try_parse_from(["xtask", "--offline", "--from", "pages"]).is_err());
    }
}
