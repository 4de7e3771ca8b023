//! A place in the queue, for callers that wait by their own means.

use std::borrow::Borrow;
use std::fmt;
use std::task::Waker;

use crate::cost::Cost;
use crate::model::Model;
use crate::nanos::Nanos;
use crate::permit::Permit;
use crate::queue::Denied;
use crate::refusal::{Never, Refused, Wait};
use crate::schedule::{LooksAgain, PollOutcome, WaiterId};
use crate::telemetry::{OnRefusal, WaitOutcome, WaitRecord};

/// Where a call in the queue stands.
#[derive(Debug)]
pub enum Admission<M: Borrow<Model>> {
    /// It may be made.
    Granted(Permit<M>),
    /// It waits, so long as far as is known, for that limit; here is its ticket back.
    Wait(Wait, Ticket<M>),
    /// A limit has been lowered below its cost since it began to wait.
    Never(Never),
}

impl<M: Borrow<Model>> Admission<M> {
    /// A permit, or the reason for none: a call that still waits gives up, since its time is over.
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

/// A place in the queue of an account. Dropped, it gives its place back, and what it was granted in the meantime.
// The bound is that of `Drop`, which has to give the place back.
#[must_use = "a ticket that is dropped gives its place back"]
pub struct Ticket<M: Borrow<Model>> {
    /// `None` when it has been handed on.
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
    /// Takes a place in the queue, unless the wait would be longer than `within`.
    pub(crate) fn new(model: M, cost: Cost, within: Option<Nanos>) -> Result<Self, Refused> {
        let this = model.borrow();
        let (account, route) = (&this.account, &this.route);
        let reading = account.read();
        let queued: Result<(WaiterId, Option<Wait>), Refused> = account.with(|state| {
            let schedule = state.schedule.at(reading);
            let denied = match schedule.try_admit(&account.fast_lock, route, &cost) {
                Ok(charge) => {
                    schedule.show(route);
                    return Ok((schedule.offer_charged(route, cost, this.handle.later_by, charge), None));
                }
                Err(denied) => denied,
            };
            // How long another call takes, nobody knows: that is waited for as long as allowed.
            let denied = match within {
                Some(_) => schedule.forecast(route, &cost, this.handle.later_by, denied),
                None => denied,
            };
            let wait = match state.refused(denied) {
                Refused::Wait(wait) => wait,
                never => return Err(never),
            };
            if let (Some(within), Denied::Wait { until, .. }) = (within, denied)
                && until.moment().is_some_and(|at| at - reading.earliest > within)
            {
                return Err(wait.into());
            }
            let waiter = state.schedule.enqueue(&account.fast_lock, route, cost, this.handle.later_by);
            Ok((waiter, Some(wait)))
        });
        let (waiter, wait) =
            queued.inspect_err(|refused| route.recorder.record_refused(refused, OnRefusal::GiveUpAtDeadline))?;
        let wait_record = WaitRecord::begin(&route.recorder, &account.clock, wait);
        Ok(Self { model: Some(model), cost, waiter, wait_record })
    }

    /// Where the call stands now, by the account's clock, with the wait that is foreseen.
    ///
    /// Look again after [`Wait::delay`], or when `waker` is woken: when it is the call's turn, or when it should look
    /// earlier than it was told. A ticket that is not looked at within the account's
    /// [grace](crate::AccountBuilder::grace) after that keeps its place, but is passed over until it is.
    pub fn poll_admission(self, waker: Option<&Waker>) -> Admission<M> {
        self.look(waker, LooksAgain::ByItself)
    }

    /// Looks; `again` says what makes the caller look again.
    pub(crate) fn look(mut self, waker: Option<&Waker>, again: LooksAgain) -> Admission<M> {
        let Some(model) = self.model.take() else { unreachable!("a ticket has its model until it is polled away") };
        let (account, route) = (&model.borrow().account, &model.borrow().route);
        let reading = account.read();
        let (standing, refused) = account.with(|state| {
            let standing = state.schedule.at(reading).poll(&account.fast_lock, self.waiter, waker, again);
            let refused = match standing {
                PollOutcome::Granted(_) => None,
                PollOutcome::Never { meter } => Some(state.refused(Denied::Never { meter })),
                PollOutcome::Wait { forecast, look_again } => {
                    let wait = state.wait(forecast.meter, forecast.until);
                    Some(wait.looking_again(state.until(look_again)).into())
                }
            };
            (standing, refused)
        });
        match (standing, refused) {
            (PollOutcome::Granted(charge), _) => {
                route.recorder.record_charge(&charge);
                self.wait_record.end(&route.recorder, &account.clock, WaitOutcome::Admitted);
                Admission::Granted(Permit::new(model, self.cost, charge))
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
            (_, None) => unreachable!("whoever is not granted a permit is told why"),
        }
    }

    /// Gives its place back, since it would have to wait for longer than it may.
    pub(crate) fn refuse(mut self, wait: Wait) {
        if let Some(model) = &self.model {
            let (account, route) = (&model.borrow().account, &model.borrow().route);
            self.wait_record.in_span(|| route.recorder.record_refused(&wait.into(), OnRefusal::GiveUpAtDeadline));
            self.wait_record.end(&route.recorder, &account.clock, WaitOutcome::Refused);
        }
    }

    /// The model, until the ticket is polled away.
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
