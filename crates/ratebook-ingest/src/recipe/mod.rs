//! `recipe.toml`: how the pages of one provider become limits.
//!
//! A recipe names the pages, and for each table, list and statement what it means. Rules claim blocks of a page by their
//! columns and sections. [`engine`](crate::engine) applies them. Every name is of a closed vocabulary: an unknown one is an
//! error with its line.

mod after;
mod amount_word;
mod arrange;
mod attributes;
mod column;
mod evidence;
mod growth;
mod key;
mod names;
mod page;
mod pattern;
mod rules;
mod shape;
mod table;
mod tabs;
mod text;
mod window;

use std::collections::BTreeMap;
use std::ops::Range;

use ratebook_source::{Region, Replacement};
use serde::Deserialize;
use toml::Spanned;

use crate::page::Unread;

pub(crate) use after::After;
pub use amount_word::AmountWord;
pub use arrange::{HeaderText, Line, Pass, Plausible, Reword};
pub use attributes::Attributes;
pub use column::{Column, Role, Settings};
pub use evidence::{RuleEvidence, Why};
pub use growth::Growth;
pub(crate) use growth::GrowthFields;
pub use key::KeyPart;
pub(crate) use names::Names;
pub use names::{FamilyRule, RenamingRule};
pub use page::{Index, Page, PageState, Shape, Withdrawn};
pub use pattern::{Bindings, Template, TextPattern};
pub(crate) use pattern::{percent, separate_names, separate_rates, slug};
pub use rules::{AsideRule, Count, SectionPattern, TextRule};
pub use table::{Check, Classes, Duplicates, Mark, Repair, SharedBound, Split, Table};
pub use tabs::Tabs;
pub use text::{Contradiction, List, SectionDefault, Statement, TextKind, UnsupportedProse};
pub use window::MetricWindow;

/// What separates regions that have one limit each.
pub(crate) const REGIONS: &str = ", ";

/// The name of the map of models in `[values]`.
const MODEL: &str = "model";

/// The recipe of one provider.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recipe {
    /// The provider's name, which is that of the recipe's folder.
    pub provider: String,
    /// The vendor's pages, the main one first. After [`Recipe::parse`], a page with `each` is one page for each element.
    #[serde(rename = "page")]
    pub pages: Vec<Page>,
    /// Plans that no table lists, in order, before those of tables.
    #[serde(default, rename = "plan")]
    pub plans: Vec<Plan>,
    /// Plans in whose order limits rise. A lower limit of a later plan is a warning.
    #[serde(default)]
    pub rising_plans: Vec<String>,
    /// The names of plans, regions and so on, by the vendor's spelling: `[values.plan]`, `"T{n}" = "tier-{n}"`. Several
    /// regions are separated by `, `. Under
    /// `[values.model]`, the name of a model's limits, by its label on the page, which becomes an alias.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, BTreeMap<String, String>>"))]
    pub values: BTreeMap<String, BTreeMap<Spanned<String>, Template>>,
    /// Other names of models, by the name of their limits: `"rocket-1" = ["Rocket 1", "rocket-1-2026-01-01"]`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, Vec<String>>"))]
    pub names: BTreeMap<Spanned<String>, Vec<String>>,
    /// Families of models.
    #[serde(default, rename = "family")]
    pub families: Vec<FamilyRule>,
    /// Regions that the provider serves although no limit names them, each with its other names: each has the limits for itself.
    #[serde(default)]
    pub regions: BTreeMap<String, Vec<String>>,
    /// Patterns of names that stand for another name. The first that matches applies.
    #[serde(default, rename = "pattern")]
    pub renamings: Vec<RenamingRule>,
    /// The names that replace names of retired or removed entries: `"rocket-1" = "rocket-2"`. They are in the deprecation of the
    /// former names' constants.
    #[serde(default)]
    pub replaced: BTreeMap<String, String>,
    /// What texts mean that stand in place of an amount, by pattern: `"Not applicable" = "not-offered"`, `"-" = "absent"`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, AmountWord>"))]
    pub amounts: BTreeMap<TextPattern, AmountWord>,
    /// Texts that give parts of the key to what follows.
    #[serde(default, rename = "given")]
    pub defaults: Vec<SectionDefault>,
    /// Tabs whose labels stand on a bare line.
    #[serde(default)]
    pub tabs: Vec<Tabs>,
    /// The tables.
    #[serde(default, rename = "table")]
    pub tables: Vec<Table>,
    /// The lists of limits.
    #[serde(default, rename = "list")]
    pub lists: Vec<List>,
    /// Sentences and items that state how limits grow with use.
    #[serde(default, rename = "growth")]
    pub growths: Vec<Growth>,
    /// Facts in prose, kept in our words.
    #[serde(default, rename = "statement")]
    pub statements: Vec<Statement>,
    /// Prose that the recipe does not support, such as a new way of growth.
    #[serde(default, rename = "forbid")]
    pub unsupported: Vec<UnsupportedProse>,
    /// Blocks that state no limit.
    #[serde(default, rename = "skip")]
    pub aside_rules: Vec<AsideRule>,
    /// The reasons for which response headers are described only by the page, or only by `policy.toml`, by pattern:
    /// `"acme-beta-{id}" = "…"`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>"))]
    pub headers: BTreeMap<TextPattern, String>,
    /// Lines of flattened text that are no cells.
    #[serde(default, rename = "line")]
    pub known_lines: Vec<Line>,
    /// Lines of cells that are read in our words.
    #[serde(default, rename = "reword")]
    pub rewords: Vec<Reword>,
    /// The first byte of each line, for messages.
    #[serde(skip)]
    lines: Vec<usize>,
    /// The names, in the form of `names.tsv`.
    #[serde(skip)]
    checked_names: Names,
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

