//! A permit: the right to make one call, settled with what the call has really used.

use std::borrow::Borrow;

use crate::account::delay;
use crate::charge::{Charge, Remark};
use crate::clock::Reading;
use crate::cost::{Cost, Dimension, Usage};
#[cfg(feature = "feedback")]
use crate::feedback::Status;
use crate::limit::LimitInForce;
use crate::model::Model;
use crate::refusal::Wait;

/// The right to make one call.
///
/// Dropped without being settled, on a panic too, it keeps its charge, since the call may have been made, and frees the
/// place it holds in a limit on concurrency.
#[derive(Debug)]
#[must_use = "a permit that is dropped frees its place at once"]
pub struct Permit<M: Borrow<Model>> {
    places: Places<M>,
    cost: Cost,
    charge: Charge,
}

/// The places that a call holds in limits on calls at one time, freed when dropped.
#[derive(Debug)]
struct Places<M: Borrow<Model>> {
    model: M,
    charged_at: u64,
    held: bool,
}

/// A permit that borrows nothing.
pub type OwnedPermit = Permit<Model>;

impl<M: Borrow<Model>> Permit<M> {
    #[inline]
    pub(crate) fn new(model: M, cost: Cost, charge: Charge) -> Self {
        let held = model.borrow().route.holds_places;
        Self { places: Places { model, charged_at: charge.at, held }, cost, charge }
    }

    /// What was charged.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Whether a guaranteed limit is exceeded, so that the vendor may serve the call after others.
    pub fn is_beyond_guarantee(&self) -> bool {
        self.charge.remark == Remark::BeyondGuarantee
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
        self.places.model.borrow().hear(self.charge.at, &self.cost, Status::Http(status), headers, body)
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
        self.places.model.borrow().hear(self.charge.at, &self.cost, Status::Inside(status), headers, body)
    }

    /// In shadow mode, the limit that would have held the call back, and how long; an endless wait where it can never
    /// be.
    pub fn held_back(&self) -> Option<Wait> {
        let Remark::HeldBack { meter, until } = self.charge.remark else { return None };
        let limit: LimitInForce = self.places.model.borrow().account.with(|state| state.limit(meter as usize));
        Some(Wait { delay: delay(until, Reading { earliest: self.charge.at, latest: self.charge.at }), limit })
    }

    /// Settles with what the call has really used: what was not used is given back as of when it was charged, what
    /// was used beyond is owed from now on, and later calls wait for it.
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
        let (cost, holds_places) = (self.cost, std::mem::take(&mut self.places.held));
        let model = self.places.model.borrow();
        let mut only_less = true;
        for dimension in Dimension::ALL {
            only_less &= dimension == Dimension::Place || real.of(dimension) <= cost.of(dimension);
        }
        let back = |dimension: Dimension| match dimension {
            Dimension::Place => u64::from(holds_places),
            other => cost.of(other).saturating_sub(real.of(other)),
        };
        if only_less && model.route.give(&model.account.latch.hold(), self.charge.tick, back) {
            return;
        }
        settle_by_schedule(model, cost, real, self.charge.at, holds_places);
    }
}

// By value: the fast path keeps what it never has to point at in registers.
#[cold]
#[inline(never)]
fn settle_by_schedule(model: &Model, cost: Cost, real: Cost, charged_at: u64, holds_places: bool) {
    let account = &model.account;
    let reading = account.clock.coarse();
    account.with(|state| {
        let schedule = state.schedule.at(reading);
        schedule.refresh(&account.latch, &model.route);
        schedule.settle(&model.route, &cost, &real, charged_at);
        if holds_places {
            schedule.release(&model.route);
        }
        if schedule.waiting() > 0 {
            schedule.admit_waiting(&account.latch);
        }
        schedule.show(&model.route);
        schedule.lend(&account.latch, &model.route, reading);
    });
}

/// Frees the place that a call holds in each limit on calls at one time.
#[cold]
#[inline(never)]
fn free_places(model: &Model, charged_at: u64) {
    let nothing = Cost::request().requests(0);
    settle_by_schedule(model, nothing, nothing, charged_at, true);
}

impl<M: Borrow<Model>> Drop for Places<M> {
    #[inline]
    fn drop(&mut self) {
        if self.held {
            free_places(self.model.borrow(), self.charged_at);
        }
    }
}
