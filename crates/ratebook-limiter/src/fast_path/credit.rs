//! Credits: the headroom that meters lend to the fast path.

use std::sync::Arc;

use super::sync::{AtomicBool, AtomicU64};
use crate::cost::{Common, Measure};

/// The number of headrooms stored inside the lock, so that lock and headrooms fit one cache line.
pub(super) const INLINE_SLOTS: usize = 5;

/// The headroom that a meter has lent for the current tick; 0 while nothing is lent.
#[derive(Debug)]
pub(crate) struct Credit {
    /// Index of the headroom inside the lock. [`INLINE_SLOTS`] for a credit that stores its own.
    pub(super) slot: u8,
    pub(super) headroom: AtomicU64,
    /// Whether refunds may be added: the headroom is lent, and the meter owes nothing. Unused by inline credits, which
    /// have a bit in the lock.
    pub(super) is_refundable: AtomicBool,
}

/// A credit, and what a call takes of it.
#[derive(Clone, Debug)]
pub(crate) struct CreditRef {
    pub(super) slot: u8,
    pub(super) measure: Measure,
    pub(crate) credit: Arc<Credit>,
}

impl CreditRef {
    pub(crate) fn new(credit: &Arc<Credit>, measure: Measure) -> Self {
        Self { slot: credit.slot, measure, credit: Arc::clone(credit) }
    }
}

impl Credit {
    /// Returns the credit of the meter with this number, counted from 0 within its account.
    pub(crate) fn new(number: usize) -> Self {
        Self {
            slot: number.min(INLINE_SLOTS) as u8,
            headroom: AtomicU64::new(0),
            is_refundable: AtomicBool::new(false),
        }
    }
}

/// Index of an inline headroom. An enum rather than an integer, so that no access needs a bounds check.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum InlineSlot {
    S0,
    S1,
    S2,
    S3,
    S4,
}

impl InlineSlot {
    fn of(slot: u8) -> Option<Self> {
        [Self::S0, Self::S1, Self::S2, Self::S3, Self::S4].get(usize::from(slot)).copied()
    }
}

/// The credits of a call with one to four limits, all of them inline, on common dimensions and at weight one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InlineCredits {
    pub(super) len: u8,
    /// Entries at `len` and above repeat the first.
    pub(super) slots: [InlineSlot; 4],
    pub(super) dimensions: [Common; 4],
}

impl InlineCredits {
    /// Returns the inline form of `credits`, or `None` if there are more than four, none, or one that is not inline,
    /// has a weight, or counts a rare dimension.
    pub(crate) fn of(credits: &[CreditRef]) -> Option<Self> {
        if !(1..=4).contains(&credits.len()) {
            return None;
        }
        let (slots, dimensions) = ([InlineSlot::of(credits[0].slot)?; 4], [credits[0].measure.common()?; 4]);
        let mut inline = Self { len: credits.len() as u8, slots, dimensions };
        for (at, credit_ref) in credits.iter().enumerate() {
            (inline.slots[at], inline.dimensions[at]) =
                (InlineSlot::of(credit_ref.slot)?, credit_ref.measure.common()?);
        }
        Some(inline)
    }
}
