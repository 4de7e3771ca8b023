//! The permit: the right to make one call, settled with the call's real usage.

use std::borrow::Borrow;
use std::fmt;

use crate::charge::{AdmissionNote, Charge};
use crate::cost::{CommonAmounts, CompactCost, Cost, RareAmounts, Usage};
#[cfg(feature = "feedback")]
use crate::feedback::Status;
use crate::model::Model;
use crate::nanos::Nanos;
use crate::refusal::Wait;

/// The right to make one call. Settle it with the call's real usage.
///
/// A permit that is dropped without settlement, also by a panic, keeps its charge, because the call may have been made.
/// What it holds until the call ends, such as slots of concurrency, is freed.
// The bound is that of `Drop`, which has to free what is held.
#[must_use = "a dropped permit frees its concurrency slots at once"]
pub struct Permit<M: Borrow<Model>> {
    call: Admitted<M>,
    charge: Charge,
}

/// An admitted call. What it holds until it ends is freed on drop: slots of concurrency, places in a vendor's queue.
struct Admitted<M: Borrow<Model>> {
    model: M,
    cost: CompactCost,
    /// The tick of the clock in which the call was charged.
    tick: Nanos,
    /// Whether the call still holds slots or places.
    holds_slots: bool,
}

impl<M: Borrow<Model>> fmt::Debug for Permit<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("model", self.call.model.borrow()).field("cost", &self.call.cost.get()).finish()
    }
}

/// A permit that owns its [`Model`].
pub type OwnedPermit = Permit<Model>;

impl<M: Borrow<Model>> Permit<M> {
    #[inline]
    pub(crate) fn new(model: M, cost: &Cost, charge: Charge) -> Self {
        let holds_slots = model.borrow().route.holds_slots;
        let cost = CompactCost::of(cost);
        Self { call: Admitted { model, cost, tick: charge.tick, holds_slots }, charge }
    }

    /// Returns the cost that was charged.
    pub fn cost(&self) -> Cost {
        self.call.cost.get()
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
        self.call.model.borrow().apply_response(
            self.charge.at,
            &self.call.cost.get(),
            Status::Http(status),
            headers,
            body,
        )
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
        self.call.model.borrow().apply_response(
            self.charge.at,
            &self.call.cost.get(),
            Status::Inside(status),
            headers,
            body,
        )
    }

    /// In shadow mode, returns the limit that would have delayed the call, and for how long. The wait has no
    /// [delay](Wait::delay) if another call would have had to end, or if the call costs more than the limit. `None`
    /// outside of shadow mode, and for a call that fits.
    pub fn would_have_waited(&self) -> Option<Wait> {
        let AdmissionNote::WouldHaveWaited { meter, until } = self.charge.note else { return None };
        let Model { account, route, .. } = self.call.model.borrow();
        Some(account.with(|state| {
            let delay = until.moment().map(|at| at - self.charge.at);
            Wait::foreseen_as(delay, state.limit(route, meter))
        }))
    }

    /// Settles the permit with the call's real usage.
    ///
    /// Usage below the estimate is refunded as of the charge. Usage above it is a debt as of now, and later calls wait
    /// for it. A limit owes at most one full window at a time; more is dropped and counted:
    /// [`PoolSnapshot::dropped`](crate::PoolSnapshot::dropped).
    ///
    /// If the vendor [charges the maximum output](crate::AccountBuilder::max_output), the estimated output of a call
    /// that generated any is not refunded.
    #[inline(always)]
    pub fn settle(mut self, mut usage: Usage) {
        let route = &self.call.model.borrow().route;
        if let Some(output) = usage.output_tokens() {
            route.outputs.record(output);
        }
        if route.charges_max_output {
            usage = usage.charging_max_output(self.call.cost.common());
        }
        let real = usage.applied_to_common(self.call.cost.common());
        if !self.call.refund_inline(&real.released()) {
            self.call.settle(&usage);
        }
    }

    /// Refunds the whole cost, for a call that was never sent.
    pub fn cancel_unsent(mut self) {
        let nothing = Cost::nothing();
        if !self.call.refund_inline(nothing.common()) {
            self.call.charge_only(&nothing);
        }
    }
}

impl<M: Borrow<Model>> Admitted<M> {
    /// Lowers the charge to the given amounts, if all limits of the call are in inline credits that have room for it.
    /// Rare amounts are in no inline credit. In any case nothing is left to free on drop.
    #[inline(always)]
    fn refund_inline(&mut self, real: &CommonAmounts) -> bool {
        self.holds_slots = false;
        let Model { route, account, .. } = self.model.borrow();
        route.inline.as_ref().is_some_and(|inline| {
            account.fast_lock.lock().refund_inline(self.tick.get(), inline, self.cost.common(), real)
        })
    }

    #[cold]
    #[inline(never)]
    fn settle(&self, usage: &Usage) {
        self.charge_only(&usage.applied_to(&self.cost.get()).released());
    }

    /// Changes the charge to a real cost, in the credits or by the schedule.
    fn charge_only(&self, real: &Cost) {
        let Model { route, account, .. } = self.model.borrow();
        let is_refunded = route.inline.is_none()
            && account.fast_lock.lock().refund(self.tick.get(), &route.credits, &self.cost.get(), real);
        if !is_refunded {
            self.settle_by_schedule(real);
        }
    }

    #[cold]
    #[inline(never)]
    fn settle_by_schedule(&self, real: &Cost) {
        let (Model { route, account, .. }, cost) = (self.model.borrow(), self.cost.get());
        let reading = account.read();
        let dropped = account.with(|state| {
            let schedule = state.schedule.advance_to(reading);
            schedule.refresh(&account.fast_lock, route);
            let dropped = schedule.settle(route, &cost, real, self.tick);
            schedule.admission_pass(&account.fast_lock, None);
            schedule.update_gauges(route);
            schedule.lend(&account.fast_lock, route, account.clock.lag());
            dropped.map(|(meter, amount)| (state.limit(route, meter), amount))
        });
        if let Some((limit, amount)) = dropped {
            route.recorder.record_dropped(&limit, amount);
        }
    }
}

/// Frees what a call holds, and leaves the rest of its charge.
// Arguments by value: a permit that is dropped at once then stays in registers.
#[cold]
#[inline(never)]
fn release(model: &Model, tick: Nanos, rare: Option<Box<RareAmounts>>) {
    let cost = CompactCost::holding_slot(rare);
    let call = Admitted { model, cost, tick, holds_slots: false };
    call.settle_by_schedule(&call.cost.get().released());
}

impl<M: Borrow<Model>> Drop for Admitted<M> {
    #[inline]
    fn drop(&mut self) {
        if self.holds_slots {
            release(self.model.borrow(), self.tick, self.cost.take_rare());
        }
    }
}
