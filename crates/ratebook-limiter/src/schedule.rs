//! Decisions on calls, and their charges: the meters of an account, what they lend to the fast path, and the callers
//! that wait.
//!
//! A call that does not wait is admitted only if that delays no waiting call. While no call waits, a meter's headroom is lent to
//! its credit for one tick of the clock; it is taken back before anything else is decided (see `lending.rs` and
//! `fast_path.rs`).
//!
//! [`turns`] serves waiting callers. [`grace`] passes over those that are not polled in their turn.

mod grace;
mod turns;
mod waiter;

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

pub(crate) use waiter::{PollOutcome, PollTrigger, WaiterId};

use self::waiter::Waiter;
use crate::charge::{AdmissionNote, Charge};
use crate::clock::ClockReading;
use crate::cost::{Cost, Measure};
use crate::draw::Draw;
use crate::fast_path::{CachedRefusal, CreditRef, FastGuard, FastLock};
use crate::forecast::{Forecast, last_key};
use crate::lending::Lending;
use crate::limit::LimitInForce;
use crate::meter::{Meter, MeterId};
use crate::nanos::{Nanos, When};
use crate::queue::{Denied, OrderKey, Queue, QueuedCall};
use crate::route::Route;
use crate::telemetry::Gauges;

/// Up to this number of waiting calls, a wait is forecast. Beyond it, it is estimated from sums.
const MAX_FORECAST_CALLS: usize = 1_024;

/// The meters, the queue and the waiters of an account.
#[derive(Debug)]
pub(crate) struct Schedule {
    queue: Queue,
    lendings: Vec<Lending>,
    /// The tick for which headroom is lent.
    lent_for: Option<Nanos>,
    waiters: Vec<Option<Waiter>>,
    vacant: Vec<usize>,
    /// Waiters whose turn it is, in the order of their turns. The key detects a reused index.
    offered: VecDeque<(usize, OrderKey)>,
    /// When all waiters were last woken to find those that are not polled.
    probed_at: Option<Nanos>,
    /// The end of a grace for which self-timed waiters have already been scheduled.
    guarded_until: Option<Nanos>,
    /// The number of waiters whose callers set their own timers.
    self_timed: usize,
    passed_over: usize,
    arrivals: u64,
    grace: Nanos,
    /// Incremented at each change other than the passage of time.
    version: u64,
    /// The version at which headroom was last lent.
    lent_version: u64,
    /// The version at which waits were last forecast.
    forecast_version: Option<u64>,
    /// The queue after all waiting calls have been admitted, as of a version.
    drained: Option<(u64, Box<Queue>)>,
    /// To be woken once the account's mutex is released.
    pub(crate) wakers: VecDeque<Waker>,
    /// To be dropped once the account's mutex is released: dropping a task's last waker may drop the task, and with it
    /// a waiting call of this account.
    pub(crate) discarded: Vec<Waker>,
}

impl Schedule {
    pub(crate) fn new(grace: Nanos) -> Self {
        Self {
            queue: Queue::default(),
            lendings: Vec::new(),
            lent_for: None,
            waiters: Vec::new(),
            vacant: Vec::new(),
            offered: VecDeque::new(),
            probed_at: None,
            guarded_until: None,
            self_timed: 0,
            passed_over: 0,
            arrivals: 0,
            grace,
            version: 0,
            lent_version: 0,
            forecast_version: None,
            drained: None,
            wakers: VecDeque::new(),
            discarded: Vec::new(),
        }
    }

    /// Sets the time. It never goes back.
    pub(crate) fn advance_to(&mut self, reading: ClockReading) -> &mut Self {
        self.queue.advance_to(reading);
        self
    }

