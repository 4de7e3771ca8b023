//! A limit with its usage: whether a call fits, beside the reservations of older calls.
//!
//! [`in_force`] holds the amount in force, [`counted`] the usage, [`when`] the times at which there is room again.
//! [`vendor_state`] holds what responses withhold of the limit, [`slow_start`] the slow rise after a cold start.

mod counted;
mod in_force;
mod slow_start;
mod vendor_state;
mod when;

use counted::AssumedUsage;
pub(crate) use counted::Counter;
pub(crate) use slow_start::SlowStart;
use slow_start::SlowStarting;
pub(crate) use vendor_state::VendorState;

use crate::clock::ClockReading;
use crate::debts::Debts;
use crate::limit::LimitInForce;
use crate::limit_state::{LimitState, PartKind};
use crate::nanos::{Nanos, When};
use crate::per::Per;

/// The number of a meter within its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MeterId(u32);

impl MeterId {
    pub(crate) fn new(number: usize) -> Self {
        Self(u32::try_from(number).unwrap_or(u32::MAX))
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A limit, or a part of one, with its usage and the reservations on it. Amounts are in units of the dimension.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    /// The limit as stated. Amount and window are those of the whole limit.
    stated: LimitInForce,
    /// Units of the dimension per unit of the metric: 1, or 1,000,000 for spend.
    scale: u64,
    per: Per,
    /// The meter of the whole limit: this meter, or the one of which this is a part.
    whole_meter: MeterId,
    part: PartKind,
    /// The inputs from which the amount of a whole limit is computed. `None` for a part.
    state: Option<Box<LimitState>>,
    #[cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "used with `feedback` only"))]
    reach: Reach,
    /// The amount in force.
    limit: u64,
    /// The amount that no window may exceed, even if other clients leave less at the moment. The promise is about this
    /// amount.
    promised: u64,
    /// The most that may be owed at a time: the amount in force as it would be without responses.
    max_debt: u64,
    /// The window without the jitter of the network. Zero for a limit on concurrency.
    window: Nanos,
    jitter: Nanos,
    counter: Counter,
    vendor_state: Option<Box<VendorState>>,
    assumed: Option<Box<AssumedUsage>>,
    slow_start: Option<Box<SlowStarting>>,
    /// Waiting calls that draw from this limit, and the sum of their amounts.
    pub(crate) queued_calls: u32,
    queued_amount: u64,
    /// What older waiting calls will take, and when, in order of time.
    reservations: Vec<(When, u64)>,
    /// Whether one of them waits for this limit. Then no younger call that draws from it may pass.
    is_waited_for: bool,
    /// Usage above estimates.
    debts: Debts,
    /// Usage beyond one window's debt, which was not charged.
    dropped: u64,
}

/// Which calls draw from a limit, from the fewest to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    Model,
    Group,
    Account,
}

/// What a meter is made of.
#[derive(Debug)]
pub(crate) struct MeterSpec {
    pub(crate) per: Per,
    pub(crate) reach: Reach,
    pub(crate) stated: LimitInForce,
    pub(crate) scale: u64,
    pub(crate) part: PartKind,
    /// `None` for a part.
    pub(crate) state: Option<LimitState>,
    pub(crate) jitter: Nanos,
    pub(crate) counter: Counter,
    pub(crate) slow_start: Option<SlowStart>,
}

impl Meter {
    /// Returns a meter of a limit, or of a part of the limit of `whole_meter`. Its amounts are 0 until the first
    /// [`set_amounts`](Self::set_amounts).
    pub(crate) fn new(whole_meter: MeterId, spec: MeterSpec) -> Self {
        let MeterSpec { per, reach, stated, scale, part, state, jitter, counter, slow_start } = spec;
        Self {
            stated,
            scale,
            per,
            whole_meter,
            part,
            state: state.map(Box::new),
            reach,
            limit: 0,
            promised: 0,
            max_debt: 0,
            window: Nanos::new(stated.window),
            jitter,
            counter,
            vendor_state: None,
            assumed: None,
            slow_start: slow_start.map(|config| Box::new(SlowStarting { config, charged_at: None, withholds: false })),
            queued_calls: 0,
            queued_amount: 0,
            reservations: Vec::new(),
            is_waited_for: false,
            debts: Debts::default(),
            dropped: 0,
        }
    }

    /// Whether calls hold their amounts until they end: concurrency, a vendor's queue.
    pub(crate) fn is_concurrency(&self) -> bool {
        matches!(self.counter, Counter::Concurrency(_))
    }

    /// The window, jitter included. Zero for a limit on concurrency.
    pub(crate) fn width(&self) -> Nanos {
        match &self.counter {
            Counter::Sliding(window) => window.width(),
            Counter::Gcra(gcra) => gcra.width(),
            Counter::Calendar(_) => self.window,
            Counter::Concurrency(_) => Nanos::ZERO,
        }
    }

    /// The part of `headroom` that is not withheld at `time`.
    fn unwithheld(&self, headroom: u64, time: Nanos) -> u64 {
        self.vendor_state.as_ref().map_or(headroom, |vendor_state| {
            vendor_state.withheld.at(time).map_or(0, |withheld| headroom.saturating_sub(withheld))
        })
    }

    /// The units withheld at `time`, at most the limit.
    pub(crate) fn withheld(&self, time: Nanos) -> u64 {
        let withheld = self.vendor_state.as_ref().map_or(Some(0), |vendor_state| vendor_state.withheld.at(time));
        withheld.map_or(self.limit, |withheld| withheld.min(self.limit))
    }

    /// The end of the pause; [`Nanos::ZERO`] if there was none.
    pub(crate) fn paused_until(&self) -> Nanos {
        self.vendor_state.as_ref().map_or(Nanos::ZERO, |vendor_state| vendor_state.withheld.until())
    }

