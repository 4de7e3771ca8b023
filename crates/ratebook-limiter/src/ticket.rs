//! A place in the queue, for callers that wait by their own means.

use std::borrow::Borrow;
use std::task::Waker;

use crate::charge::Charge;
use crate::cost::Cost;
use crate::meter::WHEN_RELEASED;
use crate::model::Model;
use crate::permit::Permit;
use crate::refusal::{Never, Refused, Wait};
use crate::schedule::Place;

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

/// A place in the queue of an account. Dropped, it gives its place back, and what it was granted in the meantime.
#[derive(Debug)]
#[must_use = "a ticket that is dropped gives its place back"]
pub struct Ticket<M: Borrow<Model>> {
    /// `None` when it has been handed on.
    model: Option<M>,
    cost: Cost,
    standing: Standing,
}

#[derive(Clone, Copy, Debug)]
enum Standing {
    Granted(Charge),
    Queued(usize),
}

/// Where a call stands, with the moment at which to look again.
#[derive(Clone, Copy, Debug)]
enum Seen {
    Granted(Charge),
    Wait { meter: usize, at: u64 },
    Never(Never),
}

impl<M: Borrow<Model>> Ticket<M> {
    /// Admits at once where nothing is in the way; else takes a place in the queue, unless the wait would be longer
    /// than `within` nanoseconds.
    pub(crate) fn new(model: M, cost: Cost, within: Option<u64>) -> Result<Self, Refused> {
        let this = model.borrow();
        let account = &this.account;
        let reading = account.clock.precise();
        let standing = account.with(|state| {
            let decision = match state.schedule.at(reading).try_admit(&account.latch, &this.route, &cost) {
                Ok(charge) => {
                    state.schedule.lend(&account.latch, &this.route, reading);
                    return Ok(Standing::Granted(charge));
                }
                Err(decision) => decision,
            };
            let refused = state.refused(decision);
            if matches!(refused, Refused::Never(_)) {
                return Err(refused);
            }
            let (meter, at) = state.schedule.when_queued(&this.route, &cost);
            let wait = at.saturating_sub(state.schedule.now());
            // How long another call takes, nobody knows: that is waited for as long as allowed.
            if at != WHEN_RELEASED && within.is_some_and(|within| wait > within) {
                return Err(state.wait(meter, at).into());
            }
            let number = state.schedule.enqueue(&account.latch, &this.route, cost);
            state.schedule.admit_waiting(&account.latch);
            Ok(Standing::Queued(number))
        })?;
        Ok(Self { model: Some(model), cost, standing })
    }

    /// Where the call stands now, by the account's clock. Look again after the wait, or when `waker` is woken: when the
    /// call is admitted by what others do, or its wait becomes shorter. A wait without a time ends with a waking only.
    pub fn poll_admission(mut self, waker: Option<&Waker>) -> Admission<M> {
        let Some(model) = self.model.take() else { unreachable!("a ticket has its model until it is polled away") };
        let account = &model.borrow().account;
        match look(model.borrow(), &mut self.standing, waker) {
            Seen::Granted(charge) => Admission::Granted(Permit::new(model, self.cost, charge)),
            Seen::Never(never) => Admission::Never(never),
            Seen::Wait { meter, at } => {
                let wait = account.with(|state| state.wait(meter, at));
                self.model = Some(model);
                Admission::Wait(wait, self)
            }
        }
    }
}

/// Has the schedule admit what it can, and sees what became of one call.
fn look(model: &Model, standing: &mut Standing, waker: Option<&Waker>) -> Seen {
    let account = &model.account;
    let number = match *standing {
        Standing::Granted(charge) => return Seen::Granted(charge),
        Standing::Queued(number) => number,
    };
    let reading = account.clock.precise();
    account.with(|state| {
        let schedule = state.schedule.at(reading);
        if matches!(schedule.place(number), Place::Waiting { .. }) {
            schedule.admit_waiting(&account.latch);
        }
        let seen = match *schedule.place(number) {
            Place::Waiting { meter, at } => {
                // What a call knew when it came may be over: behind others, it is woken when it is the oldest.
                let at = if at <= schedule.now() { WHEN_RELEASED } else { at };
                schedule.arm(number, waker, at);
                return Seen::Wait { meter, at };
            }
            Place::Left => return Seen::Wait { meter: 0, at: WHEN_RELEASED },
            Place::Admitted(charge) => Seen::Granted(charge),
            Place::Never { meter } => Seen::Never(Never { limit: state.limit(meter) }),
        };
        state.schedule.forget(&account.latch, number);
        seen
    })
}

impl<M: Borrow<Model>> Drop for Ticket<M> {
    fn drop(&mut self) {
        let Some(model) = self.model.take() else { return };
        let account = &model.borrow().account;
        let charge = match self.standing {
            Standing::Granted(charge) => Some(charge),
            Standing::Queued(number) => {
                let reading = account.clock.precise();
                account.with(|state| {
                    let schedule = state.schedule.at(reading);
                    let charge = match *schedule.place(number) {
                        Place::Admitted(charge) => Some(charge),
                        _ => None,
                    };
                    schedule.forget(&account.latch, number);
                    charge
                })
            }
        };
        if let Some(charge) = charge {
            Permit::new(model, self.cost, charge).cancel_unsent();
        }
    }
}
