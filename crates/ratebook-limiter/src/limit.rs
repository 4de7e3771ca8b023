//! A limit in force, as refusals and snapshots show it.

use std::time::Duration;

use ratebook::{Bound, Entry, Limit, Metric, Weight};

use crate::interned::Interned;
use crate::pause::PauseReason;

/// A limit as the limiter enforces it, and its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitInForce {
    /// The metric that is counted.
    pub metric: Metric,
    /// The amount in force, in units of the metric. Audio minutes and dollars are rounded down.
    pub amount: u64,
    /// Whether the amount is hard, guaranteed, a ceiling or typical.
    pub bound: Bound,
    /// Which part of the limit it is.
    pub part: Part,
    /// How much of the limit a call of the model takes. One for one in snapshots, because models of one pool may
    /// differ.
    pub weight: Weight,
    /// In nanoseconds; zero for concurrency.
    pub(crate) window: u64,
    /// Why everything of it is withheld. Here rather than in refusals, whose size a decision would pay for.
    pub(crate) pause: Option<PauseReason>,
    pub(crate) origin: Origin,
}

/// The origin of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The catalog: the entry, and the position of the limit in it.
    Published { entry: Entry, position: u16 },
    /// [`AccountBuilder::negotiated`](crate::AccountBuilder::negotiated): the provider and the model, in words.
    Negotiated(Interned),
    /// [`AccountBuilder::limit`](crate::AccountBuilder::limit): the account and the pool, in words.
    Configured(Interned),
}

/// A part of a limit. Each part is enforced as a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The whole limit, as published, negotiated or configured.
    Whole,
    /// The vendor's sub-window: a shorter window with the amount in proportion.
    SubWindow,
    /// The even pace of [`Burst::Smooth`](crate::Burst::Smooth).
    Pace,
    /// The share of a [class](crate::AccountBuilder::class) of callers.
    ClassShare,
    /// The share of a [tenant](crate::Account::tenant).
    TenantShare,
}

impl LimitInForce {
    /// Returns the window; `None` for concurrency.
    pub fn window(&self) -> Option<Duration> {
        (self.window > 0).then(|| Duration::from_nanos(self.window))
    }

    /// Returns why the limit is paused: all of it is withheld. `None` if it is not, and in a refusal that means that
    /// calls have used it.
    pub fn pause_reason(&self) -> Option<PauseReason> {
        self.pause
    }

    /// Returns the limit of the catalog, with the line of the vendor's page; `None` for a negotiated amount and for a
    /// limit that the program added, which no page states.
    pub fn stated(&self) -> Option<Limit> {
        match self.origin {
            Origin::Published { entry, position } => entry.limit(usize::from(position)),
            Origin::Negotiated(_) | Origin::Configured(_) => None,
        }
    }

    /// Returns whether the amount was [negotiated](crate::AccountBuilder::negotiated).
    pub fn is_negotiated(&self) -> bool {
        matches!(self.origin, Origin::Negotiated(_))
    }
}

impl std::fmt::Display for LimitInForce {
    /// `600 requests per 60s (alibaba, international, qwen-plus, line 61 of the page)`; for a model with a
    /// [weight](Self::weight), `100 requests per 60s, each weighing 4 (…)`; for limits that no page states,
    /// `9000 requests per 60s (alibaba, qwen-plus, negotiated)` or `500 requests per 60s (my-gateway, as configured)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.amount, self.metric)?;
        if let Some(window) = self.window() {
            write!(f, " per {window:?}")?;
        }
        match self.weight {
            Weight { each: 1, output: 1 } => {}
            Weight { each, output: 1 } => write!(f, ", each weighing {each}")?,
            Weight { each: 1, output } => write!(f, ", output tokens weighing {output}")?,
            Weight { each, output } => write!(f, ", each weighing {each}, output tokens {output} times as much")?,
        }
        f.write_str(match self.part {
            Part::Whole => "",
            Part::SubWindow => ", the vendor's shorter window",
            Part::Pace => ", the even pace",
            Part::ClassShare => ", the share of the class",
            Part::TenantShare => ", the share of the tenant",
        })?;
        match self.origin {
            Origin::Published { entry, .. } => {
                write!(f, " ({}", citation(entry))?;
                if let Some(line) = self.stated().and_then(|limit| limit.line) {
                    write!(f, ", line {line} of the page")?;
                }
                f.write_str(")")
            }
            Origin::Negotiated(source) => write!(f, " ({source}, negotiated)"),
            Origin::Configured(source) => write!(f, " ({source}, as configured)"),
        }
    }
}

/// Returns an entry in words: `alibaba, international, qwen-plus`.
pub(crate) fn citation(entry: Entry) -> impl std::fmt::Display {
    Citation(entry)
}

struct Citation(Entry);

impl std::fmt::Display for Citation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(entry) = self;
        write!(f, "{}", entry.provider())?;
        if let Some(region) = entry.region() {
            write!(f, ", {region}")?;
        }
        if let Some(plan) = entry.plan() {
            write!(f, ", {plan}")?;
        }
        if let Some(deployment) = entry.deployment() {
            write!(f, ", {deployment}")?;
        }
        if let Some(mode) = entry.mode() {
            write!(f, ", {mode}")?;
        }
        if let Some(context) = entry.context() {
            write!(f, ", {context}")?;
        }
        write!(f, ", {}", entry.name())
    }
}
