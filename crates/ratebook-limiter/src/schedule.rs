//! The calls that wait, as their callers see them: whose turn it is, who is woken, who is passed over.
//!
//! *Turns.* A call whose turn comes is charged, so that nobody else takes its place, and its caller is woken. The permit is
//! handed out when the caller looks: then the charge moves to that moment, for the vendor sees the call no earlier. Where
//! the charge no longer counts by then, or something was owed, paused or lowered meanwhile, the call is decided on again,
//! before all that came after it.
//!
//! *Grace.* A caller that does not look within a grace after its turn has come keeps its place, but is passed over until it
//! looks: its charge is refunded. Nobody knows who else does not look, so half a grace before that all callers that wait are
//! woken to look, and whoever has not by the end of the grace is passed over, too: so any number of callers that do not look
//! delay the others by one grace, and those that do are admitted in order. Where all look by themselves and sleep when a turn
//! comes, two guards are woken with the caller whose turn it is, to end its grace.
//!
//! *Somebody always holds a timer.* [`next_event`](Schedule::next_event) is the next moment at which something happens by
//! time alone: an admission, or the end of a grace.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use crate::charge::{Charge, Remark};
use crate::clock::Reading;
use crate::cost::Cost;
use crate::forecast::{Forecast, last_key};
use crate::hot::{Latch, Tap, Told};
use crate::lending::Lending;
use crate::limit::LimitInForce;
use crate::meter::{Meter, MeterId};
use crate::nanos::{Nanos, When};
use crate::queue::{Denied, Entry, Found, Key, Queue};
use crate::route::{Draw, Route};
use crate::telemetry::Gauges;

/// Above so many waiting calls a wait is estimated by sums, not forecast.
const FORECAST: usize = 1_024;

/// So many of the callers that look by themselves guard the grace of a turn.
const GUARDS: usize = 2;

/// The number of a waiter, by which its ticket knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaiterId(usize);

#[derive(Debug)]
struct Waiter {
    route: Arc<Route>,
    cost: Cost,
    key: Key,
    state: WaiterState,
    waker: Option<Waker>,
    /// When it was told to look again by itself, where it does.
    looks_at: Option<When>,
    /// Whether it is a thread, which looks when it is woken.
    is_prompt: bool,
    /// When it last looked.
    looked_at: Nanos,
    /// When it was woken to show that it looks, where it has not looked since.
    probed_at: Option<Nanos>,
    forecast: Option<Forecast>,
}

#[derive(Clone, Copy, Debug)]
enum WaiterState {
    /// It waits in its lane.
    Queued,
    /// It is its turn, since a moment.
    Offered { charge: Charge, since: Nanos },
    /// It did not look in its turn, and is passed over until it looks.
    PassedOver,
    /// A limit has sunk below its cost.
    Never { meter: MeterId },
}

/// What makes a caller look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LooksAgain {
    /// It is woken: the account's timer serves its runtime.
    #[cfg(feature = "tokio")]
    WhenWoken,
    /// The time has come that it was told, or it is woken.
    ByItself,
    /// Like `ByItself`, and nothing keeps it from that: it is a thread that is parked.
    Promptly,
}

