//! The names of a provider besides those in its limits: families, patterns, regions, and what became of former names.

use std::fmt;
use std::str::FromStr;

use crate::UnknownWord;
use crate::date::Date;
use crate::limit::EntryKey;
use crate::words::Kind;

/// A family of models: an entry of kind `family` has its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// The family's name, such as `claude-opus-4`.
    pub name: String,
    /// Patterns of the members' names.
    pub patterns: Vec<Pattern>,
    /// The members that the page lists, in its spelling.
    pub members: Vec<String>,
    /// Patterns of names that are not members although a pattern matches them.
    pub exceptions: Vec<Pattern>,
}

/// A region that a provider serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Region {
    /// The region's name, such as `us-east-1`.
    pub name: String,
    /// Other names of it, such as `US East (N. Virginia)`.
    pub aliases: Vec<String>,
}

/// A pattern of names: text, in which `*` is any text, at most once, and `#` is one digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern(String);

impl Pattern {
    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Pattern {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let is_valid = !text.is_empty() && text.find('*') == text.rfind('*') && !text.contains(char::is_whitespace);
        is_valid.then(|| Self(text.to_owned())).ok_or_else(|| UnknownWord {
            vocabulary: "pattern",
            word: text.to_owned(),
            known: &["a name without spaces, with at most one `*`, and with `#` for digits"],
        })
    }
}

/// Names that stand for another name: `us.*` for `*` with the deployment `cross-region`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// The names.
    pub pattern: Pattern,
    /// The name that they stand for. `*` is the text that the `*` of the pattern matched.
    pub name: String,
    /// The parts of the key that the names set.
    pub sets: KeyParts,
}

/// Parts of a key, by their names in the catalog. `None` is a part that is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyParts {
    /// The region, such as `us-east-1`.
    pub region: Option<String>,
    /// The plan, such as `tier-1`.
    pub plan: Option<String>,
    /// The deployment, such as `global-standard`.
    pub deployment: Option<String>,
    /// The mode, such as `batch`.
    pub mode: Option<String>,
    /// The class of context lengths, such as `> 272K`.
    pub context: Option<String>,
}

impl KeyParts {
    /// Returns the parts with their names.
    pub fn parts(&self) -> [(&'static str, Option<&str>); 5] {
        let Self { region, plan, deployment, mode, context } = self;
        [("region", region), ("plan", plan), ("deployment", deployment), ("mode", mode), ("context", context)]
            .map(|(name, part)| (name, part.as_deref()))
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) -> Option<()> {
        let part = match name {
            "region" => &mut self.region,
            "plan" => &mut self.plan,
            "deployment" => &mut self.deployment,
            "mode" => &mut self.mode,
            "context" => &mut self.context,
            _ => return None,
        };
        *part = Some(value.to_owned());
        Some(())
    }
}

/// An entry that the pages no longer state. Its constant stays for a year, without limits and deprecated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The day on which the entry was missing, or the day of retirement if the pages stated one.
    pub on: Date,
    /// Whether the pages stated that it was retired.
    pub was_retired: bool,
    /// The kind of selector, such as a model or a size class.
    pub kind: Kind,
    /// The name of the selector, as its constant is derived from: `*` for every call and for the rest of the models.
    pub name: String,
    /// The parts of the entry's key that it had.
    pub parts: KeyParts,
}

impl Removed {
    /// Returns the entry's key.
    pub fn entry_key(&self) -> EntryKey<'_> {
        let KeyParts { region, plan, deployment, mode, context } = &self.parts;
        EntryKey {
            region: region.as_deref(),
            plan: plan.as_deref(),
            deployment: deployment.as_deref(),
            mode: mode.as_deref(),
            context: context.as_deref(),
            kind: self.kind,
            name: &self.name,
        }
    }

    /// Returns whether the entry keeps its constant on a day: for a year.
    pub fn is_kept(&self, today: Date) -> bool {
        !today.is_a_year_after(self.on)
    }
}

/// The name that replaces the name of retired or removed entries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replacement {
    /// The former name.
    pub name: String,
    /// The name that replaces it.
    pub new: String,
}
