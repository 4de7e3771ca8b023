//! The rules of a recipe.

use std::collections::BTreeMap;

use ratebook_source::{Bound, Kind};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use toml::Spanned;

use super::column::{Column, Key, Role};
use super::pattern::{Pattern, Template};
use super::window::MetricWindow;
use crate::vocabulary;

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

/// The section in which a rule applies. Each pattern must match a label of the section's path, and may bind parts of the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Under {
    /// A heading.
    pub heading: Option<Pattern>,
    /// The label of a tab.
    pub tab: Option<Pattern>,
    /// The title of a `<details>` or an accordion.
    pub details: Option<Pattern>,
}

/// A pattern of a row's label or of a list item, and what matches it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Who {
    /// The pattern. The first that consumes the whole text applies.
    #[serde(rename = "match")]
    pub pattern: Pattern,
    /// The kind of selector. Default: the rule's.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub kind: Option<Kind>,
    /// The name. Default: the rule's.
    pub name: Option<Template>,
    /// The pool: `account`, `model`, or the name of a group. Default: the rule's.
    pub pool: Option<Template>,
    /// The metric of the row's amounts.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub metric: Option<MetricWindow>,
    /// The plan.
    pub plan: Option<Template>,
    /// The region.
    pub region: Option<Template>,
    /// The bound. Default: the rule's.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub bound: Option<Bound>,
    /// Whether the row repeats a limit that another rule reads. A different amount is an error.
    #[serde(default)]
    pub repeats: bool,
    /// The row states no limit, for this reason.
    pub skip: Option<String>,
}

/// What a table's size classes need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Classes {
    /// The class to which a bound of two classes belongs.
    pub shared_bound: SharedBound,
}

/// The class to which a bound that two classes share belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SharedBound {
    /// Classes share no bound.
    None,
    /// The lower class.
    Lower,
}

/// A named check of a table's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Check {
    /// A plan with limits by size class has one for each class, and each class has limits. Else an error.
    ClassesCompletePerPlan,
    /// A larger size class has no higher limit. Else a warning.
    LargerClassLowerLimit,
    /// A limit that grows never falls. Else a warning.
    RampRises,
    /// The points of a ramp after the first are proportional to their time. Else a warning.
    RampOnALine,
    /// Each plan requires more than the plan before it. Else a warning.
    QualificationRises,
}

/// A named repair of a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Repair {
    /// A row without its merged first cell moves right by one column.
    ShiftLeft,
}

/// How amounts that run together are split where the grammar of numbers leaves several ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Split {
    /// The two amounts are in the ratio of other rows of the table. Such limits are `inferred`.
    UsualRatio,
}

/// A rule for tables, which claims each table with its columns, below its section.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Table {
    /// The rule's name in messages.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub id: Spanned<String>,
    /// The number of tables that the rule must claim. Default: 1. `false`: any number.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "count_schema"))]
    pub required: Count,
    /// The section.
    pub under: Option<Under>,
    /// The columns with their meaning, by the pattern of their names.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, Column>"))]
    pub columns: BTreeMap<Pattern, Column>,
    /// Columns with usual names, such as `Model` and `RPM`, whose meaning needs no explanation.
    #[serde(default)]
    pub usual: Vec<String>,
    /// The patterns of the `who` column.
    #[serde(default)]
    pub who: Vec<Who>,
    /// The kind of selector of each row.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub kind: Option<Kind>,
    /// The name of each row. Default: `*`.
    pub name: Option<Template>,
    /// The pool of each row: `account`, `model`, or the name of a group. Default: `model` for models, else `account`.
    pub pool: Option<Template>,
    /// The metric of `amount` columns.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub metric: Option<MetricWindow>,
    /// The region of each row.
    pub region: Option<Template>,
    /// The plan of each row.
    pub plan: Option<Template>,
    /// The deployment of each row.
    pub deployment: Option<Template>,
    /// The mode of each row.
    pub mode: Option<Template>,
    /// The class of context lengths of each row.
    pub context: Option<Template>,
    /// The bound of the limits. Default: `hard`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub bound: Option<Bound>,
    /// The rows are size classes, or name them.
    pub classes: Option<Classes>,
    /// Checks of the limits.
    #[serde(default)]
    pub check: Vec<Check>,
    /// Repairs of the rows.
    #[serde(default)]
    pub repair: Vec<Repair>,
    /// How amounts that run together are split where the grammar leaves several ways.
    pub split: Option<Split>,
    /// The whole table states no limit, for this reason.
    pub skip: Option<String>,
    /// What the footnote marks of the table mean. A mark without a rule is an error.
    #[serde(default)]
    pub marks: BTreeMap<String, Mark>,
}

