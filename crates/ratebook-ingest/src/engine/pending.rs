//! What texts state that a reading can resolve only after it has read the whole page.

use ratebook_source::{Evidence, Factor, Limit};

use crate::recipe::{self, GrowthFields};

/// What a reading resolves at the end of the page.
#[derive(Default)]
pub(super) struct Pending<'a> {
    /// The ranges that rows state beside the names of size classes.
    pub(super) ranges: Vec<StatedRange>,
    /// Limits that repeat one of another rule.
    pub(super) repeats: Vec<Repeat>,
    /// Limits whose amounts are multiples of another plan's.
    pub(super) multiples: Vec<Multiple>,
    /// Plans of which every limit is a multiple of another plan's.
    pub(super) plan_multiples: Vec<PlanMultiple>,
    /// How limits grow with use.
    pub(super) growths: Vec<StatedGrowth<'a>>,
    /// The limits of the points of ramps, each with its minutes.
    pub(super) ramp_points: Vec<(u32, Limit)>,
    /// What accounts must have paid for a plan.
    pub(super) qualifications: Vec<Qualification>,
    /// The first limits of the rows with one key to which a decision was applied.
    pub(super) decided_rows: Vec<Limit>,
}

/// Resolves items in rounds until a round resolves none, since one may need another further down. `resolve` returns an item
/// that has to wait. Returns those that still wait.
pub(super) fn in_rounds<T>(mut open: Vec<T>, mut resolve: impl FnMut(T) -> Option<T>) -> Vec<T> {
    loop {
        let before = open.len();
        open = open.into_iter().filter_map(&mut resolve).collect();
        if open.len() == before {
            return open;
        }
    }
}

/// A range of a size class that a row states beside the class's name.
pub(super) struct StatedRange {
    pub(super) line: u32,
    pub(super) class: String,
    pub(super) range: (u64, Option<u64>),
    pub(super) label: String,
}

/// A limit that repeats one of another rule.
pub(super) struct Repeat {
    /// The id of the rule that reads the repetition.
    pub(super) rule: String,
    pub(super) limit: Limit,
}

/// A limit with a factor, whose amount is not known yet.
pub(super) struct Multiple {
    /// The number of facts above it.
    pub(super) at: usize,
    pub(super) limit: Limit,
}

/// A plan of which every limit is a multiple.
pub(super) struct PlanMultiple {
    /// The number of facts above it.
    pub(super) at: usize,
    pub(super) line: u32,
    pub(super) plan: String,
    pub(super) factor: Factor,
    pub(super) evidence: Evidence,
}

/// What the texts of one rule state of growth.
pub(super) struct StatedGrowth<'a> {
    pub(super) rule: &'a recipe::GrowthRule,
    /// The line of the first text.
    pub(super) line: u32,
    pub(super) fields: GrowthFields,
}

/// What an account must have paid for a plan.
pub(super) struct Qualification {
    pub(super) line: u32,
    pub(super) plan: String,
    /// The payment, in US dollars.
    pub(super) usd: u64,
}
