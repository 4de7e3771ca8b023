//! A provider whose pages can be read: from a recipe, or with an interpreter of its own.

use crate::engine::{self, Inputs, Merged};
use crate::interpret::{INTERPRETERS, Interpreter};
use crate::page::Page;
use crate::reading::Reading;
use crate::recipe::{self, Recipe};
use crate::reviewed::Decisions;

/// A provider whose pages can be read.
#[derive(Clone, Debug)]
pub enum Provider {
    /// A provider with a recipe.
    Recipe(Box<Recipe>),
    /// A provider whose only page needs an interpreter of its own.
    ByHand(Box<ByHand>),
}

/// An interpreter with its page.
#[derive(Clone, Debug)]
pub struct ByHand {
    interpreter: &'static Interpreter,
    pages: [recipe::Page; 1],
}

impl Provider {
    /// Returns the providers with an interpreter of their own, sorted by name.
    pub fn by_hand() -> impl Iterator<Item = Self> {
        INTERPRETERS.iter().map(|interpreter| {
            let pages = [recipe::Page::new(ratebook_source::VendorPage::MAIN, interpreter.url)];
            Self::ByHand(Box::new(ByHand { interpreter, pages }))
        })
    }

    /// Returns the provider's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Recipe(recipe) => &recipe.provider,
            Self::ByHand(by_hand) => by_hand.interpreter.provider,
        }
    }

    /// Returns the pages, the main one first.
    pub fn pages(&self) -> &[recipe::Page] {
        match self {
            Self::Recipe(recipe) => &recipe.pages,
            Self::ByHand(by_hand) => &by_hand.pages,
        }
    }

    /// Reads the main page, as the provider's only page.
    pub fn read(&self, page: &Page, inputs: Inputs<'_>) -> Reading {
        self.as_only_page(self.read_page(&self.pages()[0], page, inputs), inputs)
    }

    /// Reads the fact page of the main page, as the provider's only page.
    pub fn read_fact_page(&self, page: &Page, inputs: Inputs<'_>) -> Reading {
        self.as_only_page(self.read_page_facts(&self.pages()[0], page, inputs), inputs)
    }

    fn as_only_page(&self, mut reading: Reading, inputs: Inputs<'_>) -> Reading {
        if reading.withdrawn {
            return reading;
        }
        let merged = self.merge(&[(&self.pages()[0], &reading)], inputs.decisions);
        for (_, diagnostic) in merged.diagnostics {
            if !reading.diagnostics.contains(&diagnostic) {
                reading.diagnostics.push(diagnostic);
            }
        }
        engine::sort(&mut reading.diagnostics);
        reading
    }

    /// Reads a page of the vendor that [`read`](crate::read::read) returned. `of` is one of [`Self::pages`].
    pub fn read_page(&self, of: &recipe::Page, page: &Page, inputs: Inputs<'_>) -> Reading {
        match self {
            Self::Recipe(recipe) => engine::read(recipe, of, page, inputs),
            Self::ByHand(by_hand) => by_hand.interpreter.read(page, inputs.decisions),
        }
    }

    /// Reads a fact page that [`fact_page::parse`](crate::fact_page::parse) returned. `of` is one of [`Self::pages`].
    pub fn read_page_facts(&self, of: &recipe::Page, page: &Page, inputs: Inputs<'_>) -> Reading {
        match self {
            Self::Recipe(recipe) => engine::read_fact_page(recipe, of, page, inputs),
            Self::ByHand(by_hand) => by_hand.interpreter.read_fact_page(page, inputs.decisions),
        }
    }

    /// Merges the readings of pages.
    pub fn merge(&self, parts: &[(&recipe::Page, &Reading)], decisions: &Decisions) -> Merged {
        match (self, parts) {
            (Self::ByHand(_), [(_, reading)]) => {
                let mut source = reading.source.clone();
                if source.pages.iter().all(|page| page.withdrawn_on.is_some()) {
                    source.state = ratebook_source::ProviderState::Withdrawn;
                }
                Merged { source, diagnostics: Vec::new() }
            }
            (Self::ByHand(by_hand), _) => Merged {
                source: ratebook_source::ProviderSource::new(by_hand.interpreter.provider),
                diagnostics: Vec::new(),
            },
            (Self::Recipe(recipe), parts) => engine::merge(recipe, parts, decisions),
        }
    }
}