/// Returns the key under which a reading counts the passages of a statement.
pub(crate) fn statement_id(statement: &Statement) -> String {
    format!("statement[{}]", statement.says)
}

/// Returns the key under which a reading counts the texts of a `[[given]]`.
pub(crate) fn default_id(pattern: &TextPattern) -> String {
    format!("given[{pattern}]")
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
        let pages = std::mem::take(&mut recipe.pages);
        for page in pages {
            let pages = page.expand().map_err(|message| RecipeError { line: 1, message })?;
            recipe.pages.extend(pages);
        }
        for table in &mut recipe.tables {
            let usual = table.add_usual();
            usual.map_err(|message| RecipeError { line: line_at(&recipe.lines, table.id.span().start), message })?;
        }
        recipe.check().map_err(|(span, message)| RecipeError { line: recipe.line(&span), message })?;
        let names = recipe.check_names();
        recipe.checked_names = names.map_err(|(span, message)| RecipeError { line: recipe.line(&span), message })?;
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
        for (at, page) in self.pages.iter().enumerate() {
            if self.pages[..at].iter().any(|other| other.id == page.id) {
                return Err(whole(&format!("two pages have the id `{}`", page.id)));
            }
        }
        let mut ids: Vec<&str> = Vec::new();
        let rules = self.tables.iter().map(|table| &table.id).chain(self.lists.iter().map(|list| &list.id));
        let rules = rules.chain(self.growths.iter().map(|growth| &growth.id));
        for id in rules {
            if ids.contains(&id.get_ref().as_str()) {
                return Err((id.span(), format!("two rules have the id `{}`", id.get_ref())));
            }
            ids.push(id.get_ref());
        }
        for tabs in &self.tabs {
            tabs.check().map_err(|message| (tabs.labels.span(), message))?;
        }
        for table in &self.tables {
            table.check().map_err(|message| (table.id.span(), message))?;
        }
        for growth in &self.growths {
            growth.check().map_err(|message| (growth.id.span(), message))?;
        }
        for (span, text_rule) in self.all_text_rules() {
            if text_rule.pattern.has_half_a_multiple() {
                let message = format!("expected both {{factor}} and {{base}} in `{}`, or neither", text_rule.pattern);
                return Err((span, message));
            }
        }
        for rule in self.aside_rules.iter().filter(|rule| rule.under.is_none()) {
            if let Some(tables) = &rule.tables {
                return Err((tables.span(), "expected `under`: tables are set aside by section".to_owned()));
            }
        }
        for kind in self.aside_rules.iter().flat_map(|rule| rule.unread.keys()) {
            if Unread::from_word(kind).is_none() {
                return Err((0..0, format!("unknown kind `{kind}` of unread content")));
            }
        }
        for (name, values) in &self.values {
            let span = values.keys().next().map_or(0..0, Spanned::span);
            if KeyPart::from_word(name).is_none() && name != MODEL {
                return Err((
                    span,
                    format!("expected region, plan, deployment, mode, context or model in [values], found `{name}`"),
                ));
            }
            for pattern in values.keys() {
                TextPattern::parse(pattern.get_ref()).map_err(|message| (pattern.span(), message))?;
            }
        }
        self.check_shapes()
    }

    /// Returns the patterns of tables and lists, each with the place of its rule.
    fn all_text_rules(&self) -> impl Iterator<Item = (Range<usize>, &TextRule)> {
        let of_tables = self.tables.iter().flat_map(|table| {
            let of_columns = table.columns.values().flat_map(|column| &column.settings.read);
            let all = table.who.iter().chain(&table.group).chain(of_columns);
            all.map(|text_rule| (table.id.span(), text_rule))
        });
        let of_lists = self.lists.iter().flat_map(|list| list.who.iter().map(|text_rule| (list.id.span(), text_rule)));
        of_tables.chain(of_lists)
    }

    /// Returns whether a text of the page, or `[values]`, gives a name of a part of the key.
    pub fn gives_value(&self, key: KeyPart, name: &str) -> bool {
        let of_texts = self.defaults.iter().filter_map(|default| default.attributes().keys[key as usize]);
        let of_values = self.values.get(key.word()).into_iter().flat_map(BTreeMap::values);
        of_texts.chain(of_values).any(|template| template.as_str() == name)
    }

    fn check_names(&self) -> Result<Names, (Range<usize>, String)> {
        let aliases = self.names.iter().map(|(name, aliases)| (name.get_ref().clone(), aliases.clone()));
        Ok(Names {
            aliases: aliases.collect(),
            families: self.families.iter().map(FamilyRule::family).collect::<Result<_, _>>()?,
            regions: self
                .regions
                .iter()
                .map(|(name, aliases)| Region { name: name.clone(), aliases: aliases.clone() })
                .collect(),
            optional: self
                .families
                .iter()
                .filter(|family| !family.required)
                .map(|family| family.name.get_ref().clone())
                .collect(),
            renamings: self.renamings.iter().map(RenamingRule::renaming).collect::<Result<_, _>>()?,
            replacements: self
                .replaced
                .iter()
                .map(|(name, new)| Replacement { name: name.clone(), new: new.clone() })
                .collect(),
        })
    }

    /// Returns whether the recipe has a reason for which only the page or only the policy describes a response header.
    pub(crate) fn has_reason_for_header(&self, header: &str) -> bool {
        self.headers.keys().any(|pattern| pattern.matches(header).is_some())
    }

    /// Returns the names, in the form of `names.tsv`.
    pub(crate) fn checked_names(&self) -> &Names {
        &self.checked_names
    }

    /// Returns the page of an id, or `None` if there is none.
    pub fn page(&self, id: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == id)
    }

    /// Returns the name of a model's limits from its label on the page: from `[values.model]`. `None` if the label is the
    /// name.
    pub fn model(&self, label: &str) -> Option<String> {
        self.mapped(MODEL, label).filter(|name| name != label)
    }

    /// Returns our name of a plan, region and so on: from `[values]`, or else a slug. Several regions stay several.
    pub fn value(&self, key: KeyPart, text: &str) -> String {
        let of_one = |text: &str| self.mapped(key.word(), text);
        let of_each = |text: &str| of_one(text).unwrap_or_else(|| slug(text));
        of_one(text).unwrap_or_else(|| match key {
            KeyPart::Region => text.split(REGIONS).map(of_each).collect::<Vec<_>>().join(REGIONS),
            KeyPart::Plan | KeyPart::Deployment | KeyPart::Mode | KeyPart::Context => slug(text),
        })
    }

    fn mapped(&self, map: &str, text: &str) -> Option<String> {
        let mut values = self.values.get(map).into_iter().flatten();
        values.find_map(|(pattern, template)| {
            let bindings = TextPattern::parse(pattern.get_ref()).ok()?.matches(text)?;
            template.fill(&bindings).ok()
        })
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
        assert_eq!(recipe.value(KeyPart::Plan, "T3"), "tier-3");
        assert_eq!(recipe.value(KeyPart::Plan, "Pay as you go"), "pay-as-you-go");
    }
}
