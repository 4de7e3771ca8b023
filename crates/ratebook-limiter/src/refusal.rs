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
#[error("{limit} is used up{}", until(*.delay))]
#[non_exhaustive]
pub struct Wait {
    /// `None` where another call has to end.
    delay: Option<Nanos>,
    look_again: Option<Nanos>,
    /// The limit that is the last to have room.
    pub limit: LimitInForce,
}

impl Wait {
    pub(crate) fn new(delay: Option<Nanos>, look_again: Option<Nanos>, limit: LimitInForce) -> Self {
        Self { delay, look_again, limit }
    }

    /// How long, as far as is known now: a call that comes then is admitted if nothing else takes its place. `None`
    /// where no time but the end of another call brings it.
    pub fn delay(&self) -> Option<Duration> {
        self.delay.map(Duration::from)
    }

    /// When to look at a [`Ticket`](crate::Ticket) again: after its wait, or earlier, since callers ahead of it may not
    /// look in their turns. `None` where no time brings anything.
    pub fn look_again(&self) -> Option<Duration> {
        self.look_again.map(Duration::from)
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
