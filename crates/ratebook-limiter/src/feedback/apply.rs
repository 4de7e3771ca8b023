//! Applies the signals of a response to the account's limits.
//!
//! All signals of a response are applied in one critical section, in which the meters' state is exact. A meter combines
//! what vendors state with what is published:
//!
//! - *Pause.* A refusal withholds the rest of a limit until a moment. The duration is the vendor's, or an exponential
//!   backoff with full jitter. Afterwards the withheld amount returns at the limit's own rate, so queued calls leave in
//!   order and not all at once.
//! - *Shrink.* A remaining amount below the meter's own count means that others draw on the limit. The difference is
//!   withheld. A remaining amount above it changes nothing, because a response may be older than later charges.
//! - *Narrow.* A stated limit replaces the published one. It is above the published one only if that is a guarantee, a
//!   floor or typical, and then by a factor of at most [`MAX_WIDENING`].
//! - *Back off.* On an account shared with others, a refusal lowers the share (AIMD).
//! - *Slow start.* A refusal of a steep rise limits the growth of the rate, not the rate.
//! - *Penalty.* After too many refused or failed calls, the whole account pauses for as long as the vendor's policy
//!   states.
//!
//! Refusals of calls that were in flight at the last counted refusal are not counted again: a refusal counts only if
//! its call was charged after the last one.

use std::time::Duration;

use fastrand::Rng;
use ratebook::{Metric, Remedy};

use super::{Counted, Refusal, Signal, Signals};
use crate::cost::{Cost, Dimension, Rare};
use crate::meter::{Meter, MeterId};
use crate::nanos::Nanos;
use crate::pause::{AccountPause, PauseReason};
use crate::queue::Queue;
use crate::route::Route;
use crate::settings::Settings;
use crate::telemetry::FeedbackRecord;

/// The shortest duration of a slow start.
const SLOW_START_SPAN: Nanos = Nanos::MINUTE;

/// What limits on failed requests count.
const FAILED: Dimension = Dimension::Rare(Rare::FailedRequests);

/// The status of a vendor that is overloaded.
const OVERLOADED: u16 = 529;

/// The highest factor by which a stated limit may exceed the published or negotiated amount, where that is a guarantee,
/// a floor or typical.
const MAX_WIDENING: u64 = 100;

/// Returns the pause for a stated time. A time of less than an hour for a window of more is doubled with each
/// consecutive refusal, up to the window: vendors often state the time of a shorter window.
fn doubled_pause(time: Duration, window: Option<Duration>, refusals: Option<u32>) -> Duration {
    match window.filter(|window| Nanos::from(*window) > Nanos::HOUR && Nanos::from(time) < Nanos::HOUR) {
        Some(window) => time.saturating_mul(1 << refusals.unwrap_or(1).saturating_sub(1).min(31)).min(window).max(time),
        None => time,
    }
}

/// Applies the signals of one response to the limits of a route.
pub(super) struct FeedbackApplier<'a> {
    pub(super) queue: &'a mut Queue,
    pub(super) route: &'a Route,
    pub(super) settings: &'a Settings,
    pub(super) charged_at: Nanos,
    pub(super) cost: &'a Cost,
    pub(super) rng: &'a mut Rng,
    pub(super) record: &'a mut FeedbackRecord,
    /// A stated limit above [`MAX_WIDENING`] times the published one.
    pub(super) far_above: Option<Counted>,
}

