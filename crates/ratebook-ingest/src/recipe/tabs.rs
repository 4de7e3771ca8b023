//! Tabs whose labels stand on a bare line, without the markup of tabs.

use serde::Deserialize;
use toml::Spanned;

use super::rules::Count;

/// The labels of tabs, where the page has them on a line of their own (`Free | Tier 1 | Tier 2`) or one a line, and the
/// panels below. Each panel is a table or a list: as many as labels, in their order, or each below its own label. A rule
/// with `under = { tab = … }` reads them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TabsRule {
    /// All labels, in the order of the page. A line with another label is an error.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub labels: Spanned<Vec<String>>,
    /// The ids of the pages. Default: every page.
    #[serde(default)]
    pub pages: Vec<String>,
    /// The number of such lines that must be on the pages. Default: 1. `false`: any number.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "super::rules::count_schema"))]
    pub required: Count,
}

impl TabsRule {
    /// Returns the name of the rule in the ledger.
    pub(crate) fn rule(&self) -> String {
        format!("tabs[{}]", self.labels.get_ref().join(" | "))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let labels = self.labels.get_ref();
        if labels.len() < 2 {
            return Err("expected the labels of at least two tabs".to_owned());
        }
        for (at, label) in labels.iter().enumerate() {
            if label.trim() != label || label.is_empty() || label.contains(['|', '\n']) {
                return Err(format!("expected the label of a tab, found `{label}`"));
            }
            if labels[..at].contains(label) {
                return Err(format!("two tabs have the label `{label}`"));
            }
        }
        Ok(())
    }
}