    /// Advances to a reading of the clock. Returns whether the amount in force may have changed.
    pub(crate) fn expire(&mut self, reading: ClockReading) -> bool {
        let now = reading.earliest;
        self.cool_down(now);
        if let Some(vendor_state) = &mut self.vendor_state {
            vendor_state.floor = vendor_state.floor.filter(|_| !vendor_state.withheld.is_over(now));
        }
        match &mut self.counter {
            Counter::Sliding(window) => window.expire(now),
            Counter::Calendar(window) => window.expire(reading, self.limit),
            Counter::Gcra(_) | Counter::Concurrency(_) => {}
        }
        self.state.as_mut().is_some_and(|state| state.advance(now))
    }

    /// Whether an amount never fits: it is above the limit in force, even if other clients used nothing of it.
    pub(crate) fn never_fits(&self, amount: u64) -> bool {
        amount > self.promised && !(self.passes_alone(amount) || matches!(self.counter, Counter::Gcra(_)))
    }

    /// Whether an amount above the limit is admitted into an empty window: above a vendor's sub-window, or above what
    /// other clients leave of the limit.
    fn passes_alone(&self, amount: u64) -> bool {
        let is_part = matches!(self.part, PartKind::SubWindow(_)) && self.limit > 0;
        amount > self.limit && (is_part || amount <= self.promised) && !matches!(self.counter, Counter::Gcra(_))
    }

    /// The headroom that an amount needs: the amount, or less if it passes alone or at an even pace.
    fn needed(&self, amount: u64) -> u64 {
        match &self.counter {
            Counter::Gcra(gcra) => gcra.needed(amount),
            _ if self.passes_alone(amount) => {
                let floor = self.vendor_state.as_ref().and_then(|vendor_state| vendor_state.floor);
                self.limit.min(floor.unwrap_or(u64::MAX))
            }
            _ => amount,
        }
    }

    pub(crate) fn headroom(&self, now: Nanos) -> u64 {
        let headroom = match &self.counter {
            Counter::Gcra(gcra) => gcra.headroom(now),
            _ => self.limit.saturating_sub(self.used()),
        };
        self.unwithheld(headroom, now)
    }

    /// Whether there is room for an amount now, regardless of waiting calls.
    pub(crate) fn has_room(&self, amount: u64, now: Nanos) -> bool {
        self.needed(amount) <= self.headroom(now) && (!self.passes_alone(amount) || self.used() == 0)
    }

    /// Whether an amount fits now, without passing a call that waits for this limit and without delaying a reservation.
    pub(crate) fn fits(&self, amount: u64, now: Nanos) -> bool {
        if self.is_waited_for || !self.has_room(amount, now) {
            return false;
        }
        let expires_at = self.expires_at(now);
        let mut taken = self.needed(amount);
        for &(when, reserved) in
            self.reservations.iter().take_while(|(when, _)| *when < expires_at || self.is_concurrency())
        {
            taken = taken.saturating_add(reserved);
            let room = when.moment().map_or_else(|| self.headroom(now), |at| self.headroom_at(at));
            if taken > room {
                return false;
            }
        }
        true
    }

    /// Drops all reservations.
    pub(crate) fn clear_reservations(&mut self) {
        self.reservations.clear();
        self.is_waited_for = false;
    }

    /// Reserves what an older call, which needs room for an amount, will take at `when`.
    pub(crate) fn reserve(&mut self, when: When, needed: u64, taken: u64, now: Nanos) {
        self.is_waited_for |= !self.has_room(needed, now);
        let position = self.reservations.partition_point(|(other, _)| *other <= when);
        self.reservations.insert(position, (when, self.needed(taken)));
    }

    /// Counts a waiting call that needs an amount.
    pub(crate) fn queue(&mut self, amount: u64) {
        self.queued_amount = self.queued_amount.saturating_add(amount);
        self.queued_calls += 1;
    }

    /// Counts a call that waits no longer.
    pub(crate) fn unqueue(&mut self, amount: u64) {
        self.queued_amount = self.queued_amount.saturating_sub(amount);
        self.queued_calls = self.queued_calls.saturating_sub(1);
        if self.queued_calls == 0 {
            self.queued_amount = 0;
        }
    }

    /// Whether the meter has no memory: a new one would decide the same.
    pub(crate) fn is_idle(&self, now: Nanos) -> bool {
        let is_drained = !matches!(&self.counter, Counter::Gcra(gcra) if !gcra.is_empty(now));
        let is_as_stated = self.state.as_ref().is_none_or(|state| {
            let has_grown = state.growth.as_ref().is_some_and(|growth| !growth.is_at_start());
            let is_shared = state.sharing.as_ref().is_some_and(|sharing| sharing.next_change().is_some());
            !has_grown && !is_shared && state.vendor_limit.is_none() && state.set.is_none()
        });
        self.used() == 0
            && self.queued_calls == 0
            && is_drained
            && is_as_stated
            && (self.slow_start.as_ref().is_some_and(|slow_start| slow_start.withholds && slow_start.is_cold(now))
                || self.vendor_state.as_ref().is_none_or(|vendor_state| vendor_state.withheld.is_over(now)))
    }

    /// Memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        let slots = if let Counter::Sliding(window) = &self.counter { window.memory() } else { 0 };
        let vendor_state = if self.vendor_state.is_some() { size_of::<VendorState>() } else { 0 };
        let state = if self.state.is_some() { size_of::<LimitState>() } else { 0 };
        vendor_state + state + size_of::<Self>() + slots + self.reservations.capacity() * size_of::<(When, u64)>()
    }
}
