//! The rules by which the limits of a call are found.

use core::fmt;

/// The rule by which the limits of a call were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// The model's name is in the catalog.
    Exact,
    /// The name is an alias of a model in the catalog.
    Alias {
        /// The model's name in the catalog.
        of: &'static str,
    },
    /// The name is that of a model in the catalog except for case, spaces and punctuation: `GPT-4.1 Mini`.
    Alike {
        /// The model's name in the catalog.
        of: &'static str,
    },
    /// The model is a member of a family with limits.
    Family {
        /// The family.
        family: &'static str,
    },
    /// The page lists the model as an example of a size class.
    Member {
        /// The size class.
        class: &'static str,
    },
    /// The number of parameters in the name is in a size class.
    SizeClass {
        /// The size class.
        class: &'static str,
        /// The number of parameters in the name.
        parameters: u64,
    },
    /// The model has no limits of its own, and the default of its task applies.
    TaskDefault {
        /// The task.
        task: &'static str,
    },
    /// The size of the model is unknown, and the provider's limits differ by size: those of the strictest size class.
    UnknownSize {
        /// The size class.
        class: &'static str,
    },
    /// The model has no limits of its own, and those of all such models apply.
    Rest,
    /// The limits of the call's endpoint were found, and none of the model.
    Endpoint {
        /// The endpoint.
        endpoint: &'static str,
    },
    /// Only the limits of every call of the account were found.
    ProviderDefault,
}

impl Rule {
    /// Returns whether the rule is a default for unknown models: the limits of every call, of the rest of the models, or of
    /// models of unknown size. The name may be misspelled.
    #[inline]
    pub const fn is_default(self) -> bool {
        match self {
            Self::UnknownSize { .. } | Self::Rest | Self::ProviderDefault => true,
            Self::Exact
            | Self::Alias { .. }
            | Self::Alike { .. }
            | Self::Family { .. }
            | Self::Endpoint { .. }
            | Self::Member { .. }
            | Self::SizeClass { .. }
            | Self::TaskDefault { .. } => false,
        }
    }
}

impl fmt::Display for Rule {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact name"),
            Self::Alias { of } => write!(f, "alias of {of}"),
            Self::Alike { of } => write!(f, "name of {of}, written differently"),
            Self::Family { family } => write!(f, "member of family {family}"),
            Self::Member { class } => write!(f, "example of size class {class}"),
            Self::SizeClass { class, parameters } => {
                write!(f, "size class {class} by {parameters} parameters in the name")
            }
            Self::TaskDefault { task } => write!(f, "default of task {task}"),
            Self::UnknownSize { class } => write!(f, "strictest size class {class}, since the name states no size"),
            Self::Rest => f.write_str("default of the rest of the models"),
            Self::Endpoint { endpoint } => write!(f, "endpoint {endpoint}"),
            Self::ProviderDefault => f.write_str("default of the provider"),
        }
    }
}
