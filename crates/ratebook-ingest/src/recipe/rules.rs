//! What the rules for tables and for texts have in common, and the rules that set blocks aside.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use toml::Spanned;

use super::amount_word::AmountWord;
use super::attributes::with_attributes;
use super::pattern::TextPattern;

/// How many blocks a rule must claim. Default: one at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Any number. Written `false`, for a shape of the page that may come back.
    Any,
    /// The smallest number. Written `1`, `3`; `true` is 1.
    AtLeast(u32),
}

impl Default for Count {
    fn default() -> Self {
        Self::AtLeast(1)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BoolOrNumber;
        impl Visitor<'_> for BoolOrNumber {
            type Value = Count;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("true, false or the smallest number of blocks")
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Count, E> {
                Ok(if value { Count::AtLeast(1) } else { Count::Any })
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Count, E> {
                u32::try_from(value).map(Count::AtLeast).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(BoolOrNumber)
    }
}

/// The section in which a rule applies. Each pattern must match a label of the section's path, and may bind parts of the
/// key. Default of each: no pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SectionPattern {
    /// The pattern of a heading above.
    pub heading: Option<TextPattern>,
    /// The pattern of the label of a tab around.
    pub tab: Option<TextPattern>,
    /// The pattern of the title of a `<details>` or an accordion around.
    pub details: Option<TextPattern>,
    /// The pattern of the caption of the table.
    pub caption: Option<TextPattern>,
}

with_attributes! {
    /// A rule for a label, a list item or a part of a cell: its pattern, and what a text that matches it means.
    #[derive(Clone, Debug, PartialEq)]
    pub struct TextRule {
        /// The pattern. The first that consumes the whole text applies.
        #[serde(rename = "match")]
        pub pattern: TextPattern,
        /// What the text means as an amount: a word such as `custom` or `not-offered`, `absent`, or a multiple of another
        /// plan's amount such as `2x tier-1`. Default: what `{rate}`, `{amount}`, `{from}` and `{to}`, or `{factor}` and
        /// `{base}` matched. In a list, a multiple without a metric is of every limit of the other plan.
        pub amount: Option<AmountWord>,
        /// Whether the patterns after this one are tried as well. For a text with two limits, and for a cell that names
        /// several plans, regions and so on.
        #[serde(default)]
        pub and: bool,
        /// Whether the row repeats a limit that another rule reads. A different amount is an error.
        #[serde(default)]
        pub repeats: bool,
        /// The text states no limit, for this reason.
        #[serde(rename = "skip")]
        pub aside: Option<String>,
    }
}

/// Blocks that state no limit. A passage that states a rate is not set aside by a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AsideRule {
    /// The ids of the pages. Default: every page.
    #[serde(default)]
    pub pages: Vec<String>,
    /// The section in which the rule applies. Default: every section.
    pub under: Option<SectionPattern>,
    /// Every list item that no rule claims, for this reason.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub lists: Option<Spanned<String>>,
    /// Every table that no rule claims, for this reason. Needs `under`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub tables: Option<Spanned<String>>,
    /// All sample code, for this reason.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub code: Option<Spanned<String>>,
    /// Hidden blocks and cells, for this reason.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub hidden: Option<Spanned<String>>,
    /// Struck-out blocks, and struck-out words of a cell, for this reason: what is left of the cell is in force.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub struck: Option<Spanned<String>>,
    /// Content that the readers do not read, by its kind, with the reason: `{ include = "…" }`.
    #[serde(default)]
    pub unread: BTreeMap<String, String>,
}

#[cfg(feature = "schema")]
pub(super) fn count_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "oneOf": [{ "type": "boolean" }, { "type": "integer", "minimum": 0 }] })
}
