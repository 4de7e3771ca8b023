//! Routes: the limits that the calls of a handle draw from, resolved to meters and credits.

use std::sync::Arc;

use crate::cost::Cost;
use crate::draw::Draw;
use crate::fast_path::{CreditRef, FastGuard, InlineCredits, RefusalCache};
use crate::nanos::Nanos;
use crate::output_sizes::OutputSizes;
use crate::telemetry::Recorder;

/// The limits of a kind of call, resolved to meters.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) draws: Arc<[Draw]>,
    /// The credits of the draws, in the same order.
    pub(crate) credits: Box<[CreditRef]>,
    /// The inline form of `credits`, if there are few enough.
    pub(crate) inline: Option<InlineCredits>,
    pub(crate) refusal_cache: RefusalCache,
    pub(crate) route_queue: usize,
    /// Whether every call is admitted, and a refusal only noted.
    pub(crate) shadow: bool,
    /// Whether a call holds something until it ends: a slot of concurrency, a place in a queue.
    pub(crate) holds_slots: bool,
    /// Whether the vendor charges the maximum output of a call, whatever it generates.
    pub(crate) charges_max_output: bool,
    pub(crate) outputs: OutputSizes,
    pub(crate) recorder: Recorder,
}

impl Route {
    /// Charges a call to all credits. Returns `false`, and charges nothing, if the schedule has to decide.
    #[inline(always)]
    pub(crate) fn try_charge(&self, guard: &FastGuard<'_>, tick: Nanos, cost: &Cost) -> bool {
        match &self.inline {
            Some(inline) => guard.try_charge_inline(tick.get(), inline, cost.common()),
            None => guard.try_charge(tick.get(), &self.credits, cost),
        }
    }
}

/// How the calls of a handle are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AdmissionPolicy {
    /// Whether guaranteed limits may be exceeded.
    pub(crate) exceeds_guarantees: bool,
    /// Whether every call is admitted, and a refusal only noted.
    pub(crate) shadow: bool,
}
