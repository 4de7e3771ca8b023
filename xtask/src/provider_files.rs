//! The files of one provider with a recipe, for commands on one saved page.

use std::fs;
use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use ratebook_ingest::accounts::Asides;
use ratebook_ingest::engine::{self, Explained, Inputs};
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{Decisions, Reading, policy, read};
use ratebook_source::PolicySource;

use crate::refresh_catalog::catalog_src;

/// The recipe, the policy and the passages set aside.
pub(crate) struct ProviderFiles {
    recipe: Recipe,
    policy: Option<PolicySource>,
    /// The passages that are set aside.
    pub(crate) asides: Asides,
    /// The file of the passages that are set aside.
    pub(crate) aside_file: PathBuf,
}

impl ProviderFiles {
    /// Reads the files of a provider. `aside_file` replaces its `aside.tsv`.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or is invalid.
    pub(crate) fn read(provider: &str, aside_file: Option<PathBuf>) -> miette::Result<Self> {
        let folder = catalog_src().join(provider);
        let path = folder.join("recipe.toml");
        let recipe = Recipe::parse(&text(&path)?).map_err(|error| miette!("{}: {error}", path.display()))?;
        let path = folder.join("policy.toml");
        let policy = match path.exists() {
            true => Some(policy::parse(&text(&path)?).map_err(|error| miette!("{}: {error}", path.display()))?),
            false => None,
        };
        let aside_file = aside_file.unwrap_or_else(|| folder.join("aside.tsv"));
        let asides = match aside_file.exists() {
            true => Asides::parse(&text(&aside_file)?).map_err(|error| miette!("{}: {error}", aside_file.display()))?,
            false => Asides::default(),
        };
        Ok(Self { recipe, policy, asides, aside_file })
    }

    /// Reads a saved page, and returns what became of each block.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub(crate) fn explain(&self, page: &Path) -> miette::Result<(Reading, Vec<Explained>)> {
        let bytes = fs::read(page).into_diagnostic().wrap_err_with(|| page.display().to_string())?;
        let ending = page.extension().and_then(|ending| ending.to_str());
        let page = read::read_bytes(&bytes, ending).into_diagnostic()?;
        let inputs = Inputs { decisions: &Decisions::default(), policy: self.policy.as_ref(), asides: &self.asides };
        Ok(engine::explain(&self.recipe, self.recipe.main_page(), &page, inputs))
    }
}

fn text(path: &Path) -> miette::Result<String> {
    fs::read_to_string(path).into_diagnostic().wrap_err_with(|| path.display().to_string())
}
