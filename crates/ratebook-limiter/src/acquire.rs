//! Admission without waiting.
//!
//! A decision takes the first of three steps that has an answer. The refusal cache answers a call like one that was
//! refused in this tick of the clock. The credits of the route admit a call under the spin lock, if all of them hold
//! its cost. The schedule decides everything else under the account's mutex.

use crate::charge::Charge;
use crate::clock::Tick;
use crate::cost::Cost;
use crate::fast_path::FastGuard;
use crate::limit::LimitInForce;
use crate::model::Model;
use crate::nanos::Nanos;
use crate::permit::Permit;
use crate::refusal::{Never, Refused, Wait};
use crate::telemetry::OnRefusal;
use crate::ticket::Ticket;

impl Model {
    /// Admits a call now, or returns how long it has to wait, or that it can never be admitted. A call never overtakes
    /// one that waits for the same limits, unless that makes the waiting call no later. Does not allocate, except for a
    /// cost with amounts that few calls have, such as images.
    ///
    /// # Errors
    /// [`Refused`], with the limit that has no room for the call.
    #[inline(always)]
    pub fn try_acquire(&self, cost: Cost) -> Result<Permit<&Self>, Refused> {
        self.decide(&cost, OnRefusal::GiveUp)
    }

    #[inline(always)]
    pub(crate) fn decide(&self, cost: &Cost, on_refusal: OnRefusal) -> Result<Permit<&Self>, Refused> {
        let tick = self.account.clock.tick();
        if let Some(wait) = self.cached_wait(tick, cost, on_refusal) {
            return Err(Refused::Wait(wait));
        }
        let guard = self.account.fast_lock.lock();
        if self.route.try_charge(&guard, tick.tick, cost) {
            drop(guard);
            self.route.recorder.record_admitted();
            return Ok(Permit::new(self, cost, Charge::at(tick)));
        }
        match self.decide_by_schedule(guard, cost, on_refusal) {
            Ok(charge) => Ok(Permit::new(self, cost, charge)),
            Err(refused) => Err(refused),
        }
    }

    /// Like [`try_acquire`](Self::try_acquire), but returns an owned permit.
    ///
    /// # Errors
    /// [`Refused`], with the limit that has no room for the call.
    pub fn try_acquire_owned(&self, cost: Cost) -> Result<Permit<Self>, Refused> {
        self.decide_owned(&cost, OnRefusal::GiveUp)
    }

    // Repeats `decide`: with one function that returns a `Charge` for both, a decision takes up to an eighth more
    // instructions.
    #[inline(always)]
    pub(crate) fn decide_owned(&self, cost: &Cost, on_refusal: OnRefusal) -> Result<Permit<Self>, Refused> {
        let tick = self.account.clock.tick();
        if let Some(wait) = self.cached_wait(tick, cost, on_refusal) {
            return Err(Refused::Wait(wait));
        }
        let guard = self.account.fast_lock.lock();
        if self.route.try_charge(&guard, tick.tick, cost) {
            drop(guard);
            self.route.recorder.record_admitted();
            return Ok(Permit::new(self.clone(), cost, Charge::at(tick)));
        }
        self.decide_by_schedule(guard, cost, on_refusal).map(|charge| Permit::new(self.clone(), cost, charge))
    }

    /// Returns the cached refusal of this tick that applies to the cost, if there is one.
    #[inline(always)]
    fn cached_wait(&self, tick: Tick, cost: &Cost, on_refusal: OnRefusal) -> Option<Wait> {
        let inline = self.route.inline.as_ref()?;
        let cached = self.route.refusal_cache.get(&self.account.fast_lock, tick.tick.get(), inline, cost.common())?;
        self.route.recorder.record_known_refusal(cached.position, on_refusal);
        let limit = self.route.draws[cached.position].limit;
        let limit = LimitInForce { amount: cached.amount, window: cached.window, ..limit };
        Some(Wait::foreseen_as(Some(Nanos::new(cached.delay)), limit))
    }

    #[cold]
    #[inline(never)]
    fn decide_by_schedule(&self, guard: FastGuard<'_>, cost: &Cost, on_refusal: OnRefusal) -> Result<Charge, Refused> {
        drop(guard);
        let (account, route) = (&self.account, &self.route);
        let reading = account.read();
        let decided = account.with(|state| {
            let schedule = state.schedule.advance_to(reading);
            let admitted = schedule.try_admit(&account.fast_lock, route, cost);
            let admitted = admitted.map_err(|denied| schedule.forecast_behind_all(route, cost, denied));
            if admitted.is_ok() {
                schedule.record_use(route, cost);
            }
            schedule.update_gauges(route);
            schedule.lend(&account.fast_lock, route, account.clock.lag());
            admitted.map_err(|denied| {
                state.schedule.cache_refusal(&account.fast_lock, route, cost, denied);
                state.refused(route, denied)
            })
        });
        match &decided {
            Ok(charge) => route.recorder.record_charge(charge),
            Err(refused) => route.recorder.record_refused(refused, on_refusal),
        }
        decided
    }

    /// Adds a call to the queue, for a caller that waits by its own means; `acquire` waits on tokio's timer. The ticket
    /// is admitted in its turn, whichever caller triggers the decision. A dropped ticket leaves the queue.
    ///
    /// # Errors
    /// [`Never`], if the call costs more than a limit in force.
    pub fn enqueue(&self, cost: Cost) -> Result<Ticket<&Self>, Never> {
        Ticket::new(self, cost, None).map_err(Refused::into_never)
    }

    /// Like [`enqueue`](Self::enqueue), but returns an owned ticket.
    ///
    /// # Errors
    /// [`Never`], if the call costs more than a limit in force.
    pub fn enqueue_owned(&self, cost: Cost) -> Result<Ticket<Self>, Never> {
        Ticket::new(self.clone(), cost, None).map_err(Refused::into_never)
    }
}
