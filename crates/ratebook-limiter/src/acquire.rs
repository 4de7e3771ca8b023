//! Asking for permits without waiting.

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
    /// Admits a call now, or says until when it has to wait, or that it can never be. Allocates nothing. A call never
    /// passes one that waits for the same limits.
    ///
    /// # Errors
    /// [`Refused`], with the limit that is in the way.
    #[inline(always)]
    pub fn try_acquire(&self, cost: Cost) -> Result<Permit<&Self>, Refused> {
        self.decide(cost, OnRefusal::GiveUp)
    }

    #[inline(always)]
    pub(crate) fn decide(&self, cost: Cost, on_refusal: OnRefusal) -> Result<Permit<&Self>, Refused> {
        let tick = self.account.clock.tick();
        if let Some(wait) = self.known_wait(tick, &cost, on_refusal) {
            return Err(Refused::Wait(wait));
        }
        let guard = self.account.fast_lock.hold();
        if self.route.take(&guard, tick.tick, &cost) {
            drop(guard);
            self.route.recorder.record_admitted();
            return Ok(Permit::new(self, cost, Charge::at(tick)));
        }
        match self.ask_schedule(guard, cost, on_refusal) {
            Ok(charge) => Ok(Permit::new(self, cost, charge)),
            Err(refused) => Err(refused),
        }
    }

    /// The same, with a permit that borrows nothing.
    ///
    /// # Errors
    /// [`Refused`], with the limit that is in the way.
    pub fn try_acquire_owned(&self, cost: Cost) -> Result<Permit<Self>, Refused> {
        self.decide_owned(cost, OnRefusal::GiveUp)
    }

    #[inline(always)]
    pub(crate) fn decide_owned(&self, cost: Cost, on_refusal: OnRefusal) -> Result<Permit<Self>, Refused> {
        let tick = self.account.clock.tick();
        if let Some(wait) = self.known_wait(tick, &cost, on_refusal) {
            return Err(Refused::Wait(wait));
        }
        let guard = self.account.fast_lock.hold();
        if self.route.take(&guard, tick.tick, &cost) {
            drop(guard);
            self.route.recorder.record_admitted();
            return Ok(Permit::new(self.clone(), cost, Charge::at(tick)));
        }
        self.ask_schedule(guard, cost, on_refusal).map(|charge| Permit::new(self.clone(), cost, charge))
    }

    /// The wait of a call that was refused before in this tick.
    #[inline(always)]
    fn known_wait(&self, tick: Tick, cost: &Cost, on_refusal: OnRefusal) -> Option<Wait> {
        let inline = self.route.inline.as_ref()?;
        let told = self.route.refusal_cache.get(&self.account.fast_lock, tick.tick.get(), inline, cost)?;
        self.route.recorder.record_known_refusal(told.position, on_refusal);
        let limit = self.route.draws[told.position].limit;
        let limit = LimitInForce { amount: told.amount, window: told.window, ..limit };
        Some(Wait::foreseen_as(Some(Nanos::new(told.delay)), limit))
    }

    #[cold]
    #[inline(never)]
    fn ask_schedule(&self, guard: FastGuard<'_>, cost: Cost, on_refusal: OnRefusal) -> Result<Charge, Refused> {
        drop(guard);
        let (account, route) = (&self.account, &self.route);
        let reading = account.read();
        let decided = account.with(|state| {
            let schedule = state.schedule.at(reading);
            let admitted = schedule.try_admit(&account.fast_lock, route, &cost);
            let admitted = admitted.map_err(|denied| schedule.bound(route, &cost, denied));
            schedule.show(route);
            schedule.lend(&account.fast_lock, route, account.clock.lag());
            admitted.map_err(|denied| {
                state.schedule.cache_refusal(&account.fast_lock, route, &cost, denied);
                state.refused(denied)
            })
        });
        match &decided {
            Ok(charge) => route.recorder.record_charge(charge),
            Err(refused) => route.recorder.record_refused(refused, on_refusal),
        }
        decided
    }

    /// Takes a place in the queue for a caller that waits by its own means; `acquire` waits on tokio's
    /// timer. The ticket is admitted in its turn, whoever notices, and gives its place back when dropped.
    ///
    /// # Errors
    /// [`Never`], with the limit that the call's cost exceeds.
    pub fn enqueue(&self, cost: Cost) -> Result<Ticket<&Self>, Never> {
        Ticket::new(self, cost, None).map_err(Refused::into_never)
    }

    /// The same, with a ticket that borrows nothing.
    ///
    /// # Errors
    /// [`Never`], with the limit that the call's cost exceeds.
    pub fn enqueue_owned(&self, cost: Cost) -> Result<Ticket<Self>, Never> {
        Ticket::new(self.clone(), cost, None).map_err(Refused::into_never)
    }
}
