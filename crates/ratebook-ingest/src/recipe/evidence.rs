//! How the numbers of a rule are known, where the page leaves them open to reading.

use ratebook_source::Evidence;
use serde::Deserialize;
use serde::de::{self, Deserializer};

/// The evidence that a rule gives its limits. Written `{ inferred = "why" }` or `{ reviewed = "why" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum RuleEvidence {
    /// The page does not state a part of the limit, which follows from something else: the reason.
    Inferred(Why),
    /// A person decided how to read the page: the reason.
    Reviewed(Why),
}

/// A reason. It is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Why(String);

impl Why {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Why {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.trim().is_empty() {
            return Err(de::Error::custom("expected a reason, found a blank text"));
        }
        Ok(Self(text))
    }
}

impl RuleEvidence {
    /// Returns the evidence of a limit of the rule that was read with some evidence. What the reading left open stays open.
    pub(crate) fn over(&self, read: Evidence) -> Evidence {
        match (read, self) {
            (Evidence::Ambiguous | Evidence::Reviewed, _) => read,
            (Evidence::Stated | Evidence::Spanned | Evidence::Inferred, Self::Inferred(_)) => Evidence::Inferred,
            (Evidence::Stated | Evidence::Spanned | Evidence::Inferred, Self::Reviewed(_)) => Evidence::Reviewed,
        }
    }
}
