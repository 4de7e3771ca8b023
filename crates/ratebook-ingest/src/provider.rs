//! A provider whose pages can be read: from a recipe, or with an interpreter of its own.

use crate::engine::{self, Inputs};
use crate::interpret::{INTERPRETERS, Interpreter};
use crate::page::Page;
use crate::reading::Reading;
use crate::recipe::Recipe;

/// A provider whose pages can be read.
#[derive(Clone, Debug)]
pub enum Provider {
    /// A provider with a recipe.
    Recipe(Box<Recipe>),
    /// A provider whose page needs an interpreter of its own.
    ByHand(&'static Interpreter),
}

impl Provider {
    /// Returns the providers with an interpreter of their own, sorted by name.
    pub fn by_hand() -> impl Iterator<Item = Self> {
        INTERPRETERS.iter().map(Self::ByHand)
    }

    /// Returns the provider's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Recipe(recipe) => &recipe.provider,
            Self::ByHand(interpreter) => interpreter.provider,
        }
    }

    /// Returns the id of the main page.
    pub fn page_id(&self) -> &str {
        match self {
            Self::Recipe(recipe) => &recipe.main_page().id,
            Self::ByHand(_) => ratebook_source::VendorPage::MAIN,
        }
    }

    /// Returns the URL of the main page, for human readers.
    pub fn url(&self) -> &str {
        match self {
            Self::Recipe(recipe) => &recipe.main_page().url,
            Self::ByHand(interpreter) => interpreter.url,
        }
    }

    /// Returns the alternative addresses of the main page, in order of preference. An alternative is one or more pages
    /// that together are the page.
    pub fn addresses(&self) -> Vec<Vec<String>> {
        match self {
            Self::Recipe(recipe) => recipe.main_page().addresses(),
            Self::ByHand(interpreter) => vec![vec![interpreter.url.to_owned()]],
        }
    }

    /// Reads a vendor's page that [`read`](crate::read::read) returned.
    pub fn read(&self, page: &Page, inputs: Inputs<'_>) -> Reading {
        match self {
            Self::Recipe(recipe) => engine::read(recipe, recipe.main_page(), page, inputs),
            Self::ByHand(interpreter) => interpreter.read(page, inputs.decisions),
        }
    }

    /// Reads a fact page that [`fact_page::parse`](crate::fact_page::parse) returned.
    pub fn read_fact_page(&self, page: &Page, inputs: Inputs<'_>) -> Reading {
        match self {
            Self::Recipe(recipe) => engine::read_fact_page(recipe, recipe.main_page(), page, inputs),
            Self::ByHand(interpreter) => interpreter.read_fact_page(page, inputs.decisions),
        }
    }
}
