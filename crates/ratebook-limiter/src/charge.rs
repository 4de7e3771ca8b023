//! What an admission charged.

use crate::clock::Reading;

/// What was charged for an admitted call, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    pub(crate) tick: u64,
    pub(crate) at: u64,
    pub(crate) remark: Remark,
}

/// What there is to say about an admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remark {
    Nothing,
    /// A guaranteed limit is exceeded.
    BeyondGuarantee,
    /// In shadow mode, the meter that would have held the call back, and until when.
    HeldBack {
        meter: u32,
        until: u64,
    },
}

impl Charge {
    /// A charge as of a reading of the clock, with nothing more to say.
    #[inline]
    pub(crate) fn at(reading: Reading) -> Self {
        Self { tick: reading.earliest, at: reading.latest, remark: Remark::Nothing }
    }
}
