//! Why a call is not admitted, and why an account cannot be built.

use std::time::Duration;

use ratebook::{Date, Plan, Provider, Region};

use crate::limit::LimitInForce;
use crate::limits_by::LimitsBy;
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
    pub(crate) fn with_delay(self, delay: Option<Nanos>) -> Self {
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
    /// A limit was negotiated, or configured, for a model that the provider's page does not lead to.
    #[error("a limit is given for `{model}`, which the catalog of {provider} does not have{}", near(.nearest))]
    LimitOfUnknownModel {
        /// The name given.
        model: String,
        /// The account's provider.
        provider: Provider,
        /// The nearest names that are known, best first, at most three.
        nearest: Vec<&'static str>,
    },
    /// The limits of a [custom account](crate::Account::custom) name models, and this is none of them.
    #[error("`{account}` was given no limits for `{model}`, and none for every model{}", near(.nearest))]
    NoLimits {
        /// The account's name.
        account: &'static str,
        /// The name given.
        model: String,
        /// The nearest names that have limits, best first, at most three.
        nearest: Vec<String>,
    },
    /// The account is [strict](crate::AccountBuilder::strict), and no limits of the model's own were found.
    #[error("`{model}` is not known at {provider}, only the {by} would hold{}", near(.nearest))]
    OnlyDefault {
        /// The name given.
        model: String,
        /// The provider, or the custom account.
        provider: &'static str,
        /// What would hold without [`strict`](crate::AccountBuilder::strict).
        by: LimitsBy,
        /// The nearest names that are known, best first, at most three.
        nearest: Vec<String>,
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
    #[error(
        "`{model}` at {}{} is limited by agreement, {limit}: give yours with `AccountBuilder::negotiated`{}{}",
        .limit.entry.provider(), in_plan(*.plan), or_a_plan(*.plan_was_given), near(.nearest)
    )]
    Custom {
        /// The name given.
        model: String,
        /// The plan whose limit it is.
        plan: Option<Plan>,
        /// Whether the account names that plan; else it is the first that serves the model.
        plan_was_given: bool,
        /// The limit whose amount is missing.
        limit: Box<ratebook::Limit>,
        /// Where the catalog does not have the model, the nearest names that it has, best first, at most three.
        nearest: Vec<&'static str>,
    },
    /// An entry of another provider than the account's.
    #[error("`{model}` is served by {of}, the account is at {provider}")]
    OtherProvider {
        /// The entry's name.
        model: &'static str,
        /// The entry's provider.
        of: Provider,
        /// The account's provider, or the custom account.
        provider: &'static str,
    },
    /// A class of callers that the account was not built with.
    #[error("the account has no class of callers `{0}`: give its share with `AccountBuilder::class`")]
    UnknownClass(String),
    /// A share that is none.
    #[error("a share is 1 to 100 percent, not {0}")]
    Share(u8),
    /// A limit that was negotiated or configured makes no sense.
    #[error("the limit of {limit}: {why}")]
    InvalidLimit {
        /// The limit in words: `500 requests per minute of gpt-4o`.
        limit: String,
        /// What is wrong with it.
        why: InvalidLimit,
    },
    /// A [custom account](crate::Account::custom) without a limit.
    #[error("`{0}` has no limits: give at least one with `AccountBuilder::limit`")]
    Unlimited(&'static str),
    /// A [custom account](crate::Account::custom) without a name.
    #[error("a custom account needs a name")]
    Unnamed,
    /// What only a provider of the catalog has was given for a [custom account](crate::Account::custom).
    #[error("`{account}` is not in the catalog: {what}")]
    NotInCatalog {
        /// The account's name.
        account: &'static str,
        /// What it does not have.
        what: &'static str,
    },
    /// A [sub-window](crate::AccountBuilder::sub_window) that does not divide a minute.
    #[error("a sub-window divides a minute into a whole number of parts; {0:?} does not")]
    SubWindow(Duration),
}

/// What is wrong with a limit that was negotiated or configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLimit {
    /// What is counted over time has no window.
    #[error("it is counted over a window, and none is given; calls at one time are counted by `concurrent_tasks`")]
    NeedsWindow,
    /// What is held at one time has a window.
    #[error("it is held at one time, and has no window")]
    NeedsNoWindow,
    /// A window of no length.
    #[error("a window is longer than nothing")]
    ZeroWindow,
    /// A window that is too long.
    #[error("a window is 31 days at most")]
    LongWindow,
    /// No call uses any of the metric: it is deployed or held apart from calls.
    #[error("calls use nothing of it, so they cannot be limited by it")]
    NotCounted,
    /// A name of a model or a group is empty.
    #[error("the name of a model or a group is empty")]
    EmptyName,
    /// `*` stands in the place of a model.
    #[error("`*` is no model: a limit that names none holds for the whole account")]
    EveryModel,
    /// A group without models.
    #[error("the group has no models")]
    NoModels,
    /// The group has other models in another limit.
    #[error("the group has other models in another limit")]
    OtherModels,
    /// The same metric over the same window is limited twice for one pool.
    #[error("it is given twice")]
    Twice,
}

fn until(delay: Option<Nanos>) -> String {
    delay.map_or_else(|| " until a call ends".to_owned(), |delay| format!(" for {delay:?}"))
}

fn list(names: impl Iterator<Item = &'static str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn in_plan(plan: Option<Plan>) -> String {
    plan.map_or_else(String::new, |plan| format!(", plan {plan},"))
}

fn or_a_plan(plan_was_given: bool) -> &'static str {
    if plan_was_given { "" } else { ", or name the account's plan" }
}

fn near(names: &[impl AsRef<str>]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    format!("; near names are {}", names.join(", "))
}