/// What a footnote mark means for the limits of its cell: of a value, of all of a row, or of all of a column.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mark {
    /// Words of the note, without regard to case. A page with the mark and without the note is an error.
    pub note: String,
    /// The metric of the limits.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub metric: Option<MetricWindow>,
    /// The pool of the limits.
    pub pool: Option<Template>,
    /// The bound of the limits.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub bound: Option<Bound>,
    /// Why the note changes no limit. Needed if it changes none.
    pub why: Option<String>,
}

/// A rule for list items.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct List {
    /// The rule's name in messages.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub id: Spanned<String>,
    /// The number of items that the rule must claim. Default: 1. `false`: any number.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "count_schema"))]
    pub required: Count,
    /// The section.
    pub under: Option<Under>,
    /// The placeholder that the heading directly above the items binds: `task`. In flattened text, and where no heading
    /// has items, the line above the items is that heading.
    pub section: Option<String>,
    /// Headings below that heading that do not change the limits.
    #[serde(default)]
    pub deeper: Vec<Pattern>,
    /// Whether each section has one item without a name of its own: none is a warning, a second an error.
    #[serde(default)]
    pub one_default: bool,
    /// The patterns of the items.
    pub who: Vec<Who>,
    /// The bound of the limits. Default: `hard`, or `ceiling` for `up to`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub bound: Option<Bound>,
}

/// A fact in prose, kept in our words, so that its loss shows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Statement {
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
pub struct Forbid {
    /// Words that the passage has, without regard to case.
    pub prose: Vec<String>,
    /// What the recipe would need.
    pub says: String,
}

/// Blocks that state no limit. A block that states a rate is not set aside.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Skip {
    /// Every list item that no rule claims, for this reason.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub lists: Option<Spanned<String>>,
    /// Content that the readers do not read, by its kind, with the reason: `{ include = "…" }`.
    #[serde(default)]
    pub unread: BTreeMap<String, String>,
}

impl Table {
    /// Returns the columns that the recipe explains, and the usual ones.
    pub fn all_columns(&self) -> impl Iterator<Item = (Pattern, Column)> + '_ {
        let usual = self.usual.iter().filter_map(|name| Some((Pattern::parse(name).ok()?, vocabulary::column(name)?)));
        self.columns.iter().map(|(pattern, column)| (pattern.clone(), column.clone())).chain(usual)
    }

    /// Returns the parts of the key that the rule gives to each row.
    pub fn keys(&self) -> impl Iterator<Item = (Key, &Template)> {
        let keys = [
            (Key::Region, &self.region),
            (Key::Plan, &self.plan),
            (Key::Deployment, &self.deployment),
            (Key::Mode, &self.mode),
            (Key::Context, &self.context),
        ];
        keys.into_iter().filter_map(|(key, template)| Some((key, template.as_ref()?)))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        for name in &self.usual {
            if vocabulary::column(name).is_none() {
                return Err(format!("`{name}` is not a usual column: explain it under [table.columns]"));
            }
        }
        if self.columns.is_empty() && self.usual.is_empty() {
            return Err("expected columns: [table.columns] or `usual`".to_owned());
        }
        for (mark, rule) in &self.marks {
            if rule.metric.is_none() && rule.pool.is_none() && rule.bound.is_none() && rule.why.is_none() {
                return Err(format!("expected `metric`, `pool`, `bound` or `why` for the footnote mark `{mark}`"));
            }
        }
        let has = |wanted: fn(&Role) -> bool| self.all_columns().any(|(_, column)| wanted(&column.role));
        if has(|role| matches!(role, Role::Who)) && self.who.is_empty() {
            return Err("expected patterns for the `who` column: who = [{ match = … }]".to_owned());
        }
        Ok(())
    }
}

impl Who {
    /// Returns the parts of the key that the pattern gives.
    pub fn keys(&self) -> impl Iterator<Item = (Key, &Template)> {
        let keys = [(Key::Region, &self.region), (Key::Plan, &self.plan)];
        keys.into_iter().filter_map(|(key, template)| Some((key, template.as_ref()?)))
    }
}

#[cfg(feature = "schema")]
fn count_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "oneOf": [{ "type": "boolean" }, { "type": "integer", "minimum": 0 }] })
}
