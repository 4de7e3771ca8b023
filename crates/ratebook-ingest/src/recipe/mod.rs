//! `recipe.toml`: how the pages of one provider become limits.
//!
//! A recipe names the pages, and for each table, list and statement what it means. Rules claim blocks of a page by their
//! columns and sections. [`engine`](crate::engine) applies them. Every name is of a closed vocabulary: an unknown one is an
//! error with its line.

mod column;
mod gives;
mod pattern;
mod rules;
mod window;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::page::Unread;

pub use column::{Column, Key, Role, Settings};
pub use gives::Gives;
pub(crate) use pattern::{separate_names, separate_rates, slug};
pub use pattern::{Bindings, Pattern, Template};
pub use rules::{
    AmountWord, Check, Classes, Contradiction, Count, Forbid, Given, List, Mark, Repair, SharedBound, Skip, Split,
    Statement, Table, TextKind, Under, Who,
};
pub use window::MetricWindow;

/// The recipe of one provider.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recipe {
    /// The provider's name, which is that of the recipe's folder.
    pub provider: String,
    /// The vendor's pages, the main one first.
    #[serde(rename = "page")]
    pub pages: Vec<Page>,
    /// Plans that no table lists, in order, before those of tables.
    #[serde(default, rename = "plan")]
    pub plans: Vec<Plan>,
    /// The names of plans, regions and so on, by the vendor's spelling: `[values.plan]`, `"T{n}" = "tier-{n}"`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, BTreeMap<String, String>>"))]
    pub values: BTreeMap<String, BTreeMap<Spanned<String>, Template>>,
    /// What texts mean that stand in place of an amount, by pattern: `"Not applicable" = "not-offered"`, `"-" = "absent"`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, AmountWord>"))]
    pub amounts: BTreeMap<Pattern, AmountWord>,
    /// Texts that give parts of the key to what follows.
    #[serde(default, rename = "given")]
    pub givens: Vec<Given>,
    /// The tables.
    #[serde(default, rename = "table")]
    pub tables: Vec<Table>,
    /// The lists of limits.
    #[serde(default, rename = "list")]
    pub lists: Vec<List>,
    /// Facts in prose, kept in our words.
    #[serde(default, rename = "statement")]
    pub statements: Vec<Statement>,
    /// Prose that the recipe does not support, such as a new way of growth.
    #[serde(default, rename = "forbid")]
    pub forbidden: Vec<Forbid>,
    /// Blocks that state no limit.
    #[serde(default, rename = "skip")]
    pub skips: Vec<Skip>,
    /// The first byte of each line, for messages.
    #[serde(skip)]
    lines: Vec<usize>,
}

/// A page of the vendor.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Page {
    /// The page's id within the provider: `main` for the first.
    pub id: String,
    /// The page's URL for human readers.
    pub url: String,
    /// URLs of the page, in order of preference. Default: `url`.
    #[serde(default)]
    pub urls: Vec<String>,
    /// URLs of the pages that together replace the page, if none of `urls` has it.
    #[serde(default)]
    pub parts: Vec<String>,
    /// Globs of saved copies in the provider's folder of saved pages, such as `rate-limits*.md`.
    #[serde(default)]
    pub files: Vec<String>,
    /// The beginning of the page's title, in lowercase.
    pub title: Option<String>,
    /// The sections that the page must have, with lowercase words of which the heading has at least one.
    #[serde(default)]
    pub sections: BTreeMap<String, Vec<String>>,
    /// The page is withdrawn if it has its title and these names, and states no limit.
    pub withdrawn: Option<Withdrawn>,
}

impl Page {
    /// Returns the alternative addresses, in order of preference. An alternative is one or more pages that together are
    /// the page.
    pub fn addresses(&self) -> Vec<Vec<String>> {
        let own = if self.urls.is_empty() { std::slice::from_ref(&self.url) } else { &self.urls };
        let mut addresses: Vec<Vec<String>> = own.iter().map(|url| vec![url.clone()]).collect();
        addresses.extend((!self.parts.is_empty()).then(|| self.parts.clone()));
        addresses
    }
}

/// The signs of a withdrawn page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Withdrawn {
    /// Names that the page still has.
    pub names: Vec<String>,
}

/// A plan that no table lists.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    /// The plan's name.
    pub name: String,
    /// The plan whose limits also apply.
    pub within: Option<String>,
    /// The minimum that an account must have paid or been credited, in whole US dollars.
    pub qualifies_usd: Option<u64>,
}

/// The error of a recipe that could not be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct RecipeError {
    /// The line of the recipe, from 1.
    pub line: u32,
    /// What was expected, and what was found.
    pub message: String,
}

/// Returns the first byte of each line.
fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

fn line_at(starts: &[usize], byte: usize) -> u32 {
    u32::try_from(starts.partition_point(|&start| start <= byte)).unwrap_or(u32::MAX)
}

