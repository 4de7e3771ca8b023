//! A route: the limits that a kind of call draws from, and how its calls stand among others.

use std::sync::Arc;

use crate::cost::{Cost, Dimension};
use crate::draw::Draw;
use crate::fast_path::{CellRef, FastGuard, InlineCells, RefusalCache};
use crate::nanos::Nanos;
use crate::output_sizes::OutputSizes;
use crate::telemetry::Recorder;

/// The limits that a kind of call draws from, resolved to meters.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) draws: Arc<[Draw]>,
    /// The cells of the draws, in their policy.
    pub(crate) cells: Box<[CellRef]>,
    /// The same, where they are few.
    pub(crate) inline: Option<InlineCells>,
    pub(crate) refusal_cache: RefusalCache,
    pub(crate) route_queue: usize,
    /// Whether everything is admitted, and only said what would have been.
    pub(crate) shadow: bool,
    pub(crate) holds_slots: bool,
    pub(crate) outputs: OutputSizes,
    pub(crate) recorder: Recorder,
}

impl Route {
    /// Takes a call's cost from every cell, or from none: then the schedule has to decide.
    #[inline(always)]
    pub(crate) fn take(&self, guard: &FastGuard<'_>, tick: Nanos, cost: &Cost) -> bool {
        match &self.inline {
            Some(inline) => guard.take_inline(tick.get(), inline, cost),
            None => guard.take(tick.get(), &self.cells, cost),
        }
    }

    /// Gives back to every cell, or to none; `false` where the schedule has to do it.
    #[inline(always)]
    pub(crate) fn give(&self, guard: &FastGuard<'_>, tick: Nanos, amounts: impl Fn(Dimension) -> u64) -> bool {
        match &self.inline {
            Some(inline) => guard.give_inline(tick.get(), inline, amounts),
            None => guard.give(tick.get(), &self.cells, amounts),
        }
    }
}

/// How the calls of a handle are decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AdmissionPolicy {
    /// Whether guaranteed limits may be exceeded.
    pub(crate) exceeds_guarantees: bool,
    /// Whether everything is admitted, and only said what would have been.
    pub(crate) shadow: bool,
}
