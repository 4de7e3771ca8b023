//! Who is admitted when: the meters of an account, the calls that wait, and the order among them.
//!
//! Calls with the same limits wait in one lane, first come, first served. The oldest calls of all lanes are looked at in
//! order of arrival: each is admitted if it fits now, or else planned for the earliest moment at which it will fit. A
//! younger call may pass an older one, but not on a limit that the older one waits for, and only where no plan becomes
//! later by it: so a wait on one limit leaves the others to calls that can use them, and a large call is not starved by
//! small ones. A plan holds nothing; charges are made when a call is admitted, as of that moment.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use crate::account::delay;
use crate::charge::{Charge, Remark};
use crate::clock::Reading;
use crate::cost::Cost;
use crate::hot::Latch;
use crate::meter::{Meter, WHEN_RELEASED};
use crate::route::Route;

/// The decision on one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Admit { beyond_guarantee: bool },
    Wait { meter: usize, at: u64 },
    Never { meter: usize },
}

/// Where a waiting call stands.
#[derive(Debug)]
pub(crate) enum Place {
    /// It waits: for which meter, until when as far as is known.
    Waiting {
        meter: usize,
        at: u64,
    },
    Admitted(Charge),
    /// A limit has sunk below its cost.
    Never {
        meter: usize,
    },
    /// Nobody waits for it any more; its slot is free when its lane has passed it.
    Left,
}

#[derive(Debug)]
struct Waiter {
    cost: Cost,
    route: Arc<Route>,
    place: Place,
    /// In order of these, calls are looked at.
    key: (u64, u64),
    waker: Option<Waker>,
    /// When it will look again by itself.
    armed: u64,
}

/// Calls of one route that wait.
#[derive(Debug, Default)]
struct Lane {
    waiters: VecDeque<usize>,
}

/// The meters and the queue of an account.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    pub(crate) meters: Vec<Meter>,
    now: Reading,
    lanes: Vec<Lane>,
    /// Lanes in which calls wait.
    active: Vec<usize>,
    waiters: Vec<Option<Waiter>>,
    vacant: Vec<usize>,
    /// The tick for which meters have lent.
    lent_for: Option<u64>,
    /// Meters with plans on them.
    planned: Vec<usize>,
    arrivals: u64,
    waiting: usize,
    /// To be woken when the account's mutex is free again.
    pub(crate) wakers: VecDeque<Waker>,
    /// To be dropped then: with its last waker an executor may drop a task, and that its place here.
    pub(crate) discarded: Vec<Waker>,
}

impl Schedule {
    pub(crate) fn add_lane(&mut self) -> usize {
        self.lanes.push(Lane::default());
        self.lanes.len() - 1
    }

    /// Notes the time; it never goes back.
    pub(crate) fn at(&mut self, reading: Reading) -> &mut Self {
        self.now.earliest = self.now.earliest.max(reading.earliest);
        self.now.latest = self.now.latest.max(reading.latest);
        self
    }

    pub(crate) fn now(&self) -> u64 {
        self.now.earliest
    }

