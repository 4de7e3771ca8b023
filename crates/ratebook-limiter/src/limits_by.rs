//! How the limits of a model were found.

use std::fmt;

use ratebook::Rule;

/// How the limits of a model were found. Returned by [`Model::found_by`](crate::Model::found_by).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitsBy {
    /// By a rule of the catalog.
    Catalog(Rule),
    /// By [negotiated](crate::AccountBuilder::negotiated) amounts only: the catalog has the model in another region or
    /// plan than the account's.
    Negotiated,
    /// By limits that the program [added](crate::AccountBuilder::limit) for the model, or for a group with the model.
    Configured,
    /// By the limits for all models of a [custom account](crate::Account::custom): none names this model.
    ConfiguredDefault,
}

impl LimitsBy {
    /// Returns whether only a default was found: limits for every model of the account, or for models of unknown size.
    /// The name may be misspelt.
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
