//! The parts of a limit's key that a recipe may give.

/// A part of a limit's key that a column, heading or pattern may give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyPart {
    /// Where the provider serves: `eu`.
    Region,
    /// The pricing plan or usage tier: `tier-1`.
    Plan,
    /// How the capacity is bought or invoked: `cross-region`.
    Deployment,
    /// How calls are processed: `batch`.
    Mode,
    /// The class of context lengths: `> 272K`.
    Context,
}

impl KeyPart {
    /// All parts, in the order of `limits.tsv`.
    pub const ALL: [Self; 5] = [Self::Region, Self::Plan, Self::Deployment, Self::Mode, Self::Context];

    /// Returns the name in recipes and fact pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Plan => "plan",
            Self::Deployment => "deployment",
            Self::Mode => "mode",
            Self::Context => "context",
        }
    }

    /// Returns the part of a name, or `None` if there is none.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.word() == word)
    }
}
