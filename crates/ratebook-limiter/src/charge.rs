//! What an admission charged.

use crate::clock::Tick;
use crate::meter::MeterId;
use crate::nanos::{Nanos, When};

/// What was charged for an admitted call, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    /// The tick of the clock, by which the charge is found.
    pub(crate) tick: Nanos,
    /// When it was made, at the latest.
    pub(crate) at: Nanos,
    pub(crate) note: AdmissionNote,
}

/// What there is to say about an admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdmissionNote {
    Nothing,
    /// A guaranteed limit is exceeded.
    BeyondGuarantee,
    /// In shadow mode, the meter that would have held the call back, and until when.
    WouldHaveWaited {
        meter: MeterId,
        until: When,
    },
}

impl Charge {
    /// A charge as of a tick of the clock, with nothing more to say.
    #[inline]
    pub(crate) fn at(tick: Tick) -> Self {
        Self { tick: tick.tick, at: tick.latest, note: AdmissionNote::Nothing }
    }
}
