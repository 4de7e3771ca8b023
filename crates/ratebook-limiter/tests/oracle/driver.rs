//! Runs a scenario against the limiter, event by event, on a clock that jumps from one to the next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::mem::{ManuallyDrop, take};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

use ratebook_limiter::{Account, Admission, ManualClock, Model, OwnedPermit, Part, PoolSnapshot, Refused, Ticket};

use crate::api;
use crate::log::{Limit, Log, Span};
use crate::rules::Penalized;
use crate::runs::{Tally, seconds};
use crate::scenario::{Call, Change, End, Scenario, weighed};

/// The number of polls at one instant that the limiter may ask for.
const MAX_POLLS: u32 = 100;

/// The waits in nanoseconds that a call's caller was given before it waited.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) forecast: Result<u64, String>,
    /// By a refusal of `try_acquire`.
    pub(crate) tried: Result<u64, String>,
}

/// The result of a scenario.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// When each call was handed out.
    pub(crate) handed_out: Vec<Option<u64>>,
    /// The calls that were handed out, in order.
    pub(crate) order: Vec<usize>,
    /// When each call was polled.
    pub(crate) polls: Vec<Vec<u64>>,
    /// The answers to those that asked first.
    pub(crate) asked: Vec<Option<Asked>>,
    /// The wait that a call's first poll stated, in nanoseconds.
    pub(crate) first_forecast: Vec<Option<Result<u64, String>>>,
    /// Whether each call was refused for good.
    pub(crate) never: Vec<bool>,
    /// Exceeded limits, and whatever else is a fault in any scenario.
    pub(crate) faults: Vec<String>,
    /// The final cost of each call, without usage above its estimate.
    pub(crate) log: Log,
    /// Calls that still wait when no timer and no event is left.
    pub(crate) stranded: Vec<usize>,
}

impl Outcome {
    /// Returns the empty result of a scenario.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let calls = scenario.calls.len();
        Self {
            handed_out: vec![None; calls],
            order: Vec::new(),
            polls: vec![Vec::new(); calls],
            asked: vec![None; calls],
            first_forecast: vec![None; calls],
            never: vec![false; calls],
            faults: Vec::new(),
            log: Log::of(scenario),
            stranded: Vec::new(),
        }
    }

    /// # Errors
    /// The first fault, if there is one.
    pub(crate) fn without_faults(self) -> Result<Self, String> {
        match self.faults.first() {
            None => Ok(self),
            Some(first) => Err(format!("{first} ({} faults)", self.faults.len())),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    End(usize),
    Change(usize),
    Arrive(usize),
    /// The `u32` is that of the caller's last timer or wake-up. Older ones are ignored.
    Poll(usize, u32),
    Leave(usize),
}

#[derive(Default)]
struct Caller {
    ticket: Option<Ticket<Model>>,
    permit: Option<OwnedPermit>,
    timer: u32,
    /// When that is due.
    polls_at: Option<u64>,
    /// Whether a limit has been below its cost since it began to wait.
    outgrown: bool,
    /// The instant of its last poll, and the number of polls at that instant.
    polls: (u64, u32),
}

struct Woken {
    call: usize,
    all: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(self.call);
    }
}

fn nanos(wait: Result<Duration, String>) -> Result<u64, String> {
    wait.map(|wait| u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX))
}

struct Driver<'a> {
    scenario: &'a Scenario,
    clock: ManualClock,
    now: u64,
    account: Account,
    handles: Vec<Model>,
    agenda: BinaryHeap<Reverse<(u64, u64, Event)>>,
    planned: u64,
    callers: Vec<Caller>,
    wakers: Vec<Waker>,
    woken: Arc<Mutex<Vec<usize>>>,
    pools: Vec<PoolSnapshot>,
    outcome: Outcome,
    events: u64,
}

/// Runs a scenario.
pub(crate) fn play(scenario: &Scenario, tally: &mut Tally) -> Outcome {
    // A limiter that panics may panic again when permits are dropped, which would abort the process: they are leaked
    // then.
    let mut driver = ManuallyDrop::new(Driver::new(scenario));
    driver.run();
    tally.events += driver.events;
    tally.windows += driver.outcome.log.windows;
    ManuallyDrop::into_inner(driver).outcome
}

