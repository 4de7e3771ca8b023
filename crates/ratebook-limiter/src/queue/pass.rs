//! Passes: who of the waiting calls is admitted, and what is reserved for the others.

use std::sync::Arc;

use super::{Denied, Front, FrontDecision, Queue};
use crate::charge::AdmissionNote;
use crate::cost::Cost;
use crate::draw::Draw;
use crate::meter::MeterId;
use crate::nanos::{Nanos, When};

impl Queue {
    fn draws(&self, route_queue: usize) -> Arc<[Draw]> {
        Arc::clone(&self.route_queues[route_queue].draws)
    }

    /// Drops all reservations. No call may be waiting.
    pub(crate) fn clear(&mut self) {
        self.clear_reservations();
        self.active.clear();
    }

    /// Drops the reservations of the last pass.
    fn clear_reservations(&mut self) {
        while let Some(meter) = self.reserved.pop() {
            self.meter_mut(meter).clear_reservations();
        }
    }

    /// Looks at the oldest call of each route queue, in order of arrival, and returns the first decision.
    pub(crate) fn admission_pass(&mut self) -> Option<FrontDecision> {
        self.clear_reservations();
        let mut active = std::mem::take(&mut self.active);
        active.retain(|&route_queue| !self.route_queues[route_queue].waiting.is_empty());
        active
            .sort_unstable_by_key(|&route_queue| self.route_queues[route_queue].waiting.front().map(|entry| entry.key));
        for &route_queue in &active {
            let draws = self.draws(route_queue);
            draws.iter().for_each(|draw| self.expire(draw.meter));
        }
        let found = active.iter().find_map(|&route_queue| self.try_admit_front(route_queue));
        self.active = active;
        found
    }

    /// Admits the oldest call of a route queue, or reserves for it.
    fn try_admit_front(&mut self, route_queue: usize) -> Option<FrontDecision> {
        let entry = *self.route_queues[route_queue].waiting.front()?;
        let front = self.route_queues[route_queue].front;
        let found = match self.decide(route_queue, &entry.cost) {
            Ok(is_beyond) => {
                let note = if is_beyond { AdmissionNote::BeyondGuarantee } else { AdmissionNote::Nothing };
                let charge = self.charge(route_queue, &entry.cost, note);
                let (waited_for, room_at) =
                    (front.map(|front| front.meter), front.and_then(|front| front.room_of(entry.waiter)));
                FrontDecision::Admitted { waiter: entry.waiter, charge, waited_for, room_at }
            }
            Err(Denied::Never { meter }) => FrontDecision::Never { waiter: entry.waiter, meter },
            Err(Denied::Wait { meter, until }) => {
                let room_at = self.room_times(route_queue, &entry.cost).max().and_then(When::moment);
                let next_room = self.room_times(route_queue, &entry.cost).min().and_then(When::moment);
                self.route_queues[route_queue].front =
                    Some(Front { waiter: entry.waiter, meter, until, room_at, next_room });
                self.reserve(route_queue, &entry.cost, until);
                return None;
            }
        };
        self.route_queues[route_queue].waiting.pop_front();
        self.after_removal(route_queue, &entry);
        Some(found)
    }

    /// Reserves what an older call will take. For a call that waits for a release, only what it would hold and lacks is
    /// reserved: it leaves its other limits to younger calls until then.
    fn reserve(&mut self, route_queue: usize, cost: &Cost, until: When) {
        let now = self.now.earliest;
        for draw in self.route_queues[route_queue].draws.iter() {
            let needed = draw.measure.needed(cost);
            let meter = &mut self.meters[draw.meter.index()];
            let is_reserved = match (until, meter.is_concurrency()) {
                (When::OnRelease, true) => meter.headroom(now) < needed,
                (When::At(_), _) => true,
                (When::OnRelease, false) => false,
            };
            if needed > 0 && is_reserved {
                meter.reserve(until, needed, draw.measure.of(cost), now);
                self.reserved.push(draw.meter);
            }
        }
    }

    /// The next time at which the passage of time alone may admit a waiting call.
    pub(crate) fn next_event(&self) -> Option<Nanos> {
        self.front_events().map(|(_, at)| at).min()
    }

    /// Returns each route queue's oldest waiter, and when to evaluate it again.
    pub(crate) fn front_events(&self) -> impl Iterator<Item = (usize, Nanos)> {
        let waiting = || {
            self.active
                .iter()
                .map(|&route_queue| &self.route_queues[route_queue])
                .filter(|route_queue| !route_queue.waiting.is_empty())
        };
        // In the only route queue nothing may pass the oldest call, so only room in all of its limits matters.
        let has_others = waiting().nth(1).is_some();
        waiting().filter_map(move |route_queue| {
            let front = route_queue.front?;
            let at = if has_others { front.next_room } else { front.room_at };
            Some((route_queue.waiting.front()?.waiter, at?))
        })
    }

    /// If this is the only route queue with waiting calls, and its oldest call is that of `waiter`: the limit it waits
    /// for, and when it has room.
    pub(crate) fn only_front(&self, route_queue: usize, waiter: usize) -> Option<(MeterId, Option<Nanos>)> {
        let front = self.route_queues[route_queue].front?;
        let is_first = self.route_queues[route_queue].waiting.front().is_some_and(|entry| entry.waiter == waiter);
        (is_first && self.active == [route_queue]).then_some((front.meter, front.room_at))
    }

    /// Whether the oldest call of a route queue waits for another call to end.
    pub(crate) fn waits_for_release(&self, route_queue: usize) -> bool {
        self.route_queues[route_queue].front.is_some_and(|front| front.until == When::OnRelease)
    }
}
