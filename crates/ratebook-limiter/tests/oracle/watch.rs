//! Checks the order of a run: at every moment, by an exact log of what was handed out until then, a call that may go
//! does so soon, and no call passes one that it may not pass.
//!
//! The reference scheduler gives the times at which calls go if all of them follow its rules from the beginning. If
//! callers poll late, a small difference decides which of two calls goes first, and the runs diverge without a fault.
//! Here each decision is judged by itself.

use std::collections::BTreeSet;

use crate::driver::Outcome;
use crate::log::Log;
use crate::runs::{Tally, seconds};
use crate::scenario::{Call, End, GRACE, Scenario};
use crate::scheduler::{earliest, may_pass};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    End(usize),
    Arrive(usize),
    Leave(usize),
    HandOut(usize),
    /// A caller becomes busy, or is busy no longer.
    Busy,
}

struct Watch<'a> {
    scenario: &'a Scenario,
    outcome: &'a Outcome,
    log: Log,
    /// In order of arrival.
    waiting: Vec<usize>,
    /// Since when each call could have gone.
    since: Vec<Option<u64>>,
    /// Times at which a grace ends, or an unpolled caller polls.
    moments: BTreeSet<u64>,
    tolerance: &'a dyn Fn(&Log, &Call) -> u64,
}

/// Checks every decision of a run.
///
/// # Errors
/// If a call went later than it could by more than `tolerance`, or never.
pub(crate) fn watch(
    scenario: &Scenario,
    outcome: &Outcome,
    tolerance: &dyn Fn(&Log, &Call) -> u64,
    tally: &mut Tally,
) -> Result<(), String> {
    let mut watch = Watch {
        scenario,
        outcome,
        log: Log::of(scenario),
        waiting: Vec::new(),
        since: vec![None; scenario.calls.len()],
        moments: BTreeSet::new(),
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
            watch.apply(now, *event, tally)?;
        }
        watch.update_turns(now);
        let event = events.get(next).map(|(at, _)| *at);
        let leaving = watch.log.limits.iter().flat_map(|limit| limit.leaving(now)).min();
        watch.moments = watch.moments.split_off(&(now + 1));
        let moment = watch.moments.first().copied();
        let of_waiting = leaving.into_iter().chain(moment).filter(|_| !watch.waiting.is_empty());
        match event.into_iter().chain(of_waiting).min() {
            Some(at) => now = at,
            None => break,
        }
    }
    watch.waiting.clone().into_iter().try_for_each(|number| watch.check_delay(number, scenario.until, tally))
}

/// Returns the events of a run, in order of time.
fn events(scenario: &Scenario, outcome: &Outcome) -> Vec<(u64, Event)> {
    let mut events = Vec::new();
    for (number, (call, handed_out)) in scenario.calls.iter().zip(&outcome.handed_out).enumerate() {
        events.push((call.arrives, Event::Arrive(number)));
        events.extend(call.busy.into_iter().flat_map(|(from, to)| [(from, Event::Busy), (to, Event::Busy)]));
        match (handed_out, call.patience) {
            (Some(at), _) => {
                if !matches!(call.end, End::Never) {
                    events.push((at + call.takes, Event::End(number)));
                }
            }
            (None, Some(patience)) => events.push((call.arrives + patience, Event::Leave(number))),
            (None, None) => {}
        }
    }
    for number in &outcome.order {
        events.extend(outcome.handed_out[*number].map(|at| (at, Event::HandOut(*number))));
    }
    events.sort_unstable();
    events
}

