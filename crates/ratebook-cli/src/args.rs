//! The command line.

use clap::{Parser, Subcommand};

/// Published rate limits of LLM vendors, from the vendors' own pages.
#[derive(Debug, Parser)]
#[command(name = "ratebook", version, about, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists limits, each on a line of its own.
    List(List),
    /// Shows every limit that governs the calls of a model, and which rule found them.
    Show(Show),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Only this provider's.
    #[arg(long, value_name = "P")]
    pub(crate) provider: Option<String>,
    /// Only this region's.
    #[arg(long, value_name = "R")]
    pub(crate) region: Option<String>,
    /// Only this plan's.
    #[arg(long, value_name = "P")]
    pub(crate) plan: Option<String>,
    /// Only this model's, task's, size class's or resource's; an alias counts as its model.
    #[arg(long, value_name = "M")]
    pub(crate) model: Option<String>,
    /// Only limits on this metric.
    #[arg(long, value_name = "M")]
    pub(crate) metric: Option<String>,
    /// A JSON object for each limit, one a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The provider, such as `alibaba`.
    pub(crate) provider: String,
    /// The model, as it is sent to the API.
    pub(crate) model: String,
    /// The region of the account's endpoint.
    #[arg(long, value_name = "R")]
    pub(crate) region: Option<String>,
    /// The account's plan or tier.
    #[arg(long, value_name = "P")]
    pub(crate) plan: Option<String>,
    /// The task of the call, where the provider's limits go by task.
    #[arg(long, value_name = "T")]
    pub(crate) task: Option<String>,
    /// The answer as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}
