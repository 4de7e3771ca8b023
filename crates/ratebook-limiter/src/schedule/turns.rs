//! Waiting calls as their callers see them: turns, wake-ups and hand-outs.
//!
//! *Turns.* A call whose turn comes is charged, so that no other call takes its room, and its caller is woken. The
//! permit is handed out when the caller polls, and the charge moves to that time, because the vendor sees the call no
//! earlier. If the charge no longer counts by then, or a debt, a pause or a lower limit has taken its room, the call is
//! refunded and decided again, before all younger ones.
//!
//! *Timers.* Some caller, or the account's timer task, always holds a timer for [`next_event`](Schedule::next_event):
//! the next time at which the passage of time alone admits a call or ends a grace.

use std::sync::Arc;
use std::task::Waker;

use super::waiter::{PollOutcome, PollTrigger, Waiter, WaiterId, WaiterState};
use super::{MAX_FORECAST_CALLS, Schedule};
use crate::charge::Charge;
use crate::cost::Cost;
use crate::fast_path::FastLock;
use crate::forecast::Forecast;
use crate::meter::MeterId;
use crate::nanos::{Nanos, When};
use crate::queue::{FrontDecision, OrderKey, Queue, QueuedCall};
use crate::route::Route;

impl Schedule {
    /// The number of waiting calls.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len() + self.passed_over
    }

    /// Adds a call to the queue. Its turn comes at once if it fits.
    pub(crate) fn enqueue(
        &mut self,
        fast_lock: &FastLock,
        route: &Arc<Route>,
        cost: Cost,
        priority_delay: Nanos,
    ) -> WaiterId {
        self.take_back(fast_lock);
        let (index, key) = self.add_waiter(route, cost, priority_delay, WaiterState::Queued);
        self.queue.push(route.route_queue, QueuedCall { key, waiter: index, cost });
        self.version += 1;
        self.admission_pass(fast_lock, None);
        WaiterId(index)
    }

    /// Adds a call that is already charged and whose turn it is.
    pub(crate) fn offer_charged(
        &mut self,
        route: &Arc<Route>,
        cost: Cost,
        priority_delay: Nanos,
        charge: Charge,
    ) -> WaiterId {
        let state = WaiterState::Offered { charge, since: self.now().earliest };
        let (index, key) = self.add_waiter(route, cost, priority_delay, state);
        self.offered.push_back((index, key));
        WaiterId(index)
    }

    /// The index of the waiter that is added next. No waiting call has it.
    pub(super) fn next_index(&self) -> usize {
        self.vacant.last().copied().unwrap_or(self.waiters.len())
    }

    /// Adds a waiter. `priority_delay` is added to its arrival.
    fn add_waiter(
        &mut self,
        route: &Arc<Route>,
        cost: Cost,
        priority_delay: Nanos,
        state: WaiterState,
    ) -> (usize, OrderKey) {
        self.arrivals += 1;
        let key = OrderKey { arrived: self.now().earliest + priority_delay, arrival: self.arrivals };
        let route = Arc::clone(route);
        let waiter = Waiter {
            route,
            cost,
            key,
            state,
            waker: None,
            polls_at: None,
            is_thread: false,
            polled_at: Nanos::ZERO,
            probed_at: None,
            turn_began: None,
            forecast: None,
        };
        let index = match self.vacant.pop() {
            Some(index) => {
                self.waiters[index] = Some(waiter);
                index
            }
            None => {
                self.waiters.push(Some(waiter));
                self.waiters.len() - 1
            }
        };
        (index, key)
    }

    /// Admits all calls whose turn has come, and passes over callers that are not polled in theirs. `polling` is the
    /// waiter that is being polled.
    pub(crate) fn admission_pass(&mut self, fast_lock: &FastLock, polling: Option<WaiterId>) {
        if self.queue.len() == 0 && self.offered.is_empty() {
            self.queue.clear();
            return;
        }
        self.take_back(fast_lock);
        loop {
            self.end_graces(polling);
            let Some(decision) = self.queue.admission_pass() else { break };
            self.version += 1;
            match decision {
                FrontDecision::Admitted { waiter, charge, room_at, .. } => self.offer(waiter, charge, room_at, polling),
                FrontDecision::Never { waiter: index, meter } => {
                    if let Some(waiter) = &mut self.waiters[index] {
                        waiter.state = WaiterState::Never { meter };
                        self.wakers.extend(waiter.waker.take());
                    }
                }
            }
        }
        // The oldest call of a route queue has to be polled at its next event, so one with a later timer is woken to
        // set an earlier one.
        for (index, at) in self.queue.front_events() {
            if let Some(waiter) = &mut self.waiters[index]
                && waiter.polls_at.is_some_and(|polls_at| polls_at > When::At(at))
            {
                waiter.polls_at = Some(When::At(at));
                self.wakers.extend(waiter.waker.take());
            }
        }
        self.guard_grace();
    }

    /// Begins the turn of a waiter. If the waiter polls by its own timer, the turn began when the timer was due and the call
    /// had room, at the latest now; otherwise it begins now.
    fn offer(&mut self, index: usize, charge: Charge, room_at: Option<Nanos>, polling: Option<WaiterId>) {
        let (now, grace) = (self.now().earliest, self.grace);
        let Some(waiter) = &mut self.waiters[index] else { return };
        let own_timer = waiter.polls_at.and_then(When::moment);
        let since = own_timer.zip(room_at).map_or(now, |(polls_at, room_at)| polls_at.max(room_at).min(now));
        // A turn that was taken back and comes again has not begun anew.
        let since = waiter.turn_began.take().map_or(since, |turn_began| turn_began.min(since));
        waiter.state = WaiterState::Offered { charge, since };
        self.wakers.extend(waiter.waker.take());
        let route = Arc::clone(&waiter.route);
        let key = waiter.key;
        self.update_gauges(&route);
        if since + grace <= now && polling != Some(WaiterId(index)) {
            self.pass_over(index, charge);
        } else {
            let began = |&(index, key): &(usize, OrderKey)| self.offered_charge(index, key).map(|(_, since)| since);
            let later = self.offered.iter().rev().take_while(|offered| began(offered).is_some_and(|at| at > since));
            self.offered.insert(self.offered.len() - later.count(), (index, key));
        }
    }

    /// Polls a waiter: returns a permit's charge if it is its turn.
    pub(crate) fn poll(
        &mut self,
        fast_lock: &FastLock,
        id: WaiterId,
        waker: Option<&Waker>,
        again: PollTrigger,
    ) -> PollOutcome {
        let WaiterId(index) = id;
        if let Some(waiter) = &mut self.waiters[index] {
            waiter.probed_at = None;
            waiter.turn_began = None;
        }
        match self.waiters[index].as_ref().map(|waiter| waiter.state) {
            Some(WaiterState::Offered { charge, .. }) => {
                if let Some(charge) = self.hand_out(fast_lock, index, charge) {
                    self.record_use_of(index);
                    self.vacate(index);
                    return PollOutcome::Granted(charge);
                }
                self.requeue(index);
                self.take_back_younger_turns(fast_lock, index);
            }
            Some(WaiterState::PassedOver) => {
                self.passed_over -= 1;
                self.requeue(index);
                self.take_back_younger_turns(fast_lock, index);
            }
            Some(WaiterState::Queued | WaiterState::Never { .. }) | None => {}
        }
        self.admission_pass(fast_lock, Some(id));
        match self.waiters[index].as_ref().map(|waiter| waiter.state) {
            Some(WaiterState::Offered { charge, .. }) => {
                self.record_use_of(index);
                self.vacate(index);
                PollOutcome::Granted(charge)
            }
            Some(WaiterState::Never { meter }) => {
                self.vacate(index);
                PollOutcome::Never { meter }
            }
            Some(WaiterState::Queued | WaiterState::PassedOver) | None => self.arm(index, waker, again),
        }
    }

    /// Records that the call of a waiter is handed out.
    fn record_use_of(&mut self, index: usize) {
        if let Some(waiter) = &self.waiters[index] {
            let (route, cost) = (Arc::clone(&waiter.route), waiter.cost);
            self.record_use(&route, &cost);
        }
    }

    /// Puts a waiter back at its place in the queue.
    pub(super) fn requeue(&mut self, index: usize) {
        if let Some(waiter) = &mut self.waiters[index] {
            waiter.state = WaiterState::Queued;
            self.queue.push(waiter.route.route_queue, QueuedCall { key: waiter.key, waiter: index, cost: waiter.cost });
            self.version += 1;
        }
    }

    /// Stores the waker of a waiter, and returns when it should poll again.
    fn arm(&mut self, index: usize, waker: Option<&Waker>, again: PollTrigger) -> PollOutcome {
        let is_self_timed = match again {
            #[cfg(feature = "tokio")]
            PollTrigger::Woken => false,
            PollTrigger::OwnTimer | PollTrigger::ParkedThread => true,
        };
        let forecast = self.forecast_of(index, is_self_timed);
        let now = self.now().earliest;
        // The oldest call of a route queue polls at its next event, even if only another call may be admitted then. If
        // it does not, all others do so half a grace later.
        let own = self.queue.front_events().find_map(|(waiter, at)| (waiter == index).then_some(at));
        let others = self.queue.next_event().map(|at| at + self.half_grace()).into_iter().chain(self.grace_ends());
        let events = own.into_iter().chain(others).map(|at| When::At(at.max(now + Nanos::new(1))));
        let poll_again_at = events.fold(forecast.until, When::min);
        if let Some(waiter) = &mut self.waiters[index] {
            self.self_timed += usize::from(is_self_timed);
            self.self_timed -= usize::from(waiter.polls_at.is_some());
            waiter.polls_at = is_self_timed.then_some(poll_again_at);
            waiter.is_thread = again == PollTrigger::ParkedThread;
            waiter.polled_at = now;
            let is_known = matches!((&waiter.waker, waker), (Some(old), Some(new)) if old.will_wake(new));
            if !is_known {
                self.discarded.extend(std::mem::replace(&mut waiter.waker, waker.cloned()));
            }
        }
        PollOutcome::Wait { forecast, poll_again_at }
    }

    /// Forecasts when a waiter will be admitted: exactly if asked for, or else from the sums of what waits.
    fn forecast_of(&mut self, index: usize, is_exact: bool) -> Forecast {
        let Some(waiter) = &self.waiters[index] else {
            return Forecast { meter: MeterId::new(0), until: When::OnRelease };
        };
        let route_queue = waiter.route.route_queue;
        let cost = waiter.cost;
        // If all waiters are of one route queue, its oldest call has room first.
        if let Some((meter, Some(room_at))) = self.queue.only_front(route_queue, index) {
            return Forecast { meter, until: When::At(room_at) };
        }
        if !is_exact || self.queue.len() > MAX_FORECAST_CALLS {
            let (meter, until) = self.queue.estimate(route_queue, &cost);
            return Forecast { meter, until };
        }
        let is_past = |forecast: Forecast| forecast.until <= When::At(self.now().earliest);
        let is_stale = self.waiters[index].as_ref().and_then(|waiter| waiter.forecast).is_some_and(is_past);
        if is_stale || self.forecast_version != Some(self.version) {
            self.waiters.iter_mut().flatten().for_each(|waiter| waiter.forecast = None);
            let waiters = &mut self.waiters;
            self.queue.forecast_all(|index, forecast| {
                if let Some(waiter) = &mut waiters[index] {
                    waiter.forecast = Some(forecast);
                }
            });
            self.forecast_version = Some(self.version);
        }
        let forecast = self.waiters[index].as_ref().and_then(|waiter| waiter.forecast);
        forecast
            .unwrap_or_else(|| Forecast { meter: self.queue.estimate(route_queue, &cost).0, until: When::OnRelease })
    }

    /// Moves the charge of a waiter to now, if it still counts and there still is room. Otherwise refunds it, and
    /// returns `None`: the call has to be decided again.
    fn hand_out(&mut self, fast_lock: &FastLock, index: usize, charge: Charge) -> Option<Charge> {
        let now = self.now();
        if charge.tick == now.tick && charge.at >= now.earliest {
            return Some(charge);
        }
        let waiter = self.waiters[index].as_ref()?;
        let (route, cost) = (Arc::clone(&waiter.route), waiter.cost);
        self.refresh(fast_lock, &route);
        self.version += 1;
        let amounts = || route.draws.iter().map(|draw| (draw.meter, draw.measure.of(&cost)));
        let is_moved =
            |queue: &Queue, (meter, amount): &(MeterId, u64)| *amount > 0 && !queue.meter(*meter).is_concurrency();
        let mut counts = true;
        for (id, amount) in amounts() {
            if is_moved(&self.queue, &(id, amount)) {
                let meter = self.queue.meter_mut(id);
                counts &= meter.still_counts(charge.tick, now.earliest);
                meter.refund(amount, charge.tick, now.earliest);
            }
        }
        // A debt, a pause or a lower limit may have taken its room since.
        if counts && (route.shadow || self.queue.has_room(route.route_queue, &cost)) {
            for (id, amount) in amounts() {
                if is_moved(&self.queue, &(id, amount)) {
                    self.queue.meter_mut(id).charge(amount, now);
                }
            }
            return Some(Charge { tick: now.tick, at: now.latest, ..charge });
        }
        for draw in &*route.draws {
            let meter = self.queue.meter_mut(draw.meter);
            if meter.is_concurrency() {
                meter.refund(draw.measure.of(&cost), now.tick, now.earliest);
            }
        }
        None
    }

    /// Frees the index of a waiter.
    fn vacate(&mut self, index: usize) {
        if let Some(waiter) = self.waiters[index].take() {
            if waiter.polls_at.is_some() {
                self.self_timed -= 1;
                // It may have been a guard of the current grace.
                self.guarded_until = None;
            }
            self.discarded.extend(waiter.waker);
            self.vacant.push(index);
        }
    }

    /// Removes a call whose caller no longer waits, and refunds it if it was charged.
    pub(crate) fn leave(&mut self, fast_lock: &FastLock, id: WaiterId) {
        let WaiterId(index) = id;
        let Some(waiter) = &self.waiters[index] else { return };
        let (route, cost, key) = (Arc::clone(&waiter.route), waiter.cost, waiter.key);
        match waiter.state {
            WaiterState::Queued => {
                self.queue.remove(route.route_queue, key);
            }
            WaiterState::Offered { charge, .. } => {
                self.refresh(fast_lock, &route);
                self.refund_all(&route, &cost, charge.tick);
            }
            WaiterState::PassedOver => self.passed_over -= 1,
            WaiterState::Never { .. } => {}
        }
        self.version += 1;
        self.vacate(index);
        self.admission_pass(fast_lock, None);
    }

    /// The next time at which the passage of time alone admits a call or ends a grace.
    #[cfg(feature = "tokio")]
    pub(crate) fn next_event(&self) -> Option<Nanos> {
        self.grace_ends().into_iter().chain(self.queue.next_event()).min()
    }
}
