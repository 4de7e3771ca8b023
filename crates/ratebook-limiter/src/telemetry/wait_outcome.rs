//! How a wait for admission ends.

/// The outcome of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitOutcome {
    /// The call was admitted.
    Admitted,
    /// A limit fell below the call's cost, or the deadline passed.
    Refused,
    /// The caller dropped the future or the ticket.
    Left,
}

impl WaitOutcome {
    #[cfg(feature = "metrics")]
    /// All outcomes, in the order of their declaration: an outcome is the index of its histogram.
    pub(super) const ALL: [Self; 3] = [Self::Admitted, Self::Refused, Self::Left];

    #[cfg(feature = "metrics")]
    /// Returns the value of the label `outcome`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::Refused => "refused",
            Self::Left => "left",
        }
    }
}
