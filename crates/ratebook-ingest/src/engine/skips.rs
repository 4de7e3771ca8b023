//! The reasons of the recipe for which content is set aside.

use super::{Reader, section};
use crate::page::SectionPath;
use crate::recipe::Skip;

impl<'a> Reader<'a> {
    /// Returns the first reason that a `[[skip]]` of this page and section has for a kind of content.
    pub(super) fn reason<T: ?Sized>(
        &self,
        path: &SectionPath,
        caption: Option<&str>,
        of: impl Fn(&'a Skip) -> Option<&'a T>,
    ) -> Option<&'a T> {
        let applies =
            |skip: &&Skip| self.is_on_page(&skip.pages) && section::bind(skip.under.as_ref(), path, caption).is_some();
        self.recipe.skips.iter().filter(applies).find_map(of)
    }
}
