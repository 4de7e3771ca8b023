//! The rules for tables.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::arrange::{HeaderText, Pass, Plausible};
use super::attributes::with_attributes;
use super::column::{Column, Role};
use super::pattern::TextPattern;
use super::rules::{Count, SectionPattern, TextRule};

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
    /// A row that lacks its merged first cell gets a blank one, so that its other cells move right.
    RestoreFirstCell,
}

/// What two rows of a table with one key mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Duplicates {
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

with_attributes! {
    /// A rule for tables, which claims each table with its columns, below its section.
    #[derive(Clone, Debug, PartialEq)]
    pub struct TableRule {
        /// The rule's name in messages.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        pub id: Spanned<String>,
        /// The ids of the pages. Default: every page.
        #[serde(default)]
        pub pages: Vec<String>,
        /// The number of tables that the rule must claim. Default: 1. `false`: any number.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(schema_with = "super::rules::count_schema"))]
        pub required: Count,
        /// The section in which the rule applies. Default: every section.
        pub under: Option<SectionPattern>,
        /// Whether the first column of the page's table has the names of the columns.
        #[serde(default)]
        pub transpose: bool,
        /// The columns with their meaning, by the pattern of their names.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, Column>"))]
        pub columns: BTreeMap<TextPattern, Column>,
        /// Columns with usual names, such as `Model` and `RPM`, whose meaning needs no explanation.
        #[serde(default)]
        pub usual: Vec<String>,
        /// The patterns of the `who` column.
        #[serde(default)]
        pub who: Vec<TextRule>,
        /// The patterns of rows with one text, which name what the rows below have in common.
        #[serde(default)]
        pub group: Vec<TextRule>,
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
        #[serde(rename = "twice")]
        pub duplicates: Option<Duplicates>,
        /// The whole table states no limit, for this reason.
        #[serde(rename = "skip")]
        pub aside: Option<String>,
        /// What the footnote marks of the table mean. A mark without a rule is an error.
        #[serde(default)]
        pub marks: BTreeMap<String, MarkRule>,
    }
}

with_attributes! {
    /// What a footnote mark means for the limits of its cell: of a value, of all of a row, or of all of a column.
    #[derive(Clone, Debug, PartialEq)]
    pub struct MarkRule {
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

impl TableRule {
    /// Adds the usual columns to those that the recipe explains.
    pub(super) fn add_usual(&mut self) -> Result<(), String> {
        for name in &self.usual {
            let column = Column::usual(name)
                .ok_or_else(|| format!("`{name}` is not a usual column: explain it under [table.columns]"))?;
            self.columns.insert(TextPattern::parse(name)?, column);
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
            if rule.without_note.is_none() && rule.attributes().is_empty() && rule.why.is_none() {
                return Err(format!(
                    "expected what the footnote mark `{mark}` gives, such as `pool`, or `why` it changes nothing"
                ));
            }
        }
        let is_who = |column: &Column| column.role == Role::Selector && column.settings.read.is_empty();
        if self.columns.values().any(is_who) && self.who.is_empty() {
            return Err("expected patterns for the `who` column: who = [{ match = … }]".to_owned());
        }
        Ok(())
    }
}
