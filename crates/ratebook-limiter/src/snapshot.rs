//! Snapshots of an account's pools, for dashboards.

use std::time::Duration;

use crate::limit::LimitInForce;
use crate::meter::Meter;
use crate::nanos::Nanos;

/// The state of one pool of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolSnapshot {
    /// The limit, with the amount in force.
    pub limit: LimitInForce,
    /// The amount used, in the units of [`limit_units`](Self::limit_units). Above the limit while there is a debt.
    pub used: u64,
    /// The amount available now, in the same units. For an even pace, the burst available now.
    pub left: u64,
    /// The amount withheld, in the same units, because a response stated that less is left than was counted.
    pub withheld: u64,
    /// How much longer the whole limit is paused, for the [reason](LimitInForce::pause_reason) that `limit` states;
    /// `None` if it is not.
    pub paused: Option<Duration>,
    /// The limit in the units in which it is counted: tokens, requests, milliseconds of audio, millionths of a dollar.
    pub limit_units: u64,
    /// The time until some of the used amount is free again; `None` if nothing is used, or if a call has to end first.
    pub next_free: Option<Duration>,
    /// The number of waiting calls that draw from the pool.
    pub waiting: u32,
    /// Usage beyond one window of debt, which was reported and not charged, in the same units, since the account was
    /// built.
    pub dropped: u64,
}

impl PoolSnapshot {
    /// The state of a meter at a moment.
    pub(crate) fn of(meter: &Meter, now: Nanos) -> Self {
        let paused = meter.paused_until() - now;
        Self {
            limit: LimitInForce { pause: meter.pause_reason(now), ..meter.in_force() },
            used: meter.used(),
            left: meter.headroom(now),
            withheld: meter.withheld(now),
            paused: (!paused.is_zero()).then(|| paused.into()),
            limit_units: meter.limit(),
            next_free: meter.next_free(now).map(|at| (at - now).into()),
            waiting: meter.queued_calls,
            dropped: meter.dropped(),
        }
    }
}
