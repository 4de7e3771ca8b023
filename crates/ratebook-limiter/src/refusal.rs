//! Refusals of a call, and errors of building an account or a handle.

use std::time::Duration;

use ratebook::{Context, Date, Deployment, Mode, Plan, Provider, Region};

use crate::limit::LimitInForce;
use crate::limits_by::LimitsBy;
use crate::nanos::Nanos;
use crate::pause::PauseReason;

/// Why a call is not admitted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The call would be admitted later.
    #[error(transparent)]
    Wait(#[from] Wait),
    /// The call can never be admitted under the limits in force.
    #[error(transparent)]
    Never(#[from] Never),
}

/// A wait: the call would be admitted after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{limit} {}, retry {}", why(.limit.pause_reason()), when(*.foreseen))]
#[non_exhaustive]
pub struct Wait {
    /// When to ask again; `None` if another call has to end first.
    delay: Option<Nanos>,
    /// The forecast of the whole wait; `None` if another call has to end first.
    foreseen: Option<Nanos>,
    /// The limit that has room last.
    pub limit: LimitInForce,
}

impl Wait {
    /// A wait whose end is the time to ask again.
    pub(crate) fn foreseen_as(delay: Option<Nanos>, limit: LimitInForce) -> Self {
        Self { delay, foreseen: delay, limit }
    }

    /// Returns the wait with another time to ask again.
    pub(crate) fn with_delay(self, delay: Option<Nanos>) -> Self {
        Self { delay, ..self }
    }

    /// Returns the time until it is worth asking again. A call that comes then is admitted, unless others take the room
    /// first. `None` if another call has to end first.
    ///
    /// For a [`Ticket`](crate::Ticket), returns the time until it has to be polled again: at its
    /// [forecast](Self::foreseen) turn, or earlier, when a caller ahead of it may have missed its turn.
    pub fn delay(&self) -> Option<Duration> {
        self.delay.map(Duration::from)
    }

    /// Returns the forecast of the whole wait. It is exact if no call is settled, dropped or added, no limit changes,
    /// and all callers ahead claim their turns. `None` if another call has to end first.
    pub fn foreseen(&self) -> Option<Duration> {
        self.foreseen.map(Duration::from)
    }
}

/// A call that can never be admitted: it costs more than a limit in force.
///
/// A limit in force may be below the published one, because it grows with use or because a response lowered it. A call
/// above it is refused, and does not delay the calls behind it. A call above a vendor's sub-window, or above the usable
/// share of a limit on an account shared with others, is not refused: it is admitted alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call costs more than {limit} allows; make the call smaller, or ask the vendor for a higher limit")]
#[non_exhaustive]
pub struct Never {
    /// The limit that the cost exceeds.
    pub limit: LimitInForce,
}

/// Why an account or a model handle cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The provider has no such region.
    #[error("expected a region of {provider} ({}), found `{name}`", list(.provider.regions().map(Region::name)))]
    UnknownRegion {
        /// The account's provider.
        provider: Provider,
        /// The name given to [`AccountBuilder::region`](crate::AccountBuilder::region).
        name: String,
    },
    /// The provider has no such plan.
    #[error("expected a plan of {provider} ({}), found `{name}`", list(.provider.plans().map(Plan::name)))]
    UnknownPlan {
        /// The account's provider.
        provider: Provider,
        /// The name given to [`AccountBuilder::plan`](crate::AccountBuilder::plan).
        name: String,
    },
    /// The provider has no such deployment.
    #[error("expected a deployment of {provider} ({}), found `{name}`", list(.provider.deployments().map(Deployment::name)))]
    UnknownDeployment {
        /// The account's provider.
        provider: Provider,
        /// The name given to [`AccountBuilder::deployment`](crate::AccountBuilder::deployment).
        name: String,
    },
    /// The provider has no such mode.
    #[error("expected a mode of {provider} ({}), found `{name}`", list(.provider.modes().map(Mode::name)))]
    UnknownMode {
        /// The account's provider.
        provider: Provider,
        /// The name given to [`ModelBuilder::mode`](crate::ModelBuilder::mode).
        name: String,
    },
    /// The provider has no such class of context lengths.
    #[error("expected a class of context lengths of {provider} ({}), found `{name}`", list(.provider.contexts().map(Context::name)))]
    UnknownContext {
        /// The account's provider.
        provider: Provider,
        /// The name given to [`ModelBuilder::context`](crate::ModelBuilder::context).
        name: String,
    },
    /// The catalog has no limits for the model.
    #[error("no limits for `{model}`: {unknown}")]
    UnknownModel {
        /// The name given.
        model: String,
        /// Which part of the call is unknown.
        unknown: Box<ratebook::Unknown>,
    },
    /// A limit was negotiated, or added, for a model that is not in the catalog.
    #[error("a limit is given for `{model}`, which is not in the catalog of {provider}{}", or_nearest(.nearest))]
    LimitOfUnknownModel {
        /// The name given.
        model: String,
        /// The account's provider.
        provider: Provider,
        /// The nearest known names, best first, at most three.
        nearest: Vec<&'static str>,
    },
    /// All limits of a [custom account](crate::Account::custom) name models, and none names this one.
    #[error(
        "`{account}` has no limit for `{model}` or for all models: add one with `AccountBuilder::limit`{}",
        or_nearest(.nearest)
    )]
    NoLimitsForModel {
        /// The account's name.
        account: &'static str,
        /// The name given.
        model: String,
        /// The nearest names that have limits, best first, at most three.
        nearest: Vec<String>,
    },
    /// The account is [strict](crate::AccountBuilder::strict), and only a default was found for the model.
    #[error("`{model}` is unknown at {provider}, and a strict account does not use the {by}{}", or_nearest(.nearest))]
    OnlyDefault {
        /// The name given.
        model: String,
        /// The provider, or the custom account.
        provider: &'static str,
        /// The default that would apply without [`strict`](crate::AccountBuilder::strict).
        by: LimitsBy,
        /// The nearest known names, best first, at most three.
        nearest: Vec<String>,
    },
    /// The model is no longer served.
    #[error("`{model}` was retired on {on}; the vendor refuses every call{}", or_new(*.replaced_by))]
    Retired {
        /// The model's name.
        model: String,
        /// The day on which it was retired.
        on: Date,
        /// The name that replaces it, if it is known.
        replaced_by: Option<&'static str>,
    },
    /// The vendor's pages no longer state limits of the entry, and no others apply.
    #[error("the vendor's pages have no limits for `{model}` since {on}{}", or_new(*.replaced_by))]
    Removed {
        /// The entry's name.
        model: &'static str,
        /// The day since which they are missing.
        on: Date,
        /// The name that replaces it, if it is known.
        replaced_by: Option<&'static str>,
    },
    /// The vendor does not offer such calls: in this plan, region, deployment or mode.
    #[error("the vendor does not offer these calls of `{model}`, {limit}")]
    NotOffered {
        /// The name given.
        model: String,
        /// The limit that states it.
        limit: Box<ratebook::Limit>,
    },
    /// The limit is agreed with the vendor, and its amount was not given.
    #[error(
        "`{model}` at {}{} has a limit by agreement, {limit}: set its amount with `AccountBuilder::negotiated`{}{}",
        .limit.entry.provider(), in_plan(*.plan), or_a_plan(*.plan_was_given), or_nearest(.nearest)
    )]
    Custom {
        /// The name given.
        model: String,
        /// The plan of the limit.
        plan: Option<Plan>,
        /// Whether the account names that plan. Otherwise it is the first plan that serves the model.
        plan_was_given: bool,
        /// The limit whose amount is missing.
        limit: Box<ratebook::Limit>,
        /// If the catalog does not have the model, the nearest known names, best first, at most three.
        nearest: Vec<&'static str>,
    },
    /// The entry is of another provider than the account, or of a catalog with entries that the account's does not
    /// have.
    #[error("expected an entry of {expected}, found `{model}` of {found}")]
    OtherProvider {
        /// The entry's name.
        model: &'static str,
        /// The entry's provider.
        found: Provider,
        /// The account's provider, or the custom account.
        expected: &'static str,
    },
    /// The account has no such class of callers.
    #[error("the account has no class `{0}`: add it with `AccountBuilder::class`")]
    UnknownClass(String),
    /// A percentage is not 1 to 100.
    #[error("expected a share of 1 to 100 percent, found {0}")]
    Share(u8),
    /// A negotiated or own limit is invalid.
    #[error("invalid limit of {limit}: {why}")]
    InvalidLimit {
        /// The limit in words: ``500 requests per minute of `gpt-4o` ``.
        limit: String,
        /// What is wrong with it.
        why: InvalidLimit,
    },
    /// A [custom account](crate::Account::custom) has no limit.
    #[error("`{0}` has no limits: add at least one with `AccountBuilder::limit`")]
    NoLimits(&'static str),
    /// A [custom account](crate::Account::custom) has no name.
    #[error("expected a name for the custom account, found none")]
    Unnamed,
    /// A [custom account](crate::Account::custom) has a setting that only a provider of the catalog has.
    #[error("`{account}` is not in the catalog: {what}")]
    NotInCatalog {
        /// The account's name.
        account: &'static str,
        /// What to change.
        what: &'static str,
    },
    /// A rule given for the vendor's policy is invalid.
    #[error("invalid policy: {0}")]
    InvalidPolicy(&'static str),
    /// The [sub-window](crate::AccountBuilder::sub_window) does not divide a minute.
    #[error("expected a sub-window that divides a minute into equal parts, found {0:?}")]
    SubWindow(Duration),
}

/// Why a negotiated or own limit is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLimit {
    /// The metric is counted over time, and no window is given.
    #[error("expected a window, found none; limits on concurrent calls use `concurrent_tasks`")]
    NeedsWindow,
    /// Calls hold the metric until they end, as with concurrency, and a window is given.
    #[error("expected no window for a limit on what calls hold until they end, found one")]
    NeedsNoWindow,
    /// The window has no length.
    #[error("expected a window above zero, found one of zero")]
    ZeroWindow,
    /// The window is longer than 31 days.
    #[error("expected a window of at most 31 days, found a longer one")]
    LongWindow,
    /// Calls do not use the metric: it counts what is deployed or held apart from calls.
    #[error("calls do not use this metric, so a limit on it has no effect")]
    NotCounted,
    /// A name of a model or a group is empty.
    #[error("expected the name of a model or a group, found an empty one")]
    EmptyName,
    /// `*` is given as a model.
    #[error("expected a model, found `*`; a limit without a model applies to the whole account")]
    EveryModel,
    /// The group has no models.
    #[error("expected the models of the group, found none")]
    NoModels,
    /// The group has other models in another limit.
    #[error("expected the same models in all limits of the group, found others")]
    OtherModels,
    /// The pool has the same limit twice: one metric, window, bound and form of the API.
    #[error("the same limit is given twice")]
    Twice,
}

/// Why a call has to wait for a limit, in words.
fn why(pause_reason: Option<PauseReason>) -> String {
    match pause_reason {
        Some(PauseReason::Penalty(after)) => format!("is paused by the vendor's penalty for {after} calls"),
        Some(PauseReason::Response) | None => "has no room for the call".to_owned(),
    }
}

/// When to retry after a wait, in words.
fn when(delay: Option<Nanos>) -> String {
    delay.map_or_else(|| "when a call ends".to_owned(), |delay| format!("in {delay:?}"))
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

fn or_new(name: Option<&str>) -> String {
    name.map(|name| format!("; it is replaced by `{name}`")).unwrap_or_default()
}

fn or_nearest(names: &[impl AsRef<str>]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    format!("; the nearest names are {}", names.join(", "))
}
