//! The permit: the right to make one call, settled with the call's real usage.

use std::borrow::Borrow;
use std::fmt;

use crate::charge::{AdmissionNote, Charge};
use crate::cost::{Cost, Dimension, Usage};
#[cfg(feature = "feedback")]
use crate::feedback::Status;
use crate::model::Model;
use crate::nanos::Nanos;
use crate::refusal::Wait;

/// The right to make one call. Settle it with the call's real usage.
///
/// A permit that is dropped without settlement, also by a panic, keeps its charge, because the call may have been made.
/// Its concurrency slots are freed.
// The bound is that of `Drop`, which has to free slots.
#[must_use = "a dropped permit frees its concurrency slots at once"]
pub struct Permit<M: Borrow<Model>> {
    slots: Slots<M>,
    cost: Cost,
    charge: Charge,
}

/// The concurrency slots that a call holds. They are freed on drop.
struct Slots<M: Borrow<Model>> {
    model: M,
    /// The tick of the clock in which the call was charged.
    tick: Nanos,
    /// Whether the call still holds slots.
    held: bool,
}

impl<M: Borrow<Model>> fmt::Debug for Permit<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("model", self.slots.model.borrow()).field("cost", &self.cost).finish()
    }
}

/// A permit that owns its [`Model`].
pub type OwnedPermit = Permit<Model>;

impl<M: Borrow<Model>> Permit<M> {
    #[inline]
    pub(crate) fn new(model: M, cost: Cost, charge: Charge) -> Self {
        let held = model.borrow().route.holds_slots;
        Self { slots: Slots { model, tick: charge.tick, held }, cost, charge }
    }

    /// Returns the cost that was charged.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Returns whether the call exceeds a guaranteed limit. The vendor may serve such a call after others.
    pub fn is_beyond_guarantee(&self) -> bool {
        self.charge.note == AdmissionNote::BeyondGuarantee
    }

    /// Parses the response to the call, adjusts the limits, and returns what the response states: see
    /// [`Model::observe`](crate::Model::observe). Does not settle the permit.
    #[cfg(feature = "feedback")]
    pub fn observe<H: crate::feedback::Headers + ?Sized>(
        &self,
        status: u16,
        headers: &H,
        body: &[u8],
    ) -> crate::feedback::Signals {
        self.slots.model.borrow().apply_response(self.charge.at, &self.cost, Status::Http(status), headers, body)
    }

    /// Like [`observe`](Self::observe), but for an error inside a response of status 200: see
    /// [`Model::observe_error`](crate::Model::observe_error). Usage before the error still has to be settled.
    #[cfg(feature = "feedback")]
    pub fn observe_error<H: crate::feedback::Headers + ?Sized>(
        &self,
        status: Option<u16>,
        headers: &H,
        body: &[u8],
    ) -> crate::feedback::Signals {
        self.slots.model.borrow().apply_response(self.charge.at, &self.cost, Status::Inside(status), headers, body)
    }

    /// In shadow mode, returns the limit that would have delayed the call, and for how long. The wait has no
    /// [delay](Wait::delay) if another call would have had to end, or if the call costs more than the limit. `None`
    /// outside of shadow mode, and for a call that fits.
    pub fn would_have_waited(&self) -> Option<Wait> {
        let AdmissionNote::WouldHaveWaited { meter, until } = self.charge.note else { return None };
        let account = &self.slots.model.borrow().account;
        Some(account.with(|state| {
            let delay = until.moment().map(|at| at - self.charge.at);
            Wait::foreseen_as(delay, state.limit(meter))
        }))
    }

    /// Settles the permit with the call's real usage.
    ///
    /// Usage below the estimate is refunded as of the charge. Usage above it is a debt as of now, and later calls wait
    /// for it. A limit owes at most one full window at a time; more is dropped and counted:
    /// [`PoolSnapshot::dropped`](crate::PoolSnapshot::dropped).
    #[inline(always)]
    pub fn settle(mut self, usage: Usage) {
        let real = usage.applied_to(&self.cost);
        if let Some(output) = usage.output_tokens() {
            self.slots.model.borrow().route.outputs.record(output);
        }
        self.settle_as(real);
    }

    /// Refunds the whole cost, for a call that was never sent.
    pub fn cancel_unsent(mut self) {
        self.settle_as(Cost::request().requests(0));
    }

    #[inline(always)]
    fn settle_as(&mut self, real: Cost) {
        let (cost, holds_slots) = (self.cost, std::mem::take(&mut self.slots.held));
        let model = self.slots.model.borrow();
        let mut is_refund = true;
        for dimension in Dimension::ALL {
            is_refund &= dimension == Dimension::Concurrency || real.of(dimension) <= cost.of(dimension);
        }
        let refund = |dimension: Dimension| match dimension {
            Dimension::Concurrency => u64::from(holds_slots),
            other => cost.of(other).saturating_sub(real.of(other)),
        };
        if is_refund && model.route.give(&model.account.fast_lock.hold(), self.charge.tick, refund) {
            return;
        }
        settle_by_schedule(model, cost, real, self.charge.tick, holds_slots);
    }
}

// Arguments by value: the fast path then keeps them in registers.
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
        schedule.update_gauges(route);
        schedule.lend(&account.fast_lock, route, account.clock.lag());
        dropped.map(|(meter, amount)| (state.limit(meter), amount))
    });
    if let Some((limit, amount)) = dropped {
        route.recorder.record_dropped(&limit, amount);
    }
}

/// Frees the slot that a call holds in each concurrency limit.
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
