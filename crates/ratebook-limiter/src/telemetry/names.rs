//! The words of metrics and events.

use super::reason::Reason;
use crate::pool::{PoolKey, PoolName};

impl Reason {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Deadline => "deadline",
            Self::Never => "never",
            #[cfg(feature = "feedback")]
            Self::Vendor => "vendor",
            Self::Shadow => "shadow",
        }
    }
}

/// The name of a pool: a model's, a group's, or `account`.
pub(super) fn name_of_pool(key: &PoolKey) -> &str {
    match &key.pool {
        PoolName::Account => "account",
        PoolName::Group(name) | PoolName::Model(name) => name,
    }
}

/// The name of the calls that draw from some limits: of the pool that the fewest other calls draw from.
pub(super) fn name_of_calls(limits: &[&PoolKey]) -> String {
    limits.iter().min_by_key(|key| key.reach()).map_or("account", |key| name_of_pool(key)).to_owned()
}
