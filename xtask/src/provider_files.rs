//! The files of one provider with a recipe, for commands on its saved pages.

use std::fs;
use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use ratebook_ingest::engine::{self, Explained, Inputs};
use ratebook_ingest::ledger::{Asides, Ledger, Passage};
use ratebook_ingest::recipe::{Recipe, RecipePage};
use ratebook_ingest::{Decisions, ProviderReader, Reading, policy, read};
use ratebook_refresh::SavedPages;
use ratebook_source::PolicySource;

use crate::refresh_catalog::catalog_src;

/// The recipe, the policy and the passages set aside.
pub(crate) struct ProviderFiles {
    provider: ProviderReader,
    policy: Option<PolicySource>,
    /// The passages that are set aside.
    pub(crate) asides: Asides,
    /// The file of the passages that are set aside.
    pub(crate) aside_file: PathBuf,
}

/// What became of a saved page.
pub(crate) struct ExplainedPage {
    /// The page's id.
    pub(crate) id: String,
    /// The file.
    pub(crate) path: PathBuf,
    /// The reading of the page alone.
    pub(crate) reading: Reading,
    /// Every sentence of the page.
    pub(crate) passages: Vec<Passage>,
    /// What became of each block.
    pub(crate) blocks: Vec<Explained>,
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
        Ok(Self { provider: ProviderReader::new(recipe), policy, asides, aside_file })
    }

    /// Returns what became of each block of a saved page, or of every page that a folder of saved pages has.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, or if the folder has no page of the provider.
    pub(crate) fn explain(&self, file: Option<&Path>, from: Option<&Path>) -> miette::Result<Vec<ExplainedPage>> {
        match (file, from) {
            (Some(file), _) => Ok(vec![self.explain_page(SavedPages::page_of(&self.provider, file), file)?]),
            (None, Some(from)) => {
                let saved = SavedPages::find(from, &self.provider).into_diagnostic()?;
                if saved.pages.is_empty() {
                    return Err(miette!("{} has no page of `{}`", from.display(), self.provider.name()));
                }
                let pages = self
                    .provider
                    .pages()
                    .iter()
                    .filter_map(|recipe_page| Some((recipe_page, saved.page(&recipe_page.id)?)));
                pages.map(|(recipe_page, saved)| self.explain_page(recipe_page, &saved.path)).collect()
            }
            (None, None) => Err(miette!("expected a saved page, or `--from` with a folder of saved pages")),
        }
    }

    /// Writes `aside.tsv`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub(crate) fn write_asides(&self) -> miette::Result<()> {
        let file = &self.aside_file;
        fs::write(file, self.asides.write()).into_diagnostic().wrap_err_with(|| file.display().to_string())
    }

    fn explain_page(&self, recipe_page: &RecipePage, path: &Path) -> miette::Result<ExplainedPage> {
        let page = read_page(path)?;
        let inputs = Inputs { decisions: &Decisions::default(), policy: self.policy.as_ref(), asides: &self.asides };
        let (reading, blocks) = engine::explain(self.provider.recipe(), recipe_page, &page, inputs);
        let passages = Ledger::new(&page).passages();
        Ok(ExplainedPage { id: recipe_page.id.clone(), path: path.to_owned(), reading, passages, blocks })
    }
}

/// Reads a saved page.
///
/// # Errors
/// Returns an error if the file cannot be read, or is not a page.
pub(crate) fn read_page(path: &Path) -> miette::Result<ratebook_ingest::Page> {
    let bytes = fs::read(path).into_diagnostic().wrap_err_with(|| path.display().to_string())?;
    let ending = path.extension().and_then(|ending| ending.to_str());
    read::read_bytes(&bytes, ending).into_diagnostic().wrap_err_with(|| path.display().to_string())
}

fn text(path: &Path) -> miette::Result<String> {
    fs::read_to_string(path).into_diagnostic().wrap_err_with(|| path.display().to_string())
}