impl<'a> Driver<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let clock = ManualClock::beginning_at(scenario.setup.begins);
        let account = api::account(&scenario.setup, clock.clock());
        let handles = scenario.handles.iter().map(|model| account.model(model).expect("a model of the setup"));
        let woken = Arc::new(Mutex::new(Vec::new()));
        let waker = |call| Waker::from(Arc::new(Woken { call, all: Arc::clone(&woken) }));
        let calls = scenario.calls.len();
        let mut driver = Self {
            handles: handles.collect(),
            wakers: (0..calls).map(waker).collect(),
            callers: (0..calls).map(|_| Caller::default()).collect(),
            outcome: Outcome::of(scenario),
            scenario,
            clock,
            now: 0,
            account,
            agenda: BinaryHeap::new(),
            planned: 0,
            woken,
            pools: Vec::new(),
            events: 0,
        };
        for (number, (at, _)) in scenario.changes.iter().enumerate() {
            driver.plan(*at, Event::Change(number));
        }
        for (number, call) in scenario.calls.iter().enumerate() {
            driver.plan(call.arrives, Event::Arrive(number));
        }
        driver
    }

    fn plan(&mut self, at: u64, event: Event) {
        self.planned += 1;
        self.agenda.push(Reverse((at.max(self.now), self.planned, event)));
    }

    fn run(&mut self) {
        while let Some(Reverse((at, _, event))) = self.agenda.pop() {
            if at > self.scenario.until {
                return;
            }
            self.now = at;
            self.clock.set(Duration::from_nanos(at));
            self.apply(event);
            let woken = take(&mut *self.woken.lock().unwrap_or_else(PoisonError::into_inner));
            for call in woken {
                self.poll_again(call, self.now);
            }
        }
        let waits = |call: &usize| self.callers[*call].ticket.is_some();
        self.outcome.stranded = (0..self.callers.len()).filter(waits).collect();
    }

    fn call(&self, number: usize) -> Call {
        self.scenario.calls[number]
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Arrive(number) => self.arrive(number),
            Event::Poll(number, timer) if timer == self.callers[number].timer => self.poll(number),
            Event::Poll(..) => {}
            Event::End(number) => self.end(number),
            Event::Leave(number) => drop(self.callers[number].ticket.take()),
            Event::Change(number) => self.change(number),
        }
    }

    fn arrive(&mut self, number: usize) {
        self.events += 1;
        let (call, model) = (self.call(number), self.handles[self.call(number).handle].clone());
        if !call.waits {
            match model.try_acquire_owned(call.cost.cost()) {
                Ok(permit) => self.hand_out(number, permit),
                Err(Refused::Wait(_)) => {}
                Err(Refused::Never(_)) => self.refuse(number),
            }
            return;
        }
        if call.asks_first {
            let forecast = nanos(api::forecast(&model, call.cost.cost()));
            let tried = match model.try_acquire(call.cost.cost()) {
                Ok(permit) => {
                    permit.cancel_unsent();
                    Ok(0)
                }
                Err(Refused::Wait(wait)) => nanos(api::stated(&wait)),
                Err(Refused::Never(never)) => Err(never.to_string()),
            };
            self.outcome.asked[number] = Some(Asked { forecast, tried });
        }
        match model.enqueue_owned(call.cost.cost()) {
            Ok(ticket) => {
                self.callers[number].ticket = Some(ticket);
                if let Some(patience) = call.patience {
                    self.plan(call.arrives.saturating_add(patience), Event::Leave(number));
                }
                self.poll_again(number, self.now);
            }
            Err(_) => self.refuse(number),
        }
    }

    /// Schedules a poll that is due at `due`, unless an earlier one is scheduled. A wake-up never postpones a poll.
    fn poll_again(&mut self, number: usize, due: u64) {
        let at = self.call(number).polls_at(due);
        let caller = &mut self.callers[number];
        if caller.ticket.is_some() && caller.polls_at.is_none_or(|earlier| at < earlier) {
            caller.timer += 1;
            caller.polls_at = Some(at);
            let event = Event::Poll(number, caller.timer);
            self.plan(at, event);
        }
    }

    fn poll(&mut self, number: usize) {
        self.callers[number].polls_at = None;
        let Some(ticket) = self.callers[number].ticket.take() else { return };
        self.outcome.polls[number].push(self.now);
        let (instant, polls) = self.callers[number].polls;
        let polls = if instant == self.now { polls + 1 } else { 0 };
        self.callers[number].polls = (self.now, polls);
        match ticket.poll_admission(Some(&self.wakers[number])) {
            Admission::Granted(permit) => self.hand_out(number, permit),
            Admission::Never(_) => self.refuse(number),
            Admission::Wait(wait, ticket) => {
                self.callers[number].ticket = Some(ticket);
                self.outcome.first_forecast[number].get_or_insert_with(|| nanos(api::stated(&wait)));
                if polls > MAX_POLLS {
                    let at = seconds(self.now);
                    self.outcome.faults.push(format!("call {number} is asked to poll again without end at {at}"));
                } else if let Some(delay) = wait.delay() {
                    let delay = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
                    self.poll_again(number, self.now.saturating_add(delay));
                }
            }
        }
    }

    fn hand_out(&mut self, number: usize, permit: OwnedPermit) {
        self.events += 1;
        self.account.snapshot_into(&mut self.pools);
        let (call, pools, now) = (self.call(number), &self.pools, self.now);
        // Pools of several models cannot be told apart here, so the log's own amount decides.
        let one_model = self.scenario.handles.iter().all(|model| *model == self.scenario.handles[0]);
        let in_force = |limit: &Limit| {
            let window = match limit.span {
                Span::Sliding(window) if one_model => Some(Duration::from_nanos(window)),
                Span::Sliding(_) | Span::Calendar { .. } | Span::Concurrency => return u64::MAX,
            };
            let part = if limit.is_part() { Part::SubWindow } else { Part::Whole };
            let is_it = |pool: &&PoolSnapshot| {
                pool.limit.metric == limit.metric && pool.limit.window() == window && pool.limit.part == part
            };
            let alike = pools.iter().filter(is_it).map(|pool| pool.limit_units);
            alike.min().unwrap_or(u64::MAX)
        };
        let noted = self.outcome.log.hand_out(number, call.handle, now, call.cost, in_force);
        self.outcome.faults.extend(noted.err());
        self.outcome.handed_out[number] = Some(now);
        self.outcome.order.push(number);
        self.callers[number].permit = Some(permit);
        match call.end {
            End::Never => {}
            End::Settle(_) | End::Drop | End::Cancel => self.plan(now.saturating_add(call.takes), Event::End(number)),
        }
    }

    /// Whether a call costs more than a limit allows now, as the limiter reports it.
    fn is_above(&self, number: usize) -> bool {
        let Call { cost, handle, .. } = self.call(number);
        let model = self.scenario.handles[handle];
        let counted = |metric| self.outcome.log.limits.iter().any(|limit| limit.metric == metric);
        let counts = self.pools.iter().filter(|pool| counted(pool.limit.metric));
        counts.into_iter().any(|pool| weighed(model, pool.limit.metric, cost) > pool.limit_units)
    }

    /// Records a refusal for good. It is correct only if the call is above a limit in force, or was since it began to
    /// wait.
    fn refuse(&mut self, number: usize) {
        self.events += 1;
        self.outcome.never[number] = true;
        self.account.snapshot_into(&mut self.pools);
        if !self.is_above(number) && !self.callers[number].outgrown {
            self.outcome.faults.push(format!("call {number} is refused for good at {}, but fits", seconds(self.now)));
        }
    }

    fn end(&mut self, number: usize) {
        let Some(permit) = self.callers[number].permit.take() else { return };
        self.events += 1;
        let (call, log) = (self.call(number), &mut self.outcome.log);
        match call.end {
            End::Settle(real) => permit.settle(real.usage()),
            End::Cancel => permit.cancel_unsent(),
            End::Drop | End::Never => drop(permit),
        }
        log.settle(number, call.handle, self.now, call.cost, call.real());
        log.end(number);
    }

    fn change(&mut self, number: usize) {
        self.events += 1;
        let (account, log) = (&self.account, &mut self.outcome.log);
        match &self.scenario.changes[number].1 {
            Change::SetLimit { metric, per, amount } => {
                account.set_limit(*metric, *per, *amount);
                log.set(*metric, *per, Some(*amount));
            }
            Change::ResetLimit { metric, per } => {
                account.reset_limit(*metric, *per);
                log.set(*metric, *per, None);
            }
            Change::Response { status, headers, body } => {
                let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                self.handles[0].observe(*status, &headers[..], body.as_bytes());
                if *status >= 400 {
                    let now = self.now;
                    log.penalties.iter_mut().for_each(|penalty| penalty.record(now, *status == 429));
                }
            }
            Change::Forget => {
                account.forget();
                log.penalties.iter_mut().for_each(Penalized::forget);
            }
            Change::Resume => {
                account.resume();
                log.penalties.iter_mut().for_each(Penalized::resume);
            }
            Change::Look => {}
        }
        self.account.snapshot_into(&mut self.pools);
        for number in 0..self.callers.len() {
            if self.callers[number].ticket.is_some() && self.is_above(number) {
                self.callers[number].outgrown = true;
            }
        }
    }
}
