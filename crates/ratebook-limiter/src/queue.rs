//! Who is admitted when: the meters of an account, the calls that wait, and the order among them.
//!
//! Calls with the same limits wait in one lane, first come, first served. The oldest calls of all lanes are looked at in
//! order of arrival: each is admitted if it fits now, or else planned for the earliest moment at which it will fit. A
//! younger call may pass an older one, but not on a limit that the older one waits for, and only where no plan becomes
//! later by it (conservative backfilling): so a wait on one limit leaves the others to calls that can use them, and a large
//! call is not starved by small ones. A plan holds nothing; charges are made when a call is admitted, as of that moment.
//!
//! A queue knows nothing of tasks and wakers, and can be copied: a copy whose clock runs ahead forecasts who is admitted
//! when, by the same rules.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::charge::{Charge, Remark};
use crate::clock::Reading;
use crate::cost::Cost;
use crate::draw::Draw;
use crate::limit_state::{LimitState, Told};
use crate::meter::{Meter, MeterId};
use crate::nanos::{Nanos, When};

/// Why a call is not admitted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It has to wait for a limit.
    Wait { meter: MeterId, until: When },
    /// It is above a limit in force.
    Never { meter: MeterId },
}

/// The order of calls: by when they count as arrived, and then by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) arrived: Nanos,
    pub(crate) number: u64,
}

/// A call that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// By which the account knows it.
    pub(crate) waiter: usize,
    pub(crate) cost: Cost,
}

/// Calls that draw from the same limits and wait.
#[derive(Clone, Debug)]
struct Lane {
    draws: Arc<[Draw]>,
    exceeds_guarantees: bool,
    waiting: VecDeque<Entry>,
    /// What the oldest call waits for, as of the last look.
    head: Option<Head>,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    waiter: usize,
    meter: MeterId,
    until: When,
    /// When time alone brings room for it; `None` where others have to be admitted or to end first.
    room_at: Option<Nanos>,
    /// When time alone next brings room in one of its limits, which then may be passed on.
    next_room: Option<Nanos>,
}

impl Head {
    /// When time alone brings room for a waiter, where it is the one that was looked at.
    fn room_of(self, waiter: usize) -> Option<Nanos> {
        self.room_at.filter(|_| self.waiter == waiter)
    }
}

/// What a look has found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found {
    /// The call of a waiter is admitted.
    Admitted {
        waiter: usize,
        charge: Charge,
        waited_for: Option<MeterId>,
        /// When time alone was to bring room for it.
        room_at: Option<Nanos>,
    },
    /// A limit has sunk below its cost.
    Never { waiter: usize, meter: MeterId },
}

