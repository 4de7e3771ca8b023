//! Which patterns of a list consume a text.

use crate::recipe::{Bindings, Who};

/// Returns the first pattern that consumes a text, with what it binds.
pub(super) fn first_match<'w>(patterns: &'w [Who], text: &str) -> Option<(&'w Who, Bindings)> {
    patterns.iter().find_map(|who| Some((who, who.pattern.matches(text)?)))
}

/// Returns the first pattern that consumes a text, and those after it as long as each says `and`.
pub(super) fn all_matches<'w>(patterns: &'w [Who], text: &str) -> Vec<(&'w Who, Bindings)> {
    let mut found = Vec::new();
    for who in patterns {
        let Some(own) = who.pattern.matches(text) else { continue };
        found.push((who, own));
        if !who.and {
            break;
        }
    }
    found
}
