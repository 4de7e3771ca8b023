//! Which patterns of a list consume a text.

use crate::recipe::{Bindings, TextRule};

/// Returns the first pattern that consumes a text, with what it binds.
pub(super) fn first_match<'w>(patterns: &'w [TextRule], text: &str) -> Option<(&'w TextRule, Bindings)> {
    patterns.iter().find_map(|text_rule| Some((text_rule, text_rule.pattern.matches(text)?)))
}

/// Returns the first pattern that consumes a text, and those after it as long as each says `and`.
pub(super) fn all_matches<'w>(patterns: &'w [TextRule], text: &str) -> Vec<(&'w TextRule, Bindings)> {
    let mut found = Vec::new();
    for text_rule in patterns {
        let Some(own) = text_rule.pattern.matches(text) else { continue };
        found.push((text_rule, own));
        if !text_rule.and {
            break;
        }
    }
    found
}
