//! A permit: the right to make one call, settled with what the call has really used.

use std::borrow::Borrow;
use std::fmt;

use crate::charge::{AdmissionNote, Charge};
use crate::cost::{Cost, Dimension, Usage};
#[cfg(feature = "feedback")]
use crate::feedback::Status;
use crate::model::Model;
use crate::nanos::Nanos;
use crate::refusal::Wait;

/// The right to make one call.
///
/// Dropped without being settled, on a panic too, it keeps its charge, since the call may have been made, and frees the
/// place it holds in a limit on concurrency.
// The bound is that of `Drop`, which has to free slots.
#[must_use = "a permit that is dropped frees its place at once"]
pub struct Permit<M: Borrow<Model>> {
    places: Slots<M>,
    cost: Cost,
    charge: Charge,
}

/// The places that a call holds in limits on calls at one time, freed when dropped.
struct Slots<M: Borrow<Model>> {
    model: M,
    tick: Nanos,
    held: bool,
}

impl<M: Borrow<Model>> fmt::Debug for Permit<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("model", self.places.model.borrow()).field("cost", &self.cost).finish()
    }
}

/// A permit that borrows nothing.
pub type OwnedPermit = Permit<Model>;

impl<M: Borrow<Model>> Permit<M> {
    #[inline]
    pub(crate) fn new(model: M, cost: Cost, charge: Charge) -> Self {
        let held = model.borrow().route.holds_slots;
        Self { places: Slots { model, tick: charge.tick, held }, cost, charge }
    }

    /// What was charged.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Whether a guaranteed limit is exceeded, so that the vendor may serve the call after others.
    pub fn is_beyond_guarantee(&self) -> bool {
        self.charge.note == AdmissionNote::BeyondGuarantee
    }

    /// Hears what the reply to the call says of limits, and obeys it: see [`Model::observe`](crate::Model::observe). The
    /// permit is settled, or dropped, all the same.
    #[cfg(feature = "feedback")]
    pub fn observe<H: crate::feedback::Headers + ?Sized>(
        &self,
        status: u16,
        headers: &H,
        body: &[u8],
    ) -> crate::feedback::Signals {
        self.places.model.borrow().apply_response(self.charge.at, &self.cost, Status::Http(status), headers, body)
    }

    /// Like [`observe`](Self::observe), for an error that stands inside a reply of status 200: see
    /// [`Model::observe_error`](crate::Model::observe_error). What was used before the error stays to be settled.
    #[cfg(feature = "feedback")]
    pub fn observe_error<H: crate::feedback::Headers + ?Sized>(
        &self,
        status: Option<u16>,
        headers: &H,
        body: &[u8],
    ) -> crate::feedback::Signals {
        self.places.model.borrow().apply_response(self.charge.at, &self.cost, Status::Inside(status), headers, body)
    }

    /// In shadow mode, the limit that would have held the call back, and how long; an endless wait where it can never
    /// be.
    pub fn would_have_waited(&self) -> Option<Wait> {
        let AdmissionNote::WouldHaveWaited { meter, until } = self.charge.note else { return None };
        let account = &self.places.model.borrow().account;
        Some(account.with(|state| {
            let delay = until.moment().map(|at| at - self.charge.at);
            Wait::foreseen_as(delay, state.limit(meter))
        }))
    }

    /// Settles with what the call has really used. What was not used is refunded as of when it was charged. What was used
    /// beyond the estimate is owed from now on, and later calls wait for it: at most one window's worth of each limit at a
    /// time. What is beyond that is dropped and reported: [`PoolSnapshot::dropped`](crate::PoolSnapshot::dropped).
    #[inline(always)]
    pub fn settle(mut self, usage: Usage) {
        let real = usage.over(&self.cost);
        if let Some(output) = usage.output_tokens() {
            self.places.model.borrow().route.outputs.note(output);
        }
        self.settle_as(real);
    }

    /// Gives everything back: the call has never left.
    pub fn cancel_unsent(mut self) {
        self.settle_as(Cost::request().requests(0));
    }

    #[inline(always)]
    fn settle_as(&mut self, real: Cost) {
        let (cost, holds_slots) = (self.cost, std::mem::take(&mut self.places.held));
        let model = self.places.model.borrow();
        let mut only_less = true;
        for dimension in Dimension::ALL {
            only_less &= dimension == Dimension::Concurrency || real.of(dimension) <= cost.of(dimension);
        }
        let back = |dimension: Dimension| match dimension {
            Dimension::Concurrency => u64::from(holds_slots),
            other => cost.of(other).saturating_sub(real.of(other)),
        };
        if only_less && model.route.give(&model.account.fast_lock.hold(), self.charge.tick, back) {
            return;
        }
        settle_by_schedule(model, cost, real, self.charge.tick, holds_slots);
    }
}

// By value: the fast path keeps what it never has to point at in registers.
#[cold]
#[inline(never)]
fn settle_by_schedule(model: &Model, cost: Cost, real: Cost, tick: Nanos, holds_slots: bool) {
    let (account, route) = (&model.account, &model.route);
    let reading = account.read();
    let dropped = account.with(|state| {
        let schedule = state.schedule.at(reading);
        schedule.refresh(&account.fast_lock, route);
        let dropped = schedule.settle(route, &cost, &real, tick);
        if holds_slots {
            schedule.release(route);
        }
        schedule.admission_pass(&account.fast_lock, None);
        schedule.show(route);
        schedule.lend(&account.fast_lock, route, account.clock.lag());
        dropped.map(|(meter, amount)| (state.limit(meter), amount))
    });
    if let Some((limit, amount)) = dropped {
        route.recorder.record_dropped(&limit, amount);
    }
}

/// Frees the place that a call holds in each limit on calls at one time.
#[cold]
#[inline(never)]
fn free_slots(model: &Model, tick: Nanos) {
    let nothing = Cost::request().requests(0);
    settle_by_schedule(model, nothing, nothing, tick, true);
}

impl<M: Borrow<Model>> Drop for Slots<M> {
    #[inline]
    fn drop(&mut self) {
        if self.held {
            free_slots(self.model.borrow(), self.tick);
        }
    }
}
