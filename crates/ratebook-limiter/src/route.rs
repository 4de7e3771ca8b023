//! A route: the limits that a kind of call draws from, and how its calls stand among others.

use std::sync::Arc;

use crate::cost::{Cost, Dimension};
use crate::draw::Draw;
use crate::hot::{Latched, Quick, Refused, Tap};
use crate::learn::Outputs;
use crate::nanos::Nanos;
use crate::telemetry::Recorder;

/// The limits that a kind of call draws from, resolved to meters.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) draws: Arc<[Draw]>,
    /// The cells of the draws, in their order.
    pub(crate) taps: Box<[Tap]>,
    /// The same, where they are few.
    pub(crate) quick: Option<Quick>,
    pub(crate) refused: Refused,
    pub(crate) lane: usize,
    /// Whether everything is admitted, and only said what would have been.
    pub(crate) shadow: bool,
    pub(crate) holds_places: bool,
    pub(crate) outputs: Outputs,
    pub(crate) recorder: Recorder,
}

impl Route {
    /// Takes a call's cost from every cell, or from none: then the schedule has to decide.
    #[inline(always)]
    pub(crate) fn take(&self, latched: &Latched<'_>, tick: Nanos, cost: &Cost) -> bool {
        match &self.quick {
            Some(quick) => latched.take_quick(tick.get(), quick, cost),
            None => latched.take(tick.get(), &self.taps, cost),
        }
    }

    /// Gives back to every cell, or to none; `false` where the schedule has to do it.
    #[inline(always)]
    pub(crate) fn give(&self, latched: &Latched<'_>, tick: Nanos, amounts: impl Fn(Dimension) -> u64) -> bool {
        match &self.quick {
            Some(quick) => latched.give_quick(tick.get(), quick, amounts),
            None => latched.give(tick.get(), &self.taps, amounts),
        }
    }
}

/// How the calls of a handle are decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Order {
    /// Whether guaranteed limits may be exceeded.
    pub(crate) exceeds_guarantees: bool,
    /// Whether everything is admitted, and only said what would have been.
    pub(crate) shadow: bool,
}
