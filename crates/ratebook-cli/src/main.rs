//! The `ratebook` command: lists published limits, shows those that govern a call, and compares catalogs.
#![forbid(unsafe_code)]

mod args;
mod diff;
mod line;
mod list;
mod names;
mod show;
mod table;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use ratebook::load::{Catalog, LoadError};

use crate::args::{Args, Command};
use crate::diff::DiffError;
use crate::names::UnknownName;

/// The exit code of `diff` if the catalogs differ.
const DIFFERENT: u8 = 1;
/// The exit code of every error, as of clap's usage errors.
const ERROR: u8 = 2;

/// The error of a command.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Name(#[from] UnknownName),
    #[error(transparent)]
    Diff(#[from] DiffError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{file}: {error}")]
    Io { file: String, error: std::io::Error },
}

fn main() -> ExitCode {
    let color = table::Color::requested(std::env::args_os().skip(1)).of_help();
    let matches = Args::command().color(color).get_matches();
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match run(&args) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("ratebook: {failure}");
            ExitCode::from(ERROR)
        }
    }
}

fn run(args: &Args) -> Result<ExitCode, Failure> {
    let color = args.color;
    match &args.command {
        Command::List(options) => print(list::list(options, catalog(options.catalog.as_deref())?, color)?.as_bytes())?,
        Command::Show(options) => print(show::show(options, catalog(options.catalog.as_deref())?, color)?.as_bytes())?,
        Command::Diff(options) => {
            let compared = diff::diff(options, color)?;
            print(compared.text.as_bytes())?;
            if compared.is_different {
                return Ok(ExitCode::from(DIFFERENT));
            }
        }
        Command::Completions(options) => {
            let mut text = Vec::new();
            clap_complete::generate(options.shell, &mut Args::command(), "ratebook", &mut text);
            print(&text)?;
        }
        Command::Man(options) => write_man_pages(&options.dir)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the catalog of a path, or the built-in one.
fn catalog(path: Option<&Path>) -> Result<Catalog, Failure> {
    match path {
        None => Ok(Catalog::COMPILED),
        Some(path) if !path.exists() => Err(names::no_path(path).into()),
        Some(path) => Ok(Catalog::open(path)?),
    }
}

/// Prints a text. A closed pipe is a success: readers such as `head` close it early.
fn print(text: &[u8]) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Io { file: "standard output".to_owned(), error })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes `ratebook.1` and a page for each subcommand, such as `ratebook-list.1`.
fn write_man_pages(dir: &Path) -> Result<(), Failure> {
    let io = |error| Failure::Io { file: dir.display().to_string(), error };
    std::fs::create_dir_all(dir).map_err(io)?;
    clap_mangen::generate_to(Args::command().disable_help_subcommand(true), dir).map_err(io)
}
