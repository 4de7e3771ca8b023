//! The reasons of the recipe for which content is set aside.

use super::{Reader, section};
use crate::page::SectionPath;
use crate::recipe::AsideRule;

impl<'a> Reader<'a> {
    /// Returns the first reason that a `[[skip]]` of this page and section has for a kind of content.
    pub(super) fn reason<T: ?Sized>(
        &self,
        path: &SectionPath,
        caption: Option<&str>,
        reason_in: impl Fn(&'a AsideRule) -> Option<&'a T>,
    ) -> Option<&'a T> {
        let applies = |rule: &&AsideRule| {
            self.is_on_page(&rule.pages) && section::bind(rule.under.as_ref(), path, caption).is_some()
        };
        self.recipe.aside_rules.iter().filter(applies).find_map(reason_in)
    }
}