impl Recipe {
    /// Parses a recipe.
    ///
    /// # Errors
    /// Returns the line and the message of the first error: a name that is not in a vocabulary, a rule without an id, two
    /// rules with one id, or a rule on an unknown page.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        let starts = line_starts(text);
        let mut recipe: Self = toml::from_str(text).map_err(|error| RecipeError {
            line: line_at(&starts, error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })?;
        recipe.lines = starts;
        for table in &mut recipe.tables {
            let usual = table.add_usual();
            usual.map_err(|message| RecipeError { line: line_at(&recipe.lines, table.id.span().start), message })?;
        }
        recipe.check().map_err(|(span, message)| RecipeError { line: recipe.line(&span), message })?;
        Ok(recipe)
    }

    /// Returns the JSON schema of recipes, with which editors complete and check them.
    #[cfg(feature = "schema")]
    pub fn schema() -> serde_json::Value {
        let schema = schemars::generate::SchemaSettings::draft07().into_generator().into_root_schema_for::<Self>();
        schema.to_value()
    }

    /// Returns the line of a span of the recipe, from 1.
    pub fn line(&self, span: &Range<usize>) -> u32 {
        line_at(&self.lines, span.start)
    }

    /// Returns the main page.
    pub fn main_page(&self) -> &Page {
        // `check` refuses a recipe without pages.
        &self.pages[0]
    }

    fn check(&self) -> Result<(), (Range<usize>, String)> {
        let whole = |message: &str| (0..0, message.to_owned());
        if self.pages.is_empty() {
            return Err(whole("expected at least one [[page]]"));
        }
        let mut ids: Vec<&str> = Vec::new();
        let rules = self.tables.iter().map(|table| &table.id).chain(self.lists.iter().map(|list| &list.id));
        for id in rules {
            if ids.contains(&id.get_ref().as_str()) {
                return Err((id.span(), format!("two rules have the id `{}`", id.get_ref())));
            }
            ids.push(id.get_ref());
        }
        for table in &self.tables {
            table.check().map_err(|message| (table.id.span(), message))?;
        }
        for skip in self.skips.iter().filter(|skip| skip.under.is_none()) {
            if let Some(tables) = &skip.tables {
                return Err((tables.span(), "expected `under`: tables are set aside by section".to_owned()));
            }
        }
        for kind in self.skips.iter().flat_map(|skip| skip.unread.keys()) {
            if Unread::from_word(kind).is_none() {
                return Err((0..0, format!("unknown kind `{kind}` of unread content")));
            }
        }
        for (name, values) in &self.values {
            let span = values.keys().next().map_or(0..0, Spanned::span);
            if Key::from_word(name).is_none() {
                return Err((
                    span,
                    format!("expected region, plan, deployment, mode or context in [values], found `{name}`"),
                ));
            }
            for pattern in values.keys() {
                Pattern::parse(pattern.get_ref()).map_err(|message| (pattern.span(), message))?;
            }
        }
        Ok(())
    }

    /// Returns our name of a plan, region and so on: from `[values]`, or else a slug.
    pub fn value(&self, key: Key, text: &str) -> String {
        let values = self.values.get(key.word()).into_iter().flatten();
        let mut found = values.filter_map(|(pattern, template)| {
            let bindings = Pattern::parse(pattern.get_ref()).ok()?.matches(text)?;
            template.fill(&bindings).ok()
        });
        found.next().unwrap_or_else(|| slug(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "provider = \"acme\"\n\n[[page]]\nid = \"main\"\nurl = \"https://acme.example\"\n";

    fn error(rest: &str) -> String {
        Recipe::parse(&format!("{PAGE}{rest}")).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_name_is_an_error_with_its_line() {
        let table = "[[table]]\nid = \"limits\"\n";
        assert!(error("[[tabel]]\n").starts_with("line 6: unknown field `tabel`"), "{}", error("[[tabel]]\n"));
        let unknown = error(&format!("{table}check = [\"classes-complete\"]\n"));
        assert!(unknown.starts_with("line 8: unknown variant `classes-complete`"), "{unknown}");
        let metric = error(&format!("{table}[table.columns]\n\"RPM\" = \"request/minute\"\n"));
        assert!(metric.starts_with("line 9: ") && metric.contains("requests/minute"), "{metric}");
        let kind = error(&format!("{table}who = [{{ match = \"{{model}}\", kind = \"modle\" }}]\n"));
        assert!(kind.starts_with("line 8: unknown kind `modle`"), "{kind}");
    }

    #[test]
    fn two_rules_with_one_id_are_an_error() {
        let table = "[[table]]\nid = \"limits\"\nusual = [\"Model\", \"RPM\"]\nkind = \"any\"\n";
        assert_eq!(error(&format!("{table}{table}")), "line 11: two rules have the id `limits`");
    }

    #[test]
    fn an_unusual_column_must_be_explained() {
        assert!(error("[[table]]\nid = \"limits\"\nusual = [\"Quux\"]\n").contains("`Quux` is not a usual column"));
    }

    #[test]
    fn values_are_mapped_by_pattern() {
        let recipe = Recipe::parse(&format!("{PAGE}[values.plan]\n\"T{{n}}\" = \"tier-{{n}}\"\n")).unwrap();
        assert_eq!(recipe.value(Key::Plan, "T3"), "tier-3");
        assert_eq!(recipe.value(Key::Plan, "Pay as you go"), "pay-as-you-go");
    }
}
