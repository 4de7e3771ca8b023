//! Reading a page of our own making by rules of a recipe.

#[path = "acme.rs"]
mod acme;

use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{Decisions, Reading};

/// The provider and its page. Rules of the tests follow.
pub(crate) const PAGE: &str = "provider = \"acme\"\n[[page]]\nid = \"main\"\nurl = \"https://acme.example/limits\"\n";

/// Reads a page, by the ending of its file. The rules begin on line 5 of the recipe. The fact page must give the same limits.
pub(crate) fn read_with(rules: &str, page: &str, ending: &str) -> Reading {
    let recipe = Recipe::parse(&format!("{PAGE}{rules}")).unwrap_or_else(|error| panic!("{error}"));
    acme::read_by(recipe, page, ending, &Decisions::default(), None)
}

/// Returns the limits, each as plan, name, amount, metric, period and pool.
pub(crate) fn limits(reading: &Reading) -> Vec<String> {
    let list = reading.source.limits.iter().map(|limit| {
        let plan = limit.plan.as_deref().unwrap_or("-");
        let per = limit.per.map_or(String::new(), |per| format!(" per {per}"));
        format!("{plan} {} {} {}{per} {:?}", limit.name, limit.amount, limit.metric, limit.pool)
    });
    list.collect()
}

/// Returns the diagnostics, one a line.
pub(crate) fn messages(reading: &Reading) -> Vec<String> {
    reading.diagnostics.iter().map(ToString::to_string).collect()
}
