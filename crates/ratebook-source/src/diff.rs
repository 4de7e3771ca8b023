//! The difference between two readings of a provider's limits.

use crate::limit::Limit;

impl Limit {
    /// Returns whether two limits are equal, without regard to dates of change and to their places on the pages.
    pub fn states_the_same(&self, other: &Self) -> bool {
        let blank = |limit: &Self| Self { page: None, section: None, changed: None, line: None, ..limit.clone() };
        blank(self) == blank(other)
    }
}

/// One difference between two readings of a provider's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// The limit is only in the newer reading.
    Added(&'a Limit),
    /// The limit is only in the older reading.
    Removed(&'a Limit),
    /// The limit is in both readings, with another value, evidence or name.
    Changed {
        /// The limit in the older reading.
        before: &'a Limit,
        /// The limit in the newer reading.
        after: &'a Limit,
    },
}

/// Returns the changes from one sorted reading to another, in the order of the file. Days of change and lines of the page
/// are not compared.
pub fn diff<'a>(before: &'a [Limit], after: &'a [Limit]) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return changes,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(old), Some(new)) => old.key().cmp(&new.key()),
        };
        let old = if order.is_le() { before.next() } else { None };
        let new = if order.is_ge() { after.next() } else { None };
        match (old, new) {
            (Some(old), Some(new)) if old.states_the_same(new) => {}
            (Some(old), Some(new)) => changes.push(Change::Changed { before: old, after: new }),
            (Some(old), None) => changes.push(Change::Removed(old)),
            (None, Some(new)) => changes.push(Change::Added(new)),
            (None, None) => unreachable!("one side had an item"),
        }
    }
}
