//! The reader of a provider's pages.

use crate::engine::{self, Inputs, Merged};
use crate::page::Page;
use crate::reading::Reading;
use crate::recipe::{Recipe, RecipePage};

/// Reads the pages of one provider by its recipe, and merges the readings.
#[derive(Clone, Debug)]
pub struct ProviderReader {
    recipe: Box<Recipe>,
}

impl ProviderReader {
    /// Returns the reader of the provider of a recipe.
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

    /// Returns the pages, the main one first.
    pub fn pages(&self) -> &[RecipePage] {
        &self.recipe.pages
    }

    /// Reads the main page, as the provider's only page.
    pub fn read(&self, page: &Page, inputs: Inputs<'_>) -> Reading {
        self.as_only_page(self.read_page(self.recipe.main_page(), page, inputs), inputs)
    }

    /// Reads the fact page of the main page, as the provider's only page.
    pub fn read_fact_page(&self, page: &Page, inputs: Inputs<'_>) -> Reading {
        self.as_only_page(self.read_page_facts(self.recipe.main_page(), page, inputs), inputs)
    }

    fn as_only_page(&self, mut reading: Reading, inputs: Inputs<'_>) -> Reading {
        if reading.withdrawn {
            return reading;
        }
        let merged = self.merge(&[(self.recipe.main_page(), &reading)], inputs);
        for (_, diagnostic) in merged.diagnostics {
            if !reading.diagnostics.contains(&diagnostic) {
                reading.diagnostics.push(diagnostic);
            }
        }
        engine::sort(&mut reading.diagnostics);
        reading
    }

    /// Reads a page of the vendor that [`read`](crate::read::read) returned. `recipe_page` is one of [`Self::pages`].
    pub fn read_page(&self, recipe_page: &RecipePage, page: &Page, inputs: Inputs<'_>) -> Reading {
        engine::read(&self.recipe, recipe_page, page, inputs)
    }

    /// Reads a fact page that [`fact_page::parse`](crate::fact_page::parse) returned. `recipe_page` is one of
    /// [`Self::pages`].
    pub fn read_page_facts(&self, recipe_page: &RecipePage, page: &Page, inputs: Inputs<'_>) -> Reading {
        engine::read_fact_page(&self.recipe, recipe_page, page, inputs)
    }

    /// Merges the readings of pages.
    pub fn merge(&self, parts: &[(&RecipePage, &Reading)], inputs: Inputs<'_>) -> Merged {
        engine::merge(&self.recipe, parts, inputs)
    }
}
