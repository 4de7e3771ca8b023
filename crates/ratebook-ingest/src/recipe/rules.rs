//! The rules of a recipe.

use std::collections::BTreeMap;

use ratebook_source::Amount;
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use toml::Spanned;

use super::arrange::{HeaderText, Pass, Plausible};
use super::column::{Column, Role};
use super::gives::giving;
use super::pattern::Pattern;
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
    /// The caption of the table.
    pub caption: Option<Pattern>,
}

giving! {
    /// A pattern of a label, of a list item or of a part of a cell, and what matches it.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Who {
        /// The pattern. The first that consumes the whole text applies.
        #[serde(rename = "match")]
        pub pattern: Pattern,
        /// What the text means as an amount: a word such as `custom` or `not-offered`, or `absent`.
        pub amount: Option<AmountWord>,
        /// Whether the patterns after this one are tried as well. For a text with two limits, and for a cell that names
        /// several plans, regions and so on.
        #[serde(default)]
        pub and: bool,
        /// Whether the row repeats a limit that another rule reads. A different amount is an error.
        #[serde(default)]
        pub repeats: bool,
        /// The text states no limit, for this reason.
        pub skip: Option<String>,
    }
}

/// What a text means that is no number, or that has its number in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountWord {
    /// The page states no limit there. Written `absent`.
    Absent,
    /// An amount: `unlimited`, `custom`, `not-offered`, `elsewhere`, or a number such as `1`.
    Is(Amount),
}

impl<'de> Deserialize<'de> for AmountWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        match word.as_str() {
            "absent" => Ok(Self::Absent),
            "unlimited" | "custom" | "not-offered" | "elsewhere" => {
                word.parse().map(Self::Is).map_err(de::Error::custom)
            }
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                number.parse().map(|count| Self::Is(Amount::Count(count))).map_err(de::Error::custom)
            }
            _ => Err(de::Error::custom(format!(
                "expected absent, unlimited, custom, not-offered, elsewhere or a number, found `{word}`"
            ))),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for AmountWord {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AmountWord".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let words = ["absent", "unlimited", "custom", "not-offered", "elsewhere"];
        schemars::json_schema!({ "oneOf": [{ "enum": words }, { "type": "string", "pattern": "^[0-9]+$" }] })
    }
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
    /// A dated snapshot of a model has no higher limit than the model. Else a warning.
    SnapshotsBelowStable,
    /// The limits of a model in one region stand in one section. Else a warning.
    OneSectionPerModel,
    /// A retired model has limits of 0 and is served nowhere; else a warning. Another has none of 0; else an error.
    ZeroIsRetired,
}

/// A named repair of a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Repair {
    /// A row without its merged first cell moves right by one column.
    ShiftLeft,
}

/// What two rows of a table with one key mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Twice {
    /// Of other amounts, the lower is used. It is `ambiguous`, with the higher as the other reading. Each is a warning.
    Stricter,
}

/// How amounts that run together are split where the grammar of numbers leaves several ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Split {
    /// The two amounts are in the ratio of other rows of the table. Such limits are `inferred`.
    UsualRatio,
}

giving! {
    /// A rule for tables, which claims each table with its columns, below its section.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Table {
        /// The rule's name in messages.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        pub id: Spanned<String>,
        /// The ids of the pages. Default: every page.
        #[serde(default)]
        pub pages: Vec<String>,
        /// The number of tables that the rule must claim. Default: 1. `false`: any number.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(schema_with = "count_schema"))]
        pub required: Count,
        /// The section.
        pub under: Option<Under>,
        /// Whether the first column of the page's table has the names of the columns.
        #[serde(default)]
        pub transpose: bool,
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
        /// The patterns of rows with one text, which name what the rows below have in common.
        #[serde(default)]
        pub group: Vec<Who>,
        /// The rows are size classes, or name them.
        pub classes: Option<Classes>,
        /// Checks of the limits.
        #[serde(default)]
        pub check: Vec<Check>,
        /// Repairs of the rows.
        #[serde(default)]
        pub repair: Vec<Repair>,
        /// Texts of the header that are not names of columns.
        #[serde(default)]
        pub header: Vec<HeaderText>,
        /// Named passes over the tables.
        #[serde(default)]
        pub pass: Vec<Pass>,
        /// For `merged-values`: which pairs of requests and tokens per minute are plausible. Default: all.
        pub plausible: Option<Plausible>,
        /// How amounts that run together are split where the grammar leaves several ways.
        pub split: Option<Split>,
        /// What two rows with one key mean. Default: other amounts are an error, and equal ones a warning.
        pub twice: Option<Twice>,
        /// The whole table states no limit, for this reason.
        pub skip: Option<String>,
        /// What the footnote marks of the table mean. A mark without a rule is an error.
        #[serde(default)]
        pub marks: BTreeMap<String, Mark>,
    }
}

