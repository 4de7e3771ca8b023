//! A waiting call, for callers that wait by their own means.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;
use std::task::Waker;

use crate::charge::Charge;
use crate::cost::Cost;
use crate::model::Model;
use crate::nanos::Nanos;
use crate::permit::Permit;
use crate::queue::Denied;
use crate::refusal::{Never, Refused, Wait};
use crate::route::Route;
use crate::schedule::{PollOutcome, PollTrigger, WaiterId};
use crate::state::Inner;
use crate::telemetry::{OnRefusal, WaitOutcome, WaitRecord};

/// The state of a call in the queue.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a box would allocate each time that a caller asks")]
pub enum Admission<M: Borrow<Model>> {
    /// The call is admitted.
    Granted(Permit<M>),
    /// The call waits: the forecast with the limit that has no room, and the ticket to poll again.
    Wait(Wait, Ticket<M>),
    /// A limit in force fell below the call's cost while it waited.
    Never(Never),
}

impl<M: Borrow<Model>> Admission<M> {
    /// Returns the permit, or the reason for none. A call that still waits leaves the queue: its time is over.
    pub(crate) fn granted(self) -> Result<Permit<M>, Refused> {
        match self {
            Self::Granted(permit) => Ok(permit),
            Self::Wait(wait, ticket) => {
                ticket.refuse(wait);
                Err(wait.into())
            }
            Self::Never(never) => Err(never.into()),
        }
    }
}

/// A call in the queue of an account. Dropping the ticket takes the call out of the queue, and refunds its charge if
/// its turn had come.
#[must_use = "a dropped ticket leaves the queue"]
pub struct Ticket<M> {
    model: M,
    cost: Cost,
    place: QueuePlace,
}

/// The place of a call in the queue. Dropping it takes the call out of the queue.
struct QueuePlace {
    account: Arc<Inner>,
    route: Arc<Route>,
    waiter: WaiterId,
    /// Whether the schedule still has the waiter. `false` once a permit or a refusal for good has been returned.
    is_queued: bool,
    wait_record: WaitRecord,
}

impl<M: Borrow<Model>> fmt::Debug for Ticket<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("model", self.model.borrow()).field("cost", &self.cost).finish_non_exhaustive()
    }
}

impl<M: Borrow<Model>> Ticket<M> {
    /// Adds a call to the queue. Fails if the call can never be admitted, or if the forecast wait is longer than
    /// `within`.
    ///
    /// A call that fits at this moment is charged and offered at once: its first poll returns the permit.
    pub(crate) fn new(model: M, cost: Cost, within: Option<Nanos>) -> Result<Self, Refused> {
        let this = model.borrow();
        let (account, route) = (&this.account, &this.route);
        let reading = account.read();
        let queued: Result<(WaiterId, Option<Wait>), Refused> = account.with(|state| {
            let schedule = state.schedule.advance_to(reading);
            let denied = match schedule.try_admit(&account.fast_lock, route, &cost) {
                Ok(charge) => {
                    schedule.update_gauges(route);
                    return Ok((schedule.offer_charged(route, cost, this.handle.priority_delay, charge), None));
                }
                Err(denied) => denied,
            };
            // The queue is forecast only where the wait is bounded. A wait for another call to end has no forecast, and
            // may take all of `within`.
            let denied = match within {
                Some(_) => schedule.forecast(route, &cost, this.handle.priority_delay, denied),
                None => denied,
            };
            let wait = match state.refused(route, denied) {
                Refused::Wait(wait) => wait,
                never => return Err(never),
            };
            if let (Some(within), Denied::Wait { until, .. }) = (within, denied)
                && until.moment().is_some_and(|at| at - reading.earliest > within)
            {
                return Err(wait.into());
            }
            let waiter = state.schedule.enqueue(&account.fast_lock, route, cost, this.handle.priority_delay);
            Ok((waiter, Some(wait)))
        });
        let (waiter, wait) =
            queued.inspect_err(|refused| route.recorder.record_refused(refused, OnRefusal::GiveUpAtDeadline))?;
        let wait_record = WaitRecord::begin(&route.recorder, &account.clock, wait);
        let (account, route) = (Arc::clone(account), Arc::clone(route));
        Ok(Self { model, cost, place: QueuePlace { account, route, waiter, is_queued: true, wait_record } })
    }

