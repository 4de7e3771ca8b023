//! The command-line arguments.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::table::Color;

/// The end of the help of the program.
const EXIT_CODES_OF_ALL: &str = "\
Exit codes:
  0  success
  1  the catalogs differ (`ratebook diff` only)
  2  error: wrong usage, an unknown name, a file that cannot be read or written";

/// The end of the help of every subcommand but `diff`.
const EXIT_CODES: &str = "\
Exit codes:
  0  success
  2  error: wrong usage, an unknown name, a file that cannot be read or written";

/// The end of the help of `diff`.
const EXIT_CODES_OF_DIFF: &str = "\
Exit codes:
  0  the catalogs are equal
  1  they differ
  2  error: wrong usage, a catalog that cannot be read

Examples:
  ratebook diff HEAD~3 catalog-src
  ratebook diff HEAD~3 HEAD --provider groq
  ratebook diff HEAD:catalog-src/groq/limits.tsv groq.tsv --json";

/// Published rate limits of LLM vendors, from the vendors' own pages.
#[derive(Debug, Parser)]
#[command(name = "ratebook", version, about, arg_required_else_help = true, max_term_width = 80, after_help = EXIT_CODES_OF_ALL)]
pub(crate) struct Args {
    /// When to color the output. `auto`: on a terminal, unless NO_COLOR is set or TERM is `dumb`
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List limits, one a line
    #[command(after_help = EXIT_CODES)]
    List(List),
    /// Show the limits that govern a model's calls, and the rule that found them
    #[command(after_help = EXIT_CODES)]
    Show(Show),
    /// Compare two catalogs: limits added, raised, lowered and removed, entries retired, policies changed
    #[command(after_help = EXIT_CODES_OF_DIFF)]
    Diff(Diff),
    /// Print the completions of a shell
    #[command(after_help = EXIT_CODES)]
    Completions(Completions),
    /// Write the man pages, one for each subcommand
    #[command(after_help = EXIT_CODES)]
    Man(Man),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// The older catalog: a folder of providers, the folder of one provider, a file `limits.tsv`, or a git revision with one
    /// of them, such as `v0.1.0:catalog-src/groq`. The default path in a revision is `catalog-src`
    #[arg(value_name = "OLD")]
    pub(crate) old: String,
    /// The newer catalog, likewise
    #[arg(value_name = "NEW")]
    pub(crate) new: String,
    /// Only differences of this provider, such as `groq`
    #[arg(long, value_name = "PROVIDER")]
    pub(crate) provider: Option<String>,
    /// Print the number of differences by provider and change
    #[arg(long, conflicts_with = "json")]
    pub(crate) summary: bool,
    /// Print one JSON object per difference, one a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Print a table in Markdown, for notes and change requests
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Man {
    /// The folder to write to. It is created if there is none
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// The catalog: a folder of providers, the folder of one provider, or a file `limits.tsv` [default: the built-in one]
    #[arg(long, value_name = "PATH")]
    pub(crate) catalog: Option<PathBuf>,
    /// Only limits of this provider, such as `alibaba`
    #[arg(long, value_name = "PROVIDER")]
    pub(crate) provider: Option<String>,
    /// Only limits in this region, such as `international`
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Only limits under this plan, such as `growth`
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<String>,
    /// Only limits of this deployment, such as `global-standard`
    #[arg(long, value_name = "DEPLOYMENT")]
    pub(crate) deployment: Option<String>,
    /// Only limits of this mode, such as `batch`
    #[arg(long, value_name = "MODE")]
    pub(crate) mode: Option<String>,
    /// Only limits of this class of context lengths
    #[arg(long, value_name = "CONTEXT")]
    pub(crate) context: Option<String>,
    /// Only limits of this model, family, task, size class, endpoint or resource (aliases match their model)
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Only limits on this metric, such as `tokens`
    #[arg(long, value_name = "METRIC")]
    pub(crate) metric: Option<String>,
    /// Print one JSON object per limit, one a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The catalog: a folder of providers, the folder of one provider, or a file `limits.tsv` [default: the built-in one]
    #[arg(long, value_name = "PATH")]
    pub(crate) catalog: Option<PathBuf>,
    /// Provider, such as `alibaba`
    #[arg(value_name = "PROVIDER")]
    pub(crate) provider: String,
    /// Model name, as sent to the API
    #[arg(value_name = "MODEL")]
    pub(crate) model: String,
    /// Region of the endpoint
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Plan or tier of the account
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<String>,
    /// How the capacity is bought or invoked, for providers with limits by deployment
    #[arg(long, value_name = "DEPLOYMENT")]
    pub(crate) deployment: Option<String>,
    /// Mode of the call, such as `batch` [default: the usual one]
    #[arg(long, value_name = "MODE")]
    pub(crate) mode: Option<String>,
    /// Class of context lengths of the call, for providers with limits by it
    #[arg(long, value_name = "CONTEXT")]
    pub(crate) context: Option<String>,
    /// Endpoint of the call, such as `POST /v1/embeddings`
    #[arg(long, value_name = "ENDPOINT")]
    pub(crate) endpoint: Option<String>,
    /// Task of the call, for providers with limits by task
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
