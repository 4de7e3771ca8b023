//! The order of admissions: the meters of an account, the calls that wait for them, and who is admitted when.
//!
//! *Queues.* Calls with the same limits wait in one route queue, first come, first served. A pass looks at the oldest
//! call of each route queue, in order of arrival. Each is admitted if it fits now; otherwise it gets a reservation
//! at the earliest time at which it will fit.
//!
//! *Conservative backfilling* (Feitelson and Weil, 1998). A younger call may pass an older one of another route queue,
//! but not on a limit that the older one waits for, and only if every reservation stays as early as it is. A wait on one limit
//! therefore leaves the other limits to calls that can use them, and small calls never starve a large one. A
//! reservation is not charged: a call is charged when it is admitted, as of that time.
//!
//! *Copies.* A queue holds no tasks and no wakers, so it can be cloned. A clone that is run ahead of the clock
//! forecasts admissions by the same rules (see `forecast.rs`).

use std::collections::VecDeque;
use std::sync::Arc;

use crate::charge::{AdmissionNote, Charge};
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
    pub(crate) number: u64,
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
        self.fit(self.meter(id).whole());
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
    pub(crate) fn at(&mut self, reading: ClockReading) {
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
    pub(crate) fn fit(&mut self, whole: MeterId) -> usize {
        let now = self.now.earliest;
        let of = self.meter(whole);
        let Some(state) = of.state() else { return 0 };
        let amounts = [state.in_force(), state.ours(), state.without_responses()];
        let window = of.stated_window();
        let parts = self.meters.iter_mut().filter(|meter| meter.whole() == whole);
        parts.map(|meter| usize::from(meter.fit(amounts, window, now))).sum()
    }

    /// Changes the state of a whole limit, and recomputes it and its parts. Returns how many amounts have changed.
    pub(crate) fn change(&mut self, whole: MeterId, run: impl FnOnce(&mut LimitState)) -> usize {
        if let Some(state) = self.meter_mut(whole).state_mut() {
            run(state);
        }
        self.fit(whole)
    }

    /// Sets the limit that a response states. It exceeds the published one only if the response `widens` the limit.
    #[cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "used with `feedback` only"))]
    pub(crate) fn apply_limit(&mut self, whole: MeterId, limit: u64, widens: bool) {
        /// How many windows a stated limit is kept; at least ten minutes.
        const WINDOWS: u64 = 10;
        let span = self.meter(whole).width().times(WINDOWS).max(Nanos::MINUTE.times(10));
        let (now, until) = (self.now.latest, self.now.earliest + span);
        self.change(whole, |state| {
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
            self.fit(self.meter(id).whole());
        }
    }

    /// Advances all meters to now.
    pub(crate) fn expire_all(&mut self) {
        (0..self.meters.len()).for_each(|number| self.expire(MeterId::new(number)));
    }

    fn draws(&self, route_queue: usize) -> Arc<[Draw]> {
        Arc::clone(&self.route_queues[route_queue].draws)
    }

    /// Decides on a call of a route queue, behind everything that is reserved. The meters must be up to date. Returns
    /// whether the call exceeds a guaranteed limit.
    pub(crate) fn decide(&mut self, route_queue: usize, cost: &Cost) -> Result<bool, Denied> {
        let (now, exceeds_guarantees) = (self.now.earliest, self.route_queues[route_queue].exceeds_guarantees);
        let (mut wait, mut is_beyond) = (None, false);
        let mut wait_for = |meter: MeterId, until: When| {
            if wait.is_none_or(|(_, latest)| until > latest) {
                wait = Some((meter, until));
            }
        };
        for draw in self.route_queues[route_queue].draws.iter() {
            let amount = draw.measure.needed(cost);
            let meter = &mut self.meters[draw.meter.index()];
            if amount == 0 {
                continue;
            }
            meter.make_room(amount, now);
            if exceeds_guarantees && meter.is_guaranteed() {
                // A guaranteed limit may be exceeded, but a pause by the vendor holds.
                if meter.paused_until() > now {
                    wait_for(draw.meter, When::At(meter.paused_until()));
                }
                is_beyond |= amount > meter.headroom(now);
            } else if meter.never_fits(amount) {
                return Err(Denied::Never { meter: draw.meter });
            } else if !meter.fits(amount, now) {
                let until = meter.when_room(amount, now).max(When::At(now + Nanos::new(1)));
                wait_for(draw.meter, until);
            }
        }
        if let Some(until) = self.account_pause.is_on(now).then_some(self.account_pause.until)
            && let Some(first) = self.route_queues[route_queue].draws.first()
        {
            wait_for(first.meter, When::At(until));
        }
        match wait {
            Some((meter, until)) => Err(Denied::Wait { meter, until }),
            None => Ok(is_beyond),
        }
    }

    /// Whether an admitted call of a route queue has room now, regardless of waiting calls. Concurrency slots are not checked:
    /// the call already holds them.
    pub(crate) fn has_room(&self, route_queue: usize, cost: &Cost) -> bool {
        let (route_queue, now) = (&self.route_queues[route_queue], self.now.earliest);
        let is_paused = self.account_pause.is_on(now);
        !is_paused
            && route_queue.draws.iter().all(|draw| {
                let (meter, amount) = (self.meter(draw.meter), draw.measure.needed(cost));
                if route_queue.exceeds_guarantees && meter.is_guaranteed() {
                    return meter.paused_until() <= now;
                }
                amount == 0 || meter.is_concurrency() || !meter.never_fits(amount) && meter.has_room(amount, now)
            })
    }

    /// Charges a call of a route queue, as of now.
    pub(crate) fn charge(&mut self, route_queue: usize, cost: &Cost, note: AdmissionNote) -> Charge {
        let now = self.now;
        for draw in self.route_queues[route_queue].draws.iter() {
            let amount = draw.measure.of(cost);
            if amount > 0 {
                self.meters[draw.meter.index()].charge(amount, now);
            }
        }
        Charge { tick: now.tick, at: now.latest, note }
    }

    /// For each limit that has no room for a call now: when the passage of time makes room, regardless of waiting
    /// calls.
    fn room_times(&self, route_queue: usize, cost: &Cost) -> impl Iterator<Item = When> {
        let (route_queue, now) = (&self.route_queues[route_queue], self.now.earliest);
        let of = route_queue.draws.iter().filter(|draw| draw.measure.needed(cost) > 0).map(move |draw| {
            let meter = self.meter(draw.meter);
            if route_queue.exceeds_guarantees && meter.is_guaranteed() {
                When::At(meter.paused_until())
            } else {
                meter.when_room(draw.measure.needed(cost), now)
            }
        });
        let pause = self.account_pause.is_on(now).then_some(When::At(self.account_pause.until));
        of.filter(move |when| *when > When::At(now)).chain(pause)
    }

    /// Estimates when a call that arrived now would be admitted, from the sums of what waits. Returns the limit with
    /// the longest wait.
    pub(crate) fn estimate(&self, route_queue: usize, cost: &Cost) -> (MeterId, When) {
        let (route_queue, now) = (&self.route_queues[route_queue], self.now.earliest);
        let first = route_queue.draws.first().map_or(MeterId::new(0), |draw| draw.meter);
        let of = route_queue.draws.iter().filter(|draw| draw.measure.needed(cost) > 0).map(|draw| {
            let meter = self.meter(draw.meter);
            let when = if route_queue.exceeds_guarantees && meter.is_guaranteed() {
                When::At(meter.paused_until())
            } else {
                meter.when_behind_queue(draw.measure.needed(cost), now)
            };
            (draw.meter, when)
        });
        let pause = self.account_pause.is_on(now).then_some((first, When::At(self.account_pause.until)));
        of.chain(pause).max_by_key(|(_, when)| *when).unwrap_or((first, When::At(now)))
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

    /// Drops all reservations. No call may be waiting.
    pub(crate) fn clear(&mut self) {
        self.clear_reservations();
        self.active.clear();
    }

    /// Drops the reservations of the last pass.
    fn clear_reservations(&mut self) {
        while let Some(meter) = self.reserved.pop() {
            self.meter_mut(meter).clear_reservations();
        }
    }

    /// Looks at the oldest call of each route queue, in order of arrival, and returns the first decision.
    pub(crate) fn admission_pass(&mut self) -> Option<FrontDecision> {
        self.clear_reservations();
        let mut active = std::mem::take(&mut self.active);
        active.retain(|&route_queue| !self.route_queues[route_queue].waiting.is_empty());
        active
            .sort_unstable_by_key(|&route_queue| self.route_queues[route_queue].waiting.front().map(|entry| entry.key));
        for &route_queue in &active {
            let draws = self.draws(route_queue);
            draws.iter().for_each(|draw| self.expire(draw.meter));
        }
        let found = active.iter().find_map(|&route_queue| self.try_admit_front(route_queue));
        self.active = active;
        found
    }

    /// Admits the oldest call of a route queue, or reserves for it.
    fn try_admit_front(&mut self, route_queue: usize) -> Option<FrontDecision> {
        let entry = *self.route_queues[route_queue].waiting.front()?;
        let front = self.route_queues[route_queue].front;
        let found = match self.decide(route_queue, &entry.cost) {
            Ok(is_beyond) => {
                let note = if is_beyond { AdmissionNote::BeyondGuarantee } else { AdmissionNote::Nothing };
                let charge = self.charge(route_queue, &entry.cost, note);
                let (waited_for, room_at) =
                    (front.map(|front| front.meter), front.and_then(|front| front.room_of(entry.waiter)));
                FrontDecision::Admitted { waiter: entry.waiter, charge, waited_for, room_at }
            }
            Err(Denied::Never { meter }) => FrontDecision::Never { waiter: entry.waiter, meter },
            Err(Denied::Wait { meter, until }) => {
                let room_at = self.room_times(route_queue, &entry.cost).max().and_then(When::moment);
                let next_room = self.room_times(route_queue, &entry.cost).min().and_then(When::moment);
                self.route_queues[route_queue].front =
                    Some(Front { waiter: entry.waiter, meter, until, room_at, next_room });
                self.reserve(route_queue, &entry.cost, until);
                return None;
            }
        };
        self.route_queues[route_queue].waiting.pop_front();
        self.after_removal(route_queue, &entry);
        Some(found)
    }

    /// Reserves what an older call will take. For a call that waits for a release, only what it would hold and lacks is
    /// reserved: it leaves its other limits to younger calls until then.
    fn reserve(&mut self, route_queue: usize, cost: &Cost, until: When) {
        let now = self.now.earliest;
        for draw in self.route_queues[route_queue].draws.iter() {
            let needed = draw.measure.needed(cost);
            let meter = &mut self.meters[draw.meter.index()];
            let is_reserved = match (until, meter.is_concurrency()) {
                (When::OnRelease, true) => meter.headroom(now) < needed,
                (When::At(_), _) => true,
                (When::OnRelease, false) => false,
            };
            if needed > 0 && is_reserved {
                meter.reserve(until, needed, draw.measure.of(cost), now);
                self.reserved.push(draw.meter);
            }
        }
    }

    /// The next time at which the passage of time alone may admit a waiting call.
    pub(crate) fn next_event(&self) -> Option<Nanos> {
        self.front_events().map(|(_, at)| at).min()
    }

    /// Returns each route queue's oldest waiter, and when to evaluate it again.
    pub(crate) fn front_events(&self) -> impl Iterator<Item = (usize, Nanos)> {
        let waiting = || {
            self.active
                .iter()
                .map(|&route_queue| &self.route_queues[route_queue])
                .filter(|route_queue| !route_queue.waiting.is_empty())
        };
        // In the only route queue nothing may pass the oldest call, so only room in all of its limits matters.
        let has_others = waiting().nth(1).is_some();
        waiting().filter_map(move |route_queue| {
            let front = route_queue.front?;
            let at = if has_others { front.next_room } else { front.room_at };
            Some((route_queue.waiting.front()?.waiter, at?))
        })
    }

    /// If this is the only route queue with waiting calls, and its oldest call is that of `waiter`: the limit it waits
    /// for, and when it has room.
    pub(crate) fn only_front(&self, route_queue: usize, waiter: usize) -> Option<(MeterId, Option<Nanos>)> {
        let front = self.route_queues[route_queue].front?;
        let is_first = self.route_queues[route_queue].waiting.front().is_some_and(|entry| entry.waiter == waiter);
        (is_first && self.active == [route_queue]).then_some((front.meter, front.room_at))
    }

    /// Whether the oldest call of a route queue waits for another call to end.
    pub(crate) fn waits_for_release(&self, route_queue: usize) -> bool {
        self.route_queues[route_queue].front.is_some_and(|front| front.until == When::OnRelease)
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
