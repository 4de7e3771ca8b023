//! Watches the order of what was played: at every moment, by an exact log of what was handed out until then, whoever may
//! go does go, soon, and nobody passes who may not.
//!
//! The reference scheduler says when each call would have gone if all had gone by its rules from the beginning. Where
//! callers poll late, a moment's difference decides who takes a place in line, and the two part for good reasons. Here
//! each decision is judged by itself.

use crate::driver::Outcome;
use crate::log::Log;
use crate::runs::{Tally, seconds};
use crate::scenario::{Call, End, GRACE, Scenario};
use crate::scheduler::{earliest, may_pass};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    End(usize),
    Arrive(usize),
    HandOut(usize),
    Leave(usize),
    /// A caller is busy, or is not any more.
    Busy,
}

struct Watch<'a> {
    scenario: &'a Scenario,
    log: Log,
    /// In order of arrival.
    waiting: Vec<usize>,
    /// Since when each call might have gone.
    since: Vec<Option<u64>>,
    tolerance: &'a dyn Fn(&Log, &Call) -> u64,
}

/// Checks every decision of an outcome.
///
/// # Errors
/// Where a call went later than it might have by more than `tolerance`, or never.
pub(crate) fn watch(
    scenario: &Scenario,
    outcome: &Outcome,
    tolerance: &dyn Fn(&Log, &Call) -> u64,
    tally: &mut Tally,
) -> Result<(), String> {
    let mut watch = Watch {
        scenario,
        log: Log::of(scenario),
        waiting: Vec::new(),
        since: vec![None; scenario.calls.len()],
        tolerance,
    };
    let events = events(scenario, outcome);
    let mut next = 0;
    let mut now = 0;
    while now <= scenario.until {
        let from = next;
        while next < events.len() && events[next].0 == now {
            next += 1;
        }
        for (_, event) in &events[from..next] {
            watch.happen(now, *event, tally)?;
        }
        watch.look(now);
        let event = events.get(next).map(|(at, _)| *at);
        let leaving = watch.log.limits.iter().flat_map(|limit| limit.leaving(now)).min();
        match event.into_iter().chain(leaving.filter(|_| !watch.waiting.is_empty())).min() {
            Some(at) => now = at,
            None => break,
        }
    }
    watch.waiting.clone().into_iter().try_for_each(|number| watch.is_in_time(number, scenario.until, tally))
}

/// What has happened, in order of time.
fn events(scenario: &Scenario, outcome: &Outcome) -> Vec<(u64, Event)> {
    let mut events = Vec::new();
    for (number, (call, handed_out)) in scenario.calls.iter().zip(&outcome.handed_out).enumerate() {
        events.push((call.arrives, Event::Arrive(number)));
        events.extend(call.busy.into_iter().flat_map(|(from, to)| [(from, Event::Busy), (to, Event::Busy)]));
        match (handed_out, call.patience) {
            (Some(at), _) => {
                events.push((*at, Event::HandOut(number)));
                if !matches!(call.end, End::Never) {
                    events.push((at + call.takes, Event::End(number)));
                }
            }
            (None, Some(patience)) => events.push((call.arrives + patience, Event::Leave(number))),
            (None, None) => {}
        }
    }
    events.sort_unstable();
    events
}

impl Watch<'_> {
    fn call(&self, number: usize) -> &Call {
        &self.scenario.calls[number]
    }

    fn happen(&mut self, now: u64, event: Event, tally: &mut Tally) -> Result<(), String> {
        match event {
            Event::Busy => {}
            Event::Arrive(number) => self.waiting.push(number),
            Event::End(number) => {
                let call = *self.call(number);
                self.log.settle(number, call.handle, now, call.cost, call.real());
                self.log.end(number);
            }
            Event::Leave(number) | Event::HandOut(number) => {
                self.is_in_time(number, now, tally)?;
                self.waiting.retain(|waiting| *waiting != number);
                if let Event::HandOut(_) = event {
                    let call = *self.call(number);
                    // The driver has checked that it fits.
                    let _ = self.log.hand_out(number, call.handle, now, call.cost, |_| u64::MAX);
                }
            }
        }
        Ok(())
    }

    /// Whether a call that goes, or leaves, might not have gone long before.
    fn is_in_time(&self, number: usize, now: u64, tally: &mut Tally) -> Result<(), String> {
        let Some(since) = self.since[number] else { return Ok(()) };
        let call = self.call(number);
        let (late, tolerance) = (now - since, (self.tolerance)(&self.log, call) + GRACE + call.latency);
        tally.measure(late as f64 / tolerance as f64);
        if late <= tolerance {
            return Ok(());
        }
        let (arrives, since, late, tolerance) = (call.arrives, seconds(since), seconds(late), seconds(tolerance));
        let arrives = seconds(arrives);
        Err(format!(
            "call {number}, there since {arrives}, may go at {since} and is {late} late; {tolerance} is allowed"
        ))
    }

    /// Notes who may go from now on.
    fn look(&mut self, now: u64) {
        let mut older: Vec<(usize, u64)> = Vec::new();
        let mut seen = vec![false; self.scenario.handles.len()];
        for number in self.waiting.clone() {
            let call = *self.call(number);
            // Who would not poll within the grace holds up nobody for longer than that.
            let is_passed_over = call.polls_at(now) > now + GRACE;
            let is_next = !is_passed_over && !std::mem::replace(&mut seen[call.handle], true);
            if !is_next {
                self.since[number] = None;
                continue;
            }
            let planned = earliest(&self.log, &call, now);
            let passes = |(older, planned): &(usize, u64)| may_pass(&self.log, &call, self.call(*older), *planned, now);
            let may_go = planned == now && older.iter().all(passes);
            self.since[number] = may_go.then(|| self.since[number].unwrap_or(now));
            older.push((number, planned));
        }
    }
}