    /// Returns the state of the call as of now on the account's clock.
    ///
    /// Poll again after [`Wait::delay`], or when `waker` is woken. It is woken when the call's turn has come, or when
    /// the ticket has to be polled earlier than the last delay. A ticket that is not polled within the account's
    /// [grace](crate::AccountBuilder::grace) after that keeps its place, but is passed over until it is polled.
    pub fn poll_admission(mut self, waker: Option<&Waker>) -> Admission<M> {
        let decided = self.poll(waker, PollTrigger::OwnTimer);
        self.into_admission(decided)
    }

    /// Polls the call. `again` is what makes the caller poll the next time. After a charge or [`Refused::Never`] the
    /// call is no longer in the queue.
    pub(crate) fn poll(&mut self, waker: Option<&Waker>, again: PollTrigger) -> Result<Charge, Refused> {
        self.place.poll(waker, again)
    }

    /// Returns the state of the call after a [`poll`](Self::poll).
    pub(crate) fn into_admission(self, decided: Result<Charge, Refused>) -> Admission<M> {
        match decided {
            Ok(charge) => Admission::Granted(Permit::new(self.model, &self.cost, charge)),
            Err(Refused::Wait(wait)) => Admission::Wait(wait, self),
            Err(Refused::Never(never)) => Admission::Never(never),
        }
    }

    /// Takes the call out of the queue and records it as refused: its wait is longer than its deadline.
    pub(crate) fn refuse(mut self, wait: Wait) {
        self.place.record_refused(&wait.into());
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn account(&self) -> &Arc<Inner> {
        &self.place.account
    }
}

impl QueuePlace {
    fn poll(&mut self, waker: Option<&Waker>, again: PollTrigger) -> Result<Charge, Refused> {
        let Self { account, route, waiter, is_queued, wait_record } = self;
        let reading = account.read();
        let decided = account.with(|state| {
            match state.schedule.advance_to(reading).poll(&account.fast_lock, *waiter, waker, again) {
                PollOutcome::Granted(charge) => {
                    *is_queued = false;
                    Ok(charge)
                }
                PollOutcome::Never { meter } => {
                    *is_queued = false;
                    Err(state.refused(route, Denied::Never { meter }))
                }
                PollOutcome::Wait { forecast, poll_again_at } => {
                    let wait = state.wait(route, forecast.meter, forecast.until);
                    Err(wait.with_delay(state.until(poll_again_at)).into())
                }
            }
        });
        match &decided {
            Ok(charge) => {
                route.recorder.record_charge(charge);
                wait_record.end(&route.recorder, &account.clock, WaitOutcome::Admitted);
            }
            Err(refused @ Refused::Never(_)) => self.record_refused(refused),
            Err(Refused::Wait(_)) => {}
        }
        decided
    }

    /// Records a refusal and the end of the wait.
    fn record_refused(&mut self, refused: &Refused) {
        let Self { account, route, wait_record, .. } = self;
        wait_record.in_span(|| route.recorder.record_refused(refused, OnRefusal::GiveUpAtDeadline));
        wait_record.end(&route.recorder, &account.clock, WaitOutcome::Refused);
    }
}

impl Drop for QueuePlace {
    fn drop(&mut self) {
        if self.is_queued {
            let Self { account, route, waiter, wait_record, .. } = self;
            wait_record.end(&route.recorder, &account.clock, WaitOutcome::Left);
            let reading = account.read();
            account.with(|state| state.schedule.advance_to(reading).leave(&account.fast_lock, *waiter));
        }
    }
}
