//! Decisions on calls, and what they charge: the meters of an account, their use up to now, what they lend to the fast cells.
//!
//! A call that does not wait is decided on behind all that do. What a meter has room for is lent to its cell for a tick of
//! the clock, where nothing waits, and is taken back before anything else is decided: see `lending.rs` and `hot.rs`.
//!
//! Callers that wait are served in [`turns`], and [`grace`] is what those have who do not look in theirs.

mod grace;
mod turns;
mod waiter;

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

pub(crate) use waiter::{LooksAgain, PollOutcome, WaiterId};

use self::waiter::Waiter;
use crate::charge::{AdmissionNote, Charge};
use crate::clock::ClockReading;
use crate::cost::Cost;
use crate::draw::Draw;
use crate::fast_path::{CachedRefusal, CellRef, FastGuard, FastLock};
use crate::forecast::{Forecast, last_key};
use crate::lending::Lending;
use crate::limit::LimitInForce;
use crate::meter::{Meter, MeterId};
use crate::nanos::{Nanos, When};
use crate::queue::{Denied, OrderKey, Queue, QueuedCall};
use crate::route::Route;
use crate::telemetry::Gauges;

/// Above so many waiting calls a wait is estimated by sums, not forecast.
const FORECAST: usize = 1_024;

/// The meters and the queue of an account.
#[derive(Debug)]
pub(crate) struct Schedule {
    queue: Queue,
    lendings: Vec<Lending>,
    /// The tick for which meters have lent.
    lent_for: Option<Nanos>,
    waiters: Vec<Option<Waiter>>,
    vacant: Vec<usize>,
    /// Waiters whose turn it is, in order of their turns, with their keys: a number may be another's by now.
    offered: VecDeque<(usize, OrderKey)>,
    /// When all that waited were last woken to show that they look.
    probed_at: Option<Nanos>,
    /// The end of a grace that callers who look by themselves have been told.
    guarded: Option<Nanos>,
    /// Waiters that look by themselves.
    look_by_themselves: usize,
    passed_over: usize,
    arrivals: u64,
    grace: Nanos,
    /// Counts changes by more than time.
    version: u64,
    /// As of which change meters have last lent, and waits were forecast.
    lent_version: u64,
    forecast_version: Option<u64>,
    /// The queue when all that wait have been admitted, as of a change.
    drained: Option<(u64, Box<Queue>)>,
    /// To be woken when the account's mutex is free again.
    pub(crate) wakers: VecDeque<Waker>,
    /// To be dropped then: with its last waker an executor may drop a task, and that its place here.
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
            guarded: None,
            look_by_themselves: 0,
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

