//! The calls that wait, as their callers see them: whose turn it is, who is woken, what is handed out.
//!
//! *Turns.* A call whose turn comes is charged, so that nobody else takes its place, and its caller is woken. The permit is
//! handed out when the caller looks: then the charge moves to that moment, for the vendor sees the call no earlier. Where
//! the charge no longer counts by then, or something was owed, paused or lowered meanwhile, the call is decided on again,
//! before all that came after it.
//!
//! *Somebody always holds a timer.* [`next_event`](Schedule::next_event) is the next moment at which something happens by
//! time alone: an admission, or the end of a grace.

use std::sync::Arc;
use std::task::Waker;

use super::waiter::{LooksAgain, PollOutcome, Waiter, WaiterId, WaiterState};
use super::{FORECAST, Schedule};
use crate::charge::Charge;
use crate::cost::Cost;
use crate::fast_path::FastLock;
use crate::forecast::Forecast;
use crate::meter::MeterId;
use crate::nanos::{Nanos, When};
use crate::queue::{FrontDecision, OrderKey, Queue, QueuedCall};
use crate::route::Route;

impl Schedule {
    /// How many calls wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len() + self.passed_over
    }

    /// Puts a call into the queue, or offers it its turn at once.
    pub(crate) fn enqueue(
        &mut self,
        fast_lock: &FastLock,
        route: &Arc<Route>,
        cost: Cost,
        later_by: Nanos,
    ) -> WaiterId {
        self.take_back(fast_lock);
        let (number, key) = self.add_waiter(route, cost, later_by, WaiterState::Queued);
        self.queue.push(route.route_queue, QueuedCall { key, waiter: number, cost });
        self.version += 1;
        self.admission_pass(fast_lock, None);
        WaiterId(number)
    }

    /// Puts a call into the queue whose charge was made, and whose turn it is.
    pub(crate) fn offer_charged(
        &mut self,
        route: &Arc<Route>,
        cost: Cost,
        later_by: Nanos,
        charge: Charge,
    ) -> WaiterId {
        let state = WaiterState::Offered { charge, since: self.now().earliest };
        let (number, key) = self.add_waiter(route, cost, later_by, state);
        self.offered.push_back((number, key));
        WaiterId(number)
    }

    /// Knows a caller from now on, who arrives now or counts as later.
    fn add_waiter(&mut self, route: &Arc<Route>, cost: Cost, later_by: Nanos, state: WaiterState) -> (usize, OrderKey) {
        self.arrivals += 1;
        let key = OrderKey { arrived: self.now().earliest + later_by, number: self.arrivals };
        let route = Arc::clone(route);
        let waiter = Waiter {
            route,
            cost,
            key,
            state,
            waker: None,
            looks_at: None,
            is_prompt: false,
            looked_at: Nanos::ZERO,
            probed_at: None,
            forecast: None,
        };
        let number = match self.vacant.pop() {
            Some(number) => {
                self.waiters[number] = Some(waiter);
                number
            }
            None => {
                self.waiters.push(Some(waiter));
                self.waiters.len() - 1
            }
        };
        (number, key)
    }

    /// Gives everybody their turns that have come by now: admits those that fit, and passes over those that do not look.
    /// `looking` is the waiter whose caller is looking.
    pub(crate) fn admission_pass(&mut self, fast_lock: &FastLock, looking: Option<WaiterId>) {
        if self.queue.len() == 0 && self.offered.is_empty() {
            self.queue.rest();
            return;
        }
        self.take_back(fast_lock);
        loop {
            self.end_graces(looking);
            let Some(found) = self.queue.admission_pass() else { break };
            self.version += 1;
            match found {
                FrontDecision::Admitted { waiter, charge, room_at, .. } => self.offer(waiter, charge, room_at, looking),
                FrontDecision::Never { waiter: number, meter } => {
                    if let Some(waiter) = &mut self.waiters[number] {
                        waiter.state = WaiterState::Never { meter };
                        self.wakers.extend(waiter.waker.take());
                    }
                }
            }
        }
        // The oldest of a route_queue looks at its next event: whoever was told to look later is woken, to look earlier.
        for (number, at) in self.queue.front_events() {
            if let Some(waiter) = &mut self.waiters[number]
                && waiter.looks_at.is_some_and(|looks_at| looks_at > When::At(at))
            {
                waiter.looks_at = Some(When::At(at));
                self.wakers.extend(waiter.waker.take());
            }
        }
        self.guard_grace();
    }

    /// It is a waiter's turn: from now on, or since its own timer has told it so.
    fn offer(&mut self, number: usize, charge: Charge, room_at: Option<Nanos>, looking: Option<WaiterId>) {
        let (now, grace) = (self.now().earliest, self.grace);
        let Some(waiter) = &mut self.waiters[number] else { return };
        let own_timer = waiter.looks_at.and_then(When::moment);
        let since = own_timer.zip(room_at).map_or(now, |(looks_at, room_at)| looks_at.max(room_at).min(now));
        waiter.state = WaiterState::Offered { charge, since };
        self.wakers.extend(waiter.waker.take());
        let route = Arc::clone(&waiter.route);
        let key = waiter.key;
        self.show(&route);
        if since + grace <= now && looking != Some(WaiterId(number)) {
            self.pass_over(number, charge);
        } else {
            self.offered.push_back((number, key));
        }
    }

    /// What stands where a caller looks: a permit where it is its turn.
    pub(crate) fn poll(
        &mut self,
        fast_lock: &FastLock,
        id: WaiterId,
        waker: Option<&Waker>,
        again: LooksAgain,
    ) -> PollOutcome {
        let WaiterId(number) = id;
        self.waiters[number].iter_mut().for_each(|waiter| waiter.probed_at = None);
        match self.waiters[number].as_ref().map(|waiter| waiter.state) {
            Some(WaiterState::Offered { charge, .. }) => {
                if let Some(charge) = self.hand_out(fast_lock, number, charge) {
                    self.vacate(number);
                    return PollOutcome::Granted(charge);
                }
                self.requeue(number);
            }
            Some(WaiterState::PassedOver) => {
                self.passed_over -= 1;
                self.requeue(number);
            }
            Some(WaiterState::Queued | WaiterState::Never { .. }) | None => {}
        }
        self.admission_pass(fast_lock, Some(id));
        match self.waiters[number].as_ref().map(|waiter| waiter.state) {
            Some(WaiterState::Offered { charge, .. }) => {
                self.vacate(number);
                PollOutcome::Granted(charge)
            }
            Some(WaiterState::Never { meter }) => {
                self.vacate(number);
                PollOutcome::Never { meter }
            }
            Some(WaiterState::Queued | WaiterState::PassedOver) | None => self.arm(number, waker, again),
        }
    }

    /// Puts a waiter back into its place.
    fn requeue(&mut self, number: usize) {
        if let Some(waiter) = &mut self.waiters[number] {
            waiter.state = WaiterState::Queued;
            self.queue
                .push(waiter.route.route_queue, QueuedCall { key: waiter.key, waiter: number, cost: waiter.cost });
            self.version += 1;
        }
    }

    /// Has a waiter woken in its turn, and says when it should look by itself.
    fn arm(&mut self, number: usize, waker: Option<&Waker>, again: LooksAgain) -> PollOutcome {
        let by_itself = match again {
            #[cfg(feature = "tokio")]
            LooksAgain::WhenWoken => false,
            LooksAgain::ByItself | LooksAgain::Promptly => true,
        };
        let forecast = self.forecast_of(number, by_itself);
        let now = self.now().earliest;
        // The oldest of a route_queue looks at its next event, even where only another call may be admitted by it. Where it does
        // not look, all others are to, half a grace after that.
        let own = self.queue.front_events().find_map(|(waiter, at)| (waiter == number).then_some(at));
        let others = self.queue.next_event().map(|at| at + self.half_grace()).into_iter().chain(self.grace_ends());
        let events = own.into_iter().chain(others).map(|at| When::At(at.max(now + Nanos::new(1))));
        let look_again = events.fold(forecast.until, When::min);
        if let Some(waiter) = &mut self.waiters[number] {
            self.look_by_themselves += usize::from(by_itself);
            self.look_by_themselves -= usize::from(waiter.looks_at.is_some());
            waiter.looks_at = by_itself.then_some(look_again);
            waiter.is_prompt = again == LooksAgain::Promptly;
            waiter.looked_at = now;
            let is_known = matches!((&waiter.waker, waker), (Some(old), Some(new)) if old.will_wake(new));
            if !is_known {
                self.discarded.extend(std::mem::replace(&mut waiter.waker, waker.cloned()));
            }
        }
        PollOutcome::Wait { forecast, look_again }
    }

    /// When a waiter will be admitted: exactly, where that is asked for, or else by the sums of what waits.
    fn forecast_of(&mut self, number: usize, is_exact: bool) -> Forecast {
        let Some(waiter) = &self.waiters[number] else {
            return Forecast { meter: MeterId::new(0), until: When::OnRelease };
        };
        let route_queue = waiter.route.route_queue;
        let cost = waiter.cost;
        // Where all wait for the same, the oldest has room first.
        if let Some((meter, Some(room_at))) = self.queue.only_front(route_queue, number) {
            return Forecast { meter, until: When::At(room_at) };
        }
        if !is_exact || self.queue.len() > FORECAST {
            let (meter, until) = self.queue.about(route_queue, &cost);
            return Forecast { meter, until };
        }
        let is_past = |forecast: Forecast| forecast.until <= When::At(self.now().earliest);
        let is_stale = self.waiters[number].as_ref().and_then(|waiter| waiter.forecast).is_some_and(is_past);
        if is_stale || self.forecast_version != Some(self.version) {
            self.waiters.iter_mut().flatten().for_each(|waiter| waiter.forecast = None);
            let waiters = &mut self.waiters;
            self.queue.forecast_all(|number, forecast| {
                if let Some(waiter) = &mut waiters[number] {
                    waiter.forecast = Some(forecast);
                }
            });
            self.forecast_version = Some(self.version);
        }
        let forecast = self.waiters[number].as_ref().and_then(|waiter| waiter.forecast);
        forecast.unwrap_or_else(|| Forecast { meter: self.queue.about(route_queue, &cost).0, until: When::OnRelease })
    }

    /// Moves the charge of a waiter whose turn it is to now, where it still counts and there still is room for it; else it
    /// is refunded, and the call has to be decided on again.
    fn hand_out(&mut self, fast_lock: &FastLock, number: usize, charge: Charge) -> Option<Charge> {
        let now = self.now();
        if charge.tick == now.tick && charge.at >= now.earliest {
            return Some(charge);
        }
        let waiter = self.waiters[number].as_ref()?;
        let (route, cost) = (Arc::clone(&waiter.route), waiter.cost);
        self.refresh(fast_lock, &route);
        self.version += 1;
        let amounts = || route.draws.iter().map(|draw| (draw.meter, cost.of(draw.dimension)));
        let moved =
            |queue: &Queue, (meter, amount): &(MeterId, u64)| *amount > 0 && !queue.meter(*meter).is_concurrency();
        let mut counts = true;
        for (id, amount) in amounts() {
            if moved(&self.queue, &(id, amount)) {
                let meter = self.queue.meter_mut(id);
                counts &= meter.still_counts(charge.tick, now.earliest);
                meter.refund(amount, charge.tick, now.earliest);
            }
        }
        // What was owed, refused or lowered since may leave no room for it.
        if counts && (route.shadow || self.queue.has_room(route.route_queue, &cost)) {
            for (id, amount) in amounts() {
                if moved(&self.queue, &(id, amount)) {
                    self.queue.meter_mut(id).charge(amount, now);
                }
            }
            return Some(Charge { tick: now.tick, at: now.latest, ..charge });
        }
        if route.holds_slots {
            self.release(&route);
        }
        None
    }

    fn vacate(&mut self, number: usize) {
        if let Some(waiter) = self.waiters[number].take() {
            if waiter.looks_at.is_some() {
                self.look_by_themselves -= 1;
                // It may have been the one to guard a grace.
                self.guarded = None;
            }
            self.discarded.extend(waiter.waker);
            self.vacant.push(number);
        }
    }

    /// Forgets a call whose caller no longer waits, and refunds it where it was its turn.
    pub(crate) fn leave(&mut self, fast_lock: &FastLock, id: WaiterId) {
        let WaiterId(number) = id;
        let Some(waiter) = &self.waiters[number] else { return };
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
        self.vacate(number);
        self.admission_pass(fast_lock, None);
    }

    /// The next moment at which time alone admits a call, or ends a grace.
    #[cfg(feature = "tokio")]
    pub(crate) fn next_event(&self) -> Option<Nanos> {
        self.grace_ends().into_iter().chain(self.queue.next_event()).min()
    }
}
