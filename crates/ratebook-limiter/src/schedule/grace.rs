//! Callers that do not look in their turn: when they are passed over, and who sees to it.
//!
//! A caller that does not look within a grace after its turn has come keeps its place, but is passed over until it
//! looks: its charge is refunded. Nobody knows who else does not look, so half a grace before that all callers that wait are
//! woken to look, and whoever has not by the end of the grace is passed over, too: so any number of callers that do not look
//! delay the others by one grace, and those that do are admitted in order. Where all look by themselves and sleep when a turn
//! comes, two guards are woken with the caller whose turn it is, to end its grace.

use std::sync::Arc;

use super::Schedule;
use super::waiter::{Waiter, WaiterId, WaiterState};
use crate::charge::Charge;
use crate::nanos::{Nanos, When};
use crate::queue::OrderKey;

/// So many of the callers that look by themselves guard the grace of a turn.
const GUARDS: usize = 2;

impl Schedule {
    /// Has somebody look when the grace of a turn that has come ends, or half of it. All were told so who have looked since
    /// it came; but a turn that a settlement or a change brings may come while all sleep. Then a few are woken: a thread, or
    /// two of those that have looked last, who are the likeliest to look again. All would be a herd.
    pub(super) fn guard_grace(&mut self) {
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

    /// Half a grace after a turn that nobody has claimed, wakes all that wait; after a whole one, passes over whoever has not
    /// looked.
    pub(super) fn end_graces(&mut self, looking: Option<WaiterId>) {
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

    pub(super) fn half_grace(&self) -> Nanos {
        self.grace.scaled(1, 2)
    }

    /// The charge of a waiter whose turn it still is, and since when.
    fn offer_of(&self, number: usize, key: OrderKey) -> Option<(Charge, Nanos)> {
        let waiter = self.waiters[number].as_ref().filter(|waiter| waiter.key == key)?;
        match waiter.state {
            WaiterState::Offered { charge, since } => Some((charge, since)),
            WaiterState::Queued | WaiterState::PassedOver | WaiterState::Never { .. } => None,
        }
    }

    /// When the grace of the first whose turn it is ends, or half of it.
    pub(super) fn grace_ends(&self) -> Option<Nanos> {
        let (_, since) = self.offered.iter().find_map(|&(number, key)| self.offer_of(number, key))?;
        Some(since + if self.needs_probe(since) { self.half_grace() } else { self.grace })
    }

    /// Whether nobody was woken to show that it looks since a turn began.
    fn needs_probe(&self, since: Nanos) -> bool {
        self.probed_at.is_none_or(|probed_at| probed_at < since)
    }

    /// Refunds the charge of a waiter that did not look in its turn.
    pub(super) fn pass_over(&mut self, number: usize, charge: Charge) {
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
}