/// The meters of an account, and the calls that wait for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    meters: Vec<Meter>,
    now: Reading,
    lanes: Vec<Lane>,
    /// Lanes in which calls wait.
    active: Vec<usize>,
    /// Meters with plans on them.
    planned: Vec<MeterId>,
    /// Calls in all lanes.
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

    /// The number that the next new meter will have.
    pub(crate) fn next_meter(&self) -> MeterId {
        MeterId::new(self.meters.len())
    }

    /// Adds a meter, with its amount from the state of its whole.
    pub(crate) fn add_meter(&mut self, meter: Meter) -> MeterId {
        let id = self.next_meter();
        self.meters.push(meter);
        self.fit(self.meter(id).whole());
        let now = self.now;
        self.meter_mut(id).expire(now);
        id
    }

    pub(crate) fn add_lane(&mut self, draws: Arc<[Draw]>, exceeds_guarantees: bool) -> usize {
        self.lanes.push(Lane { draws, exceeds_guarantees, waiting: VecDeque::new(), head: None });
        self.lanes.len() - 1
    }

    /// Notes the time; it never goes back.
    pub(crate) fn at(&mut self, reading: Reading) {
        self.now = Reading {
            tick: self.now.tick.max(reading.tick),
            earliest: self.now.earliest.max(reading.earliest),
            latest: self.now.latest.max(reading.latest),
            unix_at_zero: reading.unix_at_zero,
        };
    }

    pub(crate) fn now(&self) -> Reading {
        self.now
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Works out the amounts of a limit and of all parts of it; whether one has changed.
    pub(crate) fn fit(&mut self, whole: MeterId) -> usize {
        let now = self.now.earliest;
        let of = self.meter(whole);
        let Some(state) = of.state() else { return 0 };
        let amounts = [state.in_force(), state.ours(), state.whatever_replies_say()];
        let window = of.stated_window();
        let parts = self.meters.iter_mut().filter(|meter| meter.whole() == whole);
        parts.map(|meter| usize::from(meter.fit(amounts, window, now))).sum()
    }

    /// Changes what is said of a whole limit; how many amounts have changed, of it and of its parts.
    pub(crate) fn change(&mut self, whole: MeterId, run: impl FnOnce(&mut LimitState)) -> usize {
        if let Some(state) = self.meter_mut(whole).state_mut() {
            run(state);
        }
        self.fit(whole)
    }

    /// Notes what a reply says that a limit is; more than was published only where that widens it.
    #[cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "only replies say so"))]
    pub(crate) fn hear_limit(&mut self, whole: MeterId, limit: u64, widens: bool) {
        /// So many windows, ten minutes at least, it is remembered.
        const WINDOWS: u64 = 10;
        let span = self.meter(whole).width().times(WINDOWS).max(Nanos::MINUTE.times(10));
        let until = self.now.earliest + span;
        self.change(whole, |state| {
            let (told, granted) = (Told { limit, widens, until }, state.granted());
            // What says nothing new is not kept.
            state.told = (told.of(granted) != granted).then_some(told);
        });
    }

    /// Brings a meter up to now.
    pub(crate) fn expire(&mut self, id: MeterId) {
        let now = self.now;
        if self.meter_mut(id).expire(now) {
            self.fit(self.meter(id).whole());
        }
    }

    pub(crate) fn expire_all(&mut self) {
        (0..self.meters.len()).for_each(|number| self.expire(MeterId::new(number)));
    }

    fn draws(&self, lane: usize) -> Arc<[Draw]> {
        Arc::clone(&self.lanes[lane].draws)
    }

    /// Decides on one call of a lane behind everything that is planned, with meters that are up to now; whether it is
    /// beyond what is guaranteed.
    pub(crate) fn decide(&mut self, lane: usize, cost: &Cost) -> Result<bool, Denied> {
        let (now, exceeds_guarantees) = (self.now.earliest, self.lanes[lane].exceeds_guarantees);
        let (mut wait, mut is_beyond) = (None, false);
        let mut wait_for = |meter: MeterId, until: When| {
            if wait.is_none_or(|(_, latest)| until > latest) {
                wait = Some((meter, until));
            }
        };
        for draw in self.lanes[lane].draws.iter() {
            let amount = cost.of(draw.dimension);
            let meter = &mut self.meters[draw.meter.index()];
            if amount == 0 {
                continue;
            }
            meter.make_room(amount, now);
            if exceeds_guarantees && meter.is_guaranteed() {
                // Beyond what is guaranteed, but not against the vendor's word to wait.
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
        match wait {
            Some((meter, until)) => Err(Denied::Wait { meter, until }),
            None => Ok(is_beyond),
        }
    }

    /// Whether there is room for a call of a lane now, whatever others wait for. Places are those that it holds.
    pub(crate) fn has_room(&self, lane: usize, cost: &Cost) -> bool {
        let (lane, now) = (&self.lanes[lane], self.now.earliest);
        lane.draws.iter().all(|draw| {
            let (meter, amount) = (self.meter(draw.meter), cost.of(draw.dimension));
            if lane.exceeds_guarantees && meter.is_guaranteed() {
                return meter.paused_until() <= now;
            }
            amount == 0 || meter.is_of_place() || !meter.never_fits(amount) && meter.has_room(amount, now)
        })
    }

    /// Charges a call of a lane that is admitted now.
    pub(crate) fn charge(&mut self, lane: usize, cost: &Cost, remark: Remark) -> Charge {
        let now = self.now;
        for draw in self.lanes[lane].draws.iter() {
            let amount = cost.of(draw.dimension);
            if amount > 0 {
                self.meters[draw.meter.index()].charge(amount, now);
            }
        }
        Charge { tick: now.tick, at: now.latest, remark }
    }

    /// When time alone brings room for a call in each of its limits that has none now, whatever others wait for.
    fn rooms(&self, lane: usize, cost: &Cost) -> impl Iterator<Item = When> {
        let (lane, now) = (&self.lanes[lane], self.now.earliest);
        let of = lane.draws.iter().filter(|draw| cost.of(draw.dimension) > 0).map(move |draw| {
            let meter = self.meter(draw.meter);
            if lane.exceeds_guarantees && meter.is_guaranteed() {
                When::At(meter.paused_until())
            } else {
                meter.when_room(cost.of(draw.dimension), now)
            }
        });
        of.filter(move |when| *when > When::At(now))
    }

    /// About when a call would be admitted that begins to wait now, by the sums of what waits.
    pub(crate) fn about(&self, lane: usize, cost: &Cost) -> (MeterId, When) {
        let (lane, now) = (&self.lanes[lane], self.now.earliest);
        let first = lane.draws.first().map_or(MeterId::new(0), |draw| draw.meter);
        let of = lane.draws.iter().filter(|draw| cost.of(draw.dimension) > 0).map(|draw| {
            let meter = self.meter(draw.meter);
            let when = if lane.exceeds_guarantees && meter.is_guaranteed() {
                When::At(meter.paused_until())
            } else {
                meter.when_behind_queue(cost.of(draw.dimension), now)
            };
            (draw.meter, when)
        });
        of.max_by_key(|(_, when)| *when).unwrap_or((first, When::At(now)))
    }

    /// Puts a call into its place in its lane.
    pub(crate) fn push(&mut self, lane: usize, entry: Entry) {
        let waiting = &mut self.lanes[lane].waiting;
        if waiting.is_empty() {
            self.active.push(lane);
        }
        let place = waiting.partition_point(|other| other.key < entry.key);
        waiting.insert(place, entry);
        self.len += 1;
        self.count(lane, &entry.cost, Meter::queue);
    }

    /// Takes a call out of its lane; whether it was there.
    pub(crate) fn remove(&mut self, lane: usize, key: Key) -> bool {
        let waiting = &mut self.lanes[lane].waiting;
        let Ok(place) = waiting.binary_search_by_key(&key, |entry| entry.key) else { return false };
        let Some(entry) = waiting.remove(place) else { return false };
        self.left(lane, &entry);
        true
    }

    /// Takes out the calls of all waiters that are meant.
    pub(crate) fn remove_all(&mut self, mut is_meant: impl FnMut(usize) -> bool) {
        for lane in self.active.clone() {
            let entries = std::mem::take(&mut self.lanes[lane].waiting);
            let (out, kept): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| is_meant(entry.waiter));
            self.lanes[lane].waiting = kept.into();
            out.iter().for_each(|entry| self.left(lane, entry));
        }
    }

    /// Visits the waiters of all calls, in their order.
    pub(crate) fn for_each_in_order(&self, mut visit: impl FnMut(usize)) {
        let lanes = self.active.iter().flat_map(|&lane| &self.lanes[lane].waiting);
        let mut waiting: Vec<_> = lanes.map(|entry| (entry.key, entry.waiter)).collect();
        waiting.sort_unstable_by_key(|(key, _)| *key);
        waiting.into_iter().for_each(|(_, waiter)| visit(waiter));
    }

    fn left(&mut self, lane: usize, entry: &Entry) {
        self.len -= 1;
        self.count(lane, &entry.cost, Meter::unqueue);
    }

    fn count(&mut self, lane: usize, cost: &Cost, run: impl Fn(&mut Meter, u64)) {
        for draw in self.lanes[lane].draws.iter() {
            let amount = cost.of(draw.dimension);
            if amount > 0 {
                run(&mut self.meters[draw.meter.index()], amount);
            }
        }
    }

    /// Forgets what was planned, where nothing waits any more.
    pub(crate) fn rest(&mut self) {
        self.clear_plans();
        self.active.clear();
    }

    /// Forgets what was planned, as of the last look.
    fn clear_plans(&mut self) {
        while let Some(meter) = self.planned.pop() {
            self.meter_mut(meter).clear_plans();
        }
    }

    /// One look at the oldest call of each lane, in order of arrival, up to the first that is decided on.
    pub(crate) fn look(&mut self) -> Option<Found> {
        self.clear_plans();
        let mut active = std::mem::take(&mut self.active);
        active.retain(|&lane| !self.lanes[lane].waiting.is_empty());
        active.sort_unstable_by_key(|&lane| self.lanes[lane].waiting.front().map(|entry| entry.key));
        for &lane in &active {
            let draws = self.draws(lane);
            draws.iter().for_each(|draw| self.expire(draw.meter));
        }
        let found = active.iter().find_map(|&lane| self.look_at(lane));
        self.active = active;
        found
    }

    /// Admits the oldest call of a lane, or plans it.
    fn look_at(&mut self, lane: usize) -> Option<Found> {
        let entry = *self.lanes[lane].waiting.front()?;
        let head = self.lanes[lane].head;
        let found = match self.decide(lane, &entry.cost) {
            Ok(is_beyond) => {
                let remark = if is_beyond { Remark::BeyondGuarantee } else { Remark::Nothing };
                let charge = self.charge(lane, &entry.cost, remark);
                let (waited_for, room_at) =
                    (head.map(|head| head.meter), head.and_then(|head| head.room_of(entry.waiter)));
                Found::Admitted { waiter: entry.waiter, charge, waited_for, room_at }
            }
            Err(Denied::Never { meter }) => Found::Never { waiter: entry.waiter, meter },
            Err(Denied::Wait { meter, until }) => {
                let room_at = self.rooms(lane, &entry.cost).max().and_then(When::moment);
                let next_room = self.rooms(lane, &entry.cost).min().and_then(When::moment);
                self.lanes[lane].head = Some(Head { waiter: entry.waiter, meter, until, room_at, next_room });
                self.plan(lane, &entry.cost, until);
                return None;
            }
        };
        self.lanes[lane].waiting.pop_front();
        self.left(lane, &entry);
        Some(found)
    }

    /// Notes what an older call will take. One that waits for a release is planned only where the release will be: what
    /// else it needs is free for others meanwhile.
    fn plan(&mut self, lane: usize, cost: &Cost, until: When) {
        let now = self.now.earliest;
        for draw in self.lanes[lane].draws.iter() {
            let amount = cost.of(draw.dimension);
            let meter = &mut self.meters[draw.meter.index()];
            let is_planned = match (until, meter.is_of_place()) {
                (When::OnRelease, true) => meter.headroom(now) < amount,
                (When::At(_), _) => true,
                (When::OnRelease, false) => false,
            };
            if amount > 0 && is_planned {
                meter.plan(until, amount, now);
                self.planned.push(draw.meter);
            }
        }
    }

    /// The next moment at which time alone may admit a call that waits.
    pub(crate) fn next_event(&self) -> Option<Nanos> {
        self.head_events().map(|(_, at)| at).min()
    }

    /// The waiters that are the oldest of their lanes, each with the next moment at which time brings room in one of its
    /// limits. Then it may be admitted, or leave that limit to the oldest of another lane.
    pub(crate) fn head_events(&self) -> impl Iterator<Item = (usize, Nanos)> {
        let waiting = || self.active.iter().map(|&lane| &self.lanes[lane]).filter(|lane| !lane.waiting.is_empty());
        // Nobody takes what the only lane's head leaves: that waits for room in all of its limits.
        let has_others = waiting().nth(1).is_some();
        waiting().filter_map(move |lane| {
            let head = lane.head?;
            let at = if has_others { head.next_room } else { head.room_at };
            Some((lane.waiting.front()?.waiter, at?))
        })
    }

    /// Where only one lane waits and its oldest call is that of a waiter: what it waits for, and when it has room.
    pub(crate) fn only_head(&self, lane: usize, waiter: usize) -> Option<(MeterId, Option<Nanos>)> {
        let head = self.lanes[lane].head?;
        let is_first = self.lanes[lane].waiting.front().is_some_and(|entry| entry.waiter == waiter);
        (is_first && self.active == [lane]).then_some((head.meter, head.room_at))
    }

    /// Whether the oldest call of a lane waits for another call to end.
    pub(crate) fn waits_for_release(&self, lane: usize) -> bool {
        self.lanes[lane].head.is_some_and(|head| head.until == When::OnRelease)
    }

    /// Gives back memory kept for meters and lanes to come.
    pub(crate) fn shrink(&mut self) {
        self.meters.shrink_to_fit();
        self.lanes.shrink_to_fit();
    }

    /// Bytes on the heap.
    pub(crate) fn memory(&self) -> usize {
        let lanes: usize = self.lanes.iter().map(|lane| lane.waiting.capacity() * size_of::<Entry>()).sum();
        let lanes = lanes + self.lanes.capacity() * size_of::<Lane>() + self.active.capacity() * size_of::<usize>();
        let spare = (self.meters.capacity() - self.meters.len()) * size_of::<Meter>();
        lanes + spare + self.meters.iter().map(Meter::memory).sum::<usize>()
    }
}