giving! {
    /// What a footnote mark means for the limits of its cell: of a value, of all of a row, or of all of a column.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Mark {
        /// The note: a pattern of a whole sentence, whose placeholders it binds, or words of one, without regard to case.
        /// A page with the mark and without the note is an error. A note of which the rule gives only words is a passage,
        /// which `aside.tsv` pins.
        pub note: Option<String>,
        /// Why the note changes no limit. Needed if it changes none.
        pub why: Option<String>,
        /// The page has the mark without a note, and why the limits are read all the same. A note that appears is an error.
        pub without_note: Option<String>,
    }
}

giving! {
    /// A rule for list items, and for sentences and lines of code.
    #[derive(Clone, Debug, PartialEq)]
    pub struct List {
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
        /// The patterns of the texts.
        pub who: Vec<Who>,
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

giving! {
    /// A paragraph, heading, item, caption or line of code that gives parts of the key to what follows in its section. The
    /// first whose pattern consumes a text applies. What it gives besides, such as a pool, holds until another text gives it.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Given {
        /// The pattern of the whole text. Its placeholders are bound below it, until another text binds them.
        #[serde(rename = "match")]
        #[cfg_attr(feature = "schema", schemars(with = "Pattern"))]
        pub pattern: Spanned<Pattern>,
        /// Whether the text repeats what is given above. If that differs, it is used, and the difference is a warning.
        #[serde(default)]
        pub repeats: bool,
        /// The ids of the pages. Default: every page.
        #[serde(default)]
        pub pages: Vec<String>,
        /// The number of texts that must match. Default: 1. `false`: any number.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(schema_with = "count_schema"))]
        pub required: Count,
        /// The section.
        pub under: Option<Under>,
    }
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

/// Blocks that state no limit. A passage that states a rate is not set aside by a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Skip {
    /// The ids of the pages. Default: every page.
    #[serde(default)]
    pub pages: Vec<String>,
    /// The section.
    pub under: Option<Under>,
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

impl Table {
    /// Adds the usual columns to those that the recipe explains.
    pub(super) fn add_usual(&mut self) -> Result<(), String> {
        for name in &self.usual {
            let column = vocabulary::column(name)
                .ok_or_else(|| format!("`{name}` is not a usual column: explain it under [table.columns]"))?;
            self.columns.insert(Pattern::parse(name)?, column);
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.columns.is_empty() {
            return Err("expected columns: [table.columns] or `usual`".to_owned());
        }
        for (mark, rule) in &self.marks {
            if rule.note.is_some() == rule.without_note.is_some() {
                return Err(format!("expected either `note` or `without_note` of the footnote mark `{mark}`"));
            }
            if rule.without_note.is_none() && rule.gives().is_empty() && rule.why.is_none() {
                return Err(format!(
                    "expected what the footnote mark `{mark}` gives, such as `pool`, or `why` it changes nothing"
                ));
            }
        }
        let is_who = |column: &Column| column.role == Role::Who && column.settings.read.is_empty();
        if self.columns.values().any(is_who) && self.who.is_empty() {
            return Err("expected patterns for the `who` column: who = [{ match = … }]".to_owned());
        }
        Ok(())
    }
}

#[cfg(feature = "schema")]
fn count_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "oneOf": [{ "type": "boolean" }, { "type": "integer", "minimum": 0 }] })
}
