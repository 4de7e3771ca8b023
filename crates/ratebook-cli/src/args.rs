//! The command-line arguments.

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
    /// List limits, one a line
    List(List),
    /// Show the limits that govern a model's calls, and the rule that found them
    Show(Show),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
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
    /// Provider, such as `alibaba`
    pub(crate) provider: String,
    /// Model name, as sent to the API
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
