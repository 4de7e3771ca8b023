//! Finds the shape that a page has.
//!
//! The page is read once for each shape, with the rules of that shape and those that no shape has. It has the shape whose
//! rules all claim something, unless the page has a statement of another shape, too. No shape, or two, is an error.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Explained, Inputs, read_with};
use crate::page::Page;
use crate::reading::{Diagnostic, Reading, Severity};
use crate::recipe::{self, Count, Recipe, RecipePage, Shape};

/// The reading of a page by the rules of one shape.
struct Tried<'a> {
    shape: &'a Shape,
    /// The rules of the shape that claim too few blocks, with their places in the recipe.
    missing: Vec<String>,
    /// The statements of the page that only other shapes have.
    foreign: Vec<String>,
    /// The number of rules of the shape that claim enough.
    found: usize,
    reading: Reading,
    explained: Vec<Explained>,
}

impl Tried<'_> {
    fn name(&self) -> &str {
        self.shape.id.get_ref()
    }

    fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.foreign.is_empty()
    }

    /// Returns why the page does not have the shape.
    fn why_not(&self) -> String {
        let list = |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")));
        let reasons = [list("found nothing of", &self.missing), list("found another shape's", &self.foreign)];
        format!("`{}`: {}", self.name(), reasons.into_iter().flatten().collect::<Vec<_>>().join("; "))
    }

    /// Returns whether the shape has every rule of another.
    fn contains(&self, other: &Self) -> bool {
        other.shape.has.iter().all(|rule| self.shape.has(rule.get_ref()))
    }
}

/// Reads a page that has shapes.
pub(super) fn read(
    recipe: &Recipe,
    recipe_page: &RecipePage,
    page: &Page,
    inputs: Inputs<'_>,
) -> Option<(Reading, Vec<Explained>)> {
    let mut tried: Vec<Tried<'_>> =
        recipe_page.shapes.iter().map(|shape| read_as(recipe, recipe_page, shape, page, inputs)).collect();
    if let Some(at) = tried.iter().position(|tried| tried.reading.withdrawn) {
        let Tried { reading, explained, .. } = tried.swap_remove(at);
        return Some((reading, explained));
    }
    let (at, problem) = choose(&tried)?;
    let Tried { mut reading, explained, .. } = tried.swap_remove(at);
    if let Some(message) = problem {
        reading.diagnostics.push(Diagnostic { severity: Severity::Error, line: None, message });
        super::sort(&mut reading.diagnostics);
    }
    Some((reading, explained))
}

/// Returns the index of the shape that the page has, or of the nearest one with an error. `None` if there are no shapes.
fn choose(tried: &[Tried<'_>]) -> Option<(usize, Option<String>)> {
    let whole: Vec<usize> = (0..tried.len()).filter(|&at| tried[at].is_whole()).collect();
    // Of two shapes that fit, the page has the one with all the rules of the other, and more.
    let widest = whole.iter().copied().find(|&at| whole.iter().all(|&other| tried[at].contains(&tried[other])));
    match (widest, whole.as_slice()) {
        (Some(widest), _) => Some((widest, None)),
        (None, [first, second, ..]) => {
            let (first_name, second_name) = (tried[*first].name(), tried[*second].name());
            let message = format!(
                "the page has two of its shapes, `{first_name}` and `{second_name}`: name a rule that tells them apart"
            );
            Some((*first, Some(message)))
        }
        (None, _) => {
            let nearest = (0..tried.len()).max_by_key(|&at| (tried[at].found, Reverse(at)))?;
            let shapes: Vec<String> = tried.iter().map(Tried::why_not).collect();
            Some((nearest, Some(format!("the page has none of its shapes: {}", shapes.join("; ")))))
        }
    }
}

/// Reads a page by the rules of a shape, and counts what they claim.
fn read_as<'a>(
    recipe: &Recipe,
    recipe_page: &'a RecipePage,
    shape: &'a Shape,
    page: &Page,
    inputs: Inputs<'_>,
) -> Tried<'a> {
    let own = recipe.of_shape(recipe_page, shape);
    let (reading, explained) = read_with(&own, recipe, recipe_page, Some(shape), page, inputs);
    let nothing = BTreeMap::new();
    let claimed = reading.claimed.as_ref().unwrap_or(&nothing);
    let times = |id: &str| claimed.get(id).copied().unwrap_or(0);
    let mut missing = Vec::new();
    for name in &shape.has {
        // `check_shapes` refuses a name without a rule.
        let Some(rule) = recipe.shape_rule(name.get_ref()) else { continue };
        let least = match rule.required {
            Count::Any => 0,
            Count::AtLeast(least) => least,
        };
        let found = times(&rule.id);
        if found < least {
            let (name, line) = (name.get_ref(), recipe.line(&rule.span));
            let count = if found == 0 { String::new() } else { format!(", {found} of {least}") };
            missing.push(format!("`{name}` (recipe.toml:{line}{count})"));
        }
    }
    let found = shape.has.len() - missing.len();
    let is_other = |says: &str| !shape.has(says) && recipe_page.shapes.iter().any(|other| other.has(says));
    let stated = recipe.statements.iter().filter(|known| is_other(&known.says));
    let stated = stated.filter(|known| times(&recipe::statement_id(known)) > 0);
    let foreign = stated.map(|known| format!("`{}`", known.says)).collect();
    Tried { shape, missing, foreign, found, reading, explained }
}
