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
mod parse;
mod pattern;
mod placeholder;
mod rules;
mod separate;
mod shape;
mod table;
mod tabs;
mod template;
mod text;
mod window;

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

pub(crate) use after::After;
pub use amount_word::AmountWord;
pub use arrange::{HeaderText, LineRule, Pass, Plausible, Reword};
pub use attributes::Attributes;
pub use column::{Column, Role, Settings};
pub use evidence::{RuleEvidence, Why};
pub(crate) use growth::GrowthFields;
pub use growth::GrowthRule;
pub use key::KeyPart;
pub(crate) use names::Names;
pub use names::{FamilyRule, RenamingRule};
pub use page::{Index, PageState, RecipePage, Shape, Withdrawn};
pub use parse::RecipeError;
pub use pattern::{Bindings, TextPattern};
pub(crate) use placeholder::percent;
pub use rules::{AsideRule, Count, SectionPattern, TextRule};
pub(crate) use separate::{separate_names, separate_rates};
pub use table::{Check, Classes, Duplicates, MarkRule, Repair, SharedBound, Split, TableRule};
pub use tabs::TabsRule;
pub use template::Template;
pub(crate) use template::slug;
pub use text::{Contradiction, ListRule, SectionDefault, StatementRule, TextKind, UnsupportedProse};
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
    /// The provider's name: the name of the folder that has the recipe.
    pub provider: String,
    /// The vendor's pages, the main one first. After [`Recipe::parse`], a page with `each` is one page for each element.
    #[serde(rename = "page")]
    pub pages: Vec<RecipePage>,
    /// Plans that no table lists. They come before the plans of tables, in this order. Default: none.
    #[serde(default, rename = "plan")]
    pub plans: Vec<UnlistedPlan>,
    /// Plans from the lowest limits to the highest: `["free", "tier-1", "tier-2"]`. A limit that is lower in a later plan is
    /// a warning. Default: none are compared.
    #[serde(default)]
    pub rising_plans: Vec<String>,
    /// Our names of plans, regions and other parts of the key, by the vendor's spelling: `[values.plan]`,
    /// `"T{n}" = "tier-{n}"`. A spelling may stand for several regions, separated by `, `. `[values.model]` maps the labels
    /// of models on the page to the names of their limits; the labels become aliases. Default: the spelling in lowercase,
    /// with `-` between its words.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, BTreeMap<String, String>>"))]
    pub values: BTreeMap<String, BTreeMap<Spanned<String>, Template>>,
    /// Other names of models, by the name of their limits: `"rocket-1" = ["Rocket 1", "rocket-1-2026-01-01"]`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, Vec<String>>"))]
    pub names: BTreeMap<Spanned<String>, Vec<String>>,
    /// Families of models, whose names limits of the kind `family` have.
    #[serde(default, rename = "family")]
    pub families: Vec<FamilyRule>,
    /// Regions that no limit names, each with its other names: `eu = ["europe-west1"]`. The limits without a region hold in
    /// each of them separately.
    #[serde(default)]
    pub regions: BTreeMap<String, Vec<String>>,
    /// Patterns of names that stand for another name: `eu.*` for `*` in the region `eu`. The first that matches applies.
    #[serde(default, rename = "pattern")]
    pub renamings: Vec<RenamingRule>,
    /// The new names of retired or removed entries, by the former names: `"rocket-1" = "rocket-2"`. The deprecation of a
    /// former name's constant states the new name.
    #[serde(default)]
    pub replaced: BTreeMap<String, String>,
    /// The meanings of texts that stand in place of an amount, by pattern: `"Not applicable" = "not-offered"`,
    /// `"-" = "absent"`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, AmountWord>"))]
    pub amounts: BTreeMap<TextPattern, AmountWord>,
    /// Texts that set parts of the key for what follows in their section, such as a heading `Limits in {region}`.
    #[serde(default, rename = "given")]
    pub defaults: Vec<SectionDefault>,
    /// The labels of tabs that stand on a line of their own, without the markup of tabs.
    #[serde(default)]
    pub tabs: Vec<TabsRule>,
    /// Rules for tables: their columns and sections, and what the columns mean.
    #[serde(default, rename = "table")]
    pub tables: Vec<TableRule>,
    /// Rules for list items, sentences, headings and lines of code that state limits.
    #[serde(default, rename = "list")]
    pub lists: Vec<ListRule>,
    /// Rules for sentences and items that state how limits grow with use.
    #[serde(default, rename = "growth")]
    pub growths: Vec<GrowthRule>,
    /// Facts in prose, which the fact page has in our words: `{ when = ["each project"], says = "scope: project" }`.
    #[serde(default, rename = "statement")]
    pub statements: Vec<StatementRule>,
    /// Words of prose that the recipe does not support, such as those of a new way of growth. A passage with them is an
    /// error.
    #[serde(default, rename = "forbid")]
    pub unsupported: Vec<UnsupportedProse>,
    /// Rules that set blocks aside, each for a reason.
    #[serde(default, rename = "skip")]
    pub aside_rules: Vec<AsideRule>,
    /// Response headers that only the page or only `policy.toml` describes, by pattern, each with the reason:
    /// `"acme-beta-{id}" = "…"`. Another such header is a warning.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>"))]
    pub headers: BTreeMap<TextPattern, String>,
    /// Lines of flattened text that are headings, or labels without a meaning.
    #[serde(default, rename = "line")]
    pub known_lines: Vec<LineRule>,
    /// Lines of cells that patterns read in our words instead.
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
pub struct UnlistedPlan {
    /// The name in limits, such as `tier-1`.
    pub name: String,
    /// The plan that this one is part of: its limits apply, too. Default: none.
    pub within: Option<String>,
    /// The minimum that an account must have paid or been credited, in whole US dollars. Default: unstated.
    pub qualifies_usd: Option<u64>,
}

/// Returns the key under which a reading counts the passages of a statement.
pub(crate) fn statement_id(statement: &StatementRule) -> String {
    format!("statement[{}]", statement.says)
}

/// Returns the key under which a reading counts the texts of a `[[given]]`.
pub(crate) fn default_id(pattern: &TextPattern) -> String {
    format!("given[{pattern}]")
}

impl Recipe {
    /// Returns the JSON schema of recipes, with which editors complete and check them.
    #[cfg(feature = "schema")]
    pub fn schema() -> serde_json::Value {
        let schema = schemars::generate::SchemaSettings::draft07().into_generator().into_root_schema_for::<Self>();
        schema.to_value()
    }

    /// Returns the main page.
    pub fn main_page(&self) -> &RecipePage {
        // `check` refuses a recipe without pages.
        &self.pages[0]
    }

    /// Returns whether a text of the page, or `[values]`, gives a name of a part of the key.
    pub fn gives_value(&self, key: KeyPart, name: &str) -> bool {
        let of_texts = self.defaults.iter().filter_map(|default| default.attributes().keys[key as usize]);
        let of_values = self.values.get(key.word()).into_iter().flat_map(BTreeMap::values);
        of_texts.chain(of_values).any(|template| template.as_str() == name)
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
    pub fn page(&self, id: &str) -> Option<&RecipePage> {
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

    #[test]
    fn values_are_mapped_by_pattern() {
        let recipe = Recipe::parse(&format!("{PAGE}[values.plan]\n\"T{{n}}\" = \"tier-{{n}}\"\n")).unwrap();
        assert_eq!(recipe.value(KeyPart::Plan, "T3"), "tier-3");
        assert_eq!(recipe.value(KeyPart::Plan, "Pay as you go"), "pay-as-you-go");
    }
}
