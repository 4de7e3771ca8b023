//! `cargo xtask new-provider`: a first recipe from saved pages.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use ratebook_ingest::engine::{self, Inputs};
use ratebook_ingest::first_recipe::{FirstPage, first_recipe};
use ratebook_ingest::ledger::Asides;
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{Decisions, Page};
use ratebook_source::VendorPage;

use crate::provider_files::read_page;
use crate::refresh_catalog::catalog_src;

/// Write a first recipe of a provider from the usual columns of its pages, and list what it does not read
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The provider's name: lowercase letters, digits and `-`
    name: String,
    /// Saved pages of the provider, the main one first
    #[arg(long = "page", value_name = "FILE", num_args = 1.., required = true)]
    pages: Vec<PathBuf>,
    /// The URLs of the pages, in the same order
    #[arg(long = "url", value_name = "URL", num_args = 1.., required = true)]
    urls: Vec<String>,
    /// The file to write [default: catalog-src/NAME/recipe.toml]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Runs `cargo xtask new-provider`.
///
/// # Errors
/// Returns an error if a page cannot be read, if there are not as many URLs as pages, or if the recipe is already there.
pub(crate) fn run(args: &Args) -> miette::Result<ExitCode> {
    if args.urls.len() != args.pages.len() {
        return Err(miette!("expected {} URLs, one for each page, found {}", args.pages.len(), args.urls.len()));
    }
    let path = args.file.clone().unwrap_or_else(|| catalog_src().join(&args.name).join("recipe.toml"));
    if path.exists() {
        return Err(miette!("{} is already there", path.display()));
    }
    let pages: Vec<Page> = args.pages.iter().map(|path| read_page(path)).collect::<miette::Result<_>>()?;
    let text = |name: Option<&OsStr>| name.unwrap_or_default().to_string_lossy().into_owned();
    let first: Vec<FirstPage<'_>> = args
        .pages
        .iter()
        .zip(&args.urls)
        .zip(&pages)
        .enumerate()
        .map(|(at, ((path, url), page))| FirstPage {
            id: if at == 0 { VendorPage::MAIN.to_owned() } else { text(path.file_stem()) },
            url: url.clone(),
            file: text(path.file_name()),
            page,
        })
        .collect();
    let text = first_recipe(&args.name, &first);
    let recipe = Recipe::parse(&text).map_err(|error| miette!("{}: {error}", path.display()))?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).into_diagnostic().wrap_err_with(|| folder.display().to_string())?;
    }
    fs::write(&path, &text).into_diagnostic().wrap_err_with(|| path.display().to_string())?;
    let mut open = 0;
    for (recipe_page, page) in recipe.pages.iter().zip(&pages) {
        let (decisions, asides) = (Decisions::default(), Asides::default());
        let inputs = Inputs { decisions: &decisions, policy: None, asides: &asides };
        let reading = engine::read(&recipe, recipe_page, page, inputs);
        open += reading.diagnostics.len();
        println!("page {}: {} limits", recipe_page.id, reading.source.limits.len());
        reading.diagnostics.iter().for_each(|found| println!("  {found}"));
    }
    eprintln!("wrote {}: complete it until the {open} messages above are gone", path.display());
    Ok(ExitCode::SUCCESS)
}
