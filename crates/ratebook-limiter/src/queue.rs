//! The order of admissions: the meters of an account, the calls that wait for them, and who is admitted when.
//!
//! *Queues.* Calls with the same limits wait in one route queue, first come, first served. A pass looks at the oldest
//! call of each route queue, in order of arrival. Each is admitted if it fits now; otherwise it gets a reservation at
//! the earliest time at which it will fit.
//!
//! *Conservative backfilling* (Feitelson and Weil, 1998). A younger call may pass an older one of another route queue,
//! but not on a limit that the older one waits for, and only if every reservation stays as early as it is. A wait on
//! one limit therefore leaves the other limits to calls that can use them, and small calls never starve a large one. A
//! reservation is not charged: a call is charged when it is admitted, as of that time (see `queue/pass.rs`).
//!
//! *Copies.* A queue holds no tasks and no wakers, so it can be cloned. A clone that is run ahead of the clock
//! forecasts admissions by the same rules (see `forecast.rs`).

mod decision;
mod pass;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::charge::Charge;
use crate::clock::ClockReading;
use crate::cost::Cost;
use crate::draw::Draw;
use crate::limit_state::{LimitState, VendorLimit};
use crate::meter::{Meter, MeterId};
use crate::nanos::{Nanos, When};
use crate::pause::AccountPause;

/// Why a call is not admitted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It waits for a limit.
    Wait { meter: MeterId, until: When },
    /// It is above a limit in force.
    Never { meter: MeterId },
}

/// The order of calls: by arrival, with the delay of their priority added, and then by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OrderKey {
    pub(crate) arrived: Nanos,
    pub(crate) arrival: u64,
}

/// A waiting call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueuedCall {
    pub(crate) key: OrderKey,
    /// The caller's index in the schedule. A forecast call has the index of the next caller.
    pub(crate) waiter: usize,
    pub(crate) cost: Cost,
}

/// Waiting calls that draw from the same limits, oldest first.
#[derive(Clone, Debug)]
struct RouteQueue {
    draws: Arc<[Draw]>,
    exceeds_guarantees: bool,
    waiting: VecDeque<QueuedCall>,
    /// What the oldest call waits for, as of the last pass.
    front: Option<Front>,
}

#[derive(Clone, Copy, Debug)]
struct Front {
    waiter: usize,
    meter: MeterId,
    until: When,
    /// When the passage of time makes room for it in all its limits; `None` if another call has to be admitted or to
    /// end first.
    room_at: Option<Nanos>,
    /// When the passage of time next makes room in one of its limits, which another call may then use.
    next_room: Option<Nanos>,
}

impl Front {
    /// Returns `room_at` if the oldest call is still that of `waiter`.
    fn room_of(self, waiter: usize) -> Option<Nanos> {
        self.room_at.filter(|_| self.waiter == waiter)
    }
}

/// What a pass has decided on one call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FrontDecision {
    /// The call is admitted and charged.
    Admitted {
        waiter: usize,
        charge: Charge,
        waited_for: Option<MeterId>,
        /// When the passage of time was to make room for it.
        room_at: Option<Nanos>,
    },
    /// The call is above a limit that was lowered while it waited.
    Never { waiter: usize, meter: MeterId },
}

/// The meters of an account, and the calls that wait for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    meters: Vec<Meter>,
    now: ClockReading,
    route_queues: Vec<RouteQueue>,
    /// The last pause of the whole account.
    pub(crate) account_pause: AccountPause,
    /// Indices of the route queues in which calls wait.
    active: Vec<usize>,
    /// Meters with reservations.
    reserved: Vec<MeterId>,
    /// The number of calls in all route queues.
    len: usize,
}

impl Queue {
    pub(crate) fn meter(&self, id: MeterId) -> &Meter {
        &self.meters[id.index()]
    }

    pub(crate) fn meter_mut(&mut self, id: MeterId) -> &mut Meter {
        &mut self.meters[id.index()]
    }

    pub(crate) fn meters(&self) -> impl Iterator<Item = (MeterId, &Meter)> {
        self.meters.iter().enumerate().map(|(number, meter)| (MeterId::new(number), meter))
    }

    pub(crate) fn meters_mut(&mut self) -> impl Iterator<Item = &mut Meter> {
        self.meters.iter_mut()
    }

    /// The number of the next new meter.
    pub(crate) fn next_meter(&self) -> MeterId {
        MeterId::new(self.meters.len())
    }

    /// Adds a meter. Its amount follows from the state of its whole limit.
    pub(crate) fn add_meter(&mut self, meter: Meter) -> MeterId {
        let id = self.next_meter();
        self.meters.push(meter);
        self.recompute(self.meter(id).whole_meter());
        let now = self.now;
        self.meter_mut(id).expire(now);
        id
    }

    /// Adds a route queue and returns its index.
    pub(crate) fn add_route_queue(&mut self, draws: Arc<[Draw]>, exceeds_guarantees: bool) -> usize {
        self.route_queues.push(RouteQueue { draws, exceeds_guarantees, waiting: VecDeque::new(), front: None });
        self.route_queues.len() - 1
    }

    /// Sets the time. It never goes back.
    pub(crate) fn advance_to(&mut self, reading: ClockReading) {
        self.now = ClockReading {
            tick: self.now.tick.max(reading.tick),
            earliest: self.now.earliest.max(reading.earliest),
            latest: self.now.latest.max(reading.latest),
            unix_at_zero: reading.unix_at_zero,
        };
    }