impl FeedbackApplier<'_> {
    fn now(&self) -> Nanos {
        self.queue.now().earliest
    }

    /// Returns the meters that the route draws from.
    pub(super) fn meters(&self) -> impl Iterator<Item = MeterId> {
        self.route.draws.iter().map(|draw| draw.meter)
    }

    /// Ends the run of consecutive refusals.
    pub(super) fn record_served(&mut self) {
        for draw in &*self.route.draws {
            self.queue.meter_mut(draw.meter).record_served(self.charged_at);
        }
    }

    /// Charges the limits on failed requests, as debts.
    pub(super) fn record_failed(&mut self) {
        let reading = self.queue.now();
        for draw in self.route.draws.iter().filter(|draw| draw.measure.dimension() == FAILED) {
            self.queue.meter_mut(draw.meter).owe(draw.measure.of(&Cost::failed()), reading);
        }
    }

    /// Undoes [`record_served`](Self::record_served): the response began with status 200, and an error followed.
    pub(super) fn undo_served(&mut self) {
        for draw in &*self.route.draws {
            self.queue.meter_mut(draw.meter).undo_served(self.charged_at);
        }
    }

    /// Applies one signal of a response. `all` are all of its signals.
    pub(super) fn apply(&mut self, signal: Signal, all: &Signals) {
        let (now, reading) = (self.now(), self.queue.now());
        match signal {
            Signal::Limit { counted, amount } if amount > 0 => {
                let Some(limit) = self.limit_of(counted, all) else { return };
                let meter = self.queue.meter(limit);
                let (widens, before, amount) =
                    (meter.may_be_widened(), meter.in_force(), in_dimension(counted, amount, meter));
                if widens && amount > meter.granted().saturating_mul(MAX_WIDENING) {
                    self.far_above = Some(counted);
                    return;
                }
                self.queue.apply_limit(limit, amount, widens);
                self.record.limit(before, self.queue.meter(limit));
            }
            Signal::Remaining { counted, amount } => {
                let Some(limit) = self.limit_of(counted, all) else { return };
                let meter = self.queue.meter_mut(limit);
                let before = meter.headroom(now);
                meter.keep_left(in_dimension(counted, amount, meter), self.charged_at, reading);
                self.record.left(before, meter, now);
            }
            Signal::OverLimit(true) if self.settings.feedback.slows_down_over_limit => self.slow_down(all),
            Signal::Refused(refusal) => self.apply_refusal(refusal, all),
            _ => {}
        }
    }

    /// Lowers the share of each guaranteed limit that the call may have exceeded, and pauses that limit for a sixteenth
    /// of its window. Counts once for all calls in flight.
    ///
    /// The share is lowered before the pause. A pause withholds a part of the limit in force. A part of the higher
    /// limit could exceed all of the lower one, and would stop every call until it has returned.
    fn slow_down(&mut self, all: &Signals) {
        let now = self.now();
        for id in self.may_be_exceeded(all) {
            let meter = self.queue.meter_mut(id);
            if meter.count_refusal(self.charged_at, now).is_none() {
                continue;
            }
            let before = meter.headroom(now);
            self.back_off(id);
            let meter = self.queue.meter_mut(id);
            meter.pause(now + meter.width().scaled(1, 16), PauseReason::Response, now);
            self.record.left(before, meter, now);
        }
    }

    /// Returns the guaranteed limits that a call over a limit may have exceeded. A limit with at least the call's cost
    /// remaining is excluded, unless that excludes all.
    fn may_be_exceeded(&self, all: &Signals) -> Vec<MeterId> {
        let draws = self.route.draws.iter();
        let guaranteed = draws.map(|draw| (draw.meter, draw.measure.of(self.cost).max(1))).filter(|(id, _)| {
            let meter = self.queue.meter(*id);
            meter.is_guaranteed() && meter.is_whole()
        });
        let (with_room, exceeded): (Vec<_>, Vec<_>) = guaranteed.partition(|(id, needed)| {
            let meter = self.queue.meter(*id);
            all.iter().any(|signal| match signal {
                Signal::Remaining { counted, amount } => {
                    self.limit_of(counted, all) == Some(*id) && in_dimension(counted, amount, meter) >= *needed
                }
                _ => false,
            })
        });
        let limits = if exceeded.is_empty() { with_room } else { exceeded };
        limits.into_iter().map(|(id, _)| id).collect()
    }

    /// Lowers the AIMD share of a limit, and of all its parts.
    fn back_off(&mut self, limit: MeterId) {
        let (now, used) = (self.now(), self.queue.meter(limit).used());
        self.queue.change(limit, |state| {
            let ours = state.ours();
            state.sharing.iter_mut().for_each(|sharing| **sharing = sharing.after_refusal(now, used, ours));
        });
    }

    /// Pauses or slows a limit, as the refusal's remedy requires.
    fn apply_refusal(&mut self, refusal: Refusal, all: &Signals) {
        let named = self.named_limit(refusal, all);
        let (slowed, pause) = match refusal.remedy {
            Remedy::Wait | Remedy::Elsewhere => match self.pool_to_pause(named) {
                Some(pool) => (Some(pool), self.pause(pool, named, refusal, all)),
                None => (None, None),
            },
            Remedy::Smooth => {
                let slowed = self.start_slowly(named.metric);
                (slowed, slowed.and_then(|pool| self.pause_slow_start(pool, refusal)))
            }
            Remedy::Raise | Remedy::Split => (None, None),
        };
        self.record.refused(refusal, slowed.map(|meter| self.queue.meter(meter)), pause);
    }

    /// Pauses a pool, or all pools if the refusal is account-wide, and returns the duration. `None` if the refusal
    /// states no time and was counted already.
    fn pause(&mut self, pool: MeterId, named: Counted, refusal: Refusal, all: &Signals) -> Option<Nanos> {
        let (now, feedback) = (self.now(), &self.settings.feedback);
        let is_busy = refusal.remedy == Remedy::Elsewhere;
        let until_room = all.iter().find_map(|signal| match signal {
            Signal::UntilRoom { counted, after } if named.metric.is_none() || counted.metric == named.metric => {
                Some(after)
            }
            _ => None,
        });
        // A time of zero counts as none: an immediate retry would be refused again.
        let nonzero = |time: Option<Duration>| time.filter(|time| !time.is_zero());
        let first = nonzero(refusal.retry_after).or(nonzero(until_room).filter(|_| !is_busy));
        let lasts = nonzero(refusal.lasts);
        if is_busy && refusal.status != OVERLOADED && first.or(lasts).is_none() {
            return None;
        }
        let refusals = self.queue.meter_mut(pool).count_refusal(self.charged_at, now);
        let time = match (first, lasts) {
            // The stated window explains the longer time: use it.
            (Some(first), Some(lasts)) if refusal.window.is_some_and(|window| lasts <= window) => {
                Some(first.max(lasts))
            }
            // The body's time may be far longer than the header's: approach it by doubling.
            (Some(first), Some(lasts)) => {
                let doubled = first.saturating_mul(1 << refusals.unwrap_or(1).saturating_sub(1).min(31));
                Some(doubled.min(lasts).max(first))
            }
            (first, lasts) => first.or(lasts).map(|time| doubled_pause(time, refusal.window, refusals)),
        };
        let pause = match (time.map(Nanos::from), refusals) {
            (Some(time), _) => time,
            (None, Some(refusals)) => feedback.backoff(refusals, refusal.window, self.rng),
            (None, None) => return None,
        };
        if refusals.is_some() && !is_busy {
            self.back_off(pool);
        }
        let until = now + pause;
        if refusal.account_wide {
            self.pause_account(AccountPause { until, reason: PauseReason::Response });
        } else {
            self.queue.meter_mut(pool).pause(until, PauseReason::Response, now);
        }
        Some(pause)
    }

    /// Pauses all pools, and those made later.
    pub(super) fn pause_account(&mut self, pause: AccountPause) {
        let now = self.now();
        self.queue.account_pause = self.queue.account_pause.or_longer(pause);
        let all = self.queue.meters_mut().filter(|meter| meter.is_whole());
        all.for_each(|meter| meter.pause(pause.until, pause.reason, now));
        if let PauseReason::Penalty(after) = pause.reason {
            self.record.penalized(after, pause.until - now);
        }
    }

    /// Pauses a pool before its slow start for the time that the refusal states, and returns that time.
    fn pause_slow_start(&mut self, pool: MeterId, refusal: Refusal) -> Option<Nanos> {
        let nonzero = |time: Option<Duration>| time.filter(|time| !time.is_zero()).map(Nanos::from);
        let (now, pause) = (self.now(), nonzero(refusal.retry_after).or(nonzero(refusal.lasts))?);
        self.queue.meter_mut(pool).pause(now + pause, PauseReason::Response, now);
        Some(pause)
    }

    /// Begins a slow start of the limits with the shortest window, from the rate that was served, and returns one of
    /// them. Each consecutive refusal doubles its duration, up to a factor of 16.
    fn start_slowly(&mut self, metric: Option<Metric>) -> Option<MeterId> {
        let now = self.now();
        let is_candidate = |meter: &Meter| {
            meter.is_vendors() && !meter.is_concurrency() && metric.is_none_or(|metric| metric == meter.metric())
        };
        let candidates = self.meters().filter(|meter| is_candidate(self.queue.meter(*meter)));
        let slowed = candidates.min_by_key(|meter| self.queue.meter(*meter).width())?;
        let width = self.queue.meter(slowed).width();
        for draw in &*self.route.draws {
            let (meter, refused) = (self.queue.meter(draw.meter), draw.measure.of(self.cost));
            if !is_candidate(meter) || meter.width() != width {
                continue;
            }
            let is_new = self.queue.meter_mut(draw.meter).count_refusal(self.charged_at, now);
            let refusals = self.queue.meter(draw.meter).refusals();
            let floor = self.served_share(draw.meter, refused.saturating_mul(u64::from(refusals)));
            let over = SLOW_START_SPAN.max(width.times(10)).times(1 << (refusals.max(1) - 1).min(4));
            let over = is_new.map(|_| over);
            self.queue.meter_mut(draw.meter).start_slowly(refused, floor, over, now);
        }
        Some(slowed)
    }

    /// Returns the amount that a sub-window served on average, computed from its parent limit. Zero for a limit that is
    /// not a sub-window. The sub-window's own count is too low if calls are further apart than the sub-window is long.
    fn served_share(&self, meter: MeterId, refused: u64) -> u64 {
        let part = self.queue.meter(meter);
        if part.is_whole() {
            return 0;
        }
        let whole = self.queue.meter(part.whole_meter());
        let served = u128::from(whole.used_by_calls(self.now()).saturating_sub(refused).min(whole.limit()));
        (served * u128::from(part.limit())).div_ceil(u128::from(whole.limit().max(1))) as u64
    }
}

/// Returns a stated amount in units of a meter's dimension. The response may count in other units than the limit: in
/// seconds of audio, where the page states minutes.
fn in_dimension(counted: Counted, amount: u64, meter: &Meter) -> u64 {
    let same = counted.metric.filter(|metric| metric.quantity() == meter.metric().quantity());
    amount.saturating_mul(same.map_or_else(|| meter.scale(), Metric::unit))
}
