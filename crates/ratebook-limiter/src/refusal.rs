//! Why a call is not admitted, and why an account cannot be built.

use std::time::Duration;

use ratebook::{Date, Plan, Provider, Region};

use crate::limit::LimitInForce;
use crate::nanos::Nanos;

/// A call is not admitted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It would be admitted later.
    #[error(transparent)]
    Wait(#[from] Wait),
    /// No amount of waiting helps.
    #[error(transparent)]
    Never(#[from] Never),
}

/// A call would be admitted after a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{limit} is used up{}", until(*.foreseen))]
#[non_exhaustive]
pub struct Wait {
    /// `None` where another call has to end.
    delay: Option<Nanos>,
    foreseen: Option<Nanos>,
    /// The limit that is the last to have room.
    pub limit: LimitInForce,
}

impl Wait {
    /// A wait of which all is foreseen.
    pub(crate) fn foreseen_as(delay: Option<Nanos>, limit: LimitInForce) -> Self {
        Self { delay, foreseen: delay, limit }
    }

    /// A wait in the queue, with when to look again.
    pub(crate) fn looking_again(self, delay: Option<Nanos>) -> Self {
        Self { delay, ..self }
    }

    /// How long until asking again helps: a call that comes then is admitted if nothing else takes its place. `None` where
    /// no time but the end of another call brings it.
    ///
    /// Of a [`Ticket`](crate::Ticket), when to look again: when its turn is [foreseen](Self::foreseen), or before, when a
    /// caller ahead of it may have missed its turn.
    pub fn delay(&self) -> Option<Duration> {
        self.delay.map(Duration::from)
    }

    /// How long the call waits if nothing is settled, dropped or changed meanwhile and all callers ahead of it take their
    /// turns. `None` where no time but the end of another call brings it.
    pub fn foreseen(&self) -> Option<Duration> {
        self.foreseen.map(Duration::from)
    }
}

/// A call that no amount of waiting lets through: it costs more than a limit in force.
///
/// A limit that grows with use, or that a reply has lowered, refuses a call above what it is now, and does not hold up
/// those behind it. A call above a vendor's shorter window passes, alone; so does one above what others leave of a limit on
/// an account that is shared with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call costs more than a limit allows: {limit}; split the call, or ask the vendor for more")]
#[non_exhaustive]
pub struct Never {
    /// The limit that the call's cost exceeds.
    pub limit: LimitInForce,
}

/// An account or a model cannot be limited as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The provider has no such region.
    #[error("{provider} has no region `{name}`; it has {}", list(.provider.regions().map(Region::name)))]
    UnknownRegion {
        /// The account's provider.
        provider: Provider,
        /// The name given.
        name: String,
    },
    /// The provider has no such plan.
    #[error("{provider} has no plan `{name}`; it has {}", list(.provider.plans().map(Plan::name)))]
    UnknownPlan {
        /// The account's provider.
        provider: Provider,
        /// The name given.
        name: String,
    },
    /// The catalog has no limits for the model.
    #[error("no limits for `{model}`: {unknown}")]
    UnknownModel {
        /// The name given.
        model: String,
        /// What is not known.
        unknown: ratebook::Unknown,
    },
    /// The model is no longer served.
    #[error("`{model}` is retired since {on}; the vendor refuses every call")]
    Retired {
        /// The model's name.
        model: String,
        /// The day on which it was retired.
        on: Date,
    },
    /// The plan's limits are agreed with the vendor: they have to be given.
    #[error("a limit is by agreement, {limit}: give yours with `AccountBuilder::negotiated`")]
    Custom {
        /// The limit whose amount is missing.
        limit: ratebook::Limit,
    },
    /// An entry of another provider than the account's.
    #[error("`{model}` is served by {of}, the account is at {provider}")]
    OtherProvider {
        /// The entry's name.
        model: &'static str,
        /// The entry's provider.
        of: Provider,
        /// The account's provider.
        provider: Provider,
    },
    /// A class of callers that the account was not built with.
    #[error("the account has no class of callers `{0}`: give its share with `AccountBuilder::class`")]
    UnknownClass(String),
    /// A share that is none.
    #[error("a share is 1 to 100 percent, not {0}")]
    Share(u8),
}

fn until(delay: Option<Nanos>) -> String {
    delay.map_or_else(|| " until a call ends".to_owned(), |delay| format!(" for {delay:?}"))
}

fn list(names: impl Iterator<Item = &'static str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