    pub(crate) fn now(&self) -> ClockReading {
        self.now
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Recomputes the amounts of a whole limit and of all its parts. Returns how many have changed.
    pub(crate) fn recompute(&mut self, whole_meter: MeterId) -> usize {
        let now = self.now.earliest;
        let whole = self.meter(whole_meter);
        let Some(state) = whole.state() else { return 0 };
        let amounts = [state.in_force(), state.ours(), state.without_responses()];
        let window = whole.stated_window();
        let parts = self.meters.iter_mut().filter(|meter| meter.whole_meter() == whole_meter);
        parts.map(|meter| usize::from(meter.set_amounts(amounts, window, now))).sum()
    }

    /// Changes the state of a whole limit, and recomputes it and its parts. Returns how many amounts have changed.
    pub(crate) fn change(&mut self, whole_meter: MeterId, run: impl FnOnce(&mut LimitState)) -> usize {
        if let Some(state) = self.meter_mut(whole_meter).state_mut() {
            run(state);
        }
        self.recompute(whole_meter)
    }

    /// Sets the limit that a response states. It exceeds the published one only if the response `widens` the limit.
    #[cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "used with `feedback` only"))]
    pub(crate) fn apply_limit(&mut self, whole_meter: MeterId, limit: u64, widens: bool) {
        /// How many windows a stated limit is kept; at least ten minutes.
        const WINDOWS: u64 = 10;
        let kept = self.meter(whole_meter).width().times(WINDOWS).max(Nanos::MINUTE.times(10));
        let (now, until) = (self.now.latest, self.now.earliest + kept);
        self.change(whole_meter, |state| {
            state.growth.iter_mut().for_each(|growth| growth.continue_from(limit, now));
            let (vendor_limit, granted) = (VendorLimit { limit, widens, until }, state.granted());
            // A statement of the amount already in force is not kept.
            state.vendor_limit = (vendor_limit.of(granted) != granted).then_some(vendor_limit);
        });
    }

    /// Advances a meter to now.
    pub(crate) fn expire(&mut self, id: MeterId) {
        let now = self.now;
        if self.meter_mut(id).expire(now) {
            self.recompute(self.meter(id).whole_meter());
        }
    }

    /// Advances all meters to now.
    pub(crate) fn expire_all(&mut self) {
        (0..self.meters.len()).for_each(|number| self.expire(MeterId::new(number)));
    }

    /// Inserts a call into its route queue, in order.
    pub(crate) fn push(&mut self, route_queue: usize, entry: QueuedCall) {
        let waiting = &mut self.route_queues[route_queue].waiting;
        if waiting.is_empty() {
            self.active.push(route_queue);
        }
        let position = waiting.partition_point(|other| other.key < entry.key);
        waiting.insert(position, entry);
        self.len += 1;
        self.for_each_amount(route_queue, &entry.cost, Meter::queue);
    }

    /// Removes a call from its route queue. Returns whether it was there.
    pub(crate) fn remove(&mut self, route_queue: usize, key: OrderKey) -> bool {
        let waiting = &mut self.route_queues[route_queue].waiting;
        let Ok(position) = waiting.binary_search_by_key(&key, |entry| entry.key) else { return false };
        let Some(entry) = waiting.remove(position) else { return false };
        self.after_removal(route_queue, &entry);
        true
    }

    /// Removes the calls of all waiters for which the predicate holds.
    pub(crate) fn remove_all(&mut self, mut is_selected: impl FnMut(usize) -> bool) {
        for route_queue in self.active.clone() {
            let entries = std::mem::take(&mut self.route_queues[route_queue].waiting);
            let (out, kept): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| is_selected(entry.waiter));
            self.route_queues[route_queue].waiting = kept.into();
            out.iter().for_each(|entry| self.after_removal(route_queue, entry));
        }
    }

    /// Visits the waiters of all calls, in order.
    pub(crate) fn for_each_in_order(&self, mut visit: impl FnMut(usize)) {
        let route_queues = self.active.iter().flat_map(|&route_queue| &self.route_queues[route_queue].waiting);
        let mut waiting: Vec<_> = route_queues.map(|entry| (entry.key, entry.waiter)).collect();
        waiting.sort_unstable_by_key(|(key, _)| *key);
        waiting.into_iter().for_each(|(_, waiter)| visit(waiter));
    }

    /// Updates the counts after a call was removed.
    fn after_removal(&mut self, route_queue: usize, entry: &QueuedCall) {
        self.len -= 1;
        self.for_each_amount(route_queue, &entry.cost, Meter::unqueue);
    }

    /// Calls `run` with each meter that a cost draws from, and the amount.
    fn for_each_amount(&mut self, route_queue: usize, cost: &Cost, run: impl Fn(&mut Meter, u64)) {
        for draw in self.route_queues[route_queue].draws.iter() {
            if draw.measure.needed(cost) > 0 {
                run(&mut self.meters[draw.meter.index()], draw.measure.of(cost));
            }
        }
    }

    /// Frees spare capacity for meters and route queues.
    pub(crate) fn shrink(&mut self) {
        self.meters.shrink_to_fit();
        self.route_queues.shrink_to_fit();
    }

    /// Heap memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        let route_queues: usize =
            self.route_queues.iter().map(|route_queue| route_queue.waiting.capacity() * size_of::<QueuedCall>()).sum();
        let route_queues = route_queues
            + self.route_queues.capacity() * size_of::<RouteQueue>()
            + self.active.capacity() * size_of::<usize>();
        let spare = (self.meters.capacity() - self.meters.len()) * size_of::<Meter>();
        route_queues + spare + self.meters.iter().map(Meter::memory).sum::<usize>()
    }
}
