//! The label of an account in metrics and events.

use std::sync::Arc;

/// The identity of an account in metrics and events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Label {
    /// The name, which distinguishes accounts at the same provider.
    pub(crate) name: Option<Arc<str>>,
    /// Whether the account belongs to a [`Keyed`](crate::Keyed), whose accounts count together.
    pub(crate) is_keyed: bool,
}