    /// The time as it was last read.
    pub(crate) fn reading(&self) -> Reading {
        self.now
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Brings the meters of a route up to now.
    pub(crate) fn refresh(&mut self, latch: &Latch, route: &Route) {
        match self.lent_for {
            // Other routes' cells are good for this tick still.
            Some(tick) if tick == self.now.earliest => {
                let latched = latch.hold();
                route.draws.iter().for_each(|draw| self.meters[draw.meter].take_back(&latched));
            }
            _ => self.take_back(latch),
        }
        for draw in &route.draws {
            self.meters[draw.meter].expire(self.now.earliest);
        }
    }

    /// Brings every meter up to now.
    pub(crate) fn refresh_all(&mut self, latch: &Latch) {
        self.take_back(latch);
        self.meters.iter_mut().for_each(|meter| meter.expire(self.now.earliest));
    }

    /// Shows how full the meters of a route are, which are up to now and have lent nothing since.
    pub(crate) fn show(&self, route: &Route) {
        if cfg!(feature = "metrics") {
            route.draws.iter().for_each(|draw| self.meters[draw.meter].show(self.now.earliest));
        }
    }

    /// Shows how full every meter is.
    pub(crate) fn show_all(&self) {
        if cfg!(feature = "metrics") {
            self.meters.iter().for_each(|meter| meter.show(self.now.earliest));
        }
    }

    /// Takes back all that is lent.
    fn take_back(&mut self, latch: &Latch) {
        if self.lent_for.take().is_some() {
            let latched = latch.hold();
            latched.close();
            self.meters.iter_mut().for_each(|meter| meter.take_back(&latched));
        }
    }

    /// Lends the headroom of a route's meters, where the time is the tick that callers will read and nothing waits.
    pub(crate) fn lend(&mut self, latch: &Latch, route: &Route, reading: Reading) {
        if self.waiting > 0 || reading != self.now {
            return;
        }
        let latched = latch.hold();
        latched.open(reading.earliest);
        self.lent_for = Some(reading.earliest);
        for draw in &route.draws {
            self.meters[draw.meter].lend(&latched, reading.earliest, reading.latest);
        }
    }

    /// Decides on one call behind everything that is planned.
    fn decide(&mut self, route: &Route, cost: &Cost) -> Decision {
        let now = self.now.earliest;
        let (mut wait, mut beyond_guarantee) = (None, false);
        for draw in &route.draws {
            let amount = cost.of(draw.dimension);
            let meter = &mut self.meters[draw.meter];
            if amount == 0 {
                continue;
            }
            meter.make_room(amount);
            if route.order.exceeds_guarantees && meter.is_guaranteed() {
                // Beyond what is guaranteed, but not against the vendor's word to wait.
                let paused_until = meter.paused_until();
                if paused_until > now && wait.is_none_or(|(_, latest)| paused_until > latest) {
                    wait = Some((draw.meter, paused_until));
                }
                beyond_guarantee |= amount > meter.headroom(now);
                continue;
            }
            if meter.never_fits(amount) {
                return Decision::Never { meter: draw.meter };
            }
            if !meter.fits(amount, now) {
                let at = meter.when(amount, now).max(now + 1);
                if wait.is_none_or(|(_, latest)| at > latest) {
                    wait = Some((draw.meter, at));
                }
            }
        }
        match wait {
            Some((meter, at)) => Decision::Wait { meter, at },
            None => Decision::Admit { beyond_guarantee },
        }
    }

    fn charge(&mut self, route: &Route, cost: &Cost, beyond_guarantee: bool) -> Charge {
        for draw in &route.draws {
            let amount = cost.of(draw.dimension);
            if amount > 0 {
                self.meters[draw.meter].charge(amount, self.now.latest);
            }
        }
        let remark = if beyond_guarantee { Remark::BeyondGuarantee } else { Remark::Nothing };
        Charge { remark, ..Charge::at(self.now) }
    }

    /// Admits a call now, or says why not; nothing that waits becomes later by it.
    pub(crate) fn try_admit(&mut self, latch: &Latch, route: &Route, cost: &Cost) -> Result<Charge, Decision> {
        if self.waiting > 0 {
            self.admit_waiting(latch);
        }
        self.refresh(latch, route);
        match self.decide(route, cost) {
            Decision::Admit { beyond_guarantee } => Ok(self.charge(route, cost, beyond_guarantee)),
            refused if route.order.shadow => {
                let remark = match refused {
                    Decision::Wait { meter, at } => Remark::HeldBack { meter: meter as u32, until: at },
                    Decision::Never { meter } => Remark::HeldBack { meter: meter as u32, until: WHEN_RELEASED },
                    Decision::Admit { .. } => Remark::Nothing,
                };
                Ok(Charge { remark, ..self.charge(route, cost, false) })
            }
            refused => Err(refused),
        }
    }

    /// Notes how long such a call does not fit, so that the next one is told without asking here.
    pub(crate) fn note_refused(&self, latch: &Latch, route: &Route, cost: &Cost, refused: Decision) {
        let is_lent = self.lent_for == Some(self.now.earliest);
        if let (true, Some(quick), Decision::Wait { meter, at }) = (is_lent, &route.quick, refused)
            && let Some(position) = route.draws.iter().position(|draw| draw.meter == meter)
        {
            route.refused.note(&latch.hold(), quick, cost, position, delay(at, self.now));
        }
    }

    /// What would become of a call that comes now: of one that has to wait, how long it would in its place behind the others.
    pub(crate) fn foresee(&mut self, latch: &Latch, route: &Route, cost: &Cost) -> Decision {
        if self.waiting > 0 {
            self.admit_waiting(latch);
        }
        self.refresh(latch, route);
        match self.decide(route, cost) {
            Decision::Wait { meter, at } => {
                let queued = self.when_queued(route, cost);
                let (meter, at) = if queued.1 > at { queued } else { (meter, at) };
                Decision::Wait { meter, at }
            }
            decided => decided,
        }
    }

    /// When a call that waits from now on would be admitted, if all goes on as it is.
    pub(crate) fn when_queued(&self, route: &Route, cost: &Cost) -> (usize, u64) {
        let now = self.now.earliest;
        let mut latest = (route.draws.first().map_or(0, |draw| draw.meter), now + 1);
        for draw in &route.draws {
            let amount = cost.of(draw.dimension);
            let meter = &self.meters[draw.meter];
            if amount == 0 {
                continue;
            }
            let at = if route.order.exceeds_guarantees && meter.is_guaranteed() {
                meter.paused_until()
            } else {
                meter.when_queued(amount, now)
            };
            if at > latest.1 {
                latest = (draw.meter, at);
            }
        }
        latest
    }

    /// Puts a call at the end of its lane.
    pub(crate) fn enqueue(&mut self, latch: &Latch, route: &Arc<Route>, cost: Cost) -> usize {
        self.take_back(latch);
        let (meter, at) = self.when_queued(route, &cost);
        for draw in &route.draws {
            let amount = cost.of(draw.dimension);
            if amount > 0 {
                self.meters[draw.meter].queue(amount);
            }
        }
        self.arrivals += 1;
        let key = (self.now.earliest.saturating_add(route.order.later_by), self.arrivals);
        let place = Place::Waiting { meter, at };
        let waiter = Waiter { cost, route: Arc::clone(route), place, key, waker: None, armed: 0 };
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
        let lane = &mut self.lanes[route.lane];
        if lane.waiters.is_empty() {
            self.active.push(route.lane);
        }
        lane.waiters.push_back(number);
        self.waiting += 1;
        number
    }

    fn waiter(&self, number: usize) -> Option<&Waiter> {
        self.waiters.get(number).and_then(Option::as_ref)
    }

    /// Where a waiting call stands.
    pub(crate) fn place(&self, number: usize) -> &Place {
        self.waiter(number).map_or(&Place::Left, |waiter| &waiter.place)
    }

    /// Has a waiting call woken when it is admitted, or when it should look again before the moment it looks by itself.
    pub(crate) fn arm(&mut self, number: usize, waker: Option<&Waker>, at: u64) {
        if let Some(waiter) = self.waiters[number].as_mut() {
            waiter.armed = at;
            let is_known = matches!((&waiter.waker, waker), (Some(old), Some(new)) if old.will_wake(new));
            if !is_known {
                self.discarded.extend(std::mem::replace(&mut waiter.waker, waker.cloned()));
            }
        }
    }

    /// Forgets a call that no longer waits, whatever became of it.
    pub(crate) fn forget(&mut self, latch: &Latch, number: usize) {
        let Some(waiter) = self.waiters[number].as_mut() else { return };
        self.discarded.extend(waiter.waker.take());
        if matches!(waiter.place, Place::Waiting { .. }) {
            // Its lane passes it when its turn comes.
            waiter.place = Place::Left;
            let (route, cost) = (Arc::clone(&waiter.route), waiter.cost);
            self.unqueue(&route, &cost);
            self.admit_waiting(latch);
        } else {
            self.waiters[number] = None;
            self.vacant.push(number);
        }
    }

    fn unqueue(&mut self, route: &Route, cost: &Cost) {
        for draw in &route.draws {
            let amount = cost.of(draw.dimension);
            if amount > 0 {
                self.meters[draw.meter].unqueue(amount);
            }
        }
        self.waiting -= 1;
    }

    /// The oldest call of a lane, after those that have left.
    fn oldest(&mut self, lane: usize) -> Option<usize> {
        loop {
            let number = *self.lanes[lane].waiters.front()?;
            let waiter = self.waiters[number].as_ref()?;
            if !matches!(waiter.place, Place::Left) {
                return Some(number);
            }
            self.lanes[lane].waiters.pop_front();
            self.waiters[number] = None;
            self.vacant.push(number);
        }
    }

    /// Admits, of those that wait, all that fit, and plans the oldest of the others.
    pub(crate) fn admit_waiting(&mut self, latch: &Latch) {
        while self.pass(latch) {}
    }

    /// One look at the oldest of each lane, in order of arrival, up to the first that fits.
    fn pass(&mut self, latch: &Latch) -> bool {
        while let Some(meter) = self.planned.pop() {
            self.meters[meter].clear_plans();
        }
        let mut active = std::mem::take(&mut self.active);
        active.retain(|&lane| self.oldest(lane).is_some());
        let key = |schedule: &Self, lane: usize| {
            let front = schedule.lanes[lane].waiters.front();
            front.and_then(|number| schedule.waiter(*number)).map(|waiter| waiter.key)
        };
        active.sort_unstable_by_key(|&lane| key(self, lane));
        for &lane in &active {
            let Some(number) = self.oldest(lane) else { continue };
            let Some(route) = self.waiter(number).map(|waiter| Arc::clone(&waiter.route)) else { continue };
            self.refresh(latch, &route);
        }
        let mut admitted = false;
        for &lane in &active {
            let Some(number) = self.oldest(lane) else { continue };
            if self.look_at(lane, number) {
                admitted = true;
                break;
            }
        }
        active.retain(|&lane| !self.lanes[lane].waiters.is_empty());
        self.active = active;
        admitted
    }

    /// Admits the oldest call of a lane, or plans it; whether its lane has moved on.
    fn look_at(&mut self, lane: usize, number: usize) -> bool {
        let Some(waiter) = self.waiter(number) else { return false };
        let (route, cost) = (Arc::clone(&waiter.route), waiter.cost);
        let place = match self.decide(&route, &cost) {
            Decision::Admit { beyond_guarantee } => Place::Admitted(self.charge(&route, &cost, beyond_guarantee)),
            Decision::Never { meter } => Place::Never { meter },
            Decision::Wait { meter, at } => {
                self.show(&route);
                self.plan(&route, &cost, at);
                let Some(waiter) = self.waiters[number].as_mut() else { return false };
                waiter.place = Place::Waiting { meter, at };
                if at < waiter.armed && waiter.armed != 0 {
                    waiter.armed = at;
                    self.wakers.extend(waiter.waker.take());
                }
                return false;
            }
        };
        self.show(&route);
        self.lanes[lane].waiters.pop_front();
        self.unqueue(&route, &cost);
        if let Some(waiter) = self.waiters[number].as_mut() {
            waiter.place = place;
            self.wakers.extend(waiter.waker.take());
        }
        true
    }

    /// Notes what an older call will take. One that waits for a release is planned only where the release will be: what
    /// else it needs is free for others meanwhile. Places are planned in that case only.
    fn plan(&mut self, route: &Route, cost: &Cost, at: u64) {
        let now = self.now.earliest;
        for draw in &route.draws {
            let amount = cost.of(draw.dimension);
            let meter = &mut self.meters[draw.meter];
            let is_planned = match (at == WHEN_RELEASED, meter.is_of_place()) {
                (true, true) => meter.headroom(now) < amount || meter.limit() == 0,
                (false, false) => true,
                _ => false,
            };
            if amount > 0 && is_planned {
                meter.plan(at, amount, now);
                self.planned.push(draw.meter);
            }
        }
    }

    /// Gives back or charges the difference between an estimate and what was real.
    pub(crate) fn settle(&mut self, route: &Route, estimate: &Cost, real: &Cost, charged_at: u64) {
        for draw in &route.draws {
            let (before, after) = (estimate.of(draw.dimension), real.of(draw.dimension));
            let meter = &mut self.meters[draw.meter];
            if meter.is_of_place() {
                continue;
            }
            if after < before {
                meter.refund(before - after, charged_at);
            } else if after > before {
                meter.charge(after - before, self.now.latest);
            }
        }
    }

    /// Frees the places that a call holds.
    pub(crate) fn release(&mut self, route: &Route) {
        for draw in &route.draws {
            let meter = &mut self.meters[draw.meter];
            if meter.is_of_place() {
                meter.refund(1, self.now.latest);
            }
        }
    }

    /// A limit and all its parts.
    pub(crate) fn parts_of(&mut self, whole: usize) -> impl Iterator<Item = &mut Meter> {
        self.meters.iter_mut().filter(move |meter| meter.whole() == whole)
    }

    /// Does something to a limit and to all its parts, with what an amount of the whole is of each; how many there are.
    pub(crate) fn of_whole(&mut self, whole: usize, amount: u64, mut run: impl FnMut(&mut Meter, u64)) -> usize {
        let configured = u128::from(self.meters[whole].configured().max(1));
        let each = self.parts_of(whole).map(|meter| {
            let part = u128::from(amount) * u128::from(meter.configured()) / configured;
            run(meter, u64::try_from(part).unwrap_or(u64::MAX).max(u64::from(amount > 0)));
        });
        each.count()
    }

    /// Gives back memory kept for meters and lanes to come.
    pub(crate) fn shrink(&mut self) {
        self.meters.shrink_to_fit();
        self.lanes.shrink_to_fit();
    }

    /// Bytes on the heap.
    pub(crate) fn memory(&self) -> usize {
        let waiters =
            self.waiters.capacity() * size_of::<Option<Waiter>>() + self.vacant.capacity() * size_of::<usize>();
        let lanes: usize = self.lanes.iter().map(|lane| lane.waiters.capacity() * size_of::<usize>()).sum();
        let lanes = lanes + self.lanes.capacity() * size_of::<Lane>() + self.active.capacity() * size_of::<usize>();
        let spare = (self.meters.capacity() - self.meters.len()) * size_of::<Meter>();
        waiters + lanes + spare + self.meters.iter().map(Meter::memory).sum::<usize>()
    }
}