/// Where a waiting call stands when its caller looks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Standing {
    Granted(Charge),
    Never {
        meter: MeterId,
    },
    Wait {
        forecast: Forecast,
        /// When to look again, to be passed over by nobody and to pass over others in time.
        look_again: When,
    },
}

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
    offered: VecDeque<(usize, Key)>,
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
    pub(crate) fn at(&mut self, reading: Reading) -> &mut Self {
        self.queue.at(reading);
        self
    }

    pub(crate) fn now(&self) -> Reading {
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

    pub(crate) fn add_lane(&mut self, draws: Arc<[Draw]>, exceeds_guarantees: bool) -> usize {
        self.queue.add_lane(draws, exceeds_guarantees)
    }

    pub(crate) fn tap(&self, id: MeterId) -> Tap {
        Tap::new(&self.lendings[id.index()].cell, self.meter(id).dimension)
    }

    /// The queue, for a change by more than time: with all that was lent taken back, and up to now.
    pub(crate) fn change(&mut self, latch: &Latch) -> &mut Queue {
        self.refresh_all(latch);
        self.version += 1;
        &mut self.queue
    }

    /// How many calls wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len() + self.passed_over
    }

    /// Brings the meters of a route up to now.
    pub(crate) fn refresh(&mut self, latch: &Latch, route: &Route) {
        match self.lent_for {
            // Other routes' cells are good for this tick still.
            Some(tick) if tick == self.now().tick => {
                let latched = latch.hold();
                for draw in &*route.draws {
                    self.take_back_of(draw.meter, &latched);
                }
            }
            _ => self.take_back(latch),
        }
        route.draws.iter().for_each(|draw| self.queue.expire(draw.meter));
    }

    /// Brings every meter up to now.
    pub(crate) fn refresh_all(&mut self, latch: &Latch) {
        self.take_back(latch);
        self.queue.expire_all();
    }

    fn take_back_of(&mut self, id: MeterId, latched: &crate::hot::Latched<'_>) {
        let now = self.now();
        let has_changed = self.lendings[id.index()].take_back(self.queue.meter_mut(id), latched, now);
        self.version += u64::from(has_changed);
    }

    /// Takes back all that is lent.
    fn take_back(&mut self, latch: &Latch) {
        if self.lent_for.take().is_some() {
            let latched = latch.hold();
            latched.close();
            (0..self.lendings.len()).for_each(|number| self.take_back_of(MeterId::new(number), &latched));
        }
    }

    /// Lends the headroom of a route's meters for the tick that callers read, where nothing waits in order.
    pub(crate) fn lend(&mut self, latch: &Latch, route: &Route, lag: Nanos) {
        if self.queue.len() > 0 {
            return;
        }
        let Reading { tick, earliest, .. } = self.now();
        let latched = latch.hold();
        latched.open(tick.get());
        self.lent_for = Some(tick);
        for draw in &*route.draws {
            let lending = &mut self.lendings[draw.meter.index()];
            lending.lend(self.queue.meter(draw.meter), &latched, earliest, tick, tick + lag);
        }
        if self.lent_version != self.version {
            self.lent_version = self.version;
            latched.change();
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
    pub(crate) fn try_admit(&mut self, latch: &Latch, route: &Route, cost: &Cost) -> Result<Charge, Denied> {
        self.look(latch, None);
        self.refresh(latch, route);
        let remark = match self.queue.decide(route.lane, cost) {
            Ok(true) => Remark::BeyondGuarantee,
            Ok(false) => Remark::Nothing,
            Err(Denied::Wait { meter, until }) if route.shadow => Remark::HeldBack { meter, until },
            Err(Denied::Never { meter }) if route.shadow => Remark::HeldBack { meter, until: When::OnRelease },
            Err(denied) => return Err(denied),
        };
        self.version += 1;
        Ok(self.queue.charge(route.lane, cost, remark))
    }

    /// Notes how long such a call does not fit, so that the next one is told without asking here.
    pub(crate) fn note_refused(&self, latch: &Latch, route: &Route, cost: &Cost, denied: Denied) {
        let Denied::Wait { meter, until: When::At(until) } = denied else { return };
        let Some(position) = route.draws.iter().position(|draw| draw.meter == meter) else { return };
        let (Some(quick), true) = (&route.quick, self.lent_for == Some(self.now().tick)) else { return };
        let LimitInForce { amount, window, .. } = self.meter(meter).in_force();
        let told = Told { position, amount, window, delay: (until - self.now().earliest).get() };
        route.refused.note(&latch.hold(), quick, cost, told);
    }

    /// How long a call that is denied would wait if it began to wait now, at most.
    pub(crate) fn bound(&mut self, route: &Route, cost: &Cost, denied: Denied) -> Denied {
        let Denied::Wait { meter, until } = denied else { return denied };
        if self.queue.len() == 0 {
            return denied;
        }
        if self.queue.len() > FORECAST {
            let (behind, about) = self.queue.about(route.lane, cost);
            return if about > until { Denied::Wait { meter: behind, until: about } } else { denied };
        }
        if self.drained.as_ref().is_none_or(|(version, _)| *version != self.version) {
            self.drained = Some((self.version, Box::new(self.queue.drained())));
        }
        let Some((_, drained)) = &self.drained else { return denied };
        match drained
            .forecast(route.lane, Entry { key: last_key(drained.now().earliest), waiter: usize::MAX, cost: *cost })
        {
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
        let key = Key { number: self.arrivals + 1, ..last_key(self.now().earliest + later_by) };
        match self.queue.forecast(route.lane, Entry { key, waiter: usize::MAX, cost: *cost }) {
            Some(Forecast { meter, until }) => Denied::Wait { meter, until },
            None => Denied::Never { meter },
        }
    }

    /// What would become of a call that began to wait now: nothing is charged.
    pub(crate) fn foresee(&mut self, latch: &Latch, route: &Route, cost: &Cost, later_by: Nanos) -> Result<(), Denied> {
        self.look(latch, None);
        self.refresh(latch, route);
        match self.queue.decide(route.lane, cost) {
            Ok(_) => Ok(()),
            Err(denied) => Err(self.forecast(route, cost, later_by, denied)),
        }
    }

    /// Puts a call into the queue, or offers it its turn at once.
    pub(crate) fn enqueue(&mut self, latch: &Latch, route: &Arc<Route>, cost: Cost, later_by: Nanos) -> WaiterId {
        self.take_back(latch);
        let (number, key) = self.add_waiter(route, cost, later_by, WaiterState::Queued);
        self.queue.push(route.lane, Entry { key, waiter: number, cost });
        self.version += 1;
        self.look(latch, None);
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
    fn add_waiter(&mut self, route: &Arc<Route>, cost: Cost, later_by: Nanos, state: WaiterState) -> (usize, Key) {
        self.arrivals += 1;
        let key = Key { arrived: self.now().earliest + later_by, number: self.arrivals };
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
    pub(crate) fn look(&mut self, latch: &Latch, looking: Option<WaiterId>) {
        if self.queue.len() == 0 && self.offered.is_empty() {
            self.queue.rest();
            return;
        }
        self.take_back(latch);
        loop {
            self.end_graces(looking);
            let Some(found) = self.queue.look() else { break };
            self.version += 1;
            match found {
                Found::Admitted { waiter, charge, room_at, .. } => self.offer(waiter, charge, room_at, looking),
                Found::Never { waiter: number, meter } => {
                    if let Some(waiter) = &mut self.waiters[number] {
                        waiter.state = WaiterState::Never { meter };
                        self.wakers.extend(waiter.waker.take());
                    }
                }
            }
        }
        // The oldest of a lane looks at its next event: whoever was told to look later is woken, to look earlier.
        for (number, at) in self.queue.head_events() {
            if let Some(waiter) = &mut self.waiters[number]
                && waiter.looks_at.is_some_and(|looks_at| looks_at > When::At(at))
            {
                waiter.looks_at = Some(When::At(at));
                self.wakers.extend(waiter.waker.take());
            }
        }
        self.guard_grace();
    }

    /// Has somebody look when the grace of a turn that has come ends, or half of it. All were told so who have looked since
    /// it came; but a turn that a settlement or a change brings may come while all sleep. Then a few are woken: a thread, or
    /// two of those that have looked last, who are the likeliest to look again. All would be a herd.
    fn guard_grace(&mut self) {
        if self.look_by_themselves == 0 {
            return;
        }
        let Some(at) = self.grace_ends().filter(|at| self.guarded != Some(*at)) else { return };
        self.guarded = Some(at);
        let (waiters, mut guards) = (&mut self.waiters, Vec::new());
        self.queue.for_each_in_order(|number| {
            if let Some(Waiter { looks_at: Some(looks_at), is_prompt, looked_at, .. }) = &waiters[number] {
                let is_told = *looks_at <= When::At(at);
                guards.push((*is_prompt, is_told, *looked_at, number));
            }
        });
        guards.sort_unstable_by(|one, other| other.cmp(one));
        let count = if guards.first().is_some_and(|(is_prompt, ..)| *is_prompt) { 1 } else { GUARDS };
        for (_, is_told, _, number) in guards.into_iter().take(count) {
            if !is_told && let Some(waiter) = &mut waiters[number] {
                waiter.looks_at = Some(When::At(at));
                self.wakers.extend(waiter.waker.take());
            }
        }
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

    /// Half a grace after a turn that nobody has claimed, wakes all that wait; after a whole one, passes over whoever has not
    /// looked.
    fn end_graces(&mut self, looking: Option<WaiterId>) {
        let (now, mut is_over) = (self.now().earliest, false);
        while let Some(&(number, key)) = self.offered.front() {
            if let Some((charge, since)) = self.offer_of(number, key) {
                if looking == Some(WaiterId(number)) || since + self.half_grace() > now {
                    break;
                }
                if self.needs_probe(since) {
                    self.probe(looking);
                }
                if since + self.grace > now {
                    break;
                }
                self.pass_over(number, charge);
                is_over = true;
            }
            self.offered.pop_front();
        }
        if is_over {
            self.pass_over_silent(looking);
        }
    }

    fn half_grace(&self) -> Nanos {
        self.grace.scaled(1, 2)
    }

    /// The charge of a waiter whose turn it still is, and since when.
    fn offer_of(&self, number: usize, key: Key) -> Option<(Charge, Nanos)> {
        let waiter = self.waiters[number].as_ref().filter(|waiter| waiter.key == key)?;
        match waiter.state {
            WaiterState::Offered { charge, since } => Some((charge, since)),
            WaiterState::Queued | WaiterState::PassedOver | WaiterState::Never { .. } => None,
        }
    }

    /// When the grace of the first whose turn it is ends, or half of it.
    fn grace_ends(&self) -> Option<Nanos> {
        let (_, since) = self.offered.iter().find_map(|&(number, key)| self.offer_of(number, key))?;
        Some(since + if self.needs_probe(since) { self.half_grace() } else { self.grace })
    }

    /// Whether nobody was woken to show that it looks since a turn began.
    fn needs_probe(&self, since: Nanos) -> bool {
        self.probed_at.is_none_or(|probed_at| probed_at < since)
    }

    /// Refunds the charge of a waiter that did not look in its turn.
    fn pass_over(&mut self, number: usize, charge: Charge) {
        let Some(waiter) = &mut self.waiters[number] else { return };
        waiter.state = WaiterState::PassedOver;
        let (route, cost) = (Arc::clone(&waiter.route), waiter.cost);
        self.refund_all(&route, &cost, charge.tick);
        self.passed_over += 1;
        self.version += 1;
    }

    /// Wakes all that wait and can be woken, to see who looks.
    fn probe(&mut self, looking: Option<WaiterId>) {
        let now = self.now().earliest;
        self.probed_at = Some(now);
        let (waiters, wakers) = (&mut self.waiters, &mut self.wakers);
        self.queue.for_each_in_order(|number| {
            if let Some(waiter) = &mut waiters[number]
                && looking != Some(WaiterId(number))
                && let Some(waker) = waiter.waker.take()
            {
                waiter.probed_at.get_or_insert(now);
                wakers.push_back(waker);
            }
        });
    }

    /// Passes over all that wait and have not looked since they were woken to, or half a grace after they were to look by
    /// themselves.
    fn pass_over_silent(&mut self, looking: Option<WaiterId>) {
        let (now, half_grace) = (self.now().earliest, self.half_grace());
        let (waiters, passed_over) = (&mut self.waiters, &mut self.passed_over);
        self.queue.remove_all(|number| {
            let Some(waiter) = &mut waiters[number] else { return false };
            let was_to_look = waiter.probed_at.into_iter().chain(waiter.looks_at.and_then(When::moment)).min();
            let is_late = was_to_look.is_some_and(|at| at + half_grace <= now);
            let is_silent = is_late && looking != Some(WaiterId(number));
            if is_silent {
                waiter.state = WaiterState::PassedOver;
                *passed_over += 1;
            }
            is_silent
        });
    }

    /// What stands where a caller looks: a permit where it is its turn.
    pub(crate) fn poll(&mut self, latch: &Latch, id: WaiterId, waker: Option<&Waker>, again: LooksAgain) -> Standing {
        let WaiterId(number) = id;
        self.waiters[number].iter_mut().for_each(|waiter| waiter.probed_at = None);
        match self.waiters[number].as_ref().map(|waiter| waiter.state) {
            Some(WaiterState::Offered { charge, .. }) => {
                if let Some(charge) = self.hand_out(latch, number, charge) {
                    self.vacate(number);
                    return Standing::Granted(charge);
                }
                self.requeue(number);
            }
            Some(WaiterState::PassedOver) => {
                self.passed_over -= 1;
                self.requeue(number);
            }
            Some(WaiterState::Queued | WaiterState::Never { .. }) | None => {}
        }
        self.look(latch, Some(id));
        match self.waiters[number].as_ref().map(|waiter| waiter.state) {
            Some(WaiterState::Offered { charge, .. }) => {
                self.vacate(number);
                Standing::Granted(charge)
            }
            Some(WaiterState::Never { meter }) => {
                self.vacate(number);
                Standing::Never { meter }
            }
            Some(WaiterState::Queued | WaiterState::PassedOver) | None => self.arm(number, waker, again),
        }
    }

    /// Puts a waiter back into its place.
    fn requeue(&mut self, number: usize) {
        if let Some(waiter) = &mut self.waiters[number] {
            waiter.state = WaiterState::Queued;
            self.queue.push(waiter.route.lane, Entry { key: waiter.key, waiter: number, cost: waiter.cost });
            self.version += 1;
        }
    }

    /// Has a waiter woken in its turn, and says when it should look by itself.
    fn arm(&mut self, number: usize, waker: Option<&Waker>, again: LooksAgain) -> Standing {
        let by_itself = match again {
            #[cfg(feature = "tokio")]
            LooksAgain::WhenWoken => false,
            LooksAgain::ByItself | LooksAgain::Promptly => true,
        };
        let forecast = self.forecast_of(number, by_itself);
        let now = self.now().earliest;
        // The oldest of a lane looks at its next event, even where only another call may be admitted by it. Where it does
        // not look, all others are to, half a grace after that.
        let own = self.queue.head_events().find_map(|(waiter, at)| (waiter == number).then_some(at));
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
        Standing::Wait { forecast, look_again }
    }

    /// When a waiter will be admitted: exactly, where that is asked for, or else by the sums of what waits.
    fn forecast_of(&mut self, number: usize, is_exact: bool) -> Forecast {
        let Some(waiter) = &self.waiters[number] else {
            return Forecast { meter: MeterId::new(0), until: When::OnRelease };
        };
        let lane = waiter.route.lane;
        let cost = waiter.cost;
        // Where all wait for the same, the oldest has room first.
        if let Some((meter, Some(room_at))) = self.queue.only_head(lane, number) {
            return Forecast { meter, until: When::At(room_at) };
        }
        if !is_exact || self.queue.len() > FORECAST {
            let (meter, until) = self.queue.about(lane, &cost);
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
        forecast.unwrap_or_else(|| Forecast { meter: self.queue.about(lane, &cost).0, until: When::OnRelease })
    }

    /// Moves the charge of a waiter whose turn it is to now, where it still counts and there still is room for it; else it
    /// is refunded, and the call has to be decided on again.
    fn hand_out(&mut self, latch: &Latch, number: usize, charge: Charge) -> Option<Charge> {
        let now = self.now();
        if charge.tick == now.tick && charge.at >= now.earliest {
            return Some(charge);
        }
        let waiter = self.waiters[number].as_ref()?;
        let (route, cost) = (Arc::clone(&waiter.route), waiter.cost);
        self.refresh(latch, &route);
        self.version += 1;
        let amounts = || route.draws.iter().map(|draw| (draw.meter, cost.of(draw.dimension)));
        let moved = |queue: &Queue, (meter, amount): &(MeterId, u64)| *amount > 0 && !queue.meter(*meter).is_of_place();
        let mut counts = true;
        for (id, amount) in amounts() {
            if moved(&self.queue, &(id, amount)) {
                let meter = self.queue.meter_mut(id);
                counts &= meter.still_counts(charge.tick, now.earliest);
                meter.refund(amount, charge.tick, now.earliest);
            }
        }
        // What was owed, refused or lowered since may leave no room for it.
        if counts && (route.shadow || self.queue.has_room(route.lane, &cost)) {
            for (id, amount) in amounts() {
                if moved(&self.queue, &(id, amount)) {
                    self.queue.meter_mut(id).charge(amount, now);
                }
            }
            return Some(Charge { tick: now.tick, at: now.latest, ..charge });
        }
        if route.holds_places {
            self.release(&route);
        }
        None
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
    pub(crate) fn leave(&mut self, latch: &Latch, id: WaiterId) {
        let WaiterId(number) = id;
        let Some(waiter) = &self.waiters[number] else { return };
        let (route, cost, key) = (Arc::clone(&waiter.route), waiter.cost, waiter.key);
        match waiter.state {
            WaiterState::Queued => {
                self.queue.remove(route.lane, key);
            }
            WaiterState::Offered { charge, .. } => {
                self.refresh(latch, &route);
                self.refund_all(&route, &cost, charge.tick);
            }
            WaiterState::PassedOver => self.passed_over -= 1,
            WaiterState::Never { .. } => {}
        }
        self.version += 1;
        self.vacate(number);
        self.look(latch, None);
    }

    /// The next moment at which time alone admits a call, or ends a grace.
    #[cfg(feature = "tokio")]
    pub(crate) fn next_event(&self) -> Option<Nanos> {
        self.grace_ends().into_iter().chain(self.queue.next_event()).min()
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
            if meter.is_of_place() {
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
            if meter.is_of_place() {
                meter.refund(1, now.tick, now.earliest);
            }
        }
    }

    /// Gives back memory kept for meters and lanes to come.
    pub(crate) fn shrink(&mut self) {
        self.queue.shrink();
        self.lendings.shrink_to_fit();
    }

    /// Bytes on the heap.
    pub(crate) fn memory(&self) -> usize {
        let waiters =
            self.waiters.capacity() * size_of::<Option<Waiter>>() + self.vacant.capacity() * size_of::<usize>();
        let lendings = self.lendings.len() * Lending::BYTES;
        waiters + lendings + self.offered.capacity() * size_of::<(usize, Key)>() + self.queue.memory()
    }
}
