//! A provider whose pages can be read.

use crate::engine::{self, Inputs};
use crate::page::Page;
use crate::reading::Reading;
use crate::recipe::Recipe;

/// A provider whose pages can be read, with its recipe.
#[derive(Clone, Debug)]
pub struct Provider {
    recipe: Box<Recipe>,
}

impl Provider {
    /// Returns the provider of a recipe.
    pub fn new(recipe: Recipe) -> Self {
        Self { recipe: Box::new(recipe) }
    }

    /// Returns the recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Returns the provider's name.
    pub fn name(&self) -> &str {
        &self.recipe.provider
    }

    /// Returns the id of the main page.
    pub fn page_id(&self) -> &str {
        &self.recipe.main_page().id
    }

    /// Returns the URL of the main page, for human readers.
    pub fn url(&self) -> &str {
        &self.recipe.main_page().url
    }

    /// Returns the alternative addresses of the main page, in order of preference. An alternative is one or more pages
    /// that together are the page.
    pub fn addresses(&self) -> Vec<Vec<String>> {
        self.recipe.main_page().addresses()
    }

    /// Reads a vendor's page that [`read`](crate::read::read) returned.
    pub fn read(&self, page: &Page, inputs: Inputs<'_>) -> Reading {
        engine::read(&self.recipe, page, inputs)
    }

    /// Reads a fact page that [`fact_page::parse`](crate::fact_page::parse) returned.
    pub fn read_fact_page(&self, page: &Page, inputs: Inputs<'_>) -> Reading {
        engine::read_fact_page(&self.recipe, page, inputs)
    }
}
