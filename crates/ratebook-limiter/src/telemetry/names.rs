//! Label values of metrics, and field values of events.

use super::reason::Reason;
use crate::pool::{PoolKey, PoolName};

impl Reason {
    /// Returns the value of the label `reason`.
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

/// Returns the name of a pool: that of its model or group, or `account`.
pub(super) fn name_of_pool(key: &PoolKey) -> &str {
    match &key.pool {
        PoolName::Account => "account",
        PoolName::Group(name) | PoolName::Model(name) => name,
    }
}

/// Returns the value of the label `model`: the name of the pool that the fewest other calls draw from.
pub(super) fn name_of_calls(limits: &[&PoolKey]) -> String {
    limits.iter().min_by_key(|key| key.reach()).map_or("account", |key| name_of_pool(key)).to_owned()
}
