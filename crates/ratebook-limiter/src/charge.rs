//! The charge of an admitted call.

use crate::clock::Tick;
use crate::meter::MeterId;
use crate::nanos::{Nanos, When};

/// When a call was charged, and what to report about its admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    /// The tick of the charge. Refunds find the charge by it.
    pub(crate) tick: Nanos,
    /// The latest time at which it was made.
    pub(crate) at: Nanos,
    pub(crate) note: AdmissionNote,
}

/// What an admission has to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdmissionNote {
    /// Nothing.
    Nothing,
    /// A guaranteed limit is exceeded.
    BeyondGuarantee,
    /// In shadow mode: the meter that would have delayed the call, and until when.
    WouldHaveWaited { meter: MeterId, until: When },
}

impl Charge {
    /// Returns a charge as of a tick, with nothing to report.
    #[inline]
    pub(crate) fn at(tick: Tick) -> Self {
        Self { tick: tick.tick, at: tick.latest, note: AdmissionNote::Nothing }
    }
}
