//! The amount of a limit.

use std::fmt;
use std::str::FromStr;

use crate::UnknownWord;

/// The amount of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amount {
    /// A number of units of the metric.
    Count(u64),
    /// The page states that there is no limit.
    Unlimited,
    /// To be agreed with the vendor.
    Custom,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Unlimited => f.write_str("unlimited"),
            Self::Custom => f.write_str("custom"),
        }
    }
}

impl FromStr for Amount {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "unlimited" => Some(Self::Unlimited),
            "custom" => Some(Self::Custom),
            // `u64` would parse a sign.
            _ if word.starts_with('+') => None,
            _ => word.parse().ok().map(Self::Count),
        }
        .ok_or_else(|| UnknownWord {
            vocabulary: "amount",
            word: word.to_owned(),
            known: &["a whole number below 2^64", "unlimited", "custom"],
        })
    }
}
