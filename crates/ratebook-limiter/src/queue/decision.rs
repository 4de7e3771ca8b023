//! The decision on one call by the meters of its limits, and the times at which they have room for it.

use super::{Denied, Queue};
use crate::charge::{AdmissionNote, Charge};
use crate::cost::Cost;
use crate::meter::MeterId;
use crate::nanos::{Nanos, When};

impl Queue {
    /// Decides on a call of a route queue, behind everything that is reserved. The meters must be up to date. Returns
    /// whether the call exceeds a guaranteed limit.
    pub(crate) fn decide(&mut self, route_queue: usize, cost: &Cost) -> Result<bool, Denied> {
        let (now, exceeds_guarantees) = (self.now.earliest, self.route_queues[route_queue].exceeds_guarantees);
        let (mut wait, mut is_beyond) = (None, false);
        let mut wait_for = |meter: MeterId, until: When| {
            if wait.is_none_or(|(_, latest)| until > latest) {
                wait = Some((meter, until));
            }
        };
        for draw in self.route_queues[route_queue].draws.iter() {
            let amount = draw.measure.needed(cost);
            let meter = &mut self.meters[draw.meter.index()];
            if amount == 0 {
                continue;
            }
            meter.make_room(amount, now);
            if exceeds_guarantees && meter.is_guaranteed() {
                // A guaranteed limit may be exceeded, but a pause by the vendor holds.
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
        if let Some(until) = self.account_pause.is_on(now).then_some(self.account_pause.until)
            && let Some(first) = self.route_queues[route_queue].draws.first()
        {
            wait_for(first.meter, When::At(until));
        }
        match wait {
            Some((meter, until)) => Err(Denied::Wait { meter, until }),
            None => Ok(is_beyond),
        }
    }

    /// Whether an admitted call of a route queue has room now, regardless of waiting calls. Concurrency slots are not
    /// checked: the call already holds them.
    pub(crate) fn has_room(&self, route_queue: usize, cost: &Cost) -> bool {
        let (route_queue, now) = (&self.route_queues[route_queue], self.now.earliest);
        let is_paused = self.account_pause.is_on(now);
        !is_paused
            && route_queue.draws.iter().all(|draw| {
                let (meter, amount) = (self.meter(draw.meter), draw.measure.needed(cost));
                if route_queue.exceeds_guarantees && meter.is_guaranteed() {
                    return meter.paused_until() <= now;
                }
                amount == 0 || meter.is_concurrency() || !meter.never_fits(amount) && meter.has_room(amount, now)
            })
    }

    /// Charges a call of a route queue, as of now.
    pub(crate) fn charge(&mut self, route_queue: usize, cost: &Cost, note: AdmissionNote) -> Charge {
        let now = self.now;
        for draw in self.route_queues[route_queue].draws.iter() {
            let amount = draw.measure.of(cost);
            if amount > 0 {
                self.meters[draw.meter.index()].charge(amount, now);
            }
        }
        Charge { tick: now.tick, at: now.latest, note }
    }

    /// For each limit that has no room for a call now: when the passage of time makes room, regardless of waiting
    /// calls.
    pub(super) fn room_times(&self, route_queue: usize, cost: &Cost) -> impl Iterator<Item = When> {
        let (route_queue, now) = (&self.route_queues[route_queue], self.now.earliest);
        let limits = route_queue.draws.iter().filter(|draw| draw.measure.needed(cost) > 0).map(move |draw| {
            let meter = self.meter(draw.meter);
            if route_queue.exceeds_guarantees && meter.is_guaranteed() {
                When::At(meter.paused_until())
            } else {
                meter.when_room(draw.measure.needed(cost), now)
            }
        });
        let pause = self.account_pause.is_on(now).then_some(When::At(self.account_pause.until));
        limits.filter(move |when| *when > When::At(now)).chain(pause)
    }

    /// Estimates when a call that arrived now would be admitted, from the sums of what waits. Returns the limit with
    /// the longest wait.
    pub(crate) fn estimate(&self, route_queue: usize, cost: &Cost) -> (MeterId, When) {
        let (route_queue, now) = (&self.route_queues[route_queue], self.now.earliest);
        let first = route_queue.draws.first().map_or(MeterId::new(0), |draw| draw.meter);
        let limits = route_queue.draws.iter().filter(|draw| draw.measure.needed(cost) > 0).map(|draw| {
            let meter = self.meter(draw.meter);
            let when = if route_queue.exceeds_guarantees && meter.is_guaranteed() {
                When::At(meter.paused_until())
            } else {
                meter.when_behind_queue(draw.measure.needed(cost), now)
            };
            (draw.meter, when)
        });
        let pause = self.account_pause.is_on(now).then_some((first, When::At(self.account_pause.until)));
        limits.chain(pause).max_by_key(|(_, when)| *when).unwrap_or((first, When::At(now)))
    }
}
