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
use crate::telemetry::{Asks, End, Waited};

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
    waited: Waited,
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
        let queued: Result<(Standing, Option<Wait>), Refused> = account.with(|state| {
            let decision = match state.schedule.at(reading).try_admit(&account.latch, &this.route, &cost) {
                Ok(charge) => {
                    state.schedule.show(&this.route);
                    state.schedule.lend(&account.latch, &this.route, reading);
                    return Ok((Standing::Granted(charge), None));
                }
                Err(decision) => decision,
            };
            let refused = state.refused(decision);
            if matches!(refused, Refused::Never(_)) {
                return Err(refused);
            }
            let (meter, at) = state.schedule.when_queued(&this.route, &cost);
            let (time, wait) = (at.saturating_sub(state.schedule.now()), state.wait(meter, at));
            // How long another call takes, nobody knows: that is waited for as long as allowed.
            if at != WHEN_RELEASED && within.is_some_and(|within| time > within) {
                return Err(wait.into());
            }
            let number = state.schedule.enqueue(&account.latch, &this.route, cost);
            state.schedule.admit_waiting(&account.latch);
            Ok((Standing::Queued(number), Some(wait)))
        });
        let (standing, wait) = queued.inspect_err(|refused| this.route.tell_refused(refused, Asks::WITHIN))?;
        let waited = Waited::new(&this.route, &account.clock, wait);
        Ok(Self { model: Some(model), cost, standing, waited })
    }

    /// Where the call stands now, by the account's clock. Look again after the wait, or when `waker` is woken: when the
    /// call is admitted by what others do, or its wait becomes shorter. A wait without a time ends with a waking only.
    pub fn poll_admission(mut self, waker: Option<&Waker>) -> Admission<M> {
        let Some(model) = self.model.take() else { unreachable!("a ticket has its model until it is polled away") };
        let (account, route) = (&model.borrow().account, &model.borrow().route);
        match look(model.borrow(), &mut self.standing, waker) {
            Seen::Granted(charge) => {
                route.tell_admitted(&charge);
                self.waited.end(route, &account.clock, End::Admitted);
                Admission::Granted(Permit::new(model, self.cost, charge))
            }
            Seen::Never(never) => {
                self.waited.within(|| route.tell_refused(&never.into(), Asks::WITHIN));
                self.waited.end(route, &account.clock, End::Refused);
                Admission::Never(never)
            }
            Seen::Wait { meter, at } => {
                let wait = account.with(|state| state.wait(meter, at));
                self.model = Some(model);
                Admission::Wait(wait, self)
            }
        }
    }

    /// Gives its place back, since it would have to wait for longer than it may.
    #[cfg(feature = "tokio")]
    pub(crate) fn refuse(mut self, wait: Wait) {
        if let Some(model) = &self.model {
            let (account, route) = (&model.borrow().account, &model.borrow().route);
            self.waited.within(|| route.tell_refused(&wait.into(), Asks::WITHIN));
            self.waited.end(route, &account.clock, End::Refused);
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
        self.waited.end(&model.borrow().route, &account.clock, End::Left);
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
