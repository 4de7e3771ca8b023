//! `cargo xtask`: Ratebook's maintenance commands, one per file.
#![forbid(unsafe_code)]

mod aside;
mod codegen;
mod explain;
mod new_provider;
mod progress;
mod provider_files;
mod refresh_catalog;
mod release;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Ratebook's maintenance commands", arg_required_else_help = true)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the passages of a provider's pages that no rule reads, or set them aside
    Aside(aside::Args),
    /// Write the files that are generated from schema/ and catalog-src, or check them
    Codegen(codegen::Args),
    /// Show each block of a provider's pages with the rule that reads it
    Explain(explain::Args),
    /// Write a first recipe of a provider from saved pages
    NewProvider(new_provider::Args),
    /// Read the vendors' pages and update catalog-src
    RefreshCatalog(refresh_catalog::Args),
    /// Write the version, the changelog and the notes of a release, or check what it needs
    Release(release::Args),
}

fn main() -> miette::Result<ExitCode> {
    match Args::parse().command {
        Command::Aside(args) => aside::run(&args),
        Command::Codegen(args) => codegen::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::NewProvider(args) => new_provider::run(&args),
        Command::RefreshCatalog(args) => refresh_catalog::run(&args),
        Command::Release(args) => release::run(&args),
    }
}
