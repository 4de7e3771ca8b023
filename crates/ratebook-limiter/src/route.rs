//! A route: the limits that a kind of call draws from, and how its calls stand among others.

use crate::cost::{Cost, Dimension};
use crate::hot::{Latched, Quick, Refused, Tap};
use crate::learn::Outputs;
use crate::limit::LimitInForce;
use crate::telemetry::Teller;

/// The limits that a kind of call draws from, resolved to meters.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) draws: Box<[Draw]>,
    /// The cells of the draws, in their order.
    pub(crate) taps: Box<[Tap]>,
    /// The same, where they are few.
    pub(crate) quick: Option<Quick>,
    pub(crate) refused: Refused,
    pub(crate) lane: usize,
    pub(crate) order: Order,
    pub(crate) holds_places: bool,
    pub(crate) outputs: Outputs,
    pub(crate) teller: Teller,
}

impl Route {
    /// Takes a call's cost from every cell, or from none: then the schedule has to decide.
    #[inline(always)]
    pub(crate) fn take(&self, latched: &Latched<'_>, tick: u64, cost: &Cost) -> bool {
        match &self.quick {
            Some(quick) => latched.take_quick(tick, quick, cost),
            None => latched.take(tick, &self.taps, cost),
        }
    }

    /// Gives back to every cell, or to none; `false` where the schedule has to do it.
    #[inline(always)]
    pub(crate) fn give(&self, latched: &Latched<'_>, tick: u64, amounts: impl Fn(Dimension) -> u64) -> bool {
        match &self.quick {
            Some(quick) => latched.give_quick(tick, quick, amounts),
            None => latched.give(tick, &self.taps, amounts),
        }
    }
}

/// One limit of a route.
#[derive(Debug)]
pub(crate) struct Draw {
    pub(crate) meter: usize,
    pub(crate) dimension: Dimension,
    /// The limit as it was when the route was made; a refusal by the meter itself has it as it is.
    pub(crate) limit: LimitInForce,
}

/// How the calls of a route stand among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Order {
    /// Nanoseconds by which a call counts as arrived later than it did.
    pub(crate) later_by: u64,
    /// Whether guaranteed limits may be exceeded.
    pub(crate) exceeds_guarantees: bool,
    /// Whether everything is admitted, and only said what would have been.
    pub(crate) shadow: bool,
}