    pub(crate) fn now(&self) -> ClockReading {
        self.queue.now()
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    pub(crate) fn meter(&self, id: MeterId) -> &Meter {
        self.queue.meter(id)
    }

    /// Adds a meter, with the next number.
    pub(crate) fn add_meter(&mut self, meter: Meter, gauges: Gauges) -> MeterId {
        let id = self.queue.add_meter(meter);
        self.lendings.push(Lending::new(id.index(), gauges));
        id
    }

    pub(crate) fn add_route_queue(&mut self, draws: Arc<[Draw]>, exceeds_guarantees: bool) -> usize {
        self.queue.add_route_queue(draws, exceeds_guarantees)
    }

    pub(crate) fn credit_ref(&self, id: MeterId, measure: Measure) -> CreditRef {
        CreditRef::new(&self.lendings[id.index()].credit, measure)
    }

    /// Returns the queue for a change other than the passage of time. All headroom is taken back, and all meters are
    /// advanced to now.
    pub(crate) fn change(&mut self, fast_lock: &FastLock) -> &mut Queue {
        self.refresh_all(fast_lock);
        self.version += 1;
        &mut self.queue
    }

    /// Advances the meters of a route to now.
    pub(crate) fn refresh(&mut self, fast_lock: &FastLock, route: &Route) {
        match self.lent_for {
            // The credits of other routes stay valid until the tick ends.
            Some(tick) if tick == self.now().tick => {
                let guard = fast_lock.lock();
                for draw in &*route.draws {
                    self.take_back_of(draw.meter, &guard);
                }
            }
            _ => self.take_back(fast_lock),
        }
        route.draws.iter().for_each(|draw| self.queue.expire(draw.meter));
    }

    /// Advances all meters to now.
    pub(crate) fn refresh_all(&mut self, fast_lock: &FastLock) {
        self.take_back(fast_lock);
        self.queue.expire_all();
    }

    fn take_back_of(&mut self, id: MeterId, guard: &FastGuard<'_>) {
        let now = self.now();
        let has_changed = self.lendings[id.index()].take_back(self.queue.meter_mut(id), guard, now);
        self.version += u64::from(has_changed);
    }

    /// Takes back all lent headroom.
    fn take_back(&mut self, fast_lock: &FastLock) {
        if self.lent_for.take().is_some() {
            let guard = fast_lock.lock();
            guard.close();
            (0..self.lendings.len()).for_each(|number| self.take_back_of(MeterId::new(number), &guard));
        }
    }

    /// Lends the headroom of a route's meters for the current tick, unless calls wait or the account is paused. `lag`
    /// is how far the tick may be behind the true time.
    pub(crate) fn lend(&mut self, fast_lock: &FastLock, route: &Route, lag: Nanos) {
        let ClockReading { tick, earliest, .. } = self.now();
        // In a pause of the account, a call that takes nothing would find room in every credit.
        if self.queue.len() > 0 || self.queue.account_pause.is_on(earliest) {
            return;
        }
        let guard = fast_lock.lock();
        guard.open(tick.get());
        self.lent_for = Some(tick);
        for draw in &*route.draws {
            let lending = &mut self.lendings[draw.meter.index()];
            lending.lend(self.queue.meter(draw.meter), &guard, earliest, tick, tick + lag);
        }
        if self.lent_version != self.version {
            self.lent_version = self.version;
            guard.bump_epoch();
        }
    }

    /// Updates the gauges of a route's meters. They must be up to date, with nothing lent.
    pub(crate) fn update_gauges(&self, route: &Route) {
        if cfg!(feature = "metrics") {
            route.draws.iter().for_each(|draw| self.update_meter_gauges(draw.meter));
        }
    }

    /// Updates the gauges of all meters.
    pub(crate) fn update_all_gauges(&self) {
        if cfg!(feature = "metrics") {
            (0..self.lendings.len()).for_each(|number| self.update_meter_gauges(MeterId::new(number)));
        }
    }

    fn update_meter_gauges(&self, id: MeterId) {
        self.lendings[id.index()].update_gauges(self.meter(id), self.now().earliest);
    }

    /// Admits a call now, or returns why not. It delays no waiting call.
    pub(crate) fn try_admit(&mut self, fast_lock: &FastLock, route: &Route, cost: &Cost) -> Result<Charge, Denied> {
        self.admission_pass(fast_lock, None);
        self.refresh(fast_lock, route);
        let note = match self.queue.decide(route.route_queue, cost) {
            Ok(true) => AdmissionNote::BeyondGuarantee,
            Ok(false) => AdmissionNote::Nothing,
            Err(Denied::Wait { meter, until }) if route.shadow => AdmissionNote::WouldHaveWaited { meter, until },
            Err(Denied::Never { meter }) if route.shadow => {
                AdmissionNote::WouldHaveWaited { meter, until: When::OnRelease }
            }
            Err(denied) => return Err(denied),
        };
        self.version += 1;
        Ok(self.queue.charge(route.route_queue, cost, note))
    }

    /// Caches a refusal, so that the next equal call of this tick is refused on the fast path.
    pub(crate) fn cache_refusal(&self, fast_lock: &FastLock, route: &Route, cost: &Cost, denied: Denied) {
        let Denied::Wait { meter, until: When::At(until) } = denied else { return };
        let Some(position) = route.draws.iter().position(|draw| draw.meter == meter) else { return };
        // The cache does not have the reason of a pause.
        if self.meter(meter).pause_reason(self.now().earliest).is_some() {
            return;
        }
        let (Some(inline), true) = (&route.inline, self.lent_for == Some(self.now().tick)) else { return };
        let LimitInForce { amount, window, .. } = self.meter(meter).in_force();
        let cached = CachedRefusal { position, amount, window, delay: (until - self.now().earliest).get() };
        route.refusal_cache.put(&fast_lock.lock(), inline, cost.common(), cached);
    }

    /// Forecasts when a denied call would be admitted behind all calls that wait now.
    pub(crate) fn forecast_behind_all(&mut self, route: &Route, cost: &Cost, denied: Denied) -> Denied {
        let Denied::Wait { meter, until } = denied else { return denied };
        if self.queue.len() == 0 {
            return denied;
        }
        if self.queue.len() > MAX_FORECAST_CALLS {
            let (slowest, estimate) = self.queue.estimate(route.route_queue, cost);
            return if estimate > until { Denied::Wait { meter: slowest, until: estimate } } else { denied };
        }
        if self.drained.as_ref().is_none_or(|(version, _)| *version != self.version) {
            self.drained = Some((self.version, Box::new(self.queue.drained())));
        }
        let waiter = self.next_index();
        let Some((_, drained)) = &self.drained else { return denied };
        let call = QueuedCall { key: last_key(drained.now().earliest), waiter, cost: *cost };
        match drained.forecast(route.route_queue, call) {
            Some(Forecast { until: after_queue, .. }) if after_queue > until => {
                Denied::Wait { meter, until: after_queue }
            }
            _ => denied,
        }
    }

    /// Forecasts when a denied call would be admitted if it began to wait now, with `priority_delay` added to its
    /// arrival.
    pub(crate) fn forecast(&mut self, route: &Route, cost: &Cost, priority_delay: Nanos, denied: Denied) -> Denied {
        let Denied::Wait { meter, until } = denied else { return denied };
        if self.queue.len() == 0 {
            return denied;
        }
        if self.queue.len() > MAX_FORECAST_CALLS {
            return self.forecast_behind_all(route, cost, Denied::Wait { meter, until });
        }
        let key = OrderKey { arrival: self.arrivals + 1, ..last_key(self.now().earliest + priority_delay) };
        match self.queue.forecast(route.route_queue, QueuedCall { key, waiter: self.next_index(), cost: *cost }) {
            Some(Forecast { meter, until }) => Denied::Wait { meter, until },
            None => Denied::Never { meter },
        }
    }

    /// Forecasts the admission of a call that would begin to wait now. Charges nothing.
    pub(crate) fn estimate_wait(
        &mut self,
        fast_lock: &FastLock,
        route: &Route,
        cost: &Cost,
        priority_delay: Nanos,
    ) -> Result<(), Denied> {
        self.admission_pass(fast_lock, None);
        self.refresh(fast_lock, route);
        match self.queue.decide(route.route_queue, cost) {
            Ok(_) => Ok(()),
            Err(denied) => Err(self.forecast(route, cost, priority_delay, denied)),
        }
    }

    /// Records that a call is handed out: from now on, its charges are use that makes limits grow.
    pub(crate) fn record_use(&mut self, route: &Route, cost: &Cost) {
        let now = self.now();
        for draw in &*route.draws {
            let amount = draw.measure.of(cost);
            if amount > 0 {
                self.queue.meter_mut(draw.meter).record_use(amount, now);
            }
        }
    }

    /// Refunds a call in full.
    fn refund_all(&mut self, route: &Route, cost: &Cost, tick: Nanos) {
        let now = self.now().earliest;
        for draw in &*route.draws {
            let amount = draw.measure.of(cost);
            if amount > 0 {
                self.queue.meter_mut(draw.meter).refund(amount, tick, now);
            }
        }
    }

    /// Refunds or charges the difference between an estimate and the real usage. Returns usage that was dropped because
    /// the limit already owes one window.
    pub(crate) fn settle(
        &mut self,
        route: &Route,
        estimate: &Cost,
        real: &Cost,
        tick: Nanos,
    ) -> Option<(MeterId, u64)> {
        let (now, mut dropped) = (self.now(), None);
        self.version += 1;
        for draw in &*route.draws {
            let (before, after) = (draw.measure.of(estimate), draw.measure.of(real));
            let meter = self.queue.meter_mut(draw.meter);
            if after < before {
                meter.refund(before - after, tick, now.earliest);
                meter.undo_use(before - after);
            } else if after > before {
                let more = meter.owe(after - before, now);
                if more > 0 && meter.is_whole() {
                    dropped = Some((draw.meter, more));
                }
            }
        }
        dropped
    }

    /// Frees spare capacity for meters and route queues.
    pub(crate) fn shrink(&mut self) {
        self.queue.shrink();
        self.lendings.shrink_to_fit();
    }

    /// Heap memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        let waiters =
            self.waiters.capacity() * size_of::<Option<Waiter>>() + self.vacant.capacity() * size_of::<usize>();
        let lendings = self.lendings.len() * Lending::BYTES;
        waiters + lendings + self.offered.capacity() * size_of::<(usize, OrderKey)>() + self.queue.memory()
    }
}