impl Watch<'_> {
    fn call(&self, number: usize) -> &Call {
        &self.scenario.calls[number]
    }

    /// Returns when a caller polls whose call may go from `since` on: when it is woken then, or earlier for another
    /// reason.
    fn polled_at(&self, number: usize, since: u64) -> u64 {
        let woken = self.call(number).polls_at(since);
        let polls = &self.outcome.polls[number];
        let on_its_own = polls.get(polls.partition_point(|at| *at < since)).copied();
        on_its_own.map_or(woken, |at| at.min(woken))
    }

    fn apply(&mut self, now: u64, event: Event, tally: &mut Tally) -> Result<(), String> {
        match event {
            Event::Busy => {}
            Event::Arrive(number) => self.waiting.push(number),
            Event::End(number) => {
                let call = *self.call(number);
                self.log.settle(number, call.handle, now, call.cost, call.real());
                self.log.end(number);
            }
            Event::Leave(number) => {
                self.check_delay(number, now, tally)?;
                self.waiting.retain(|waiting| *waiting != number);
            }
            Event::HandOut(number) => {
                self.check_delay(number, now, tally)?;
                self.check_order(number, now)?;
                self.waiting.retain(|waiting| *waiting != number);
                let call = *self.call(number);
                // The driver has checked that it fits.
                let _ = self.log.hand_out(number, call.handle, now, call.cost, |_| u64::MAX);
            }
        }
        Ok(())
    }

    /// Checks that a call that goes, or leaves, could not have gone long before.
    fn check_delay(&self, number: usize, now: u64, tally: &mut Tally) -> Result<(), String> {
        let Some(since) = self.since[number] else { return Ok(()) };
        let call = self.call(number);
        let late = now.saturating_sub(self.polled_at(number, since));
        let tolerance = (self.tolerance)(&self.log, call) + GRACE + call.latency;
        tally.measure(late as f64 / tolerance as f64);
        if late <= tolerance {
            return Ok(());
        }
        let (arrives, since, late, tolerance) = (call.arrives, seconds(since), seconds(late), seconds(tolerance));
        let arrives = seconds(arrives);
        Err(format!(
            "call {number}, which arrived at {arrives}, could go at {since} and is {late} late; {tolerance} is allowed"
        ))
    }

    /// Checks that a call that goes passes no older one that polls and that it may not pass.
    fn check_order(&self, number: usize, now: u64) -> Result<(), String> {
        let call = self.call(number);
        let mut seen = vec![false; self.scenario.handles.len()];
        for older in self.waiting.iter().copied().take_while(|older| *older != number) {
            let it = self.call(older);
            // Of the calls of another handle only the first counts.
            let is_first = !std::mem::replace(&mut seen[it.handle], true);
            // A caller that takes longer than half a grace to poll cannot be told from one that does not poll.
            let polls_late = it.latency > GRACE / 2 || it.busy.is_some_and(|(from, to)| (from..=to).contains(&now));
            let is_next = self.outcome.handed_out[older] == Some(now);
            if is_next || polls_late || !(is_first || it.handle == call.handle) {
                continue;
            }
            let planned = earliest(&self.log, it, now);
            // If the older call fits too, it has its turn, and loses nothing.
            let is_delayed = planned > now && it.handle == call.handle;
            if is_delayed || !may_pass(&self.log, call, it, planned, now) {
                let (at, planned) = (seconds(now), seconds(planned));
                return Err(format!("call {number} passes call {older} at {at}, which is planned for {planned}"));
            }
        }
        Ok(())
    }

    /// Updates which calls may go from now on.
    fn update_turns(&mut self, now: u64) {
        let mut older: Vec<(usize, u64)> = Vec::new();
        let mut seen = vec![false; self.scenario.handles.len()];
        for number in self.waiting.clone() {
            let call = *self.call(number);
            // A caller that does not poll within the grace of its turn delays no other until it does.
            let turn = self.since[number].filter(|turn| self.polled_at(number, *turn) > turn + GRACE);
            if turn.is_some_and(|turn| now >= self.polled_at(number, turn)) {
                self.since[number] = None;
            } else if turn.is_some_and(|turn| now >= turn + GRACE) {
                continue;
            }
            if std::mem::replace(&mut seen[call.handle], true) {
                self.since[number] = None;
                continue;
            }
            let planned = earliest(&self.log, &call, now);
            let passes = |(older, planned): &(usize, u64)| may_pass(&self.log, &call, self.call(*older), *planned, now);
            let may_go = planned == now && older.iter().all(passes);
            let polled_at = self.polled_at(number, now);
            if may_go && self.since[number].is_none() && polled_at > now {
                self.moments.extend([now + GRACE, polled_at]);
            }
            self.since[number] = may_go.then(|| self.since[number].unwrap_or(now));
            older.push((number, planned));
        }
    }
}
