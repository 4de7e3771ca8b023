//! The reference: a scheduler with an exact log of every limit, which runs a scenario by itself.
//!
//! Calls of one handle are first come, first served. The oldest calls of the handles are considered in order of
//! arrival. A younger one passes an older one only if it takes nothing from a limit that the older one waits for, and
//! if the older one's planned time stays the same. A call whose caller does not poll within the grace of its turn keeps
//! its place, and is passed over until it polls. Calls whose callers would not poll by then either are passed over with
//! it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::log::{Limit, Log, Owed};
use crate::scenario::{Call, End, GRACE, Scenario};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    End(usize),
    Arrive(usize),
    Poll(usize),
    /// A grace ends.
    Grace,
    Leave(usize),
    /// Something may fit.
    Look,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    call: usize,
    /// Since when it could have gone.
    turn: Option<u64>,
    is_passed_over: bool,
}

struct Scheduler<'a> {
    scenario: &'a Scenario,
    log: Log,
    /// In order of arrival.
    waiting: Vec<Waiting>,
    agenda: BinaryHeap<Reverse<(u64, u64, Event)>>,
    planned: u64,
    /// Until when the passage of time changes nothing.
    checks_at: u64,
    schedule: Schedule,
}

/// The reference's result for a scenario.
#[derive(Debug)]
pub(crate) struct Schedule {
    /// When each call is handed out.
    pub(crate) handed_out: Vec<Option<u64>>,
    /// The calls that are handed out, in order.
    pub(crate) order: Vec<usize>,
}

/// Runs a scenario by the rules, exactly.
///
/// # Panics
/// If the scenario changes limits or has calls that do not wait. The reference supports neither.
pub(crate) fn schedule(scenario: &Scenario) -> Schedule {
    assert!(
        scenario.changes.is_empty() && scenario.calls.iter().all(|call| call.waits),
        "expected waiting calls and no changes"
    );
    let mut scheduler = Scheduler {
        scenario,
        log: Log::of(scenario),
        waiting: Vec::new(),
        agenda: BinaryHeap::new(),
        planned: 0,
        checks_at: u64::MAX,
        schedule: Schedule { handed_out: vec![None; scenario.calls.len()], order: Vec::new() },
    };
    for (number, call) in scenario.calls.iter().enumerate() {
        scheduler.plan(call.arrives, Event::Arrive(number));
    }
    scheduler.run();
    scheduler.schedule
}

