//! Callers that are not polled in their turn: when they are passed over, and what makes that happen on time.
//!
//! A caller that is not polled within a grace of its turn keeps its place, but is passed over until it is polled, and
//! its charge is refunded. Others may be unpolled too, so a probe half a grace after the turn wakes all waiting
//! callers, and those not polled by the end of the grace are passed over as well. Any number of unpolled callers
//! therefore delays the others by one grace, and polled callers are admitted in order.
//!
//! A caller that was passed over and is polled again is decided before all younger ones, including those that have not
//! claimed their turn. Otherwise callers that are always polled later than a grace would keep the turn from each other.
//!
//! Waiters on tokio have the account's timer task. If all waiters set their own timers and none is due when a turn
//! comes, the guards are woken with the caller whose turn it is, and end its grace.

use std::sync::Arc;

use super::Schedule;
use super::waiter::{Waiter, WaiterId, WaiterState};
use crate::charge::Charge;
use crate::fast_path::FastLock;
use crate::nanos::{Nanos, When};
use crate::queue::OrderKey;

/// The number of self-timed callers that guard a grace.
const GUARDS: usize = 2;

impl Schedule {
    /// Makes sure that a caller polls when the grace of a turn ends, or half of it, and half a grace after the next
    /// event, in case the oldest caller is not polled then. Callers that were polled since have a timer for that. A
    /// settlement or a change may bring a turn or an earlier event while all callers sleep. Then guards are woken: one
    /// thread, or the two callers polled last, which are the likeliest to be polled again. Waking all of them would be
    /// a thundering herd.
    pub(super) fn guard_grace(&mut self) {
        if self.self_timed == 0 {
            return;
        }
        let after_event = self.queue.next_event().map(|at| at + self.half_grace());
        let Some(at) = self.grace_ends().into_iter().chain(after_event).min() else { return };
        if self.guarded_until == Some(at) {
            return;
        }
        self.guarded_until = Some(at);
        let (now, half_grace) = (self.now().earliest, self.half_grace());
        let fronts: Vec<_> = self.queue.front_events().map(|(index, _)| index).collect();
        let (waiters, mut guards) = (&mut self.waiters, Vec::new());
        self.queue.for_each_in_order(|index| {
            if let Some(waiter @ Waiter { polls_at: Some(polls_at), is_thread, polled_at, .. }) = &waiters[index] {
                let polls_in_time = *polls_at <= When::At(at);
                // The oldest callers have timers for their own events. Others guard these.
                if !(waiter.is_late(now, half_grace) || polls_in_time && fronts.contains(&index)) {
                    guards.push((*is_thread, polls_in_time, *polled_at, index));
                }
            }
        });
        guards.sort_unstable_by(|one, other| other.cmp(one));
        let count = if guards.first().is_some_and(|(is_thread, ..)| *is_thread) { 1 } else { GUARDS };
        for (_, polls_in_time, _, index) in guards.into_iter().take(count) {
            if !polls_in_time && let Some(waiter) = &mut waiters[index] {
                waiter.polls_at = Some(When::At(at));
                self.wakers.extend(waiter.waker.take());
            }
        }
    }

    /// Probes all waiters half a grace after an unclaimed turn, and passes over those not polled at its end.
    pub(super) fn end_graces(&mut self, polling: Option<WaiterId>) {
        let (now, mut is_over) = (self.now().earliest, false);
        while let Some(&(index, key)) = self.offered.front() {
            if let Some((charge, since)) = self.offered_charge(index, key) {
                if polling == Some(WaiterId(index)) || since + self.half_grace() > now {
                    break;
                }
                if self.needs_probe(since) {
                    self.probe(polling);
                }
                if since + self.grace > now {
                    break;
                }
                self.pass_over(index, charge);
                is_over = true;
            }
            self.offered.pop_front();
        }
        if is_over {
            self.pass_over_unpolled(polling);
        }
    }

