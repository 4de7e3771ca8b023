//! The `ratebook` command: lists published limits, and shows those that govern a call.
#![forbid(unsafe_code)]

mod args;
mod line;
mod list;
mod names;
mod show;
mod table;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::names::UnknownName;

fn main() -> ExitCode {
    let args = Args::parse();
    let output = match &args.command {
        Command::List(options) => list::list(options),
        Command::Show(options) => show::show(options),
    };
    match output {
        Ok(text) => print(&text),
        Err(error) => fail(error),
    }
}

/// Prints a text. A closed pipe is a success: readers such as `head` close it early.
fn print(text: &str) -> ExitCode {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ratebook: standard output: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Reports an unknown name, with the exit code 2 of usage errors.
fn fail(error: UnknownName) -> ExitCode {
    eprintln!("ratebook: {error}");
    ExitCode::from(2)
}
