//! How a page is arranged before the rules read it: lines of flattened text, texts of a table's header, and named passes.

use serde::Deserialize;

use super::pattern::TextPattern;

/// Lines of flattened text that are not cells: headings, or labels without a meaning.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LineRule {
    /// Patterns of the whole line.
    #[serde(rename = "match")]
    pub patterns: Vec<TextPattern>,
    /// The level of the heading, 1 to 6. Default: the line is a label without a meaning, such as `Note`.
    pub level: Option<u8>,
}

/// A line of a cell that is read as another text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reword {
    /// Words that the line has, without regard to case.
    pub when: Vec<String>,
    /// The text in our words, which the patterns of cells read.
    pub says: String,
}

/// A text in the header of a table that is not the name of a column.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeaderText {
    /// The pattern of the whole text.
    #[serde(rename = "match")]
    pub pattern: TextPattern,
    /// What it adds to the name of its column, in our words: `(input)` makes `TPM (input)` of `TPM`. Default: nothing, as for
    /// a title over several columns.
    pub says: Option<String>,
}

/// A named pass over the tables of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Pass {
    /// Tables with one cell a line, or one cell a paragraph, without the cells that merged cells cover. The name of a model
    /// begins a row.
    LostCells,
    /// A blank or missing amount is that of the row above, which a merged cell extends. If a row has one amount for two
    /// columns, each column is tried, with the other amount from the row above. If `plausible` accepts exactly one of the two
    /// pairs, that one is used; if it accepts both or neither, the limits are `ambiguous`.
    MergedValues,
}

/// Which pairs of requests and tokens per minute are plausible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plausible {
    /// The most requests per minute.
    pub max_requests_per_minute: u64,
    /// The fewest tokens per minute.
    pub min_tokens_per_minute: u64,
    /// The fewest tokens per request.
    pub min_tokens_per_request: u64,
}

impl LineRule {
    /// Returns whether a pattern consumes a text.
    pub fn matches(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(text).is_some())
    }
}

impl Reword {
    /// Returns the text in our words, or `None` if the line lacks a word.
    pub fn read(&self, line: &str) -> Option<&str> {
        let lower = line.to_lowercase();
        let has = |word: &String| lower.contains(&word.to_lowercase());
        (line == self.says || self.when.iter().all(has)).then_some(self.says.as_str())
    }
}
