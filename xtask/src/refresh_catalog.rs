//! `cargo xtask refresh-catalog`: the vendors' pages become `catalog-src`.

use std::path::PathBuf;
use std::process::ExitCode;

use miette::{IntoDiagnostic, WrapErr, miette};
use ratebook_refresh::{Fetcher, Options, Origin, refresh, render};
use ratebook_source::Date;

use crate::progress;

/// Pages are fetched from the vendors unless said otherwise.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Work from catalog-src/*/page.md, without any network.
    #[arg(long, conflicts_with = "from")]
    offline: bool,
    /// Read saved pages instead: alibaba.*, castai.*, cloudflare.*, fireworks.* (html, md, mdx or txt).
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Only this provider; may be given more than once.
    #[arg(long = "provider", value_name = "NAME")]
    providers: Vec<String>,
    /// Write here instead of to catalog-src.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write nothing; exit with 1 if anything would change.
    #[arg(long)]
    check: bool,
    /// Take a reading that leaves less than 80 % of the former entries.
    #[arg(long)]
    accept: bool,
    /// Fail if a page cannot be had, instead of keeping its last reading.
    #[arg(long)]
    strict: bool,
    /// Print the report as JSON.
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
        catalog: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../catalog-src")),
        origin,
        providers: args.providers.clone(),
        out: args.out.clone(),
        check: args.check,
        accept: args.accept,
        today: today()?,
    };
    let report = refresh(&options, progress::for_stderr().as_ref()).into_diagnostic()?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report).into_diagnostic()?);
    } else {
        let width = std::io::IsTerminal::is_terminal(&std::io::stdout()).then(terminal_width).flatten();
        print!("{}", render(&report, width));
    }
    if !report.is_success(args.strict) {
        eprintln!("the refresh did not succeed for every provider: its report says why");
        return Ok(ExitCode::FAILURE);
    }
    if args.check && report.has_changes() {
        eprintln!(
            "catalog-src is not what the pages say: run `cargo xtask refresh-catalog` and commit what it changes"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn terminal_width() -> Option<u16> {
    (console::Term::stdout().size_checked()).map(|(_, width)| width)
}

fn today() -> miette::Result<Date> {
    let date = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let (year, month, day) = (u16::try_from(date.year()), u8::try_from(date.month()), u8::try_from(date.day()));
    match (year, month, day) {
        (Ok(year), Ok(month), Ok(day)) => Date::new(year, month, day),
        _ => None,
    }
    .ok_or_else(|| miette!("{date} is out of range"))
    .wrap_err("the clock of this machine")
}
