//! The rules for texts outside of tables: list items, sentences, headings, code.

use serde::Deserialize;
use toml::Spanned;

use super::attributes::with_attributes;
use super::pattern::TextPattern;
use super::rules::{Count, SectionPattern, TextRule};

with_attributes! {
    /// A rule for list items, and for sentences and lines of code.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ListRule {
        /// The rule's name in messages.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        pub id: Spanned<String>,
        /// The ids of the pages. Default: every page.
        #[serde(default)]
        pub pages: Vec<String>,
        /// The texts that the rule reads. Default: items.
        #[serde(default = "items_only")]
        pub of: Vec<TextKind>,
        /// The number of texts that the rule must claim. Default: 1. `false`: any number.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(schema_with = "super::rules::count_schema"))]
        pub required: Count,
        /// The section in which the rule applies. Default: every section.
        pub under: Option<SectionPattern>,
        /// The placeholder that the heading directly above the items binds: `task`. In flattened text, and where no heading
        /// has items, the line above the items is that heading.
        pub section: Option<String>,
        /// Headings below that heading that do not change the limits.
        #[serde(default)]
        pub deeper: Vec<TextPattern>,
        /// Whether each section has one item without a name of its own: none is a warning, a second an error.
        #[serde(default)]
        pub one_default: bool,
        /// The patterns of the texts.
        pub who: Vec<TextRule>,
    }
}

/// A kind of text outside of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum TextKind {
    /// A list item as a whole.
    Items,
    /// A sentence of a paragraph or an item. In flattened text: a line.
    Sentences,
    /// A line of sample code.
    Code,
    /// A heading.
    Headings,
    /// Two paragraphs, or two lines of flattened text, that follow each other: a label above its value. The text is both
    /// with a line break between them.
    Pairs,
}

fn items_only() -> Vec<TextKind> {
    vec![TextKind::Items]
}

with_attributes! {
    /// A rule for a paragraph, heading, item, caption or line of code that sets parts of the key for what follows in its
    /// section. The first whose pattern consumes a text applies. The other attributes, such as a pool, hold until another
    /// text sets them.
    #[derive(Clone, Debug, PartialEq)]
    pub struct SectionDefault {
        /// The pattern of the whole text. Its placeholders are bound below it, until another text binds them.
        #[serde(rename = "match")]
        #[cfg_attr(feature = "schema", schemars(with = "TextPattern"))]
        pub pattern: Spanned<TextPattern>,
        /// Whether the text only repeats what a text above sets. If they differ, the text above is used, with a warning.
        #[serde(default)]
        pub repeats: bool,
        /// The ids of the pages. Default: every page.
        #[serde(default)]
        pub pages: Vec<String>,
        /// The number of texts that must match. Default: 1. `false`: any number.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(schema_with = "super::rules::count_schema"))]
        pub required: Count,
        /// The section in which the rule applies. Default: every section.
        pub under: Option<SectionPattern>,
    }
}

/// A fact in prose, kept in our words, so that its loss shows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatementRule {
    /// Words that the passage has, without regard to case.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub when: Spanned<Vec<String>>,
    /// The fact: `name: value`.
    pub says: String,
    /// The number of passages that must state it. Default: any number.
    pub times: Option<u32>,
    /// Limits that the fact contradicts.
    pub contradicts: Option<Contradiction>,
}

/// A warning if a fact in prose stands beside limits of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Contradiction {
    /// The plan of the limits.
    pub plan: String,
    /// The warning.
    pub warn: String,
}

/// Prose that the recipe does not support. It is an error, not a guess.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnsupportedProse {
    /// Words that the passage has, without regard to case.
    pub prose: Vec<String>,
    /// What the recipe would need.
    pub says: String,
}
