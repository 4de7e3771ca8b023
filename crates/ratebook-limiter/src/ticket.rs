//! A waiting call, for callers that wait by their own means.

use std::borrow::Borrow;
use std::fmt;
use std::task::Waker;

use crate::cost::Cost;
use crate::model::Model;
use crate::nanos::Nanos;
use crate::permit::Permit;
use crate::queue::Denied;
use crate::refusal::{Never, Refused, Wait};
use crate::schedule::{PollOutcome, PollTrigger, WaiterId};
use crate::telemetry::{OnRefusal, WaitOutcome, WaitRecord};

/// The state of a call in the queue.
#[derive(Debug)]
pub enum Admission<M: Borrow<Model>> {
    /// The call is admitted.
    Granted(Permit<M>),
    /// The call waits: the forecast with the limit in the way, and the ticket to poll again.
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
// The bound is that of `Drop`, which takes the call out of the queue.
#[must_use = "a dropped ticket leaves the queue"]
pub struct Ticket<M: Borrow<Model>> {
    /// `None` once a permit or a refusal has been returned.
    model: Option<M>,
    cost: Cost,
    waiter: WaiterId,
    wait_record: WaitRecord,
}

impl<M: Borrow<Model>> fmt::Debug for Ticket<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = self.model.as_ref().map(Borrow::borrow);
        f.debug_struct("Ticket").field("model", &model).field("cost", &self.cost).finish_non_exhaustive()
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
            let schedule = state.schedule.at(reading);
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
        Ok(Self { model: Some(model), cost, waiter, wait_record })
    }

    /// Returns the state of the call as of now on the account's clock.
    ///
    /// Poll again after [`Wait::delay`], or when `waker` is woken. It is woken when the call's turn has come, or when
    /// the ticket has to be polled earlier than the last delay. A ticket that is not polled within the account's
    /// [grace](crate::AccountBuilder::grace) after that keeps its place, but is passed over until it is polled.
    pub fn poll_admission(self, waker: Option<&Waker>) -> Admission<M> {
        self.poll(waker, PollTrigger::OwnTimer)
    }

    /// Polls the call. `again` is what makes the caller poll the next time.
    pub(crate) fn poll(mut self, waker: Option<&Waker>, again: PollTrigger) -> Admission<M> {
        let Some(model) = self.model.take() else { unreachable!("a ticket has its model until it is polled away") };
        let (account, route) = (&model.borrow().account, &model.borrow().route);
        let reading = account.read();
        let (outcome, refused) = account.with(|state| {
            let outcome = state.schedule.at(reading).poll(&account.fast_lock, self.waiter, waker, again);
            let refused = match outcome {
                PollOutcome::Granted(_) => None,
                PollOutcome::Never { meter } => Some(state.refused(route, Denied::Never { meter })),
                PollOutcome::Wait { forecast, poll_again_at } => {
                    let wait = state.wait(route, forecast.meter, forecast.until);
                    Some(wait.with_delay(state.until(poll_again_at)).into())
                }
            };
            (outcome, refused)
        });
        match (outcome, refused) {
            (PollOutcome::Granted(charge), _) => {
                route.recorder.record_charge(&charge);
                self.wait_record.end(&route.recorder, &account.clock, WaitOutcome::Admitted);
                Admission::Granted(Permit::new(model, &self.cost, charge))
            }
            (_, Some(Refused::Never(never))) => {
                self.wait_record.in_span(|| route.recorder.record_refused(&never.into(), OnRefusal::GiveUpAtDeadline));
                self.wait_record.end(&route.recorder, &account.clock, WaitOutcome::Refused);
                Admission::Never(never)
            }
            (_, Some(Refused::Wait(wait))) => {
                self.model = Some(model);
                Admission::Wait(wait, self)
            }
            (_, None) => unreachable!("a call without a permit has a refusal or a wait"),
        }
    }

    /// Takes the call out of the queue and records it as refused: its wait is longer than its deadline.
    pub(crate) fn refuse(mut self, wait: Wait) {
        if let Some(model) = &self.model {
            let (account, route) = (&model.borrow().account, &model.borrow().route);
            self.wait_record.in_span(|| route.recorder.record_refused(&wait.into(), OnRefusal::GiveUpAtDeadline));
            self.wait_record.end(&route.recorder, &account.clock, WaitOutcome::Refused);
        }
    }

    /// Returns the model; `None` once a permit or a refusal has been returned.
    #[cfg(feature = "tokio")]
    pub(crate) fn model(&self) -> Option<&Model> {
        self.model.as_ref().map(Borrow::borrow)
    }
}

impl<M: Borrow<Model>> Drop for Ticket<M> {
    fn drop(&mut self) {
        let Some(model) = self.model.take() else { return };
        let account = &model.borrow().account;
        self.wait_record.end(&model.borrow().route.recorder, &account.clock, WaitOutcome::Left);
        let reading = account.read();
        account.with(|state| state.schedule.at(reading).leave(&account.fast_lock, self.waiter));
    }
}
