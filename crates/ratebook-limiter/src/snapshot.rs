//! Where an account stands, for dashboards.

use std::time::Duration;

use crate::limit::LimitInForce;
use crate::meter::Meter;
use crate::nanos::Nanos;

/// Where one pool of an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolSnapshot {
    /// The limit, with the amount now in force.
    pub limit: LimitInForce,
    /// How much is used, in units of [`limit_units`](Self::limit_units); more than the limit where something is owed.
    pub used: u64,
    /// How much is left, in the same units; of an even pace, what may be sent at once.
    pub left: u64,
    /// How much is withheld, in the same units, since replies have said that less is left than was believed.
    pub withheld: u64,
    /// How long everything is withheld, since a reply has said so.
    pub paused: Option<Duration>,
    /// The limit in the units in which it is counted: tokens, requests, milliseconds of audio, millionths of a dollar.
    pub limit_units: u64,
    /// How long until something of what is used is free; `None` where nothing is used, or a call has to end first.
    pub next_free: Option<Duration>,
    /// How many calls wait that need of it.
    pub waiting: u32,
    /// Usage above what may be owed at one time that was reported and not charged, in the same units, since the account was
    /// built.
    pub dropped: u64,
}

impl PoolSnapshot {
    pub(crate) fn of(meter: &Meter, now: Nanos) -> Self {
        let paused = meter.paused_until() - now;
        Self {
            limit: meter.in_force(),
            used: meter.used(),
            left: meter.headroom(now),
            withheld: meter.withheld(now),
            paused: (!paused.is_zero()).then(|| paused.into()),
            limit_units: meter.limit(),
            next_free: meter.next_free(now).map(|at| (at - now).into()),
            waiting: meter.waiting,
            dropped: meter.dropped(),
        }
    }
}
