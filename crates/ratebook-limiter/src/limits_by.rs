//! How the limits of a model were found.

use std::fmt;

use ratebook::Rule;

/// How the limits of a model were found: [`Model::rule`](crate::Model::rule).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitsBy {
    /// By a rule of the catalog.
    Catalog(Rule),
    /// The catalog has the model in another region or plan than the account's: only what was
    /// [negotiated](crate::AccountBuilder::negotiated) for it holds.
    Negotiated,
    /// Limits that the account was [given](crate::AccountBuilder::limit) name the model, or a group that it is in.
    Configured,
    /// Of the limits that a [custom account](crate::Account::custom) was given, only those of every model hold.
    ConfiguredDefault,
}

impl LimitsBy {
    /// Whether nothing was found of the model itself: only what holds for every model of the account, or for models whose
    /// size is not known. The name may be misspelt.
    pub const fn is_default(self) -> bool {
        match self {
            Self::Catalog(rule) => rule.is_default(),
            Self::Negotiated | Self::Configured => false,
            Self::ConfiguredDefault => true,
        }
    }
}

impl fmt::Display for LimitsBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Catalog(rule) => rule.fmt(f),
            Self::Negotiated => f.write_str("negotiated limits"),
            Self::Configured => f.write_str("configured limits of the model"),
            Self::ConfiguredDefault => f.write_str("configured limits of every model"),
        }
    }
}