impl Scheduler<'_> {
    fn plan(&mut self, at: u64, event: Event) {
        self.planned += 1;
        self.agenda.push(Reverse((at, self.planned, event)));
    }

    fn run(&mut self) {
        while let Some(Reverse((now, _, event))) = self.agenda.pop() {
            if now > self.scenario.until {
                return;
            }
            let polls = self.apply(now, event);
            self.hand_out_due(now, polls);
            if let Some(at) = polls
                && let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.call == at)
            {
                // It polled, and still waits.
                waiting.turn = None;
            }
        }
    }

    /// Applies an event. Returns the call that polls.
    fn apply(&mut self, now: u64, event: Event) -> Option<usize> {
        match event {
            Event::Arrive(number) => {
                self.waiting.push(Waiting { call: number, turn: None, is_passed_over: false });
                if let Some(patience) = self.scenario.calls[number].patience {
                    self.plan(now.saturating_add(patience), Event::Leave(number));
                }
            }
            Event::Leave(number) => self.waiting.retain(|waiting| waiting.call != number),
            Event::Look if now == self.checks_at => self.checks_at = u64::MAX,
            Event::Look => {}
            Event::End(number) => {
                let call = self.scenario.calls[number];
                self.log.settle(number, call.handle, now, call.cost, call.real());
                self.log.end(number);
            }
            Event::Poll(number) => {
                let waiting = self.waiting.iter_mut().find(|waiting| waiting.call == number)?;
                waiting.is_passed_over = false;
                return Some(number);
            }
            Event::Grace => {
                let calls = &self.scenario.calls;
                let is_over = |waiting: &Waiting| match waiting.turn {
                    Some(turn) => now >= turn + GRACE,
                    None => false,
                };
                if self.waiting.iter().any(|waiting| is_over(waiting) && !waiting.is_passed_over) {
                    let mut polls = Vec::new();
                    for waiting in self.waiting.iter_mut().filter(|waiting| !waiting.is_passed_over) {
                        let at = calls[waiting.call].polls_at(now);
                        if is_over(waiting) {
                            waiting.is_passed_over = true;
                        } else if at > now + GRACE {
                            waiting.is_passed_over = true;
                            polls.push((at, waiting.call));
                        }
                    }
                    for (at, call) in polls {
                        self.plan(at, Event::Poll(call));
                    }
                }
            }
        }
        None
    }

    /// Hands out the calls that may go now. `polls` polls at this time, besides callers that always poll at once.
    fn hand_out_due(&mut self, now: u64, polls: Option<usize>) {
        while let Some(position) = self.first_to_go(now, polls) {
            let number = self.waiting.remove(position).call;
            let call = self.scenario.calls[number];
            self.schedule.handed_out[number] = Some(now);
            self.schedule.order.push(number);
            // `first_to_go` has checked that it fits.
            let _ = self.log.hand_out(number, call.handle, now, call.cost, |_| u64::MAX);
            if !matches!(call.end, End::Never) {
                self.plan(now.saturating_add(call.takes), Event::End(number));
            }
        }
        // The next call goes when something expires, or at the next event.
        let leaving = self.log.limits.iter().flat_map(|limit| limit.leaving(now)).min();
        if let Some(leaving) = leaving.filter(|_| !self.waiting.is_empty())
            && leaving != self.checks_at
        {
            self.checks_at = leaving;
            self.plan(leaving, Event::Look);
        }
    }

    /// Returns the position of the first call that goes now. Begins turns on the way.
    fn first_to_go(&mut self, now: u64, polls: Option<usize>) -> Option<usize> {
        let mut older: Vec<(usize, u64)> = Vec::new();
        let mut seen = vec![false; self.scenario.handles.len()];
        for position in 0..self.waiting.len() {
            let Waiting { call: number, turn, is_passed_over } = self.waiting[position];
            let call = self.scenario.calls[number];
            if is_passed_over || std::mem::replace(&mut seen[call.handle], true) {
                continue;
            }
            let planned = earliest(&self.log, &call, now);
            let passes = |(older, planned): &(usize, u64)| {
                may_pass(&self.log, &call, &self.scenario.calls[*older], *planned, now)
            };
            if planned == now && older.iter().all(passes) {
                let at = call.polls_at(now);
                if at == now || polls == Some(number) {
                    return Some(position);
                }
                if turn.is_none() {
                    self.waiting[position].turn = Some(now);
                    self.plan(at, Event::Poll(number));
                    self.plan(now + GRACE, Event::Grace);
                }
            }
            older.push((number, planned));
        }
        None
    }
}

/// Returns the first time at which a call fits if nothing else happens. `u64::MAX` if another call has to end first.
pub(crate) fn earliest(log: &Log, call: &Call, now: u64) -> u64 {
    let moments = log.drawn(call.handle, call.cost).map(|(limit, amount)| {
        let limit = &log.limits[limit];
        let fits = |at: u64| limit.fits(at, amount, limit.max_at(at), Owed::AtMost);
        if fits(now) {
            return now;
        }
        let mut leaving: Vec<_> = limit.leaving(now).collect();
        leaving.sort_unstable();
        let at = leaving.partition_point(|at| !fits(*at));
        leaving.get(at).copied().unwrap_or(u64::MAX)
    });
    moments.max().unwrap_or(now)
}

/// Whether a call that fits may pass an older one that is planned for a time.
pub(crate) fn may_pass(log: &Log, call: &Call, older: &Call, planned: u64, now: u64) -> bool {
    let takes: Vec<_> = log.drawn(call.handle, call.cost).collect();
    log.drawn(older.handle, older.cost).all(|(limit, amount)| {
        let Some((_, takes)) = takes.iter().find(|(taken, _)| *taken == limit) else { return true };
        let limit = &log.limits[limit];
        let waited_for = !limit.fits(now, amount, limit.max_at(now), Owed::AtMost);
        !waited_for && (planned == u64::MAX || fits_after(limit, *takes, now, amount, planned))
    })
}

/// Whether an amount fits at a planned time if another is taken now.
fn fits_after(limit: &Limit, takes: u64, now: u64, amount: u64, planned: u64) -> bool {
    let mut limit = limit.clone();
    limit.charge(usize::MAX, now, takes);
    limit.fits(planned, amount, limit.max_at(planned), Owed::AtMost)
}
