//! The reason of a refusal.

/// The reason of a refusal, the label `reason` of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The call fits later, and the caller did not wait.
    Wait,
    /// The wait is longer than the caller allows.
    Deadline,
    /// The call is above a limit.
    Never,
    /// The vendor refused the call.
    #[cfg(feature = "feedback")]
    Vendor,
    /// The call was admitted in shadow mode only.
    Shadow,
}
