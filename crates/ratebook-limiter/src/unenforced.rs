//! Limits that no decision before a call enforces.

use std::fmt;

use ratebook::{Date, Limit};

/// A limit that governs the calls of a model and that no decision before a call enforces. Returned by
/// [`Model::unenforced`](crate::Model::unenforced).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unenforced {
    /// The limit of the catalog, with the vendor's page and section.
    pub limit: Limit,
    /// Why it is not enforced.
    pub reason: UnenforcedReason,
}

/// Why a limit is not enforced before a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnenforcedReason {
    /// Calls do not use the metric: it counts what the account keeps, such as files or GPUs.
    NotUsed,
    /// The amount is known after the call only. It is charged then, and later calls wait for it, so calls that are in
    /// flight together may exceed the limit.
    CountedAfter,
    /// The page refers to another place for the amount, such as a console. Set the amount with
    /// [`AccountBuilder::negotiated`](crate::AccountBuilder::negotiated) to enforce it.
    StatedElsewhere,
    /// The limit was for a time, and this was its last day, in UTC.
    Ended(Date),
    /// The limit is a guarantee above the [negotiated](crate::AccountBuilder::negotiated) amount.
    AboveNegotiated,
}

impl fmt::Display for Unenforced {
    /// `20 failed_requests per 30s (acme, meter): counted after the call`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.limit, crate::limit::citation(self.limit.entry), self.reason)
    }
}

impl fmt::Display for UnenforcedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUsed => f.write_str("calls do not use the metric"),
            Self::CountedAfter => f.write_str("counted after the call"),
            Self::StatedElsewhere => f.write_str("the vendor states the amount elsewhere"),
            Self::Ended(day) => write!(f, "ended on {day}"),
            Self::AboveNegotiated => f.write_str("a guarantee above the negotiated amount"),
        }
    }
}