    /// Notes the time; it never goes back.
    pub(crate) fn at(&mut self, reading: ClockReading) -> &mut Self {
        self.queue.at(reading);
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

    /// Adds a meter; its number is the next.
    pub(crate) fn add_meter(&mut self, meter: Meter, gauges: Gauges) -> MeterId {
        let id = self.queue.add_meter(meter);
        self.lendings.push(Lending::new(id.index(), gauges));
        id
    }

    pub(crate) fn add_route_queue(&mut self, draws: Arc<[Draw]>, exceeds_guarantees: bool) -> usize {
        self.queue.add_route_queue(draws, exceeds_guarantees)
    }

    pub(crate) fn cell_ref(&self, id: MeterId) -> CellRef {
        CellRef::new(&self.lendings[id.index()].cell, self.meter(id).dimension)
    }

    /// The queue, for a change by more than time: with all that was lent taken back, and up to now.
    pub(crate) fn change(&mut self, fast_lock: &FastLock) -> &mut Queue {
        self.refresh_all(fast_lock);
        self.version += 1;
        &mut self.queue
    }

    /// Brings the meters of a route up to now.
    pub(crate) fn refresh(&mut self, fast_lock: &FastLock, route: &Route) {
        match self.lent_for {
            // Other routes' cells are good for this tick still.
            Some(tick) if tick == self.now().tick => {
                let guard = fast_lock.hold();
                for draw in &*route.draws {
                    self.take_back_of(draw.meter, &guard);
                }
            }
            _ => self.take_back(fast_lock),
        }
        route.draws.iter().for_each(|draw| self.queue.expire(draw.meter));
    }

    /// Brings every meter up to now.
    pub(crate) fn refresh_all(&mut self, fast_lock: &FastLock) {
        self.take_back(fast_lock);
        self.queue.expire_all();
    }

    fn take_back_of(&mut self, id: MeterId, guard: &FastGuard<'_>) {
        let now = self.now();
        let has_changed = self.lendings[id.index()].take_back(self.queue.meter_mut(id), guard, now);
        self.version += u64::from(has_changed);
    }

    /// Takes back all that is lent.
    fn take_back(&mut self, fast_lock: &FastLock) {
        if self.lent_for.take().is_some() {
            let guard = fast_lock.hold();
            guard.close();
            (0..self.lendings.len()).for_each(|number| self.take_back_of(MeterId::new(number), &guard));
        }
    }

    /// Lends the headroom of a route's meters for the tick that callers read, where nothing waits in order.
    pub(crate) fn lend(&mut self, fast_lock: &FastLock, route: &Route, lag: Nanos) {
        if self.queue.len() > 0 {
            return;
        }
        let ClockReading { tick, earliest, .. } = self.now();
        let guard = fast_lock.hold();
        guard.open(tick.get());
        self.lent_for = Some(tick);
        for draw in &*route.draws {
            let lending = &mut self.lendings[draw.meter.index()];
            lending.lend(self.queue.meter(draw.meter), &guard, earliest, tick, tick + lag);
        }
        if self.lent_version != self.version {
            self.lent_version = self.version;
            guard.change();
        }
    }

    /// Shows how full the meters of a route are, which are up to now and have lent nothing since.
    pub(crate) fn show(&self, route: &Route) {
        if cfg!(feature = "metrics") {
            route.draws.iter().for_each(|draw| self.show_meter(draw.meter));
        }
    }

    /// Shows how full every meter is.
    pub(crate) fn show_all(&self) {
        if cfg!(feature = "metrics") {
            (0..self.lendings.len()).for_each(|number| self.show_meter(MeterId::new(number)));
        }
    }

    fn show_meter(&self, id: MeterId) {
        self.lendings[id.index()].show(self.meter(id), self.now().earliest);
    }

    /// Admits a call now, or says why not; nothing that waits becomes later by it.
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

    /// Notes how long such a call does not fit, so that the next one is told without asking here.
    pub(crate) fn cache_refusal(&self, fast_lock: &FastLock, route: &Route, cost: &Cost, denied: Denied) {
        let Denied::Wait { meter, until: When::At(until) } = denied else { return };
        let Some(position) = route.draws.iter().position(|draw| draw.meter == meter) else { return };
        let (Some(inline), true) = (&route.inline, self.lent_for == Some(self.now().tick)) else { return };
        let LimitInForce { amount, window, .. } = self.meter(meter).in_force();
        let told = CachedRefusal { position, amount, window, delay: (until - self.now().earliest).get() };
        route.refusal_cache.put(&fast_lock.hold(), inline, cost, told);
    }

    /// How long a call that is denied would wait if it began to wait now, at most.
    pub(crate) fn bound(&mut self, route: &Route, cost: &Cost, denied: Denied) -> Denied {
        let Denied::Wait { meter, until } = denied else { return denied };
        if self.queue.len() == 0 {
            return denied;
        }
        if self.queue.len() > FORECAST {
            let (behind, about) = self.queue.about(route.route_queue, cost);
            return if about > until { Denied::Wait { meter: behind, until: about } } else { denied };
        }
        if self.drained.as_ref().is_none_or(|(version, _)| *version != self.version) {
            self.drained = Some((self.version, Box::new(self.queue.drained())));
        }
        let Some((_, drained)) = &self.drained else { return denied };
        match drained.forecast(
            route.route_queue,
            QueuedCall { key: last_key(drained.now().earliest), waiter: usize::MAX, cost: *cost },
        ) {
            Some(Forecast { until: behind, .. }) if behind > until => Denied::Wait { meter, until: behind },
            _ => denied,
        }
    }

    /// When a call would be admitted that begins to wait now, counted as arrived later by so much.
    pub(crate) fn forecast(&mut self, route: &Route, cost: &Cost, later_by: Nanos, denied: Denied) -> Denied {
        let Denied::Wait { meter, until } = denied else { return denied };
        if self.queue.len() == 0 {
            return denied;
        }
        if self.queue.len() > FORECAST {
            return self.bound(route, cost, Denied::Wait { meter, until });
        }
        let key = OrderKey { number: self.arrivals + 1, ..last_key(self.now().earliest + later_by) };
        match self.queue.forecast(route.route_queue, QueuedCall { key, waiter: usize::MAX, cost: *cost }) {
            Some(Forecast { meter, until }) => Denied::Wait { meter, until },
            None => Denied::Never { meter },
        }
    }

    /// What would become of a call that began to wait now: nothing is charged.
    pub(crate) fn estimate_wait(
        &mut self,
        fast_lock: &FastLock,
        route: &Route,
        cost: &Cost,
        later_by: Nanos,
    ) -> Result<(), Denied> {
        self.admission_pass(fast_lock, None);
        self.refresh(fast_lock, route);
        match self.queue.decide(route.route_queue, cost) {
            Ok(_) => Ok(()),
            Err(denied) => Err(self.forecast(route, cost, later_by, denied)),
        }
    }

    /// Refunds a call in full.
    fn refund_all(&mut self, route: &Route, cost: &Cost, tick: Nanos) {
        let now = self.now().earliest;
        for draw in &*route.draws {
            let amount = cost.of(draw.dimension);
            if amount > 0 {
                self.queue.meter_mut(draw.meter).refund(amount, tick, now);
            }
        }
    }

    /// Refunds or charges the difference between an estimate and what was real; the usage that was dropped, since more is
    /// owed than a window allows.
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
            let (before, after) = (estimate.of(draw.dimension), real.of(draw.dimension));
            let meter = self.queue.meter_mut(draw.meter);
            if meter.is_concurrency() {
                continue;
            }
            if after < before {
                meter.refund(before - after, tick, now.earliest);
            } else if after > before {
                let more = meter.owe(after - before, now);
                if more > 0 && meter.is_whole() {
                    dropped = Some((draw.meter, more));
                }
            }
        }
        dropped
    }

    /// Frees the places that a call holds.
    pub(crate) fn release(&mut self, route: &Route) {
        let now = self.now();
        self.version += 1;
        for draw in &*route.draws {
            let meter = self.queue.meter_mut(draw.meter);
            if meter.is_concurrency() {
                meter.refund(1, now.tick, now.earliest);
            }
        }
    }

    /// Gives back memory kept for meters and route_queues to come.
    pub(crate) fn shrink(&mut self) {
        self.queue.shrink();
        self.lendings.shrink_to_fit();
    }

    /// Bytes on the heap.
    pub(crate) fn memory(&self) -> usize {
        let waiters =
            self.waiters.capacity() * size_of::<Option<Waiter>>() + self.vacant.capacity() * size_of::<usize>();
        let lendings = self.lendings.len() * Lending::BYTES;
        waiters + lendings + self.offered.capacity() * size_of::<(usize, OrderKey)>() + self.queue.memory()
    }
}