    pub(super) fn half_grace(&self) -> Nanos {
        self.grace.scaled(1, 2)
    }

    /// Returns the charge of a waiter, and the beginning of its turn, if it still is its turn.
    pub(super) fn offered_charge(&self, index: usize, key: OrderKey) -> Option<(Charge, Nanos)> {
        let waiter = self.waiters[index].as_ref().filter(|waiter| waiter.key == key)?;
        match waiter.state {
            WaiterState::Offered { charge, since } => Some((charge, since)),
            WaiterState::Queued | WaiterState::PassedOver | WaiterState::Never { .. } => None,
        }
    }

    /// The end of the grace of the first unclaimed turn, or of its first half.
    pub(super) fn grace_ends(&self) -> Option<Nanos> {
        let (_, since) = self.offered.iter().find_map(|&(index, key)| self.offered_charge(index, key))?;
        Some(since + if self.needs_probe(since) { self.half_grace() } else { self.grace })
    }

    /// Whether no probe was made since a turn began.
    fn needs_probe(&self, since: Nanos) -> bool {
        self.probed_at.is_none_or(|probed_at| probed_at < since)
    }

    /// Takes back the unclaimed turns of all waiters that arrived after the waiter at `index`, which is back in the queue and is decided
    /// before them. If the turn of one comes again before it is polled, the grace of that turn does not begin anew.
    pub(super) fn take_back_younger_turns(&mut self, fast_lock: &FastLock, index: usize) {
        let Some(older) = self.waiters[index].as_ref().map(|waiter| waiter.key) else { return };
        let younger: Vec<_> = self.offered.iter().copied().filter(|(_, key)| *key > older).collect();
        self.offered.retain(|(_, key)| *key < older);
        for (index, key) in younger {
            let Some((charge, since)) = self.offered_charge(index, key) else { continue };
            let Some(waiter) = &mut self.waiters[index] else { continue };
            waiter.turn_began = Some(since);
            // It was woken when its turn began.
            waiter.probed_at.get_or_insert(since);
            let (route, cost) = (Arc::clone(&waiter.route), waiter.cost);
            self.refresh(fast_lock, &route);
            self.refund_all(&route, &cost, charge.tick);
            self.requeue(index);
        }
    }

    /// Passes over a waiter and refunds its charge.
    pub(super) fn pass_over(&mut self, index: usize, charge: Charge) {
        let Some(waiter) = &mut self.waiters[index] else { return };
        waiter.state = WaiterState::PassedOver;
        let (route, cost) = (Arc::clone(&waiter.route), waiter.cost);
        self.refund_all(&route, &cost, charge.tick);
        self.passed_over += 1;
        self.version += 1;
    }

    /// Wakes all waiters that have a waker, to find those that are not polled.
    fn probe(&mut self, polling: Option<WaiterId>) {
        let now = self.now().earliest;
        self.probed_at = Some(now);
        let (waiters, wakers) = (&mut self.waiters, &mut self.wakers);
        self.queue.for_each_in_order(|index| {
            if let Some(waiter) = &mut waiters[index]
                && polling != Some(WaiterId(index))
                && let Some(waker) = waiter.waker.take()
            {
                waiter.probed_at.get_or_insert(now);
                wakers.push_back(waker);
            }
        });
    }

    /// Passes over all waiters that were not polled within half a grace of their probe, or of the end of their own
    /// timer.
    fn pass_over_unpolled(&mut self, polling: Option<WaiterId>) {
        let (now, half_grace) = (self.now().earliest, self.half_grace());
        let (waiters, passed_over) = (&mut self.waiters, &mut self.passed_over);
        self.queue.remove_all(|index| {
            let Some(waiter) = &mut waiters[index] else { return false };
            let is_unpolled = waiter.is_late(now, half_grace) && polling != Some(WaiterId(index));
            if is_unpolled {
                waiter.state = WaiterState::PassedOver;
                *passed_over += 1;
            }
            is_unpolled
        });
    }
}
