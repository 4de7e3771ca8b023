//! Counts of what was claimed, set aside and left open.

use std::collections::BTreeMap;

use super::Disposition;

/// The counts of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tables, paragraphs, items, code blocks and unread blocks, and headings that state a rate.
    pub blocks: Tally,
    /// Numbers. Those of a merged cell count once.
    pub numbers: Tally,
}

/// How many were claimed, set aside and left open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The number that rules claimed.
    pub claimed: u64,
    /// The number set aside, by reason.
    pub set_aside: BTreeMap<String, u64>,
    /// The number left open.
    pub open: u64,
}

impl Tally {
    /// Returns the number of all.
    pub fn found(&self) -> u64 {
        self.claimed + self.open + self.set_aside.values().sum::<u64>()
    }

    pub(super) fn add(&mut self, disposition: &Disposition) {
        match disposition {
            Disposition::Open => self.open += 1,
            Disposition::Claimed { .. } => self.claimed += 1,
            Disposition::SetAside { reason } => *self.set_aside.entry(reason.to_string()).or_default() += 1,
        }
    }
}
